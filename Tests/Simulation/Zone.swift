import Foundation
import Ledger

/// What PostgreSQL says about the days of a time zone, by its real rules. The model has an arithmetic of its own
/// (``CivilDate``), so that each checks the other.
final class Zone {
  static let names = [
    "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe", "UTC",
    // Where midnight comes twice, or not at all.
    "Atlantic/Azores", "America/Havana", "Asia/Beirut",
  ]

  let name: String
  private let zone: TimeZone
  private var local = Calendar(identifier: .gregorian)
  private var universal = Calendar(identifier: .gregorian)
  private var known: (second: Int64, today: Day)?

  private init?(_ name: String) {
    guard let zone = TimeZone(identifier: name), let universal = TimeZone(secondsFromGMT: 0) else { return nil }
    self.name = name
    self.zone = zone
    local.timeZone = zone
    self.universal.timeZone = universal
  }

  static func named(_ name: String) -> Zone {
    guard let zone = Zone(name) else { preconditionFailure("this machine has no time zone \(name)") }
    return zone
  }

  /// The day of `time`, which is the one that began last there.
  func today(at time: Timestamp) -> Day {
    let second = time.wholeSeconds
    if let known, known.second == second { return known.today }
    var today = localDate(second)
    // Where clocks were set back over midnight, the evening before comes again, and the day goes on.
    let change = zone.nextDaylightSavingTimeTransition(after: Date(second: second - 86_400))
    if let change, change.timeIntervalSince1970 <= Double(second) {
      today = max(today, localDate(Int64(change.timeIntervalSince1970) - 1))
    }
    known = (second, Day(number: today))
    return Day(number: today)
  }

  /// The first days of its week, month and quarter.
  func starts(of today: Day) -> PeriodStarts {
    let parts = universal.dateComponents([.year, .month, .weekday], from: Date(second: Int64(today.number) * 86_400))
    guard let year = parts.year, let month = parts.month, let weekday = parts.weekday else {
      preconditionFailure("a date without year, month and weekday")
    }
    // Foundation's weeks begin with Sunday, 1.
    return PeriodStarts(
      week: Day(number: today.number - Int32((weekday + 5) % 7)), month: Day(number: number(year, month, 1)),
      quarter: Day(number: number(year, (month - 1) / 3 * 3 + 1, 1)))
  }

  /// As PostgreSQL's `date + interval 'n months'`: the month's last day where the day does not exist.
  func day(_ day: Day, plusMonths months: Int32) -> Day {
    let start = Date(second: Int64(day.number) * 86_400)
    guard let date = universal.date(byAdding: .month, value: Int(months), to: start) else {
      preconditionFailure("a day after the end of the calendar")
    }
    return Day(number: Int32(date.timeIntervalSince1970 / 86_400))
  }

  func offset(at time: Timestamp) -> Int { zone.secondsFromGMT(for: Date(second: time.wholeSeconds)) }

  /// Instants at which something ends and begins: the next midnight, month or change of the clocks.
  func edges(after time: Timestamp) -> [Timestamp] {
    let now = Date(second: time.wholeSeconds)
    let midnight = local.nextDate(after: now, matching: DateComponents(hour: 0), matchingPolicy: .nextTime)
    let month = local.nextDate(after: now, matching: DateComponents(day: 1), matchingPolicy: .nextTime)
    return [midnight, month, zone.nextDaylightSavingTimeTransition(after: now)].compactMap { $0 }
      .filter { $0.timeIntervalSince(now) < 400 * 86_400 }
      .map { Timestamp(microseconds: Int64($0.timeIntervalSince1970) * 1_000_000) }
  }

  /// In days from 1970 on.
  private func localDate(_ second: Int64) -> Int32 {
    let shown = second + Int64(zone.secondsFromGMT(for: Date(second: second)))
    return Int32((shown - (shown % 86_400 + 86_400) % 86_400) / 86_400)
  }

  private func number(_ year: Int, _ month: Int, _ day: Int) -> Int32 {
    guard let date = universal.date(from: DateComponents(year: year, month: month, day: day)) else {
      preconditionFailure("no such date: \(year)-\(month)-\(day)")
    }
    return Int32(date.timeIntervalSince1970 / 86_400)
  }
}

extension Date {
  fileprivate init(second: Int64) { self.init(timeIntervalSince1970: Double(second)) }
}

extension Timestamp {
  /// Seconds since 1970, rounded down.
  var wholeSeconds: Int64 { (microseconds - (microseconds % 1_000_000 + 1_000_000) % 1_000_000) / 1_000_000 }

  func advanced(bySeconds seconds: Int) -> Timestamp {
    Timestamp(microseconds: microseconds + Int64(seconds) * 1_000_000)
  }
}
