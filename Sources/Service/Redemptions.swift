import HTTP
import Ledger
import Postgres

/// `/v1/redemptions`: from points to rewards.
enum Redemptions {
  static let endpoints =
    [
      Endpoint(
        .post, "/v1/redemptions", .everyone, "redeem", "Redeem points for a reward.",
        "Points are held and stock is taken in one step.", query: [CommonQuery.dryRun],
        body: .object([reward, quantity, note, expectedPoints], name: "NewRedemption"),
        answers: Answer.created(RedemptionRecord.schema) + Answer.tried(RedemptionRecord.schema),
        refusals: [.insufficientPoints, .outOfStock, .priceChanged, .unknownReward, .inactiveReward, .inactiveCaller],
        create
      ).forLeavers,
      Endpoint(
        .get, "/v1/redemptions", .everyone, "listRedemptions", "Redemptions, newest first.",
        "One's own; finance, rewards and admins see all.",
        query: Page.parameters + [state, person, CommonQuery.from, CommonQuery.to],
        answers: Answer.page(of: RedemptionRecord.schema), refusals: [.unknownPerson], list
      ).forLeavers,
      Endpoint(
        .get, "/v1/redemptions/{id}", .everyone, "getRedemption", "One redemption.", path: [inPath],
        answers: Answer.tagged(RedemptionRecord.schema), one
      ).forLeavers,
    ]
    + RedemptionMove.allCases.map { move in
      let endpoint = Endpoint(
        .post, "/v1/redemptions/{id}/\(move.rawValue)", move.access,
        "\(move.rawValue)Redemption", move.summary, path: [inPath], query: [CommonQuery.dryRun],
        body: move == .fulfil
          ? .object([code, Reason.member], name: "Fulfilment") : .object([Reason.member], name: "Reason"),
        answers: Answer.changed(RedemptionRecord.schema, canBeTried: true),
        refusals: [.invalidTransition, .ownRedemption, .forbidden]
      ) { try await Redemptions.move($0, move) }
      return move == .cancel ? endpoint.forLeavers : endpoint
    }

  private static let inPath = PathParameter.id("The redemption's id.")
  private static let reward = Member("reward", .title, "An id or SKU.", example: "MUG-ISLA")
  private static let quantity = Member("quantity", .integer(1...Int64(Limits.quantityMax)), default: 1, "", example: 1)
  private static let note = Member(
    "note", optional: .description, "For whoever hands it out.", example: "Size M, please.")
  private static let expectedPoints = Member(
    "expected_points", optional: .integer(0 ... .max),
    "What it is to cost in all: refused if that is not the price now.",
    example: 150)
  private static let code = Member(
    "code", optional: .verbatim(1...1_000), "Of a gift card, for instance; shown to the redeemer alone.",
    example: "ABCD-1234")
  private static let state = QueryParameter("state", .choice(RedemptionState.self), "In this state.")
  private static let person = QueryParameter(
    "person", .personName, "By this person: an id, handle, email or `me`.", example: "me")

  // MARK: Writing

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    let action = try write.action { fields in
      .redeem(
        Redeem(
          reward: fields[reward], quantity: Int32(fields[quantity]), note: fields[note],
          expectedPoints: fields[expectedPoints]))
    }
    let written = try await write.submit(exchange, action)
    if write.isDryRun, case .accepted(let acceptance) = written.decision {
      return try preview(acceptance, written)
    }
    return try await answer(201, written, exchange)
  }

  private static func move(_ exchange: Exchange, _ move: RedemptionMove) async throws -> Response {
    let id = try exchange.id("id")
    let write = try WriteRequest(exchange)
    let action = try write.action { fields in
      .moveRedemption(
        MoveRedemption(
          id: id, move: move, code: move == .fulfil ? fields[code] : nil, reason: fields[Reason.member]))
    }
    let written = try await write.submit(exchange, action)
    if write.isDryRun {
      var record = try await find(id, exchange)
      if case .accepted(let acceptance) = written.decision {
        record.move(by: DecisionRecord(move.result.rawValue, acceptance, by: exchange.caller))
      }
      return .json(200) { json in
        record.write(to: &json, for: exchange.caller) { $0.dryRun(written.balances) }
      }
    }
    return try await answer(200, written, exchange)
  }

  private static func answer(_ status: Int, _ written: Written, _ exchange: Exchange) async throws -> Response {
    var (subject, headers) = try await written.subject(exchange)
    var record = try await find(subject, exchange)
    if case .replayed(let earlier) = written.decision {
      record.turnBack(to: earlier.position)
      headers = [("Ledger-Position", "\(record.position)"), ("Idempotent-Replayed", "true")]
    }
    let location = status == 201 ? [("Location", "/v1/redemptions/\(subject)")] : []
    return .json(status, headers: headers + location) { record.write(to: &$0, for: exchange.caller) }
  }

  private static func preview(_ acceptance: Acceptance, _ written: Written) throws(Defect) -> Response {
    guard case .redemption(let facts) = acceptance.entry.detail, let person = written.people[facts.person] else {
      throw Defect("a redemption's entry says who redeems what")
    }
    let record = RedemptionRecord(
      id: acceptance.entry.id, facts: facts, person: PersonReference(person),
      note: acceptance.text?.text, createdAt: acceptance.entry.recordedAt, position: acceptance.lastPosition)
    return .json(200) { json in
      record.write(to: &json, for: nil) { $0.dryRun(written.balances) }
    }
  }

  // MARK: Reading

  private static func one(_ exchange: Exchange) async throws -> Response {
    let record = try await find(exchange.id("id"), exchange)
    return exchange.answer { record.write(to: &$0, for: exchange.caller) }
  }

  private static func find(_ id: ID, _ exchange: Exchange) async throws -> RedemptionRecord {
    let rows = try await exchange.worker.pool.query(
      redemption,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(id.rawValue)
        $0.uuid(exchange.caller.person.id.rawValue)
        $0.bool(exchange.caller.seesRedemptions)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    return try RedemptionRecord(row)
  }

  private static func list(_ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let state = try exchange[Self.state]
    let span = try await exchange.span()
    let person = try await People.someone(Self.person, exchange)
    let rows = try await exchange.worker.pool.query(
      redemptions,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(exchange.caller.person.id.rawValue)
        $0.bool(exchange.caller.seesRedemptions)
        $0.int64(page.afterPosition ?? .max)
        $0.text(state?.rawValue)
        $0.uuid(person?.rawValue)
        span.write(to: &$0)
        $0.int32(Int32(page.limit + 1))
      }, isIdempotent: true)
    let records = try rows.map { row throws(PostgresError) in
      try RedemptionRecord(row)
    }
    return page.answer(records) {
      Page.payload($0.requestedAt)
    } _: {
      $1.write(to: &$0, for: exchange.caller)
    }
  }

  private static let redemption = SQL.statement("redemption")
  private static let redemptions = SQL.statement("redemptions", .long)
}

/// A redemption as it is answered.
private struct RedemptionRecord {
  let id: ID
  private(set) var position: Int64
  /// Of the entry that requested it.
  let requestedAt: Int64
  let reward: (id: ID, sku: String, name: String)
  let person: PersonReference
  let quantity: Int32
  let points: Int64
  let cost: Money
  private(set) var state: String
  private let firstState: String
  let note: String?
  private(set) var code: String?
  private(set) var decisions: [DecisionRecord]
  let createdAt: Timestamp

  /// Makes it what the entry at `position` left, which is what a replay answers with.
  mutating func turnBack(to position: Int64) {
    decisions.removeAll { $0.position > position }
    state = decisions.last?.word ?? firstState
    // An instant one was fulfilled by the entry after its request.
    let first = firstState == RedemptionState.fulfilled.rawValue ? requestedAt + 1 : requestedAt
    self.position = decisions.last?.position ?? first
    if ![RedemptionState.fulfilled, .refunded].map(\.rawValue).contains(state) { code = nil }
  }

  /// Makes it what a decision would leave.
  mutating func move(by decision: DecisionRecord) {
    decisions.append(decision)
    (state, position) = (decision.word, decision.position)
  }

  static let schema = JSONSchema(
    .object([
      .init("id", .id),
      .init(
        "reward",
        JSONSchema(
          .object([
            .init("id", .id), .init("sku", .text(example: "MUG-ISLA")), .init("name", .text(example: "Isla Café mug")),
          ]), "As it was called then.", name: "RewardReference")),
      .init("person", PersonReference.schema), .init("quantity", .count(example: 1)),
      .init("points", .count("In all.", example: 150)), .init("cost", Money.schema),
      .init("state", .word(RedemptionState.self)), .init("note", .text().orNull),
      .init("code", .text("For the redeemer alone.").orNull),
      .init("decisions", DecisionRecord.schema(RedemptionMove.allCases.map(\.result.rawValue))),
      .init("created_at", .time),
      .init("position", .position),
    ]), name: "Redemption")

  /// Of the queries in `catalogue.sql`, which share their columns.
  init(_ row: Row) throws(PostgresError) {
    id = ID(rawValue: try row.uuid(0))
    position = try row.int64(1)
    reward = (id: ID(rawValue: try row.uuid(2)), sku: try row.text(3), name: try row.text(4))
    person = PersonReference(id: ID(rawValue: try row.uuid(5)), handle: try row.text(6), name: try row.text(7))
    quantity = try row.int32(8)
    points = try row.int64(9)
    cost = Money(tenThousandths: try row.int64(10), currency: try row.text(11)) * Int64(quantity)
    state = try row.text(12)
    note = try row.textOrNull(13)
    code = try row.textOrNull(14)
    createdAt = Timestamp(microseconds: try row.timestamp(15))
    requestedAt = try row.int64(16)
    firstState = try row.text(17)
    decisions = try DecisionRecord.all(row, from: 18)
  }

  init(
    id: ID, facts: RedemptionFacts, person: PersonReference, note: String?, createdAt: Timestamp, position: Int64
  ) {
    self.id = id
    self.position = position
    requestedAt = position
    reward = (id: facts.reward, sku: facts.sku, name: facts.name)
    self.person = person
    quantity = facts.quantity
    points = facts.points
    cost = facts.unitCost * Int64(facts.quantity)
    state = facts.firstState.rawValue
    firstState = facts.firstState.rawValue
    self.note = note
    code = nil
    decisions = []
    self.createdAt = createdAt
  }

  /// - Parameter caller: who reads it; the code is for the redeemer alone.
  func write(to json: inout JSONWriter, for caller: Caller?, more: (inout JSONWriter) -> Void = { _ in }) {
    json.object { json in
      json.member("id", id.description)
      json.member("reward") { json in
        json.object { json in
          json.member("id", reward.id.description)
          json.member("sku", reward.sku)
          json.member("name", reward.name)
        }
      }
      json.member("person", person)
      json.member("quantity", Int(quantity))
      json.member("points", points)
      json.member("cost", cost)
      json.member("state", state)
      json.member("note", note)
      json.member("code", caller?.person.id == person.id ? code : nil)
      json.member("decisions", decisions)
      json.member("created_at", RFC3339.text(createdAt))
      json.member("position", position)
      more(&json)
    }
  }
}

extension RedemptionMove {
  /// Handing out is also for whoever keeps the rewards; what is about points is for finance.
  fileprivate var access: Endpoint.Access {
    switch self {
    case .cancel: .everyone
    case .fulfil: .roles([.finance, .rewards, .admin])
    case .approve, .decline, .refund: .roles([.finance, .admin])
    }
  }

  fileprivate var summary: String {
    switch self {
    case .approve: "Approve what awaits approval."
    case .decline: "Decline what awaits approval; points and stock go back."
    case .fulfil: "Say that it was handed out."
    case .cancel: "Cancel what was not handed out yet; points and stock go back."
    case .refund: "Give the points back of what was handed out."
    }
  }
}
