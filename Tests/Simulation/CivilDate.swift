import Ledger

/// A date of the Gregorian calendar, by plain counting of days from 1970 on.
struct CivilDate: Equatable {
  var year: Int
  /// 1 to 12.
  var month: Int
  var day: Int

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// - Parameter number: from 1970 on.
  init(_ number: Day) {
    var left = Int(number.number)
    var year = 1970
    while left >= Self.days(inYear: year) {
      left -= Self.days(inYear: year)
      year += 1
    }
    var month = 1
    while left >= Self.days(inMonth: month, of: year) {
      left -= Self.days(inMonth: month, of: year)
      month += 1
    }
    self.init(year: year, month: month, day: left + 1)
  }

  var number: Day {
    let years = (1970..<year).reduce(0) { $0 + Self.days(inYear: $1) }
    let months = (1..<month).reduce(0) { $0 + Self.days(inMonth: $1, of: year) }
    return Day(number: Int32(years + months + day - 1))
  }

  func adding(months: Int32) -> CivilDate {
    let count = year * 12 + month - 1 + Int(months)
    let last = Self.days(inMonth: count % 12 + 1, of: count / 12)
    return CivilDate(year: count / 12, month: count % 12 + 1, day: min(day, last))
  }

  /// The first day of the period that the date falls in. 1970-01-01 was a Thursday.
  func start(of period: AllowancePeriod) -> Day {
    switch period {
    case .week: Day(number: number.number - (number.number + 3) % 7)
    case .month: CivilDate(year: year, month: month, day: 1).number
    case .quarter: CivilDate(year: year, month: [1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10][month - 1], day: 1).number
    }
  }

  static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
  static func days(inYear year: Int) -> Int { isLeap(year) ? 366 : 365 }
  static func days(inMonth month: Int, of year: Int) -> Int {
    month == 2 && isLeap(year) ? 29 : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }
}
