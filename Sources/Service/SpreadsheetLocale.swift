import HTTP

/// What a spreadsheet set up for a language takes for the decimal mark, and for what parts the cells of a file.
struct SpreadsheetLocale: Sendable, Equatable {
  let hasDecimalComma: Bool
  let separator: CSV.Separator

  /// Where no language is named: most of Europe and of South America.
  static let unnamed = SpreadsheetLocale(hasDecimalComma: true, separator: .semicolon)

  private init(hasDecimalComma: Bool, separator: CSV.Separator) {
    self.hasDecimalComma = hasDecimalComma
    self.separator = separator
  }

  /// - Parameter tag: a language, perhaps with script and region (BCP 47): `de`, `en-GB`, `sr-Latn-RS`.
  /// - Returns: nil for what is none, and for languages that are not known here.
  init?(_ tag: String) {
    var parts = tag.split(separator: "-", omittingEmptySubsequences: false).map(String.init)[...]
    guard let language = parts.popFirst(), Self.languages.contains(language) else { return nil }
    if let script = parts.first, script.wholeMatch(of: /[A-Za-z]{4}/) != nil { parts.removeFirst() }
    let region = parts.popFirst()
    guard parts.isEmpty, region.map({ $0.wholeMatch(of: /[A-Za-z]{2}|[0-9]{3}/) != nil }) ?? true else { return nil }
    let place = region?.uppercased() ?? ""
    let isException = Self.exceptions[language]?.contains(place) ?? false
    hasDecimalComma = Self.commaLanguages.contains(language) != isException
    // Where the comma is the decimal mark, lists are parted by semicolons; so they are between the Alps, whatever the mark.
    separator = hasDecimalComma || ["CH", "LI"].contains(place) ? .semicolon : .comma
  }

  // After Unicode's Common Locale Data Repository, which Windows follows, too. Languages whose mark is neither are left out.

  private static let commaLanguages = [
    "af", "az", "be", "bg", "bs", "ca", "cs", "da", "de", "el", "es", "et", "eu", "fi", "fr", "gl", "hr", "hu", "hy",
    "id", "is", "it", "ka", "kk", "lt", "lv", "mk", "nb", "nl", "nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq",
    "sr", "sv", "tr", "uk", "vi",
  ]
  private static let pointLanguages = [
    "cy", "en", "fil", "ga", "gu", "he", "hi", "ja", "kn", "ko", "ml", "ms", "mt", "ta", "te", "th", "zh",
  ]
  private static let languages = commaLanguages + pointLanguages

  /// Regions where a language has the other mark.
  private static let exceptions: [String: Set<String>] = [
    "de": ["CH", "LI"],
    "en": [
      "AL", "AR", "AT", "BE", "BG", "BR", "CL", "CO", "CV", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HU", "ID",
      "IT", "LT", "LV", "NL", "NO", "PL", "PT", "RO", "RU", "SE", "SI", "SK", "TR", "UA", "ZA",
    ],
    "es": [
      "419", "AG", "BB", "BM", "BR", "BS", "BZ", "CA", "CU", "DM", "DO", "GD", "GT", "GY", "HN", "KN", "KY", "LC", "MX",
      "NI", "PA", "PE", "PR", "SV", "TC", "TT", "US", "VC", "VG", "VI",
    ],
    "it": ["CH"],
    "ms": ["BN", "ID"],
  ]

  /// What it is, to be read after the parameter's name.
  static let description = "is a language that is known here, such as de, en-GB or es-MX"

  static let type = JSONType<String>.verbatim(2...15).converted(
    JSONSchema(
      .string(
        length: 2...15,
        pattern: "(\(languages.joined(separator: "|")))(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?"), example: "en-GB"),
    harmless: .unnamed, else: description
  ) { SpreadsheetLocale($0) }
}
