import HTTP
import Ledger
import Postgres

/// `/v1/earnings`, `/v1/adjustments`, top-ups: points that nobody gives, always with a reason.
enum Corrections {
  static let endpoints = [
    Endpoint(
      .post, "/v1/earnings", .roles([.admin]), "earn", "Credit points from another system.",
      "An integration does so with a key whose scope is `earnings`.",
      query: [CommonQuery.dryRun], body: .object([person, points, reason, source], name: "NewEarning"),
      answers: Answer.created(CorrectionRecord.schema, headers: []) + Answer.tried(CorrectionRecord.schema),
      refusals: [.unknownPerson, .inactiveRecipient, .ownPoints, .wrongSource, .tooManyPoints, .keyLimitReached]
    ) { exchange in
      // An admin credits by whichever key; a system's own has its bounds.
      let key = exchange.caller.scopes.contains(.earnings) ? exchange.caller.key : nil
      return try await create(exchange) {
        .earn(Earn(person: $0[person], points: $0[points], reason: $0[reason], source: $0[source], key: key))
      }
    }.covered(by: .earnings),
    list(.earning, "/v1/earnings", "listEarnings", "Points that were credited from other systems, newest first."),
    Endpoint(
      .delete, "/v1/earnings/{id}", .roles([.admin]), "reverseEarning", "Take an earning back.",
      path: [.id("The earning's id.")], answers: Answer.changed(CorrectionRecord.schema),
      refusals: [.alreadyReversed, .pointsAlreadySpent, .ownPoints], reverse),
    Endpoint(
      .post, "/v1/adjustments", .roles([.admin]), "adjust", "Correct somebody's points.",
      "What is taken away comes from the oldest points. Leavers can be corrected, too.", query: [CommonQuery.dryRun],
      body: .object([person, difference, reason], name: "NewAdjustment"),
      answers: Answer.created(CorrectionRecord.schema, headers: []) + Answer.tried(CorrectionRecord.schema),
      refusals: [.unknownPerson, .insufficientPoints, .ownPoints]
    ) { exchange in
      try await create(exchange) { fields in
        let points = fields[difference]
        if points == 0 { fields.refuse(difference, "must not be 0") }
        return .adjust(Adjust(.points, of: fields[person], by: points, reason: fields[reason]))
      }
    },
    list(.adjustment, "/v1/adjustments", "listAdjustments", "Corrections of somebody's points, newest first."),
    Endpoint(
      .post, "/v1/people/{id}/top-ups", .roles([.admin]), "topUp", "Let somebody give more.",
      "What is added stays until it is given, over the ends of allowance periods; the period's own part is spent first.",
      path: [.person], query: [CommonQuery.dryRun], body: .object([points, reason], name: "NewTopUp"),
      answers: Answer.created(CorrectionRecord.schema, headers: []) + Answer.tried(CorrectionRecord.schema),
      refusals: [.inactiveRecipient, .ownPoints], topUp),
  ]

  private static func list(_ kind: EntryKind, _ pattern: String, _ name: String, _ summary: String) -> Endpoint {
    Endpoint(
      .get, pattern, .roles([.finance, .admin]), name, summary,
      query: Page.parameters + [ofPerson, CommonQuery.from, CommonQuery.to],
      answers: Answer.page(of: CorrectionRecord.schema), refusals: [.unknownPerson]
    ) { try await list(kind, $0) }
  }

  private static let ofPerson = QueryParameter(
    "person", .personName, "Of this person's points: an id, handle, email or `me`.", example: "ann")
  private static let person = Member("person", .personName, "Whose they are, by id, handle or email.", example: "ann")
  private static let points = Member("points", .points(from: 1), "How many to add.", example: 25)
  private static let difference = Member(
    "points", .integer(-Limits.pointsMax...Limits.pointsMax), "How many more, or fewer; not 0.", example: -10)
  private static let reason = Member(
    "reason", .reason, "Why, for the statement and the audit.", example: "Safety training")
  private static let source = Member(
    "source", .source,
    "The system that they come from, as exports name it.", example: "lms")

  private static func topUp(_ exchange: Exchange) async throws -> Response {
    let id = try await People.inPath(exchange)
    return try await create(exchange) {
      .adjust(Adjust(.allowance, of: id.description, by: $0[points], reason: $0[reason]))
    }
  }

  private static func create(
    _ exchange: Exchange, _ read: (inout JSONFields) -> Action
  ) async throws -> Response {
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange, write.action(read))
    if write.isDryRun, case .accepted(let acceptance) = written.decision,
      let record = CorrectionRecord(acceptance, written.people)
    {
      return .json(200) { json in record.write(to: &json) { $0.dryRun(written.balances) } }
    }
    let record = try await find(written.entry, exchange)
    return .json(201, headers: written.headers) { record.write(to: &$0) }
  }

  private static func reverse(_ exchange: Exchange) async throws -> Response {
    let id = try exchange.id("id")
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange, write.action { _ in .reverse(.earning, id) })
    let record = try await find(id, exchange)
    return .json(200, headers: written.headers) { record.write(to: &$0) }
  }

  private static func find(_ id: ID, _ exchange: Exchange) async throws -> CorrectionRecord {
    let rows = try await exchange.worker.pool.query(
      correction,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(id.rawValue)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    return try CorrectionRecord(row)
  }

  private static func list(_ kind: EntryKind, _ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let span = try await exchange.span()
    let person = try await People.someone(ofPerson, exchange)
    let rows = try await exchange.worker.pool.query(
      person == nil ? corrections : correctionsOf,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.text(kind.rawValue)
        $0.int64(page.afterPosition ?? .max)
        span.write(to: &$0)
        if let person { $0.uuid(person.rawValue) }
        $0.int32(Int32(page.limit + 1))
      }, isIdempotent: true)
    let records = try rows.map { row throws(PostgresError) in try CorrectionRecord(row) }
    return page.answer(records) {
      Page.payload($0.position)
    } _: {
      $1.write(to: &$0)
    }
  }

  private static let correction = SQL.statement("correction")
  private static let corrections = SQL.statement("corrections", .long)
  private static let correctionsOf = SQL.statement("corrections_of", .long)
}

/// An earning, an adjustment or a top-up.
struct CorrectionRecord {
  let id: ID
  let kind: EntryKind
  let person: PersonReference
  let points: Int64
  /// Nil once erased.
  let reason: String?
  /// Of an earning.
  let source: String?
  let createdAt: Timestamp
  let position: Int64
  let isReversed: Bool
  /// Whoever made it, or whose key did; nil is the operator.
  let by: PersonReference?

  static let schema = JSONSchema(
    .object([
      .init("id", .id), .init("kind", JSONSchema(.words(["earning", "adjustment", "allowance_topped_up"]))),
      .init("person", PersonReference.schema), .init("points", JSONSchema(.integer(), example: 25)),
      .init("reason", .text("Null once erased.", example: "Safety training").orNull),
      .init("source", .text("Of an earning.", example: "lms").orNull), .init("created_at", .time),
      .init("position", .position), .init("reversed", .bool),
      .init("by", PersonReference.schema.described("Whoever made it, or whose key did. Null is the operator.").orNull),
    ]), name: "Correction")

  /// What was just decided.
  init?(_ acceptance: Acceptance, _ people: [ID: Person]) {
    let entry = acceptance.entry
    guard let posting = entry.postings.first(where: { $0.account.kind == .points || $0.account.kind == .allowance }),
      let person = people[posting.account.owner]
    else { return nil }
    id = entry.id
    kind = entry.kind
    self.person = PersonReference(person)
    points = posting.amount
    reason = acceptance.text?.text
    source = if case .earning(let source, _) = entry.detail { source } else { nil }
    createdAt = entry.recordedAt
    position = entry.position
    isReversed = false
    by = entry.actor.flatMap { people[$0] }.map(PersonReference.init)
  }

  init(_ row: Row) throws(PostgresError) {
    guard let kind = EntryKind(rawValue: try row.text(1)) else {
      throw PostgresError(.misuse, "an entry of an unknown kind")
    }
    id = ID(rawValue: try row.uuid(0))
    self.kind = kind
    person = PersonReference(id: ID(rawValue: try row.uuid(2)), handle: try row.text(3), name: try row.text(4))
    points = try row.int64(5)
    reason = try row.textOrNull(6)
    source = try row.textOrNull(7)
    createdAt = Timestamp(microseconds: try row.timestamp(8))
    position = try row.int64(9)
    isReversed = try row.bool(10)
    by = try row.uuidOrNull(11).map { id throws(PostgresError) in
      PersonReference(id: ID(rawValue: id), handle: try row.text(12), name: try row.text(13))
    }
  }

  func write(to json: inout JSONWriter, more: (inout JSONWriter) -> Void = { _ in }) {
    json.object { json in
      json.member("id", id.description)
      json.member("kind", kind.rawValue)
      json.member("person", person)
      json.member("points", points)
      json.member("reason", reason)
      json.member("source", source)
      json.member("created_at", RFC3339.text(createdAt))
      json.member("position", position)
      json.member("reversed", isReversed)
      json.member("by") { json in
        if let by { json.person(by) } else { json.null() }
      }
      more(&json)
    }
  }
}
