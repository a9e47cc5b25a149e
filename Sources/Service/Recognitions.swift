import HTTP
import Ledger
import Postgres

/// `/v1/recognitions`: thanking, and reading how others were thanked.
enum Recognitions {
  static let endpoints = [
    Endpoint(.post, "/v1/recognitions", .everyone, parameters: ["dry_run"], create),
    Endpoint(
      .get, "/v1/recognitions", .everyone,
      parameters: Endpoint.paging + ["from", "to", "team", "value", "since", "until"], feed),
    Endpoint(.get, "/v1/recognitions/{id}", .everyone, one),
  ]

  // MARK: Thanking

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange) { body throws(Problem) in .recognise(try request(from: body)) }
    switch written.decision {
    case .accepted(let acceptance):
      let record = RecognitionRecord(acceptance, written.people)
      if write.isDryRun {
        return .json(200) { json in
          record.write(to: &json) { $0.dryRun(written.balances) }
        }
      }
      return created(record, headers: [])
    case .replayed(let earlier):
      let record = try await at(earlier.position, exchange)
      return created(record, headers: [("Idempotent-Replayed", "true")])
    case .unchanged, .refused:
      preconditionFailure("a recognition is accepted, replayed, or its refusal was thrown")
    }
  }

  private static func created(_ record: RecognitionRecord, headers: [(String, String)]) -> Response {
    .json(
      201,
      headers: [("Location", "/v1/recognitions/\(record.id)"), ("Ledger-Position", "\(record.position)")] + headers
    ) { record.write(to: &$0) }
  }

  private static func request(from body: JSONValue) throws(Problem) -> Recognise {
    var fields = JSONFields(body)
    let request: Recognise
    if let text = fields.optionalString("text", length: 1...20_000) {
      request = shorthand(text, &fields)
    } else {
      let message = fields.optionalString("message", length: 0...20_000) ?? ""
      request = Recognise(
        to: fields.strings("to", count: 1...Limits.recipientsMax), message: message,
        points: Int64(fields.integer("points", in: 0...Int(Limits.pointsMax), default: 0)),
        values: fields.optionalStrings("values", count: 0...100) ?? [], hashtags: Shorthand.hashtags(in: message),
        visibility: visibility(&fields))
    }
    try fields.finish()
    return request
  }

  private static func shorthand(_ text: String, _ fields: inout JSONFields) -> Recognise {
    do throws(Shorthand.Mistake) {
      let read = try Shorthand(text)
      if read.recipients.isEmpty { fields.refuse("text", "names nobody: write @handle") }
      return Recognise(
        to: read.recipients, message: read.message, points: read.points,
        values: fields.optionalStrings("values", count: 0...100) ?? [],
        hashtags: Shorthand.hashtags(in: text), visibility: visibility(&fields))
    } catch {
      fields.refuse(
        "text", error == .severalPoints ? "says +points more than once" : "says more points than there can be")
      return Recognise(to: [], message: "")
    }
  }

  private static func visibility(_ fields: inout JSONFields) -> Recognition.Visibility {
    fields.optionalChoice("visibility") ?? .public
  }

  // MARK: Reading

  private static func one(_ exchange: Exchange) async throws -> Response {
    let id = try exchange.id("id")
    let rows = try await exchange.worker.pool.query(
      recognition,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(id.rawValue)
        $0.uuid(exchange.caller.person.id.rawValue)
        $0.bool(exchange.caller.isAdmin)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    let record = try RecognitionRecord(row)
    return .json(200) { record.write(to: &$0) }
  }

  private static func at(_ position: Int64, _ exchange: Exchange) async throws -> RecognitionRecord {
    let rows = try await exchange.worker.pool.query(
      recognitionAt,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.int64(position)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    return try RecognitionRecord(row)
  }

  private static func feed(_ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let query = exchange.request.query
    let since = try TimeBound("since", query["since"])
    let until = try TimeBound("until", query["until"])
    let after = page.after.map(FeedKey.init(payload:)) ?? .newest
    let giver = try await People.id(named: query["from"], exchange)
    let recipient = try await People.id(named: query["to"], exchange)
    let rows = try await exchange.worker.pool.query(
      feedPage,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(exchange.caller.person.id.rawValue)
        $0.bool(exchange.caller.isAdmin)
        $0.timestamp(after.occurredAt)
        $0.int64(after.position)
        $0.uuid(giver?.rawValue)
        $0.uuid(recipient?.rawValue)
        $0.text(query["team"])
        $0.text(query["value"])
        $0.date(since.day?.number)
        $0.date(until.day?.number)
        $0.timestamp(since.instant?.microseconds)
        $0.timestamp(until.instant?.microseconds)
        $0.int32(Int32(page.limit + 1))
      }, isIdempotent: true)
    let records = try rows.map { row throws(PostgresError) in try RecognitionRecord(row) }
    return page.answer(records) { record in
      FeedKey(occurredAt: record.occurredAt.microseconds, position: record.position).payload
    } _: { json, record in
      record.write(to: &json)
    }
  }

  private static let recognition = SQL.statement("recognition")
  private static let recognitionAt = SQL.statement("recognition_at")
  private static let feedPage = SQL.statement("feed")
}

/// Where a page of the feed ended.
private struct FeedKey {
  let occurredAt: Int64
  let position: Int64

  static let newest = FeedKey(occurredAt: Int64.max / 4, position: .max)

  init(occurredAt: Int64, position: Int64) {
    self.occurredAt = occurredAt
    self.position = position
  }

  /// Of a cursor that was signed by us, so it has the right length.
  init(payload: [UInt8]) {
    func number(_ bytes: ArraySlice<UInt8>) -> Int64 { bytes.reduce(0) { $0 << 8 | Int64($1) } }
    self.init(occurredAt: number(payload.prefix(8)), position: number(payload.dropFirst(8)))
  }

  var payload: [UInt8] {
    Page.payload(occurredAt) + Page.payload(position)
  }
}

/// `since` or `until`: a whole day in the organisation's zone, or an instant.
struct TimeBound {
  let day: Day?
  let instant: Timestamp?

  init(_ name: String, _ text: String?) throws(Problem) {
    day = text.flatMap { RFC3339.day($0) }
    instant = text.flatMap { RFC3339.timestamp($0) }
    if text != nil, day == nil, instant == nil {
      throw .invalidParameter(name, "is a date like 2026-11-22 or a time like 2026-11-22T09:30:00Z")
    }
  }
}
