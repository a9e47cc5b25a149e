import Ledger
import Testing

@Suite("Names are taken as they can be said and seen")
struct NamingTests {
  @Test(
    "A handle is 1 to 64 of a-z, 0-9, dot, dash and underscore, with a letter or digit at both ends",
    arguments: [
      "a", "0", "ann", "ann.ames", "a-b_c.d", "a--b", "a__b", "a.-b", "mee", "me.", String(repeating: "a", count: 64),
    ])
  func handles(_ text: String) throws {
    let isHandle = !text.hasSuffix(".")
    #expect((Handle.mistake(in: text) == nil) == isHandle)
    let regex = try Regex(Handle.pattern).matchingSemantics(.unicodeScalar)
    #expect((text.wholeMatch(of: regex) != nil) == isHandle)
  }

  @Test(
    "Anything else is none",
    arguments: [
      "", "Ann", "jo.", "jo-", "jo_", ".jo", "-jo", "_jo", "a..b", "a b", "josé", "me", "a\u{200B}b", "@ann", "a@b",
      "0199f0c4-7a00-7000-8000-000000000001", String(repeating: "a", count: 65),
    ])
  func noHandles(_ text: String) { #expect(Handle.mistake(in: text) != nil) }

  @Test("The pattern in the documents matches what is a handle, whatever is put together of its characters")
  func pattern() throws {
    let regex = try Regex(Handle.pattern).matchingSemantics(.unicodeScalar)
    let letters = Array("am0.-_")
    var texts = [""]
    for _ in 0..<6 {
      texts = texts.flatMap { text in letters.map { text + String($0) } }
      for text in texts {
        let isMatch = text.wholeMatch(of: regex) != nil
        #expect((Handle.mistake(in: text) == nil) == isMatch, "\(text)")
      }
    }
  }

  @Test("An email has one @ with something on both sides, and nothing hidden")
  func emails() {
    for text in ["a@b", "ann@acme.example", "o'brien+x@müller.example", "博@例え.jp"] {
      #expect(EmailAddress.mistake(in: text) == nil, "\(text)")
    }
    for text in [
      "", "ann", "@b", "a@", "a@b@c", "a b@c", "a@b\u{A0}c", "an\u{200B}n@b", "ann@b\u{202E}", "a\u{AD}@b", "\n@b",
    ] {
      #expect(EmailAddress.mistake(in: text) != nil, "\(text)")
    }
  }

  @Test("A name holds something visible, in one line, and turns no text around")
  func names() {
    for text in ["Ann", "Ann Ames", "O'Brien", "李雷", "نرگس‌خانم", "🦊", "א\u{200F}"] {
      #expect(DisplayName.mistake(in: text) == nil)
    }
    for text in [
      "", " ", "\u{200B}", "\u{3164}", "\u{2800}", "A\u{202E}nn", "A\u{2066}b\u{2069}", "A\nnn", "A\u{2028}b", "A\u{7}",
    ] {
      #expect(DisplayName.mistake(in: text) != nil)
    }
  }

  @Test("A person is named with an @ or without")
  func people() {
    #expect(PersonName.plain("@ann") == "ann" && PersonName.plain("＠ann") == "ann" && PersonName.plain("ann") == "ann")
    #expect(PersonName.plain("ann@acme.example") == "ann@acme.example" && PersonName.plain("@") == "@")
  }

  @Test("A slug ends where a hashtag would")
  func slugs() {
    for text in ["a", "be-helpful", "a--b", "7"] { #expect(Value.mistake(inSlug: text) == nil) }
    for text in ["", "be-helpful-", "-a", "A", "a.b", "a_b", "é", String(repeating: "a", count: 65)] {
      #expect(Value.mistake(inSlug: text) != nil)
    }
  }
}

@Suite("Money has the decimals of its currency")
struct MoneyTests {
  @Test(
    "and no more",
    arguments: [
      ("12", "EUR", "12.00"), ("12.5", "EUR", "12.50"), ("12.50", "EUR", "12.50"), ("500", "JPY", "500"),
      ("1.25", "KWD", "1.250"), ("1.2505", "CLF", "1.2505"), ("0.05", "USD", "0.05"),
    ])
  func taken(_ amount: String, _ currency: String, _ shown: String) {
    #expect(Money(amount: amount, currency: currency)?.amount == shown)
  }

  @Test(
    "and what has more is none", arguments: [("0.5", "JPY"), ("500.0", "JPY"), ("1.005", "EUR"), ("1.2345", "KWD")])
  func refused(_ amount: String, _ currency: String) { #expect(Money(amount: amount, currency: currency) == nil) }

  @Test("but for products, which keep what they come to")
  func products() {
    #expect(Money(tenThousandths: 5, currency: "EUR").amount == "0.0005")
    #expect((Money(tenThousandths: 1_000, currency: "EUR") * 3).amount == "0.30")
    #expect(Money(tenThousandths: 15_000, currency: "JPY").amount == "1.5")
  }
}
