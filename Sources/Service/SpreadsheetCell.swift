extension CSV {
  /// How cells are parted, and what is done for those who open a file by a double click.
  enum Separator: UInt8, Sendable {
    case comma = 0x2C
    case semicolon = 0x3B

    var text: String { self == .comma ? "," : ";" }
  }

  /// One field, quoted where it must be.
  static func field(_ text: String, _ separator: Separator = .comma) -> String {
    guard text.utf8.contains(where: { $0 == separator.rawValue || "\"\r\n".utf8.contains($0) }) else { return text }
    // By code points: a quote with a mark on it is a character of its own.
    var quoted = String.UnicodeScalarView("\"".unicodeScalars)
    for scalar in text.unicodeScalars {
      if scalar == "\"" { quoted.append(scalar) }
      quoted.append(scalar)
    }
    quoted.append("\"")
    return String(quoted)
  }

  /// A text that no spreadsheet runs as a formula: an apostrophe comes before what could begin one (OWASP, "CSV Injection").
  ///
  /// A formula begins with `=`, `+`, `-` or `@`, in some spreadsheets also with their full-width forms; blanks and invisible
  /// characters before it do not help. It also begins after what another spreadsheet takes for the end of a cell: a line break, a
  /// tab, a semicolon, and, where the file's own separator is another, a comma. Quotes do not protect there, since they do not
  /// stand where that spreadsheet begins a cell.
  static func harmless(_ text: String, _ separator: Separator = .comma) -> String {
    guard text.unicodeScalars.contains(where: isStarter) || text.utf8.first.map({ "\t\r\n".utf8.contains($0) }) == true
    else { return text }
    var safe = String.UnicodeScalarView()
    var (mayBegin, isFirstCell) = (true, true)
    // Where a cell begins with blanks, so that what stands at its very beginning is harmless as well.
    if beginsFormula(text) { safe.append("'") }
    for scalar in text.unicodeScalars {
      if isSeparator(scalar, separator) {
        (mayBegin, isFirstCell) = (true, false)
      } else if mayBegin, isStarter(scalar) {
        if !isFirstCell { safe.append("'") }
        mayBegin = false
      } else if mayBegin, !isBlank(scalar), isFirstCell || scalar != "\"" {
        mayBegin = false
      }
      safe.append(scalar)
    }
    return String(safe)
  }

  /// A text that no spreadsheet takes for a number, a date, a time or a truth value, by which `0471` would lose its zero,
  /// `12345e67` become infinitely much, and `3-4` a day in March: an apostrophe comes before what is made of numbers and signs
  /// alone, but for the words that such may hold.
  ///
  /// Months are the English ones, which every spreadsheet may know beside its own.
  static func unmistakable(_ text: String) -> String {
    if text.unicodeScalars.first == "'" { return text }
    var (word, hasNumber, isTruth) = ("", false, false)
    /// Whether what was read of letters may stand beside numbers.
    func mayBeNumber(_ word: String, _ hasNumber: Bool) -> Bool {
      word.isEmpty || months.contains(word) || truths.contains(word) || (hasNumber && wordsBehindNumbers.contains(word))
    }
    for scalar in text.unicodeScalars {
      if scalar.properties.numericType == nil, scalar.properties.isAlphabetic {
        // Longer than all of the words.
        guard word.utf8.count < 16 else { return text }
        word += scalar.properties.lowercaseMapping
        continue
      }
      guard mayBeNumber(word, hasNumber) else { return text }
      isTruth = isTruth || truths.contains(word)
      hasNumber = hasNumber || scalar.properties.numericType != nil
      word = ""
    }
    guard mayBeNumber(word, hasNumber) else { return text }
    return hasNumber || isTruth || truths.contains(word) ? "'" + text : text
  }

  private static let truths: Set = ["true", "false"]
  /// The exponent, and the halves of the day.
  private static let wordsBehindNumbers: Set = ["e", "a", "p", "am", "pm"]
  private static let months: Set = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "january", "february",
    "march", "april", "june", "july", "august", "september", "october", "november", "december",
  ]

  /// Whether a text begins with a formula, or with a character that hides the beginning of one.
  private static func beginsFormula(_ text: String) -> Bool {
    if text.utf8.first.map({ "\t\r\n".utf8.contains($0) }) == true { return true }
    return text.unicodeScalars.first { !isBlank($0) }.map(isStarter) ?? false
  }

  private static func isSeparator(_ scalar: Unicode.Scalar, _ separator: Separator) -> Bool {
    switch scalar {
    case "\n", "\r", "\t", ";": true
    case ",": separator != .comma
    default: false
    }
  }

  /// `=`, `+`, `-`, `@`, and their small and full-width forms.
  private static func isStarter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}", "\u{FE66}", "\u{FE62}", "\u{FE63}",
      "\u{FE6B}":
      true
    default: false
    }
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
      || [.control, .format].contains(scalar.properties.generalCategory)
  }
}
