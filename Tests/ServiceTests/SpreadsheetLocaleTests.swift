import Foundation
import Testing

@testable import Service

@Suite("Languages of spreadsheets")
struct SpreadsheetLocaleTests {
  @Test("Wherever a language is spoken, its decimal mark is the one that Unicode has of it")
  func marks() {
    var count = 0
    for identifier in Locale.availableIdentifiers {
      let tag = identifier.replacing("_", with: "-")
      guard let locale = SpreadsheetLocale(tag), let mark = Locale(identifier: identifier).decimalSeparator else {
        continue
      }
      #expect(mark == (locale.hasDecimalComma ? "," : "."), "\(tag)")
      count += 1
    }
    #expect(count > 300)
  }

  @Test(
    "A decimal comma has semicolons between cells, a decimal point commas, but in Switzerland",
    arguments: [
      ("de", true, CSV.Separator.semicolon), ("en", false, .comma), ("en-GB", false, .comma),
      ("en-ZA", true, .semicolon),
      ("de-CH", false, .semicolon), ("fr-CH", true, .semicolon), ("es", true, .semicolon), ("es-mx", false, .comma),
      ("sr-Latn-RS", true, .semicolon), ("zh-Hant", false, .comma), ("es-419", false, .comma),
    ])
  func separators(_ tag: String, _ hasDecimalComma: Bool, _ separator: CSV.Separator) throws {
    let locale = try #require(SpreadsheetLocale(tag))
    #expect(locale.hasDecimalComma == hasDecimalComma && locale.separator == separator)
  }

  @Test(
    "What is no language, or none that is known, is none",
    arguments: [
      "", "-", "xx", "tlh", "DE", "de_DE", "de-", "de-DE-", "de-D", "de-DEU1", "de-1", "de-DE-1996", "english",
    ])
  func unknown(_ tag: String) { #expect(SpreadsheetLocale(tag) == nil) }
}
