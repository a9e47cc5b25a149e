import HTTP
import Ledger

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
  /// A person, by id, handle or email.
  static let personName = JSONType.text(1...254)
  /// What a name, a team or a place is called.
  static let title = JSONType.text(1...200)
  /// Words whose length a rule of the programme bounds: whatever a body holds is well-formed, and the rule refuses it.
  static func longText(from least: Int = 0) -> JSONType { .text(least...Endpoint.bodyBytesMax) }
  static let description = JSONType.text(0...2_000)
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

/// `since` or `until`: a whole day in the organisation's zone, or an instant.
struct TimeBound {
  let day: Day?
  let instant: Timestamp?

  static let none = TimeBound(day: nil, instant: nil)

  private init(day: Day?, instant: Timestamp?) {
    self.day = day
    self.instant = instant
  }

  /// - Returns: nil for what is neither a date nor a time.
  init?(_ text: String) {
    self.init(day: RFC3339.day(text), instant: RFC3339.timestamp(text))
    if day == nil, instant == nil { return nil }
  }
}

extension JSONType where Value == TimeBound {
  static let timeBound = JSONType<String>.text(1...40).converted(
    JSONSchema(
      .either([JSONSchema(.string(format: "date")), JSONSchema(.string(format: "date-time"))]), example: "2026-11-22"),
    harmless: .none, else: "is a date like 2026-11-22 or a time like 2026-11-22T09:30:00Z"
  ) { TimeBound($0) }
}

extension Money {
  static let schema = JSONSchema(
    .object([.init("amount", .text(example: "12.50")), .init("currency", .text(example: "EUR"))]),
    "An amount of one currency: a decimal, never a float.", name: "Money")

  private static let amount = Member(
    "amount", .text(1...15, pattern: #"[0-9]{1,10}(\.[0-9]{1,4})?"#, else: "is a decimal such as \"12.50\""),
    "Digits, and up to four after a point.", example: "12.50")
  private static let currency = Member(
    "currency", .text(3...3, pattern: "[A-Z]{3}", else: "is three capital letters such as EUR"), "By ISO 4217.",
    example: "EUR")

  static let nothing = Money(tenThousandths: 0, currency: "EUR")

  static let type = JSONType<Money>.object([amount, currency], harmless: nothing) {
    let money = Money(amount: $0[amount], currency: $0[currency])
    // Of what has the form, only the largest amounts are none.
    if money == nil { $0.refuse(amount, "is more than there can be") }
    return money ?? nothing
  }
}
