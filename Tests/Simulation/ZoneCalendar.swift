import Ledger

/// What PostgreSQL says about the days of an organisation that has moved: the zones of its calendar, one after another, each from
/// the first day of a month.
final class ZoneCalendar {
  let text: String
  private let parts: [(from: Int32, zone: Zone)]

  /// - Precondition: it is a calendar as the ledger keeps it.
  init(_ text: String) {
    self.text = text
    let words = text.split(separator: " ").map(String.init)
    parts =
      words.count == 1
      ? [(.min, Zone.named(text))]
      : stride(from: 0, to: words.count, by: 2).map { index in
        (index == 0 ? .min : Self.day(words[index]), Zone.named(words[index + 1]))
      }
  }

  /// The day that began last, and the first days of its week, month and quarter. A day begins by the zone that it is of; and
  /// once a zone has begun to count, all days before have begun.
  func calendar(at time: Timestamp) -> (today: Day, starts: PeriodStarts) {
    var today = Int32.min
    for (index, part) in parts.enumerated() {
      let day = part.zone.today(at: time).number
      let last = index + 1 < parts.count ? parts[index + 1].from - 1 : .max
      if day >= part.from { today = max(today, min(day, last)) }
    }
    return (Day(number: today), zone(at: time).starts(of: Day(number: today)))
  }

  func day(_ day: Day, plusMonths months: Int32) -> Day { parts[0].zone.day(day, plusMonths: months) }

  func offset(at time: Timestamp) -> Int { zone(at: time).offset(at: time) }

  /// Instants at which something ends and begins, by the clocks of now and of what is to come.
  func edges(after time: Timestamp) -> [Timestamp] { parts.suffix(2).flatMap { $0.zone.edges(after: time) } }

  /// With a zone that is wanted, from the first month on that has begun by neither zone and by no earlier change.
  func with(_ name: String, at time: Timestamp) -> String {
    let count = count(at: time)
    if count < parts.count, parts[count].zone.name == name { return text }
    let long = parts.count == 1 ? "-infinity \(text)" : text
    let kept = long.split(separator: " ").prefix(2 * count).joined(separator: " ")
    if parts[count - 1].zone.name == name { return count == 1 ? name : kept }
    let zones = [parts[count - 1].zone, Zone.named(name)]
    let begun =
      (zones.map { $0.today(at: time).number } + [calendar(at: time).today.number, parts[count - 1].from])
      .max() ?? 0
    let first = CivilDate(Day(number: begun)).start(of: .month).number
    return "\(kept) \(Transcript.word(zones[0].day(Day(number: first), plusMonths: 1))) \(name)"
  }

  /// How many zones there are, those to come among them.
  var zoneCount: Int { parts.count }

  private func zone(at time: Timestamp) -> Zone { parts[count(at: time) - 1].zone }

  /// How many of the zones count by then: one does from its first day on, by its own clocks or by those before.
  private func count(at time: Timestamp) -> Int {
    for index in parts.indices.dropFirst().reversed()
    where parts[index - 1...index].contains(where: { $0.zone.today(at: time).number >= parts[index].from }) {
      return index + 1
    }
    return 1
  }

  private static func day(_ text: String) -> Int32 {
    let numbers = text.split(separator: "-").compactMap { Int($0) }
    precondition(numbers.count == 3, "no date: \(text)")
    return CivilDate(year: numbers[0], month: numbers[1], day: numbers[2]).number.number
  }
}
