import HTTP
import Ledger
import Postgres

/// `/v1/budgets`: what managers may award.
enum Budgets {
  static let endpoints = [
    Endpoint(
      .post, "/v1/budgets", .roles([.finance, .admin]), "createBudget", "Give a manager points to award.",
      query: [CommonQuery.dryRun],
      body: .object([name, owner, points, period, costCentre, approvalAbove, isTaxable], name: "NewBudget"),
      answers: Answer.created(BudgetRecord.schema) + Answer.tried(BudgetRecord.schema),
      refusals: [.duplicateBudget, .unknownPerson], create),
    Endpoint(
      .get, "/v1/budgets", .everyone, "listBudgets", "Budgets, by name.", "One's own; finance and admins see all.",
      query: Page.parameters, answers: Answer.page(of: BudgetRecord.schema), list),
    Endpoint(
      .get, "/v1/budgets/{id}", .everyone, "getBudget", "One budget.", path: [inPath],
      answers: Answer.tagged(BudgetRecord.schema), one),
    Endpoint(
      .post, "/v1/budgets/{id}/fund", .roles([.finance, .admin]), "fundBudget", "Add points to a budget.",
      path: [inPath], query: [CommonQuery.dryRun], body: .object([added], name: "Funding"),
      answers: Answer.changed(BudgetRecord.schema, canBeTried: true), refusals: [.budgetClosed], fund),
  ]

  private static let inPath = PathParameter.id("The budget's id.")
  private static let name = Member("name", .displayName, "", example: "Warehouse spot awards")
  private static let owner = Member(
    "owner", .personName, "Who awards from it, by id, handle or email.", example: "ann")
  private static let points = Member("points", .points(), default: 0, "What it begins with.", example: 500)
  private static let first = Member("from", .day, "The first day.", example: "2026-10-01")
  private static let last = Member("to", .day, "The last day.", example: "2026-12-31")
  private static let period = Member(
    "period",
    .object([first, last], harmless: Day(number: 0)...Day(number: 0)) { fields -> ClosedRange<Day> in
      let (from, to) = (fields[first], fields[last])
      if to < from { fields.refuse(last, "is before it begins") }
      return from...max(from, to)
    }, "When it can be awarded from; what is left then goes back.")
  private static let costCentre = Member("cost_centre", optional: .displayName, "As exports say.", example: "4100")
  private static let approvalAbove = Member(
    "approval_above", optional: .points(),
    "What goes to one recipient beyond it, earlier awards included, waits for approval.", example: 200)
  private static let isTaxable = Member("taxable", .bool, default: false, "As exports say.")
  private static let added = Member("points", .points(from: 1), "How many to add.", example: 250)

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    // The owner is named as people are in requests; the ledger takes an id.
    let ownerID = try await People.id(named: write.peek(at: owner), exchange)
    let id = Secrets.id()
    var asked: (budget: Budget, points: Int64)?
    let action = try write.action { fields in
      _ = fields[owner]
      let (points, period) = (fields[Self.points], fields[Self.period])
      let budget = Budget(
        id: id, name: fields[name], owner: ownerID ?? .zero, startsOn: period.lowerBound, endsOn: period.upperBound,
        costCentre: fields[costCentre], approvalAbove: fields[approvalAbove], isTaxable: fields[isTaxable])
      asked = (budget, points)
      return .createBudget(budget, points: points)
    }
    let written = try await write.submit(exchange, action)
    if write.isDryRun, let asked {
      let record = BudgetRecord(asked.budget, owner: written.people[asked.budget.owner], points: asked.points)
      return .json(200) { json in record.write(to: &json) { $0.dryRun(written.balances) } }
    }
    return try await answer(201, written, exchange)
  }

  private static func fund(_ exchange: Exchange) async throws -> Response {
    let id = try exchange.id("id")
    let write = try WriteRequest(exchange)
    var count: Int64 = 0
    let action = try write.action { fields in
      count = fields[added]
      return .fundBudget(id, points: count)
    }
    let written = try await write.submit(exchange, action)
    if write.isDryRun {
      guard var record = try await budgets(id, after: "", count: 1, exchange).first else { throw Problem.notFound }
      record.available += count
      record.points += count
      return .json(200) { json in record.write(to: &json) { $0.dryRun(written.balances) } }
    }
    return try await answer(200, written, exchange)
  }

  private static func answer(_ status: Int, _ written: Written, _ exchange: Exchange) async throws -> Response {
    let (row, subject, headers) = try await written.subject(exchange, as: budgetAsOf)
    let record = try BudgetRecord(row)
    let location = status == 201 ? [("Location", "/v1/budgets/\(subject)")] : []
    return .json(status, headers: headers + location) { record.write(to: &$0) }
  }

  private static func one(_ exchange: Exchange) async throws -> Response {
    guard let record = try await budgets(exchange.id("id"), after: "", count: 1, exchange).first else {
      throw Problem.notFound
    }
    return exchange.answer { record.write(to: &$0) }
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
        $0.bool(exchange.caller.seesAccounts)
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

  private static let budgetRows = SQL.statement("budgets", .long)
  private static let budgetAsOf = SQL.statement("budget_as_of", .long)
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

  static let schema = JSONSchema(
    .object([
      .init("id", .id), .init("name", .text(example: "Warehouse spot awards")), .init("owner", PersonReference.schema),
      .init("points", .count("Ever given to it.", example: 500)), .init("available", .count(example: 300)),
      .init("held", .count("For awards that await approval.", example: 0)),
      .init("period", JSONSchema(.object([.init("from", .day), .init("to", .day)]), name: "BudgetPeriod")),
      .init("cost_centre", .text(example: "4100").orNull),
      .init("approval_above", .count(example: 200).orNull), .init("taxable", .bool),
      .init("state", JSONSchema(.words(["upcoming", "open", "closed"]), example: "open")),
    ]), name: "Budget")

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
