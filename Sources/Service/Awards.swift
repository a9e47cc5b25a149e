import HTTP
import Ledger
import Postgres

/// `/v1/budgets` and `/v1/awards`: managers' spot points.
enum Awards {
  static let endpoints = [
    Endpoint(.post, "/v1/budgets", .roles([.finance, .admin]), createBudget),
    Endpoint(.get, "/v1/budgets", .everyone, parameters: Endpoint.paging, listBudgets),
    Endpoint(.get, "/v1/budgets/{id}", .everyone, oneBudget),
    Endpoint(.post, "/v1/budgets/{id}/fund", .roles([.finance, .admin]), fund),
    Endpoint(.post, "/v1/awards", .everyone, parameters: ["dry_run"], create),
    Endpoint(.get, "/v1/awards", .everyone, parameters: Endpoint.paging + ["state"], list),
    Endpoint(.get, "/v1/awards/{id}", .everyone, one),
    Endpoint(.post, "/v1/awards/{id}/approve", .roles([.finance, .admin])) { try await decide($0, isApproved: true) },
    Endpoint(.post, "/v1/awards/{id}/decline", .roles([.finance, .admin])) { try await decide($0, isApproved: false) },
  ]

  // MARK: Budgets

  private static func createBudget(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    // The owner is named as people are in requests; the ledger takes an id.
    let owner = try await People.id(named: (try? write.body.get())?["owner"]?.string, exchange)
    let id = Secrets.id()
    let written = try await write.submit(exchange) { body throws(Problem) in
      var fields = JSONFields(body)
      _ = fields.string("owner", length: 1...254)
      let points = fields.integer("points", in: 0...Int(Limits.pointsMax), default: 0)
      let period = fields.optionalObject("period") { ($0.day("from"), $0.day("to")) }
      if !fields.contains("period") {
        fields.refuse("period", "is missing: {\"from\": \"2026-10-01\", \"to\": \"2026-12-31\"}")
      }
      let (from, to) = (period?.0 ?? Day(number: 0), period?.1 ?? Day(number: 0))
      if to < from { fields.refuse("period", "ends before it begins") }
      let budget = Budget(
        id: id, name: fields.string("name", length: 1...200), owner: owner ?? .zero, startsOn: from, endsOn: to,
        costCentre: fields.optionalString("cost_centre", length: 1...200),
        approvalAbove: fields.optionalInteger("approval_above", in: 0...Int(Limits.pointsMax)).map(Int64.init),
        isTaxable: fields.bool("taxable", default: false))
      try fields.finish()
      return .createBudget(budget, points: Int64(points))
    }
    return try await answerBudget(201, written, exchange)
  }

  private static func fund(_ exchange: Exchange) async throws -> Response {
    let id = try exchange.id("id")
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange) { body throws(Problem) in
      var fields = JSONFields(body)
      let points = fields.integer("points", in: 1...Int(Limits.pointsMax))
      try fields.finish()
      return .fundBudget(id, points: Int64(points))
    }
    return try await answerBudget(200, written, exchange)
  }

  private static func answerBudget(_ status: Int, _ written: Written, _ exchange: Exchange) async throws -> Response {
    let (subject, headers) = try await written.subject(exchange)
    guard let record = try await budgets(subject, after: "", count: 1, exchange).first else { throw Problem.notFound }
    let location = status == 201 ? [("Location", "/v1/budgets/\(subject)")] : []
    return .json(status, headers: headers + location) { record.write(to: &$0) }
  }

  private static func oneBudget(_ exchange: Exchange) async throws -> Response {
    guard let record = try await budgets(exchange.id("id"), after: "", count: 1, exchange).first else {
      throw Problem.notFound
    }
    return .json(200) { record.write(to: &$0) }
  }

  private static func listBudgets(_ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let after = page.after.map { String(decoding: $0, as: UTF8.self) } ?? ""
    let records = try await budgets(nil, after: after, count: page.limit + 1, exchange)
    return page.answer(records) {
      Array($0.name.utf8)
    } _: {
      $1.write(to: &$0)
    }
  }

  private static func budgets(
    _ id: ID?, after name: String, count: Int, _ exchange: Exchange
  ) async throws -> [BudgetRecord] {
    let rows = try await exchange.worker.pool.query(
      budgetRows,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(id?.rawValue)
        $0.text(name)
        $0.uuid(exchange.caller.person.id.rawValue)
        $0.bool(!exchange.caller.roles.isEmpty)
        $0.int32(Int32(count))
      }, isIdempotent: true)
    return try rows.map { row throws(PostgresError) in try BudgetRecord(row) }
  }

  // MARK: Awards

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    // A budget is named by id or name.
    let budget = try await find(budget: (try? write.body.get())?["budget"]?.string, exchange)
    let written = try await write.submit(exchange) { body throws(Problem) in
      var fields = JSONFields(body)
      _ = fields.string("budget", length: 1...200)
      let request = GiveAward(
        budget: budget, to: fields.strings("to", count: 1...Limits.recipientsMax),
        message: fields.optionalString("message", length: 0...20_000) ?? "",
        points: Int64(fields.integer("points", in: 1...Int(Limits.pointsMax))),
        values: fields.optionalStrings("values", count: 0...100) ?? [])
      try fields.finish()
      return .award(request)
    }
    if write.isDryRun, case .accepted(let acceptance) = written.decision {
      return .json(200) { json in
        json.object { json in
          json.member("id", acceptance.entry.id.description)
          json.member("state", acceptance.entry.kind == .awardGranted ? "granted" : "pending_approval")
          json.member("dry_run", true)
          if let balances = written.balances { json.member("balances") { $0.balances(balances) } }
        }
      }
    }
    return try await answer(201, written, exchange)
  }

  private static func decide(_ exchange: Exchange, isApproved: Bool) async throws -> Response {
    let id = try exchange.id("id")
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange) { body throws(Problem) in
      var fields = JSONFields(body)
      try fields.finish()
      return .decideAward(id, isApproved: isApproved)
    }
    return try await answer(200, written, exchange)
  }

  private static func answer(_ status: Int, _ written: Written, _ exchange: Exchange) async throws -> Response {
    let (subject, headers) = try await written.subject(exchange)
    guard let record = try await awards(subject, before: .max, state: nil, count: 1, exchange).first else {
      throw Problem.notFound
    }
    let location = status == 201 ? [("Location", "/v1/awards/\(subject)")] : []
    return .json(status, headers: headers + location) { record.write(to: &$0) }
  }

  private static func one(_ exchange: Exchange) async throws -> Response {
    let records = try await awards(exchange.id("id"), before: .max, state: nil, count: 1, exchange)
    guard let record = records.first else { throw Problem.notFound }
    return .json(200) { record.write(to: &$0) }
  }

  private static func list(_ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let state = exchange.request.query["state"]
    if let state, AwardState(rawValue: state) == nil {
      throw Problem.invalidParameter(
        "state", "is one of \(AwardState.allCases.map(\.rawValue).joined(separator: ", "))")
    }
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
        $0.bool(!exchange.caller.roles.isEmpty)
        $0.text(state)
        $0.int32(Int32(count))
      }, isIdempotent: true)
    return try rows.map { row throws(PostgresError) in try AwardRecord(row) }
  }

  /// - Returns: an id that no budget has when none is called so; the ledger refuses it then.
  private static func find(budget name: String?, _ exchange: Exchange) async throws -> ID {
    guard let name else { return .zero }
    let rows = try await exchange.worker.pool.query(
      findBudget,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(ID(name)?.rawValue)
        $0.text(name)
      }, isIdempotent: true)
    return try rows.first.map { row throws(PostgresError) in ID(rawValue: try row.uuid(0)) } ?? .zero
  }

  private static let budgetRows = SQL.statement("budgets")
  private static let awardRows = SQL.statement("awards")
  private static let findBudget = SQL.statement("find_budget")
}

private struct BudgetRecord {
  let id: ID
  let name: String
  let owner: PersonReference
  let startsOn: Day
  let endsOn: Day
  let costCentre: String?
  let approvalAbove: Int64?
  let isTaxable: Bool
  let available: Int64
  let held: Int64
  let points: Int64
  let state: String

  init(_ row: Row) throws(PostgresError) {
    id = ID(rawValue: try row.uuid(0))
    name = try row.text(1)
    owner = PersonReference(id: ID(rawValue: try row.uuid(2)), handle: try row.text(3), name: try row.text(4))
    startsOn = Day(number: try row.date(5))
    endsOn = Day(number: try row.date(6))
    costCentre = try row.textOrNull(7)
    approvalAbove = try row.int64OrNull(8)
    isTaxable = try row.bool(9)
    available = try row.int64(10)
    held = try row.int64(11)
    points = try row.int64(12)
    state = try row.text(13)
  }

  func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("id", id.description)
      json.member("name", name)
      json.member("owner", owner)
      json.member("points", points)
      json.member("available", available)
      json.member("held", held)
      json.member("period") { json in
        json.object { json in
          json.member("from", RFC3339.text(startsOn))
          json.member("to", RFC3339.text(endsOn))
        }
      }
      json.member("cost_centre", costCentre)
      json.member("approval_above", approvalAbove.map(Int.init))
      json.member("taxable", isTaxable)
      json.member("state", state)
    }
  }
}

private struct AwardRecord {
  let id: ID
  let position: Int64
  let from: PersonReference
  let to: [PersonReference]
  let message: String?
  let points: Int64
  let values: [String]
  let budget: (id: ID, name: String)
  let state: String
  let createdAt: Timestamp
  let requestedAt: Int64

  init(_ row: Row) throws(PostgresError) {
    id = ID(rawValue: try row.uuid(0))
    position = try row.int64(1)
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
  }

  func write(to json: inout JSONWriter) {
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
      json.member("created_at", RFC3339.text(createdAt))
      json.member("position", position)
    }
  }
}

extension JSONFields {
  /// A plain date.
  fileprivate mutating func day(_ name: String) -> Day {
    let text = string(name, length: 10...10)
    guard let day = RFC3339.day(text) else {
      refuse(name, "is a date such as 2026-11-22")
      return Day(number: 0)
    }
    return day
  }
}

extension JSONValue {
  var string: String? {
    if case .string(let text) = self { text } else { nil }
  }
}

extension JSONWriter {
  /// `[{"person": {…}, "points": 10}, …]`
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
}
