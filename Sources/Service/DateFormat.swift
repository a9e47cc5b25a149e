import Ledger

/// How a file writes days, where it is not `2026-11-22`: `DD.MM.YYYY`, `MM/DD/YYYY`, `D MMM YYYY`. Days and months may be written
/// without a leading zero, months in letters (`MMM`) are English.
public struct DateFormat: Sendable, Equatable {
  private enum Part: Equatable {
    case year, month, day, monthName
    case mark(Unicode.Scalar)
  }

  private let parts: [Part]

  /// - Returns: nil unless it has a day, a month and a year of four digits, each once.
  public init?(_ text: String) {
    var parts: [Part] = []
    var rest = Array(text.unicodeScalars)[...]
    while let first = rest.first {
      let run = rest.prefix { $0 == first }
      switch (first, run.count) {
      case ("Y", 4): parts.append(.year)
      case ("M", 1...2): parts.append(.month)
      case ("M", 3): parts.append(.monthName)
      case ("D", 1...2): parts.append(.day)
      case ("Y", _), ("M", _), ("D", _): return nil
      default:
        guard !first.properties.isAlphabetic, !("0"..."9").contains(first) else { return nil }
        parts += run.map { .mark($0) }
      }
      rest = rest.dropFirst(run.count)
    }
    func count(_ wanted: Part...) -> Int { parts.count(where: wanted.contains) }
    guard count(.year) == 1, count(.day) == 1, count(.month, .monthName) == 1 else { return nil }
    self.parts = parts
  }

  /// - Returns: nil for anything else, days that do not exist included.
  func day(_ text: String) -> Day? {
    var rest = Array(text.unicodeScalars)[...]
    var (year, month, day): (Int64, Int64, Int64) = (0, 0, 0)
    for part in parts {
      switch part {
      case .mark(let mark):
        guard rest.first == mark else { return nil }
        rest = rest.dropFirst()
      case .monthName:
        let letters = rest.prefix { $0.properties.isAlphabetic }
        guard letters.count >= 3,
          let index = Self.months.firstIndex(where: { $0.starts(with: letters.map { $0.properties.lowercaseMapping }) })
        else { return nil }
        month = Int64(index) + 1
        rest = rest.dropFirst(letters.count)
      case .year:
        guard let number = Self.number(&rest, 4...4) else { return nil }
        year = number
      case .month:
        guard let number = Self.number(&rest, 1...2) else { return nil }
        month = number
      case .day:
        guard let number = Self.number(&rest, 1...2) else { return nil }
        day = number
      }
    }
    return rest.isEmpty ? RFC3339.day(year: year, month: month, day: day) : nil
  }

  private static func number(_ rest: inout ArraySlice<Unicode.Scalar>, _ count: ClosedRange<Int>) -> Int64? {
    let digits = rest.prefix(count.upperBound).prefix { ("0"..."9").contains($0) }
    guard digits.count >= count.lowerBound else { return nil }
    rest = rest.dropFirst(digits.count)
    return digits.reduce(0) { $0 * 10 + Int64($1.value) - 48 }
  }

  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
  ].map { $0.map { String($0) } }
}

/// How the days of one file are read: ISO days always, and what it was said, or is known, to write.
struct FileDates: Sendable {
  private let formats: [DateFormat]
  /// What stands where there is no day.
  private let noDay: String
  /// Whether there were days of whom nobody can say which number is the month.
  let isAmbiguous: Bool

  /// - Parameters:
  ///   - named: by whoever imports.
  ///   - usual: of the system that wrote the file.
  ///   - hasSlashes: that system writes month and day parted by slashes, in an order that is the customer's to choose. Then the
  ///     file tells by itself, since some number is above 12; where none is, nobody knows.
  ///   - noDay: what that system writes where there is no day.
  ///   - cells: all days of the file.
  init<Cells: Sequence<String>>(
    named: DateFormat?, usual: [DateFormat], hasSlashes: Bool, noDay: String = "", cells: @autoclosure () -> Cells
  ) {
    self.noDay = noDay
    if let named {
      (formats, isAmbiguous) = ([named], false)
      return
    }
    guard hasSlashes, let monthFirst = DateFormat("MM/DD/YYYY"), let dayFirst = DateFormat("DD/MM/YYYY") else {
      (formats, isAmbiguous) = (usual, false)
      return
    }
    var (fitMonthFirst, fitDayFirst) = (true, true)
    var some = false
    for cell in cells() where cell.utf8.contains(UInt8(ascii: "/")) {
      let (isMonthFirst, isDayFirst) = (monthFirst.day(cell) != nil, dayFirst.day(cell) != nil)
      guard isMonthFirst || isDayFirst else { continue }
      // The same number twice is the same day either way.
      if monthFirst.day(cell) != dayFirst.day(cell) { some = true }
      fitMonthFirst = fitMonthFirst && isMonthFirst
      fitDayFirst = fitDayFirst && isDayFirst
    }
    isAmbiguous = some && fitMonthFirst == fitDayFirst
    formats = usual + (isAmbiguous ? [] : [fitMonthFirst ? monthFirst : dayFirst])
  }

  /// What stands in a cell; nothing where that says that there is no day.
  func cell(_ text: String) -> String { text == noDay ? "" : text }

  func day(_ text: String) -> Day? {
    if let day = RFC3339.day(text) { return day }
    for format in formats {
      if let day = format.day(text) { return day }
    }
    return nil
  }

  /// What to say of a cell that is no day, with the format that would read it, where one would.
  func refusal(of text: String) -> String {
    if isAmbiguous, text.utf8.contains(UInt8(ascii: "/")) {
      return "\"\(text)\" may be two days: say --date-format MM/DD/YYYY or --date-format DD/MM/YYYY"
    }
    let fitting = Self.common.filter { DateFormat($0)?.day(text) != nil }
    let hint =
      fitting.isEmpty ? "" : " (\(fitting.map { "--date-format \"\($0)\"" }.joined(separator: " or ")) reads it)"
    return "\"\(text)\" is no date like 2026-11-22\(hint)"
  }

  private static let common = [
    "DD.MM.YYYY", "MM/DD/YYYY", "DD/MM/YYYY", "DD-MM-YYYY", "YYYY/MM/DD", "YYYY.MM.DD", "D MMM YYYY", "MMM D, YYYY",
    "DD-MMM-YYYY",
  ]
}
