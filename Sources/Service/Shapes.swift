import HTTP
import Ledger
import Postgres

// Shapes that several answers share.

/// A person as answers name people.
struct PersonReference: Sendable {
  let id: ID
  let handle: String
  let name: String

  init(id: ID, handle: String, name: String) {
    self.id = id
    self.handle = handle
    self.name = name
  }

  static let schema = JSONSchema(
    .object([
      .init("id", .id), .init("handle", .text(example: "ann")), .init("name", .text(example: "Ann Ames")),
    ]), "A person, as answers name people.", name: "Person")

  init(_ person: Person) { self.init(id: person.id, handle: person.handle, name: person.name) }
}

extension Balances {
  static let schema = JSONSchema(
    .object([
      .init("allowance", .count("May be given to others until the period ends.", example: 90)),
      .init("points", .count("May be redeemed.", example: 120)),
      .init("held", .count("Are held by redemptions under way.", example: 0)),
      .init("available", .count("Are left in the budget, of an award that is tried.", example: 300), isRequired: false),
      .init("next_expiry", NextExpiry.schema, isRequired: false),
    ]), name: "Balances")
}

/// The next points to run out.
struct NextExpiry: Sendable {
  let points: Int64
  /// The end of the last day on which they can be used.
  let at: Timestamp

  static let schema = JSONSchema(
    .object([.init("points", .count(example: 20)), .init("at", .time)]), "The next points to run out.",
    name: "NextExpiry")

  /// `next_expiry_on, next_expiry_points` of `person_balances`.
  init?(_ row: Row, from first: Int) throws(PostgresError) {
    guard let at = try row.timestampOrNull(first) else { return nil }
    self.at = Timestamp(microseconds: at)
    points = try row.int64(first + 1)
  }
}

/// `[{"person": {…}, "points": 10}, …]`
enum Recipients {
  static let schema = JSONSchema.list(
    of: JSONSchema(
      .object([.init("person", PersonReference.schema), .init("points", .count("For this one."))]), name: "Recipient"))
}

/// A role as people name it.
enum RoleWord: String, CaseIterable {
  /// What everyone is.
  case employee
  case finance, rewards, admin

  var role: Role? { Role(rawValue: rawValue) }

  static let schema = JSONSchema.list(of: .word(RoleWord.self))
}

extension JSONWriter {
  mutating func person(_ person: PersonReference) {
    object { json in
      json.member("id", person.id.description)
      json.member("handle", person.handle)
      json.member("name", person.name)
    }
  }

  mutating func member(_ name: StaticString, _ person: PersonReference) {
    member(name) { $0.person(person) }
  }

  mutating func member(_ name: StaticString, _ texts: [String]) {
    member(name) { json in
      json.array { json in for text in texts { json.string(text) } }
    }
  }

  /// - Parameter isActive: whoever left has no role, not even everybody's.
  mutating func roles(_ roles: [String], isActive: Bool) {
    array { json in
      guard isActive else { return }
      json.string(RoleWord.employee.rawValue)
      for role in roles.sorted() { json.string(role) }
    }
  }

  mutating func member(_ name: StaticString, _ money: Money) {
    member(name) { json in
      json.object { json in
        json.member("amount", money.amount)
        json.member("currency", money.currency)
      }
    }
  }

  mutating func recipients(_ people: [PersonReference], points: Int64) {
    array { json in
      for person in people {
        json.object { json in
          json.member("person", person)
          json.member("points", points)
        }
      }
    }
  }

  /// What the answer to a dry run has besides.
  mutating func dryRun(_ balances: Balances?) {
    member("dry_run", true)
    if let balances { member("balances") { $0.balances(balances) } }
  }

  /// - Parameter nextExpiry: the next points to run out, where there are some.
  mutating func balances(_ balances: Balances, nextExpiry: NextExpiry? = nil) {
    object { json in
      json.member("allowance", balances.allowance)
      json.member("points", balances.points)
      json.member("held", balances.held)
      if let available = balances.available { json.member("available", available) }
      guard let next = nextExpiry else { return }
      json.member("next_expiry") { json in
        json.object { json in
          json.member("points", next.points)
          json.member("at", RFC3339.text(next.at))
        }
      }
    }
  }
}

extension JSONValue {
  var string: String? {
    if case .string(let text) = self { text } else { nil }
  }
}
