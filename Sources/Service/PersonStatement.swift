import HTTP
import Ledger
import Postgres

/// `/v1/people/{id}/statement`: every line of a person's accounts, newest first, as a bank would show it.
enum PersonStatement {
  static let endpoints = [
    Endpoint(
      .get, "/v1/people/{id}/statement", .everyone, "getStatement", "Every line of a person's accounts, newest first.",
      "For the person, finance and admins.", path: [.person],
      query: Page.parameters + [CommonQuery.from, CommonQuery.to], answers: Answer.page(of: Line.schema),
      refusals: [.forbidden], lines
    ).forLeavers,
    Endpoint(
      .get, "/v1/people/{id}/balances", .everyone, "getBalances", "What somebody had at a position or a time.",
      "For the person, finance and admins. What `/v1/me` showed them then; nothing before they were there.",
      path: [.person], query: [position, at], answers: Answer.ok(balancesSchema), refusals: [.forbidden], balances
    ).forLeavers,
  ]

  private static let position = QueryParameter(
    "position", .integer(0 ... .max), "Once this position was recorded; now, if neither is given.", example: 17)
  private static let at = QueryParameter("at", .instant, "At this time, with everything recorded by then.")
  private static let balancesSchema = JSONSchema(
    .object([
      .init("as_of_position", .count("The position that they are of.", example: 17)),
      .init("as_of", JSONSchema.time.described("The time that they are of; null before everything.").orNull),
      .init("balances", Balances.schema),
    ]), name: "BalancesAsOf")

  /// Whose it is; shown to the person, finance and admins.
  private static func subject(_ exchange: Exchange) async throws -> ID {
    let caller = exchange.caller
    guard let person = try await People.find(exchange.parameters["id"], exchange) else { throw Problem.notFound }
    guard person == caller.person.id || caller.seesAccounts else {
      throw Problem.forbidden("This is shown to the person, finance and admins.")
    }
    return person
  }

  private static func balances(_ exchange: Exchange) async throws -> Response {
    let person = try await subject(exchange)
    let (position, at) = (try exchange[Self.position], try exchange[Self.at])
    if position != nil, at != nil { throw Problem.invalidParameter("at", "and `position` exclude each other") }
    let rows = try await exchange.worker.pool.query(
      balancesAsOf,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(person.rawValue)
        $0.int64(position)
        $0.timestamp(at?.microseconds)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    if try row.bool(5) { throw Problem.invalidParameter(at == nil ? "position" : "at", "is still to come") }
    let asOf = try row.int64(0)
    let time = try row.timestampOrNull(1).map { RFC3339.text(Timestamp(microseconds: $0)) }
    let balances = Balances(allowance: try row.int64(2), points: try row.int64(3), held: try row.int64(4))
    return .json(200) { json in
      json.object { json in
        json.member("as_of_position", asOf)
        json.member("as_of", time)
        json.member("balances") { $0.balances(balances) }
      }
    }
  }

  private static let balancesAsOf = SQL.statement("balances_as_of")

  private static func lines(_ exchange: Exchange) async throws -> Response {
    let caller = exchange.caller
    let person = try await subject(exchange)
    let page = try Page(exchange)
    let span = try await exchange.span()
    let after = page.after.map(LineKey.init(payload:)) ?? LineKey(position: .max, line: .max)
    let rows = try await exchange.worker.pool.query(
      statement,
      Parameters {
        $0.int32(caller.organization)
        $0.uuid(person.rawValue)
        $0.int64(after.position)
        $0.int32(after.line)
        span.write(to: &$0)
        $0.bool(person == caller.person.id || caller.isAdmin)
        $0.int32(Int32(page.limit + 1))
      }, isIdempotent: true)
    let lines = try rows.map { row throws(PostgresError) in try Line(row) }
    return page.answer(lines) {
      $0.key.payload
    } _: {
      $1.write(to: &$0)
    }
  }

  private struct Line {
    let key: LineKey
    let at: Timestamp
    let kind: String
    let account: String
    let amount: Int64
    let balanceAfter: Int64
    let memo: String?
    let subject: ID?
    let subjectType: String

    static let schema = JSONSchema(
      .object([
        .init("position", .position), .init("at", .time),
        .init("kind", .word(EntryKind.self, "What was recorded.")),
        .init("account", JSONSchema(.words(["allowance", "points", "held"]))),
        .init("amount", JSONSchema(.integer(), "Above zero when it came in.", example: -10)),
        .init("balance_after", .count("Of that account.", example: 90)),
        .init("memo", .text("Its words; null where they are not the reader's, or erased.").orNull),
        .init(
          "subject",
          JSONSchema(
            .object([.init("type", .text(example: "recognition")), .init("id", .id)]), "What it is about.",
            name: "Subject"
          ).orNull),
      ]), name: "StatementLine")

    init(_ row: Row) throws(PostgresError) {
      key = LineKey(position: try row.int64(0), line: try row.int32(1))
      at = Timestamp(microseconds: try row.timestamp(2))
      kind = try row.text(3)
      account = try row.text(4)
      amount = try row.int64(5)
      balanceAfter = try row.int64(6)
      memo = try row.textOrNull(7)
      subject = try row.uuidOrNull(8).map(ID.init(rawValue:))
      subjectType = try row.textOrNull(9) ?? kind
    }

    func write(to json: inout JSONWriter) {
      json.object { json in
        json.member("position", key.position)
        json.member("at", RFC3339.text(at))
        json.member("kind", kind)
        json.member("account", account)
        json.member("amount", amount)
        json.member("balance_after", balanceAfter)
        json.member("memo", memo)
        json.member("subject") { json in
          guard let subject else { return json.null() }
          json.object { json in
            json.member("type", subjectType)
            json.member("id", subject.description)
          }
        }
      }
    }
  }

  private static let statement = SQL.statement("statement", .long)
}

/// Where a page of a statement ended.
private struct LineKey {
  let position: Int64
  let line: Int32

  init(position: Int64, line: Int32) {
    self.position = position
    self.line = line
  }

  /// Of a cursor that was signed by us, so it has the right length.
  init(payload: [UInt8]) {
    position = payload.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    line = payload.dropFirst(8).reduce(0) { $0 << 8 | Int32($1) }
  }

  var payload: [UInt8] {
    Page.payload(position) + (0..<4).map { UInt8(truncatingIfNeeded: line >> (24 - 8 * $0)) }
  }
}
