import HTTP
import Ledger
import Text

// The types that requests and answers are made of, beside those that JSON has.

extension JSONSchema {
  static let id = JSONSchema(.string(format: "uuid"), example: "0199f0c4-7a00-7000-8000-000000000001")
  static let time = JSONSchema(
    .string(format: "date-time"), "In UTC, with `Z`.", example: "2026-11-22T09:30:00Z")
  static let day = JSONSchema(.string(format: "date"), example: "2026-11-22")
  static let position = JSONSchema(.integer(1 ... .max), "In the organisation's ledger, without gaps.", example: 17)
  static let bool = JSONSchema(.boolean, example: false)

  static func text(_ summary: String? = nil, example: JSONValue? = nil) -> JSONSchema {
    JSONSchema(.string(), summary, example: example)
  }

  /// A number of points, or of something else that is counted.
  static func count(_ summary: String? = nil, example: JSONValue = 10) -> JSONSchema {
    JSONSchema(.integer(0 ... .max), summary, example: example)
  }

  static func list(of schema: JSONSchema) -> JSONSchema { JSONSchema(.array(of: schema)) }

  static func word<Word: RawRepresentable<String> & CaseIterable>(
    _ type: Word.Type, _ summary: String? = nil
  ) -> JSONSchema { JSONSchema(.words(Word.allCases.map(\.rawValue)), summary) }
}

extension JSONType where Value == String {
  /// A person, by id, handle (with or without `@`) or email.
  static let personName = JSONType.text(1...254).converted(
    JSONSchema(.string(length: 1...254)), harmless: "", else: "names nobody"
  ) { PersonName.plain($0) }
  /// Another system that points come from, as exports name it.
  static let source = JSONType.text(1...SourceName.lengthMax).checked(pattern: SourceName.pattern, SourceName.mistake)
  /// What somebody or something is called by whoever asks for it.
  static let title = JSONType.text(1...200)
  /// What somebody or something is to be called.
  static let displayName = title.checked(DisplayName.mistake)
  static let handle = JSONType.text(1...Handle.lengthMax).checked(pattern: Handle.pattern, Handle.mistake)
  static let email = JSONType.text(1...200).checked(pattern: EmailAddress.pattern, EmailAddress.mistake)
  /// Why something is done, for whoever reads of it later.
  static let reason = JSONType.text(1...2_000).checked { $0.isVisible ? nil : "must hold something visible" }
  /// Words whose length a rule of the programme bounds: whatever a body holds is well-formed, and the rule refuses it.
  static func longText(from least: Int = 0) -> JSONType { .text(least...Endpoint.bodyBytesMax) }
  static let description = JSONType.text(0...2_000)
}

/// Why somebody decides so: words that can be erased.
enum Reason {
  static let member = Member(
    "reason", optional: .text(1...2_000), "Why, for whom it concerns and for the exports.", example: "Well deserved.")
}

extension JSONType where Value == Int64 {
  static func points(from least: Int64 = 0) -> JSONType { .integer(least...Limits.pointsMax) }
}

extension JSONType where Value == Day {
  /// A plain date.
  static let day = JSONType<String>.text(10...10).converted(
    .day, harmless: Day(number: 0), else: "is a date such as 2026-11-22"
  ) { RFC3339.day($0) }
}

extension JSONType where Value == Timestamp {
  static let instant = JSONType<String>.text(1...40).converted(
    JSONSchema(.string(format: "date-time"), example: "2026-12-31T00:00:00Z"), harmless: Timestamp(microseconds: 0),
    else: "is a time such as 2026-12-31T00:00:00Z"
  ) { RFC3339.timestamp($0) }
}

extension Money {
  static let schema = JSONSchema(
    .object([.init("amount", .text(example: "12.50")), .init("currency", .text(example: "EUR"))]),
    "An amount of one currency: a decimal, never a float.", name: "Money")

  private static let amount = Member(
    "amount", .text(1...15, pattern: #"[0-9]{1,10}(\.[0-9]{1,4})?"#, else: "is a decimal such as \"12.50\""),
    "Digits, and after a point as many as the currency has, or fewer.", example: "12.50")
  private static let currency = Member(
    "currency", .text(3...3, pattern: "[A-Z]{3}", else: "is three capital letters such as EUR"), "By ISO 4217.",
    example: "EUR")

  static let nothing = Money(tenThousandths: 0, currency: "EUR")

  static let type = JSONType<Money>.object([amount, currency], harmless: nothing) { fields in
    let (amount, currency) = (fields[Self.amount], fields[Self.currency])
    // What could not be read is told already.
    if amount.isEmpty || currency.isEmpty { return nothing }
    if let money = Money(amount: amount, currency: currency) { return money }
    let decimals = Money.decimals(of: currency)
    let isFine = (amount.split(separator: ".").dropFirst().first?.utf8.count ?? 0) > decimals
    fields.refuse(
      Self.amount,
      isFine
        ? decimals == 0
          ? "must have no decimals in \(currency)" : "must have at most \(decimals) decimals in \(currency)"
        : "is more than there can be")
    return nothing
  }
}
