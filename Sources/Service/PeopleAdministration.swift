import HTTP
import Ledger
import Postgres

/// What admins do to the directory.
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
    return Names(manager: manager, isTimeZoneKnown: try await TimeZones.isKnown(write.peek(at: timeZone), exchange))
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
    if !names.isTimeZoneKnown { fields.refuse(timeZone, TimeZones.mistake) }
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

  private static let newPerson = SQL.statement("new_person")
  private static let editable = SQL.statement("editable_person")
}
