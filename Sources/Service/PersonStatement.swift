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
      refusals: [.forbidden], lines)
  ]

  private static func lines(_ exchange: Exchange) async throws -> Response {
    let caller = exchange.caller
    guard let person = try await People.find(exchange.parameters["id"], exchange) else { throw Problem.notFound }
    guard person == caller.person.id || !caller.roles.isEmpty else {
      throw Problem.forbidden("A statement is shown to the person, finance and admins.")
    }
    let page = try Page(exchange)
    let (from, to) = (try exchange[CommonQuery.from], try exchange[CommonQuery.to])
    let after = page.after.map(LineKey.init(payload:)) ?? LineKey(position: .max, line: .max)
    let rows = try await exchange.worker.pool.query(
      statement,
      Parameters {
        $0.int32(caller.organization)
        $0.uuid(person.rawValue)
        $0.int64(after.position)
        $0.int16(after.line)
        $0.date(from?.day?.number)
        $0.date(to?.day?.number)
        $0.timestamp(from?.instant?.microseconds)
        $0.timestamp(to?.instant?.microseconds)
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
      key = LineKey(position: try row.int64(0), line: try row.int16(1))
      at = Timestamp(microseconds: try row.timestamp(2))
      kind = try row.text(3)
      account = try row.text(4)
      amount = try row.int64(5)
      balanceAfter = try row.int64(6)
      memo = try row.textOrNull(7)
      subject = try row.uuidOrNull(8).map(ID.init(rawValue:))
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
            // `redemption_requested` is about a redemption, `award_granted` about an award.
            json.member("type", String(kind.prefix { $0 != "_" }))
            json.member("id", subject.description)
          }
        }
      }
    }
  }

  private static let statement = SQL.statement("statement")
}

/// Where a page of a statement ended.
private struct LineKey {
  let position: Int64
  let line: Int16

  init(position: Int64, line: Int16) {
    self.position = position
    self.line = line
  }

  /// Of a cursor that was signed by us, so it has the right length.
  init(payload: [UInt8]) {
    position = payload.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    line = payload.dropFirst(8).reduce(0) { $0 << 8 | Int16($1) }
  }

  var payload: [UInt8] {
    Page.payload(position) + [UInt8(truncatingIfNeeded: line >> 8), UInt8(truncatingIfNeeded: line)]
  }
}
