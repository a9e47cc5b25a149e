import HTTP
import Ledger
import Postgres

/// What admins do to the directory: people and their keys.
enum PeopleAdministration {
  static let endpoints = [
    Endpoint(.post, "/v1/people", .roles([.admin]), create),
    Endpoint(.patch, "/v1/people/{id}", .roles([.admin]), change),
    Endpoint(.post, "/v1/people/{id}/keys", .roles([.admin]), createKey),
    Endpoint(.delete, "/v1/keys/{id}", .roles([.admin]), revokeKey),
  ]

  // MARK: People

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    let names = try await names(in: write, exchange)
    let id = Secrets.id()
    let written = try await write.submit(exchange) { body throws(Problem) in
      var fields = JSONFields(body)
      var person = Person(id: id, handle: fields.handle(), name: fields.string("name", length: 1...200))
      read(&person, &fields, names)
      try fields.finish()
      return .putPerson(person)
    }
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
    let written = try await write.submit(exchange) { body throws(Problem) in
      var person = current
      var fields = JSONFields(body)
      if fields.contains("handle") { person.handle = fields.handle() }
      if let name = fields.optionalString("name", length: 1...200) { person.name = name }
      read(&person, &fields, names)
      try fields.finish()
      return .putPerson(person, expected: position)
    }
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
    let body = try? write.body.get()
    let manager = try await People.id(named: body?["manager"]?.string, exchange)
    guard let zone = body?["time_zone"]?.string else { return Names(manager: manager, isTimeZoneKnown: true) }
    let rows = try await exchange.worker.pool.query(knownTimeZone, Parameters { $0.text(zone) }, isIdempotent: true)
    return Names(manager: manager, isTimeZoneKnown: try rows.first?.bool(0) ?? false)
  }

  /// The members that creating and changing share; one that is absent stays as it is, `null` empties it.
  private static func read(_ person: inout Person, _ fields: inout JSONFields, _ names: Names) {
    func text(_ name: String, _ value: inout String?) {
      if fields.contains(name) { value = fields.optionalString(name, length: 1...200) }
    }
    text("email", &person.email)
    if let email = person.email, email.wholeMatch(of: /[^@\s]+@[^@\s]+/) == nil {
      fields.refuse("email", "is no email")
    }
    text("team", &person.team)
    text("department", &person.department)
    text("location", &person.location)
    text("cost_centre", &person.costCentre)
    text("time_zone", &person.timeZone)
    if !names.isTimeZoneKnown { fields.refuse("time_zone", "is a name such as Europe/Berlin") }
    if fields.contains("manager") {
      let isNamed = fields.optionalString("manager", length: 1...254) != nil
      person.manager = isNamed ? names.manager : nil
    }
    if let words = fields.optionalStrings("roles", count: 0...10) {
      let roles = words.filter { $0 != "employee" }
      if roles.contains(where: { Role(rawValue: $0) == nil }) { fields.refuse("roles", "are employee, finance, admin") }
      person.roles = Set(roles.compactMap(Role.init(rawValue:)))
    }
    if fields.contains("joined") {
      let text = fields.optionalString("joined", length: 10...10)
      person.joined = text.flatMap { RFC3339.day($0) }
      if text != nil, person.joined == nil { fields.refuse("joined", "is a date such as 2026-11-22") }
    }
    if let isOptedOut = fields.optionalBool("leaderboard_opt_out") { person.isOptedOut = isOptedOut }
    if let isActive = fields.optionalBool("active") { person.isActive = isActive }
  }

  // MARK: Keys

  /// The key itself is in the first answer only: it is kept nowhere.
  private static func createKey(_ exchange: Exchange) async throws -> Response {
    guard let person = try await People.find(exchange.parameters["id"], exchange) else { throw Problem.notFound }
    let write = try WriteRequest(exchange)
    let key = KeyText(organization: exchange.caller.organization)
    let id = Secrets.id()
    let written = try await write.submit(exchange, id: id) { body throws(Problem) in
      var fields = JSONFields(body)
      let text = fields.optionalString("expires_at", length: 1...40)
      let expiresAt = text.flatMap { RFC3339.timestamp($0) }
      if text != nil, expiresAt == nil { fields.refuse("expires_at", "is a time such as 2026-12-31T00:00:00Z") }
      try fields.finish()
      return .createKey(APIKey(id: id, person: person, digest: key.digest, expiresAt: expiresAt))
    }
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
    let written = try await write.submit(exchange) { body throws(Problem) in
      var fields = JSONFields(body)
      try fields.finish()
      return .revokeKey(id)
    }
    return Response(status: 204, headers: written.headers)
  }

  private static let editable = SQL.statement("editable_person")
  private static let knownTimeZone = SQL.statement("known_time_zone")
  private static let keyRow = SQL.statement("key")
}

extension JSONFields {
  fileprivate mutating func handle() -> String {
    let handle = string("handle", length: 1...64)
    if handle.wholeMatch(of: /[a-z0-9][a-z0-9._\-]*/) == nil || ID(handle) != nil {
      refuse("handle", "is made of a-z, 0-9, dot, dash and underscore")
    }
    return handle
  }
}
