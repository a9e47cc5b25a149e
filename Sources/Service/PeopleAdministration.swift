import HTTP
import Ledger
import Postgres

/// What admins do to the directory: people and their keys.
enum PeopleAdministration {
  static let endpoints = [
    Endpoint(
      .post, "/v1/people", .roles([.admin]), "createPerson", "Add somebody to the directory.",
      body: .object(members, name: "NewPerson"),
      answers: Answer.created(PersonRecord.schema, headers: [.location, .etag]), refusals: refusals, create),
    Endpoint(
      .patch, "/v1/people/{id}", .roles([.admin]), "changePerson", "Change somebody.",
      "What is absent stays as it is; `null` takes it away. Whoever leaves becomes `\"active\": false`.",
      path: [.person],
      body: .change(members, name: "PersonChange"),
      answers: Answer.changed(PersonRecord.schema, canStay: true, headers: [.etag]), refusals: refusals, change),
    Endpoint(
      .post, "/v1/people/{id}/keys", .roles([.admin]), "createKey", "Make an API key for somebody.",
      "The key itself is in this answer and nowhere else.", path: [.person],
      body: .object([expiresAt], name: "NewKey"), answers: Answer.created(keySchema, headers: []), createKey),
    Endpoint(
      .delete, "/v1/keys/{id}", .roles([.admin]), "revokeKey", "Revoke an API key.", path: [.id("The key's id.")],
      answers: Answer.done, revokeKey),
  ]

  private static let handle = Member(
    "handle",
    .text(1...64, pattern: "[a-z0-9][a-z0-9._-]*", else: "is made of a-z, 0-9, dot, dash and underscore"),
    "What they are called in `@` and in lists; no UUID.", example: "eve")
  private static let name = Member("name", .title, "What people call them.", example: "Eve Evans")
  private static let email = Member(
    "email", optional: .text(1...200, pattern: #"[^@\s]+@[^@\s]+"#, else: "is no email"), "Nobody else's.",
    example: "eve@acme.example")
  private static let team = Member("team", optional: .title, "", example: "Sales")
  private static let department = Member("department", optional: .title, "", example: "Revenue")
  private static let location = Member("location", optional: .title, "", example: "Berlin")
  private static let costCentre = Member("cost_centre", optional: .title, "", example: "4100")
  private static let timeZone = Member(
    "time_zone", optional: .title, "A name such as Europe/Berlin.", example: "Europe/Berlin")
  private static let manager = Member(
    "manager", optional: .personName, "Whom they report to, by id, handle or email.")
  private static let roles = Member(
    "roles", .list(of: .choice(RoleWord.self), count: 0...10), default: [], "Beyond `employee`, which everyone is.",
    example: ["finance"])
  private static let joined = Member("joined", optional: .day, "The day they came.", example: "2026-11-01")
  private static let isOptedOut = Member(
    "leaderboard_opt_out", .bool, default: false, "Whether they stay off the leaderboards.", example: false)
  private static let isActive = Member("active", .bool, default: true, "Whether they are here.", example: true)
  private static let allowancePoints = Member(
    "allowance_points", optional: .points(), "What they may give in a period, where it is not what the programme says.",
    example: 250)
  private static let members: [any JSONMember] = [
    handle, name, email, team, department, location, costCentre, timeZone, manager, roles, joined, isOptedOut,
    isActive, allowancePoints,
  ]
  private static let refusals: [Refusal.Code] = [.duplicateHandle, .duplicateEmail, .unknownPerson, .managerCycle]

  private static let expiresAt = Member("expires_at", optional: .instant, "When it stops working; never, if absent.")
  private static let keySchema = JSONSchema(
    .object([
      .init("id", .id),
      .init("key", .text("In the first answer only, null in a replay.", example: "laurel_1_…").orNull),
      .init("person", PersonReference.schema), .init("scopes", JSONSchema(.array(of: .text()), example: [])),
      .init("created_at", .time),
      .init("expires_at", .time.orNull),
    ]), name: "Key")

  // MARK: People

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    let names = try await names(in: write, exchange)
    let id = Secrets.id()
    let operation = try write.operation { fields in
      var person = Person(id: id, handle: fields[handle], name: fields[name])
      read(&person, &fields, names)
      return .putPerson(person)
    }
    let written = try await write.submit(exchange, operation)
    let (subject, headers) = try await written.subject(exchange)
    return try await answer(201, subject, headers + [("Location", "/v1/people/\(subject)")], exchange)
  }

  private static func change(_ exchange: Exchange) async throws -> Response {
    guard let id = try await People.find(exchange.parameters["id"], exchange) else { throw Problem.notFound }
    let rows = try await exchange.worker.pool.query(
      editable,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(id.rawValue)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    let current = try BookReading.person(row, from: 0)
    let position = try row.int64(16)
    try exchange.requireMatch("\"\(position)\"")
    let write = try WriteRequest(exchange)
    let names = try await names(in: write, exchange)
    let operation = try write.operation { fields in
      var person = current
      fields.change(&person.handle, handle)
      fields.change(&person.name, name)
      read(&person, &fields, names)
      return .putPerson(person, expected: position)
    }
    let written = try await write.submit(exchange, operation)
    return try await answer(200, id, written.headers, exchange)
  }

  private static func answer(
    _ status: Int, _ id: ID, _ headers: [(String, String)], _ exchange: Exchange
  ) async throws -> Response {
    let record = try await People.record(id, exchange)
    return .json(status, headers: headers + [("ETag", record.tag)]) { $0.record(record, for: exchange.caller) }
  }

  /// What only the database can say of a request's members, asked before they are read.
  private struct Names {
    let manager: ID?
    let isTimeZoneKnown: Bool
  }

  private static func names(in write: WriteRequest, _ exchange: Exchange) async throws -> Names {
    let manager = try await People.id(named: write.text(of: Self.manager), exchange)
    guard let zone = write.text(of: timeZone) else { return Names(manager: manager, isTimeZoneKnown: true) }
    let rows = try await exchange.worker.pool.query(knownTimeZone, Parameters { $0.text(zone) }, isIdempotent: true)
    return Names(manager: manager, isTimeZoneKnown: try rows.first?.bool(0) ?? false)
  }

  /// The members that creating and changing share; one that is absent stays as it is, `null` empties it.
  private static func read(_ person: inout Person, _ fields: inout JSONFields, _ names: Names) {
    // An id names a person before a handle does.
    if ID(person.handle) != nil { fields.refuse(handle, "must not be a UUID") }
    fields.change(&person.email, email)
    fields.change(&person.team, team)
    fields.change(&person.department, department)
    fields.change(&person.location, location)
    fields.change(&person.costCentre, costCentre)
    fields.change(&person.timeZone, timeZone)
    fields.change(&person.allowancePoints, allowancePoints)
    if !names.isTimeZoneKnown { fields.refuse(timeZone, "is a name such as Europe/Berlin") }
    var isNamed: String?
    fields.change(&isNamed, manager)
    if fields.contains(manager) { person.manager = isNamed == nil ? nil : names.manager }
    var words: [RoleWord] = []
    fields.change(&words, roles)
    if fields.contains(roles) { person.roles = Set(words.compactMap(\.role)) }
    fields.change(&person.joined, joined)
    fields.change(&person.isOptedOut, isOptedOut)
    fields.change(&person.isActive, isActive)
  }

  // MARK: Keys

  /// The key itself is in the first answer only: it is kept nowhere.
  private static func createKey(_ exchange: Exchange) async throws -> Response {
    let person = try await People.inPath(exchange)
    let write = try WriteRequest(exchange)
    let key = KeyText(organization: exchange.caller.organization)
    let id = Secrets.id()
    let operation = try write.operation(id: id) { fields in
      .createKey(APIKey(id: id, person: person, digest: key.digest, expiresAt: fields[Self.expiresAt]))
    }
    let written = try await write.submit(exchange, operation)
    // A key has the id of the entry that made it.
    let made = if case .replayed(let earlier) = written.decision { earlier.entry } else { id }
    let rows = try await exchange.worker.pool.query(
      keyRow,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(made.rawValue)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    let holder = PersonReference(id: ID(rawValue: try row.uuid(1)), handle: try row.text(2), name: try row.text(3))
    let createdAt = RFC3339.text(Timestamp(microseconds: try row.timestamp(4)))
    let expiresAt = try row.timestampOrNull(5).map { RFC3339.text(Timestamp(microseconds: $0)) }
    return .json(201, headers: written.headers + [("Cache-Control", "no-store")]) { json in
      json.object { json in
        json.member("id", made.description)
        json.member("key", made == id ? key.text : nil)
        json.member("person", holder)
        json.member("scopes", [String]())
        json.member("created_at", createdAt)
        json.member("expires_at", expiresAt)
      }
    }
  }

  private static func revokeKey(_ exchange: Exchange) async throws -> Response {
    let id = try exchange.id("id")
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange, write.operation { _ in .revokeKey(id) })
    return Response(status: 204, headers: written.headers)
  }

  private static let editable = SQL.statement("editable_person")
  private static let knownTimeZone = SQL.statement("known_time_zone")
  private static let keyRow = SQL.statement("key")
}
