/// Whom a CSV file is for: programs, or whoever opens it in a spreadsheet by a double click.
enum CSVDialect: Sendable, Equatable {
  /// RFC 4180: commas, decimal points, times in UTC.
  case plain
  /// A byte order mark, by which spreadsheets know UTF-8; separator and decimal mark of a language; times as the organisation's
  /// clocks showed them, to the second, which is a date with a time to every spreadsheet; and no text that one takes for a number.
  case spreadsheet(SpreadsheetLocale)

  /// Spreadsheets by the names that they are asked for by.
  enum Spreadsheet: String, Sendable, CaseIterable {
    case excel
  }

  init(_ spreadsheet: Spreadsheet?, _ locale: SpreadsheetLocale?) {
    self = spreadsheet == nil ? .plain : .spreadsheet(locale ?? .unnamed)
  }

  private var separator: CSV.Separator {
    switch self {
    case .plain: .comma
    case .spreadsheet(let locale): locale.separator
    }
  }

  /// A line of fields, each as one of the functions below makes it.
  func line(_ fields: some Sequence<String>) -> [UInt8] {
    Array((fields.joined(separator: separator.text) + "\r\n").utf8)
  }

  func header(_ columns: [String]) -> [UInt8] { (self == .plain ? [] : [0xEF, 0xBB, 0xBF]) + line(columns) }

  /// A number with a decimal point, to be read as a number.
  func decimal(_ number: String) -> String {
    guard case .spreadsheet(let locale) = self, locale.hasDecimalComma else { return number }
    return number.replacing(".", with: ",")
  }

  /// A time, said in both ways.
  func time(utc: String, local: String) -> String { self == .plain ? utc : local }

  /// A text that stays one, whatever it holds.
  func text(_ text: String) -> String {
    let safe = CSV.harmless(text, separator)
    return CSV.field(self == .plain ? safe : CSV.unmistakable(safe), separator)
  }
}
