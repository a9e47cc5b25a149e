import HTTP
import Ledger
import Postgres

/// `/v1/budgets`: what managers may award.
enum Budgets {
  static let endpoints = [
    Endpoint(.post, "/v1/budgets", .roles([.finance, .admin]), parameters: ["dry_run"], create),
    Endpoint(.get, "/v1/budgets", .everyone, parameters: Endpoint.paging, list),
    Endpoint(.get, "/v1/budgets/{id}", .everyone, one),
    Endpoint(.post, "/v1/budgets/{id}/fund", .roles([.finance, .admin]), parameters: ["dry_run"], fund),
  ]

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    // The owner is named as people are in requests; the ledger takes an id.
    let owner = try await People.id(named: (try? write.body.get())?["owner"]?.string, exchange)
    let id = Secrets.id()
    var asked: (budget: Budget, points: Int64)?
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
      asked = (budget, Int64(points))
      return .createBudget(budget, points: Int64(points))
    }
    if write.isDryRun, let asked {
      let record = BudgetRecord(asked.budget, owner: written.people[asked.budget.owner], points: asked.points)
      return .json(200) { json in record.write(to: &json) { $0.dryRun(written.balances) } }
    }
    return try await answer(201, written, exchange)
  }

  private static func fund(_ exchange: Exchange) async throws -> Response {
    let id = try exchange.id("id")
    let write = try WriteRequest(exchange)
    var added: Int64 = 0
    let written = try await write.submit(exchange) { body throws(Problem) in
      var fields = JSONFields(body)
      let points = fields.integer("points", in: 1...Int(Limits.pointsMax))
      try fields.finish()
      added = Int64(points)
      return .fundBudget(id, points: Int64(points))
    }
    if write.isDryRun {
      guard var record = try await budgets(id, after: "", count: 1, exchange).first else { throw Problem.notFound }
      record.available += added
      record.points += added
      return .json(200) { json in record.write(to: &json) { $0.dryRun(written.balances) } }
    }
    return try await answer(200, written, exchange)
  }

  private static func answer(_ status: Int, _ written: Written, _ exchange: Exchange) async throws -> Response {
    let (subject, headers) = try await written.subject(exchange)
    guard let record = try await budgets(subject, after: "", count: 1, exchange).first else { throw Problem.notFound }
    let location = status == 201 ? [("Location", "/v1/budgets/\(subject)")] : []
    return .json(status, headers: headers + location) { record.write(to: &$0) }
  }

  private static func one(_ exchange: Exchange) async throws -> Response {
    guard let record = try await budgets(exchange.id("id"), after: "", count: 1, exchange).first else {
      throw Problem.notFound
    }
    return .json(200) { record.write(to: &$0) }
  }

  private static func list(_ exchange: Exchange) async throws -> Response {
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

  static func name(of budget: ID, _ exchange: Exchange) async throws -> String {
    try await budgets(budget, after: "", count: 1, exchange).first?.name ?? ""
  }

  /// - Returns: an id that no budget has when none is called so; the ledger refuses it then.
  static func find(_ name: String?, _ exchange: Exchange) async throws -> ID {
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
  var available: Int64
  let held: Int64
  var points: Int64
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

  /// One that is not recorded.
  init(_ budget: Budget, owner: Person?, points: Int64) {
    id = budget.id
    name = budget.name
    self.owner = owner.map(PersonReference.init) ?? PersonReference(id: budget.owner, handle: "", name: "")
    startsOn = budget.startsOn
    endsOn = budget.endsOn
    costCentre = budget.costCentre
    approvalAbove = budget.approvalAbove
    isTaxable = budget.isTaxable
    available = points
    held = 0
    self.points = points
    state = "open"
  }

  /// - Parameter more: writes further members.
  func write(to json: inout JSONWriter, more: (inout JSONWriter) -> Void = { _ in }) {
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
      more(&json)
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
