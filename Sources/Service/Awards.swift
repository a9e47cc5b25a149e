import HTTP
import Ledger
import Postgres

/// `/v1/awards`: managers' spot points.
enum Awards {
  static let endpoints = [
    Endpoint(
      .post, "/v1/awards", .everyone, "award", "Award points to people who report to the caller.",
      "Directly or further down. It waits, with the points held, where what the caller gave one recipient from this budget, it "
        + "included, is above the budget's `approval_above`.",
      query: [CommonQuery.dryRun], body: .object([budget, to, message, points, values], name: "NewAward"),
      answers: Answer.created(AwardRecord.schema) + Answer.tried(AwardRecord.schema),
      refusals: [
        .insufficientBudget, .notInYourTeam, .budgetClosed, .unknownBudget, .selfRecognition, .duplicateRecipient,
        .unknownPerson, .unknownValue, .inactiveRecipient, .messageTooLong, .messageEmpty, .tooManyRecipients,
      ], create),
    Endpoint(
      .get, "/v1/awards", .everyone, "listAwards", "Awards, newest first.",
      "Given or got by the caller; finance and admins see all.", query: Page.parameters + [inState],
      answers: Answer.page(of: AwardRecord.schema), list),
    Endpoint(
      .get, "/v1/awards/{id}", .everyone, "getAward", "One award.", path: [inPath],
      answers: Answer.tagged(AwardRecord.schema), one),
    decision("approve", "Approve an award; its points are paid.", isApproved: true),
    Endpoint(
      .delete, "/v1/awards/{id}", .roles([.admin]), "reverseAward", "Take a granted award back.",
      "Its points go back to the budget within the budget's period, else they expire.", path: [inPath],
      answers: Answer.changed(AwardRecord.schema),
      refusals: [.alreadyReversed, .pointsAlreadySpent, .invalidTransition, .ownAward], reverse),
    decision("decline", "Decline an award; its points go back to the budget.", isApproved: false),
  ]

  private static func decision(_ word: String, _ summary: String, isApproved: Bool) -> Endpoint {
    Endpoint(
      .post, "/v1/awards/{id}/\(word)", .roles([.finance, .admin]), "\(word)Award", summary,
      "Never by whoever awarded it or is to get it.", path: [inPath], query: [CommonQuery.dryRun],
      body: .object([Reason.member], name: "Reason"),
      answers: Answer.changed(AwardRecord.schema, canBeTried: true),
      refusals: [.ownAward, .invalidTransition]
        + (isApproved ? [.budgetClosed, .inactiveRecipient, .notInYourTeam] : [])
    ) { try await decide($0, isApproved: isApproved) }
  }

  private static let inPath = PathParameter.id("The award's id.")
  private static let budget = Member("budget", .title, "An id or a name.", example: "Warehouse spot awards")
  private static let to = Member(
    "to", .list(of: .personName, count: 1...Limits.recipientsMax), "Whom, by id, handle or email.", example: ["bo"])
  private static let message = Member(
    "message", .longText(), default: "", "Something visible, of at most 2000 characters. Values may be hashtags in it.",
    example: "You saved the launch.")
  private static let points = Member("points", .points(from: 1), "For each recipient.", example: 50)
  private static let values = Member("values", .list(of: .title, count: 0...100), default: [], "Slugs.")
  private static let inState = QueryParameter("state", .choice(AwardState.self), "In this state.")

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    // A budget is named by id or name.
    let budgetID = try await Budgets.find(write.peek(at: budget), exchange)
    let action = try write.action { fields in
      _ = fields[budget]
      let message = fields[message]
      return .award(
        GiveAward(
          budget: budgetID, to: fields[to], message: message, points: fields[points], values: fields[values],
          hashtags: MarkedText.hashtags(in: message)))
    }
    let written = try await write.submit(exchange, action)
    if write.isDryRun, case .accepted(let acceptance) = written.decision {
      let name = try await Budgets.name(of: budgetID, exchange)
      let record = try AwardRecord(acceptance, written.people, budget: name)
      return .json(200) { json in record.write(to: &json) { $0.dryRun(written.balances) } }
    }
    return try await answer(201, written, exchange)
  }

  private static func decide(_ exchange: Exchange, isApproved: Bool) async throws -> Response {
    let id = try exchange.id("id")
    let write = try WriteRequest(exchange)
    let action = try write.action { fields in
      .decideAward(DecideAward(id, isApproved: isApproved, reason: fields[Reason.member]))
    }
    let written = try await write.submit(exchange, action)
    if write.isDryRun {
      guard var record = try await awards(id, before: .max, state: nil, count: 1, exchange).first else {
        throw Problem.notFound
      }
      if case .accepted(let acceptance) = written.decision {
        record.decide(DecisionRecord(isApproved ? approved : declined, acceptance, by: exchange.caller))
      }
      return .json(200) { json in record.write(to: &json) { $0.dryRun(written.balances) } }
    }
    return try await answer(200, written, exchange)
  }

  private static func reverse(_ exchange: Exchange) async throws -> Response {
    let id = try exchange.id("id")
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange, write.action { _ in .reverse(.award, id) })
    return try await answer(200, written, exchange)
  }

  private static func answer(_ status: Int, _ written: Written, _ exchange: Exchange) async throws -> Response {
    let (subject, headers) = try await written.subject(exchange)
    guard var record = try await awards(subject, before: .max, state: nil, count: 1, exchange).first else {
      throw Problem.notFound
    }
    if case .replayed(let earlier) = written.decision { record.turnBack(to: earlier.position) }
    let location = status == 201 ? [("Location", "/v1/awards/\(subject)")] : []
    return .json(status, headers: headers + location) { record.write(to: &$0) }
  }

  private static func one(_ exchange: Exchange) async throws -> Response {
    let records = try await awards(exchange.id("id"), before: .max, state: nil, count: 1, exchange)
    guard let record = records.first else { throw Problem.notFound }
    return exchange.answer { record.write(to: &$0) }
  }

  private static func list(_ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let state = try exchange[inState]?.rawValue
    let records = try await awards(
      nil, before: page.afterPosition ?? .max, state: state, count: page.limit + 1, exchange)
    return page.answer(records) {
      Page.payload($0.requestedAt)
    } _: {
      $1.write(to: &$0)
    }
  }

  private static func awards(
    _ id: ID?, before position: Int64, state: String?, count: Int, _ exchange: Exchange
  ) async throws -> [AwardRecord] {
    let rows = try await exchange.worker.pool.query(
      awardRows,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(id?.rawValue)
        $0.int64(position)
        $0.uuid(exchange.caller.person.id.rawValue)
        $0.bool(exchange.caller.seesAccounts)
        $0.text(state)
        $0.int32(Int32(count))
      }, isIdempotent: true)
    return try rows.map { row throws(PostgresError) in try AwardRecord(row) }
  }

  fileprivate static let (approved, declined, reversed) = ("approved", "declined", "reversed")

  private static let awardRows = SQL.statement("awards", .long)
}

private struct AwardRecord {
  let id: ID
  private(set) var position: Int64
  let from: PersonReference
  let to: [PersonReference]
  let message: String?
  let points: Int64
  let values: [String]
  let budget: (id: ID, name: String)
  private var state: String
  private var decisions: [DecisionRecord]
  let createdAt: Timestamp
  /// Of the entry that asked for it.
  let requestedAt: Int64

  /// Makes it what the entry at `position` left, which is what a replay answers with: before it was decided, it waited.
  mutating func turnBack(to position: Int64) {
    let hasWaited = decisions.contains { $0.word != Awards.reversed }
    decisions.removeAll { $0.position > position }
    let isDecided = decisions.contains { $0.word != Awards.reversed }
    if hasWaited && !isDecided { state = AwardState.pendingApproval.rawValue }
    self.position = decisions.last?.position ?? requestedAt
  }

  /// Makes it what a decision would leave.
  mutating func decide(_ decision: DecisionRecord) {
    decisions.append(decision)
    state = (decision.word == Awards.declined ? AwardState.declined : .granted).rawValue
    position = decision.position
  }

  static let schema = JSONSchema(
    .object([
      .init("id", .id), .init("from", PersonReference.schema), .init("to", Recipients.schema),
      .init("message", .text("Null once erased.", example: "You saved the launch.").orNull),
      .init("points", .count("For each recipient.", example: 50)), .init("total_points", .count(example: 50)),
      .init("values", .list(of: .text(example: "be-helpful"))),
      .init(
        "budget",
        JSONSchema(
          .object([.init("id", .id), .init("name", .text(example: "Warehouse spot awards"))]), name: "BudgetReference")),
      .init("state", .word(AwardState.self)),
      .init("decisions", DecisionRecord.schema([Awards.approved, Awards.declined, Awards.reversed])),
      .init("reversed", .bool), .init("created_at", .time), .init("position", .position),
    ]), name: "Award")

  /// One that is not recorded.
  init(_ acceptance: Acceptance, _ people: [ID: Person], budget name: String) throws(Defect) {
    let entry = acceptance.entry
    guard case .award(let facts) = entry.detail, let giver = entry.actor.flatMap({ people[$0] }) else {
      throw Defect("the entry of an award has a giver and a budget")
    }
    id = entry.id
    position = entry.position
    from = PersonReference(giver)
    to = facts.recipients.compactMap { people[$0].map(PersonReference.init) }
    message = acceptance.text?.text
    points = facts.points
    values = facts.values
    budget = (id: facts.budget, name: name)
    state = (entry.kind == .awardGranted ? AwardState.granted : .pendingApproval).rawValue
    decisions = []
    createdAt = entry.recordedAt
    requestedAt = entry.position
  }

  init(_ row: Row) throws(PostgresError) {
    id = ID(rawValue: try row.uuid(0))
    from = PersonReference(id: ID(rawValue: try row.uuid(2)), handle: try row.text(3), name: try row.text(4))
    let (ids, handles, names) = (try row.uuids(5), try row.texts(6), try row.texts(7))
    to = ids.indices.map { PersonReference(id: ID(rawValue: ids[$0]), handle: handles[$0], name: names[$0]) }
    message = try row.textOrNull(8)
    points = try row.int64(9)
    values = try row.texts(10)
    budget = (id: ID(rawValue: try row.uuid(11)), name: try row.text(12))
    state = try row.text(13)
    createdAt = Timestamp(microseconds: try row.timestamp(14))
    requestedAt = try row.int64(15)
    decisions = try DecisionRecord.all(row, from: 16)
    position = decisions.last?.position ?? requestedAt
  }

  /// - Parameter more: writes further members.
  func write(to json: inout JSONWriter, more: (inout JSONWriter) -> Void = { _ in }) {
    json.object { json in
      json.member("id", id.description)
      json.member("from", from)
      json.member("to") { $0.recipients(to, points: points) }
      json.member("message", message)
      json.member("points", points)
      json.member("total_points", points * Int64(to.count))
      json.member("values", values)
      json.member("budget") { json in
        json.object { json in
          json.member("id", budget.id.description)
          json.member("name", budget.name)
        }
      }
      json.member("state", state)
      json.member("decisions", decisions)
      json.member("reversed", decisions.contains { $0.word == Awards.reversed })
      json.member("created_at", RFC3339.text(createdAt))
      json.member("position", position)
      more(&json)
    }
  }
}
