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
      "What is absent stays as it is; `null` takes it away. Whoever leaves becomes `\"active\": false`. Nobody changes their own roles or allowance.",
      path: [.person],
      body: .change(members, name: "PersonChange"),
      answers: Answer.changed(PersonRecord.schema, canStay: true, headers: [.etag]),
      refusals: refusals + [.ownRoles, .ownPoints], change),
    Endpoint(
      .post, "/v1/people/{id}/keys", .roles([.admin]), "createKey", "Make an API key for somebody.",
      "The key itself is in this answer and nowhere else.", path: [.person],
      body: .object([expiresAt, scopes], name: "NewKey"), answers: Answer.created(keySchema, headers: []), createKey),
    Endpoint(
      .get, "/v1/people/{id}/keys", .roles([.admin]), "listKeys", "Somebody's API keys, in the order of their making.",
      "Those that were revoked are not among them.", path: [.person], query: Page.parameters,
      answers: Answer.page(of: keySchema), keys),
    Endpoint(
      .delete, "/v1/keys/{id}", .roles([.admin]), "revokeKey", "Revoke an API key.", path: [.id("The key's id.")],
      answers: Answer.done, revokeKey),
  ]

  private static let handle = Member(
    "handle", .handle, "What they are called in `@` and in lists; no UUID, and not `me`.", example: "eve")
  private static let name = Member("name", .displayName, "What people call them.", example: "Eve Evans")
  private static let email = Member(
    "email", optional: .email, "Nobody else's.", example: "eve@acme.example")
  private static let team = Member("team", optional: .displayName, "", example: "Sales")
  private static let department = Member("department", optional: .displayName, "", example: "Revenue")
  private static let location = Member("location", optional: .displayName, "", example: "Berlin")
  private static let costCentre = Member("cost_centre", optional: .displayName, "", example: "4100")
  private static let timeZone = Member(
    "time_zone", optional: .title, "A name such as Europe/Berlin.", example: "Europe/Berlin")
  private static let manager = Member(
    "manager", optional: .personName, "Whom they report to, by id, handle or email.", example: "mo")
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
  private static let refusals: [Refusal.Code] = [
    .duplicateHandle, .duplicateEmail, .unknownPerson, .managerCycle, .lastAdmin,
  ]

  private static let expiresAt = Member("expires_at", optional: .instant, "When it stops working; never, if absent.")
  private static let scopes = Member(
    "scopes", .list(of: .choice(Scope.self), count: 0...Scope.allCases.count), default: [],
    "What it is for: reading, thanking, crediting points from another system. For whatever the person may do, if absent.",
    example: ["earnings"])
  private static let keySchema = JSONSchema(
    .object([
      .init("id", .id),
      .init("key", .text("In the first answer only, null from then on.", example: "laurel_1_…").orNull),
      .init("person", PersonReference.schema), .init("scopes", .list(of: .word(Scope.self))),
      .init("created_at", .time),
      .init("expires_at", .time.orNull),
    ]), name: "Key")

  // MARK: People

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    let names = try await names(in: write, exchange)
    let id = Secrets.id()
    var asked: Person?
    let action = try write.action { fields in
      var person = Person(id: id, handle: fields[handle], name: fields[name])
      read(&person, &fields, names)
      asked = person
      return .putPerson(person)
    }
    let written = try await write.submit(exchange, action)
    let (subject, headers) = try await written.subject(exchange)
    guard let asked else { preconditionFailure("what was submitted was read") }
    let rows = try await exchange.worker.pool.query(
      newPerson,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.int64(written.position)
        $0.texts(asked.roles.map(\.rawValue))
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    // A replay's request is the same as then, and so is whom it made, whatever became of them.
    let record = try PersonRecord(asked, id: subject, position: written.position, row)
    return .json(201, headers: headers + [("Location", "/v1/people/\(subject)"), ("ETag", record.tag)]) {
      $0.record(record, for: exchange.caller)
    }
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
    try exchange.requireMatch(versionTag(position))
    let write = try WriteRequest(exchange)
    let names = try await names(in: write, exchange)
    let action = try write.action { fields in
      var person = current
      fields.change(&person.handle, handle)
      fields.change(&person.name, name)
      read(&person, &fields, names)
      return .putPerson(person, expected: position)
    }
    let written = try await write.submit(exchange, action)
    let record = try await People.record(id, exchange)
    return .json(200, headers: written.headers + [("ETag", record.tag)]) { $0.record(record, for: exchange.caller) }
  }

  /// What only the database can say of a request's members, asked before they are read.
  private struct Names {
    let manager: ID?
    let isTimeZoneKnown: Bool
  }

  private static func names(in write: WriteRequest, _ exchange: Exchange) async throws -> Names {
    let manager = try await People.id(named: write.peek(at: Self.manager), exchange)
    guard let zone = write.peek(at: timeZone) else { return Names(manager: manager, isTimeZoneKnown: true) }
    let rows = try await exchange.worker.pool.query(knownTimeZone, Parameters { $0.text(zone) }, isIdempotent: true)
    return Names(manager: manager, isTimeZoneKnown: try rows.first?.bool(0) ?? false)
  }

  /// The members that creating and changing share; one that is absent stays as it is, `null` empties it.
  private static func read(_ person: inout Person, _ fields: inout JSONFields, _ names: Names) {
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
    if !person.isActive, words.contains(where: { $0.role != nil }) {
      fields.refuse(roles, "are none of somebody who has left")
    }
  }

  // MARK: Keys

  /// The key itself is in the first answer only: it is kept nowhere.
  private static func createKey(_ exchange: Exchange) async throws -> Response {
    let person = try await People.inPath(exchange)
    let write = try WriteRequest(exchange)
    let key = KeyText(organization: exchange.caller.organization)
    let id = Secrets.id()
    let action = try write.action { fields in
      .createKey(
        APIKey(
          id: id, person: person, digest: key.digest, expiresAt: fields[Self.expiresAt], scopes: Set(fields[scopes])))
    }
    let written = try await write.submit(exchange, id: id, action)
    // A key has the id of the entry that made it.
    let made = if case .replayed(let earlier) = written.decision { earlier.entry } else { id }
    let rows = try await exchange.worker.pool.query(
      keyRow,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(made.rawValue)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    let record = try KeyRecord(row)
    return .json(201, headers: written.headers + [("Cache-Control", "no-store")]) {
      record.write(to: &$0, secret: made == id ? key.text : nil)
    }
  }

  private static func keys(_ exchange: Exchange) async throws -> Response {
    guard let person = try await People.find(exchange.parameters["id"], exchange) else { throw Problem.notFound }
    let page = try Page(exchange)
    let rows = try await exchange.worker.pool.query(
      keyRows,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(person.rawValue)
        $0.uuid(page.afterID?.rawValue)
        $0.int32(Int32(page.limit + 1))
      }, isIdempotent: true)
    return page.answer(try rows.map { row throws(PostgresError) in try KeyRecord(row) }) {
      Page.payload($0.id)
    } _: {
      $1.write(to: &$0, secret: nil)
    }
  }

  private static func revokeKey(_ exchange: Exchange) async throws -> Response {
    let id = try exchange.id("id")
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange, write.action { _ in .revokeKey(id) })
    return Response(status: 204, headers: written.headers)
  }

  private static let newPerson = SQL.statement("new_person")
  private static let editable = SQL.statement("editable_person")
  private static let knownTimeZone = SQL.statement("known_time_zone")
  private static let keyRow = SQL.statement("key")
  private static let keyRows = SQL.statement("keys", .long)
}

/// An API key as admins see it.
private struct KeyRecord {
  let id: ID
  private let person: PersonReference
  private let createdAt: Timestamp
  private let expiresAt: Timestamp?
  private let scopes: [String]

  init(_ row: Row) throws(PostgresError) {
    id = ID(rawValue: try row.uuid(0))
    person = PersonReference(id: ID(rawValue: try row.uuid(1)), handle: try row.text(2), name: try row.text(3))
    createdAt = Timestamp(microseconds: try row.timestamp(4))
    expiresAt = try row.timestampOrNull(5).map(Timestamp.init(microseconds:))
    scopes = try row.texts(6)
  }

  /// - Parameter secret: nil once it was shown: it is kept nowhere.
  func write(to json: inout JSONWriter, secret: String?) {
    json.object { json in
      json.member("id", id.description)
      json.member("key", secret)
      json.member("person", person)
      json.member("scopes", scopes)
      json.member("created_at", RFC3339.text(createdAt))
      json.member("expires_at", expiresAt.map(RFC3339.text))
    }
  }
}
