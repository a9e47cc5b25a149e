import HTTP
import Ledger
import Postgres
import Text

/// `/v1/me` and the directory.
enum People {
  static let endpoints = [
    Endpoint(.get, "/v1/me", .everyoneByItself, "getMe", "Who is calling.", answers: Answer.tagged(meSchema), me)
      .forLeavers,
    Endpoint(
      .get, "/v1/people", .everyone, "listPeople", "The directory, by handle.", balancesNote,
      query: Page.parameters + filters,
      answers: Answer.page(of: PersonRecord.schema), refusals: [.unknownScope, .unknownPerson], list),
    Endpoint(
      .get, "/v1/people/{id}", .everyone, "getPerson", "One person.", balancesNote, path: [.person],
      answers: Answer.tagged(PersonRecord.schema), one),
  ]

  private static let balancesNote = "Balances are shown to the person, finance and admins."
  private static let meSchema = JSONSchema(
    .object([
      .init("id", .id), .init("handle", .text(example: "ann")), .init("name", .text(example: "Ann Ames")),
      .init("person", PersonReference.schema), .init("email", .text(example: "ann@acme.example").orNull),
      .init("team", .text(example: "Sales").orNull), .init("roles", RoleWord.schema),
      .init("balances", Balances.schema), .init("allowance_resets_at", .time),
      .init("manager", PersonReference.schema.orNull),
      .init("has_reports", JSONSchema(.boolean, "Whether somebody reports to them.", example: false)),
      .init(
        "organization",
        JSONSchema(
          .object([
            .init("slug", .text(example: "acme")), .init("name", .text(example: "Acme")),
            .init("time_zone", .text(example: "Europe/Berlin")),
          ]))),
    ]), name: "Me")

  private static func me(_ exchange: Exchange) async throws -> Response {
    let key = exchange.key
    let rows = try await exchange.worker.pool.query(
      myself,
      Parameters {
        $0.int32(key.organization)
        $0.bytes(key.digest.bytes)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Authentication.invalidKey }
    let person = PersonReference(id: ID(rawValue: try row.uuid(0)), handle: try row.text(1), name: try row.text(2))
    try Authentication.check(Authentication.scopes(row.texts(12)), cover: .read)
    let (roles, isActive) = (try row.texts(3), try row.bool(13))
    let (email, team) = (try row.textOrNull(4), try row.textOrNull(5))
    let balances = Balances(allowance: try row.int64(6), points: try row.int64(7), held: try row.int64(8))
    let nextExpiry = try NextExpiry(row, from: 10)
    let resetsAt = RFC3339.text(Timestamp(microseconds: try row.timestamp(9)))
    let manager = try row.uuidOrNull(14).map { id throws(PostgresError) in
      PersonReference(id: ID(rawValue: id), handle: try row.text(15), name: try row.text(16))
    }
    let hasReports = try row.bool(17)
    let (slug, organization, timeZone) = (try row.text(18), try row.text(19), try row.text(20))
    return exchange.answer { json in
      json.object { json in
        json.member("id", person.id.description)
        json.member("handle", person.handle)
        json.member("name", person.name)
        json.member("person", person)
        json.member("email", email)
        json.member("team", team)
        json.member("roles") { $0.roles(roles, isActive: isActive) }
        json.member("balances") { $0.balances(balances, nextExpiry: nextExpiry) }
        json.member("allowance_resets_at", resetsAt)
        json.member("manager") { json in
          if let manager { json.person(manager) } else { json.null() }
        }
        json.member("has_reports", hasReports)
        json.member("organization") { json in
          json.object { json in
            json.member("slug", slug)
            json.member("name", organization)
            json.member("time_zone", timeZone)
          }
        }
      }
    }
  }

  private static func one(_ exchange: Exchange) async throws -> Response {
    guard let id = try await find(exchange.parameters["id"], exchange) else { throw Problem.notFound }
    let record = try await record(id, exchange)
    return exchange.answer(tag: record.tag) { $0.record(record, for: exchange.caller) }
  }

  /// Whom the path names. Somebody whom a replay no longer finds under that name matters no more: the key's effect is known.
  static func inPath(_ exchange: Exchange) async throws -> ID {
    if let id = try await find(exchange.parameters["id"], exchange) { return id }
    if exchange.isReplay { return .zero }
    throw Problem.notFound
  }

  static func record(_ id: ID, _ exchange: Exchange) async throws -> PersonRecord {
    let rows = try await exchange.worker.pool.query(
      person,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(id.rawValue)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    return try PersonRecord(row)
  }

  /// Whom a member of a body names by id, handle or email.
  /// - Returns: an id that nobody has when nobody is called so; the ledger refuses it.
  static func id(named name: String?, _ exchange: Exchange) async throws -> ID? {
    guard let name else { return nil }
    return try await someone(called: name, exchange) ?? .zero
  }

  /// Whom a filter of a list names, by id, handle, email or `me`.
  /// - Throws: 422 `unknown_person`: an empty list would say that there is nothing of theirs.
  static func someone(_ parameter: QueryParameter<String?>, _ exchange: Exchange) async throws -> ID? {
    guard let name = try exchange[parameter] else { return nil }
    if let id = try await someone(called: name, exchange) { return id }
    throw Refusal(.unknownPerson, "Nobody here is called \(name).", at: "?\(parameter.name)").problem
  }

  /// By id, handle, email or `me`; nil where nobody is called so.
  static func someone(called name: String, _ exchange: Exchange) async throws -> ID? {
    name == "me" ? exchange.caller.person.id : try await find(name, exchange)
  }

  static func find(_ text: String, _ exchange: Exchange) async throws -> ID? {
    // Of a path, it is as it was sent.
    let name = PersonName.plain(text.normalized)
    let rows = try await exchange.worker.pool.query(
      findPerson,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(ID(name)?.rawValue)
        $0.text(name)
      }, isIdempotent: true)
    return try rows.first.map { row throws(PostgresError) in ID(rawValue: try row.uuid(0)) }
  }

  private static let myself = SQL.statement("me")
  private static let person = SQL.statement("person")
  private static let findPerson = SQL.statement("find_person")
}

/// A row of the directory.
struct PersonRecord {
  let person: PersonReference
  private let position: Int64
  let texts: [(String, String?)]
  let roles: [String]
  let manager: PersonReference?
  let joined: Day?
  let isOptedOut: Bool
  let isActive: Bool
  /// Nil where they were not asked for.
  let balances: Balances?
  let allowancePoints: Int64?
  let nextExpiry: NextExpiry?

  init(_ row: Row) throws(PostgresError) {
    person = PersonReference(id: ID(rawValue: try row.uuid(0)), handle: try row.text(1), name: try row.text(2))
    texts = [
      ("email", try row.textOrNull(3)), ("team", try row.textOrNull(4)), ("department", try row.textOrNull(5)),
      ("location", try row.textOrNull(6)), ("cost_centre", try row.textOrNull(7)),
      ("time_zone", try row.textOrNull(9)),
    ]
    roles = try row.texts(8)
    joined = try row.dateOrNull(10).map(Day.init(number:))
    isOptedOut = try row.bool(11)
    isActive = try row.bool(12)
    manager = try row.uuidOrNull(13).map { id throws(PostgresError) in
      PersonReference(id: ID(rawValue: id), handle: try row.text(14), name: try row.text(15))
    }
    balances = try row.int64OrNull(16).map { allowance throws(PostgresError) in
      Balances(allowance: allowance, points: try row.int64(17), held: try row.int64(18))
    }
    position = try row.int64(19)
    allowancePoints = try row.int64OrNull(20)
    nextExpiry = try NextExpiry(row, from: 21)
  }

  /// Somebody as they were made, with the manager and the allowance of `new_person`.
  init(_ asked: Person, id: ID, position: Int64, _ row: Row) throws(PostgresError) {
    person = PersonReference(id: id, handle: asked.handle, name: asked.name)
    texts = [
      ("email", asked.email), ("team", asked.team), ("department", asked.department), ("location", asked.location),
      ("cost_centre", asked.costCentre), ("time_zone", asked.timeZone),
    ]
    roles = asked.roles.map(\.rawValue)
    joined = asked.joined
    isOptedOut = asked.isOptedOut
    isActive = asked.isActive
    manager = try row.uuidOrNull(0).map { id throws(PostgresError) in
      PersonReference(id: ID(rawValue: id), handle: try row.text(1), name: try row.text(2))
    }
    let allowance = try row.int64(3)
    balances = Balances(allowance: asked.allowancePoints ?? allowance, points: 0, held: 0)
    self.position = position
    allowancePoints = asked.allowancePoints
    nextExpiry = nil
  }

  static let schema = JSONSchema(
    .object([
      .init("id", .id), .init("handle", .text(example: "ann")), .init("name", .text(example: "Ann Ames")),
      .init("email", .text(example: "ann@acme.example").orNull), .init("team", .text(example: "Sales").orNull),
      .init("department", .text(example: "Revenue").orNull), .init("location", .text(example: "Berlin").orNull),
      .init("cost_centre", .text(example: "4100").orNull), .init("time_zone", .text(example: "Europe/Berlin").orNull),
      .init("roles", RoleWord.schema), .init("manager", PersonReference.schema.orNull), .init("joined", .day.orNull),
      .init("leaderboard_opt_out", .bool), .init("active", JSONSchema(.boolean, example: true)),
      .init("balances", Balances.schema, isRequired: false),
      .init(
        "allowance_points", .count("Their own allowance, where they have one; shown with balances.").orNull,
        isRequired: false),
    ]), "A row of the directory.", name: "PersonDetails")

  var tag: String { versionTag(position) }

  /// Balances are shown to oneself, finance and admins.
  func shows(balancesTo caller: Caller) -> Bool { caller.person.id == person.id || caller.seesAccounts }
}

extension JSONWriter {
  mutating func record(_ record: PersonRecord, for caller: Caller) {
    object { json in
      json.member("id", record.person.id.description)
      json.member("handle", record.person.handle)
      json.member("name", record.person.name)
      for (name, value) in record.texts { json.member(named: name) { $0.string(orNull: value) } }
      json.member("roles") { $0.roles(record.roles, isActive: record.isActive) }
      json.member("manager") { json in
        if let manager = record.manager { json.person(manager) } else { json.null() }
      }
      json.member("joined", record.joined.map(RFC3339.text))
      json.member("leaderboard_opt_out", record.isOptedOut)
      json.member("active", record.isActive)
      guard record.shows(balancesTo: caller), let balances = record.balances else { return }
      json.member("balances") { $0.balances(balances, nextExpiry: record.nextExpiry) }
      json.member("allowance_points", record.allowancePoints.map(Int.init))
    }
  }
}
