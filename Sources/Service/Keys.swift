import HTTP
import Ledger
import Postgres

/// API keys: one's own, and what admins do to everybody's.
enum Keys {
  static let endpoints = [
    Endpoint(
      .get, "/v1/me/keys", .everyone, "listOwnKeys", "The caller's API keys, in the order of their making.",
      "Those that were revoked are not among them.", query: Page.parameters, answers: Answer.page(of: schema), listOwn),
    Endpoint(
      .post, "/v1/me/keys", .everyone, "createOwnKey", "Make a further API key for oneself.",
      "The key itself is in this answer and nowhere else. A key that credits points is made by an admin.",
      body: .object([label, expiresAt, ownScopes], name: "NewOwnKey"), answers: Answer.created(schema, headers: []),
      createOwn),
    Endpoint(
      .delete, "/v1/me/keys/{id}", .everyone, "revokeOwnKey", "Revoke an API key of one's own.",
      "Also the one that it is asked with: then it was its last call.", path: [keyID], answers: Answer.done, revokeOwn),
    Endpoint(
      .post, "/v1/people/{id}/keys", .roles([.admin]), "createKey", "Make an API key for somebody.",
      "The key itself is in this answer and nowhere else. A key of the scope `earnings` names its system in `source`.",
      path: [.person], body: .object([label, expiresAt, scopes, source, pointsMax, pointsMaxDay], name: "NewKey"),
      answers: Answer.created(schema, headers: []), create),
    Endpoint(
      .get, "/v1/people/{id}/keys", .roles([.admin]), "listKeys", "Somebody's API keys, in the order of their making.",
      "Those that were revoked are not among them.", path: [.person], query: Page.parameters,
      answers: Answer.page(of: schema), list),
    Endpoint(
      .delete, "/v1/keys/{id}", .roles([.admin]), "revokeKey", "Revoke an API key.", path: [keyID],
      answers: Answer.done, revoke),
  ]

  /// What people may narrow a key of their own to. Crediting takes an admin, who says how much.
  private enum OwnScope: String, CaseIterable {
    case read, recognitions

    var scope: Scope {
      switch self {
      case .read: .read
      case .recognitions: .recognitions
      }
    }
  }

  private static let keyID = PathParameter.id("The key's id.")
  private static let label = Member("label", optional: .displayName, "What people call it.", example: "My laptop")
  private static let expiresAt = Member("expires_at", optional: .instant, "When it stops working; never, if absent.")
  private static let scopes = Member(
    "scopes", .list(of: .choice(Scope.self), count: 0...Scope.allCases.count), default: [],
    "What it is for: reading, thanking, crediting points from another system. For whatever the person may do, if absent.",
    example: ["read"])
  private static let ownScopes = Member(
    "scopes", .list(of: .choice(OwnScope.self), count: 0...OwnScope.allCases.count), default: [],
    "What it is for: reading, thanking. For whatever one may do, if absent.", example: ["read"])
  private static let source = Member(
    "source", optional: .source, "Of the scope `earnings`, and required there: the system that it credits from.")
  private static let pointsMax = Member(
    "points_max", optional: .points(from: 1),
    "Of the scope `earnings`: what it credits at once, at most; \(EarningBounds.pointsMaxUnsaid) unless said.")
  private static let pointsMaxDay = Member(
    "points_max_day", optional: .points(from: 1),
    "Of the scope `earnings`: what it credits in a day, at most; \(EarningBounds.pointsMaxDayUnsaid) unless said.")
  private static let schema = JSONSchema(
    .object([
      .init("id", .id),
      .init("key", .text("In the first answer only, null from then on.", example: "laurel_1_…").orNull),
      .init("label", .text("What people call it.", example: "My laptop").orNull),
      .init("person", PersonReference.schema), .init("scopes", .list(of: .word(Scope.self))),
      .init("source", .text("What it credits from, where its scope is `earnings`.", example: "lms").orNull),
      .init("points_max", .count("By one credit.", example: 50).orNull),
      .init("points_max_day", .count("In a day.", example: 2_000).orNull),
      .init("created_at", .time),
      .init("expires_at", .time.orNull),
    ]), name: "Key")

  // MARK: One's own

  private static func listOwn(_ exchange: Exchange) async throws -> Response {
    try await page(of: exchange.caller.person.id, exchange)
  }

  private static func createOwn(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    let (id, secret) = (Secrets.id(), KeyText(organization: exchange.caller.organization))
    let person = exchange.caller.person.id
    let action = try write.action { fields in
      .createKey(
        APIKey(
          id: id, person: person, digest: secret.digest, expiresAt: fields[expiresAt],
          scopes: Set(fields[ownScopes].map(\.scope)), label: fields[label]))
    }
    return try await made(try await write.submit(exchange, id: id, action), id, secret, exchange)
  }

  /// Whose a key is never changes, so it may be looked up before; and what was revoked is still there, for a repeat.
  private static func revokeOwn(_ exchange: Exchange) async throws -> Response {
    let record = try await record(of: try exchange.id("id"), exchange)
    guard record.person.id == exchange.caller.person.id else { throw Problem.notFound }
    return try await revoke(exchange)
  }

  // MARK: Everybody's

  private static func list(_ exchange: Exchange) async throws -> Response {
    guard let person = try await People.find(exchange.parameters["id"], exchange) else { throw Problem.notFound }
    return try await page(of: person, exchange)
  }

  private static func create(_ exchange: Exchange) async throws -> Response {
    let person = try await People.inPath(exchange)
    let write = try WriteRequest(exchange)
    let (id, secret) = (Secrets.id(), KeyText(organization: exchange.caller.organization))
    let action = try write.action { fields in
      let scopes = Set(fields[Self.scopes])
      return .createKey(
        APIKey(
          id: id, person: person, digest: secret.digest, expiresAt: fields[expiresAt], scopes: scopes,
          label: fields[label], bounds: bounds(scopes, &fields)))
    }
    return try await made(try await write.submit(exchange, id: id, action), id, secret, exchange)
  }

  /// What a key credits, where it is for that; the others have no use for bounds.
  private static func bounds(_ scopes: Set<Scope>, _ fields: inout JSONFields) -> EarningBounds? {
    let (source, most, mostInDay) = (fields[source], fields[pointsMax], fields[pointsMaxDay])
    guard scopes.contains(.earnings) else {
      let detail = "is for keys of the scope earnings"
      if source != nil { fields.refuse(Self.source, detail) }
      if most != nil { fields.refuse(pointsMax, detail) }
      if mostInDay != nil { fields.refuse(pointsMaxDay, detail) }
      return nil
    }
    guard let source else {
      fields.refuse(Self.source, "is required: a key of the scope earnings credits from one system")
      return nil
    }
    return EarningBounds(source: source, pointsMax: most, pointsMaxDay: mostInDay)
  }

  private static func revoke(_ exchange: Exchange) async throws -> Response {
    let id = try exchange.id("id")
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange, write.action { _ in .revokeKey(id) })
    return Response(status: 204, headers: written.headers)
  }

  // MARK: Answers

  /// The key itself is in the first answer only: it is kept nowhere.
  private static func made(
    _ written: Written, _ id: ID, _ secret: KeyText, _ exchange: Exchange
  ) async throws -> Response {
    // A key has the id of the entry that made it.
    let made = if case .replayed(let earlier) = written.decision { earlier.entry } else { id }
    let record = try await record(of: made, exchange)
    return .json(201, headers: written.headers + [("Cache-Control", "no-store")]) {
      record.write(to: &$0, secret: made == id ? secret.text : nil)
    }
  }

  private static func record(of key: ID, _ exchange: Exchange) async throws -> KeyRecord {
    let rows = try await exchange.worker.pool.query(
      keyRow,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(key.rawValue)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    return try KeyRecord(row)
  }

  private static func page(of person: ID, _ exchange: Exchange) async throws -> Response {
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

  private static let keyRow = SQL.statement("key")
  private static let keyRows = SQL.statement("keys", .long)
}

/// An API key as its owner and admins see it.
private struct KeyRecord {
  let id: ID
  let person: PersonReference
  private let createdAt: Timestamp
  private let expiresAt: Timestamp?
  private let scopes: [String]
  private let label: String?
  private let source: String?
  private let pointsMax: Int64?
  private let pointsMaxDay: Int64?

  init(_ row: Row) throws(PostgresError) {
    id = ID(rawValue: try row.uuid(0))
    person = PersonReference(id: ID(rawValue: try row.uuid(1)), handle: try row.text(2), name: try row.text(3))
    createdAt = Timestamp(microseconds: try row.timestamp(4))
    expiresAt = try row.timestampOrNull(5).map(Timestamp.init(microseconds:))
    scopes = try row.texts(6)
    label = try row.textOrNull(7)
    source = try row.textOrNull(8)
    pointsMax = try row.int64OrNull(9)
    pointsMaxDay = try row.int64OrNull(10)
  }

  /// - Parameter secret: nil once it was shown: it is kept nowhere.
  func write(to json: inout JSONWriter, secret: String?) {
    json.object { json in
      json.member("id", id.description)
      json.member("key", secret)
      json.member("label", label)
      json.member("person", person)
      json.member("scopes", scopes)
      json.member("source", source)
      json.member("points_max", pointsMax.map(Int.init))
      json.member("points_max_day", pointsMaxDay.map(Int.init))
      json.member("created_at", RFC3339.text(createdAt))
      json.member("expires_at", expiresAt.map(RFC3339.text))
    }
  }
}
