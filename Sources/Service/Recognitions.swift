import HTTP
import Ledger
import Postgres
import Text

/// `/v1/recognitions`: thanking, and reading how others were thanked.
enum Recognitions {
  static let endpoints = [
    Endpoint(
      .post, "/v1/recognitions", .everyone, "recognise", "Thank one or many people.",
      "`points` are for each recipient, from the caller's allowance. Values may also be hashtags in the message, which `@name` and "
        + "`&name` mention people in. In a line, `@name` thanks and `+N` gives, wherever they stand.",
      query: [CommonQuery.dryRun],
      body: JSONSchema(
        .either([
          .object([to, message, points, values, visibility], name: "NewRecognition"),
          .object([text, values, visibility], name: "NewRecognitionLine"),
        ])),
      answers: Answer.created(RecognitionRecord.schema) + Answer.tried(RecognitionRecord.schema),
      refusals: [
        .insufficientAllowance, .selfRecognition, .duplicateRecipient, .unknownPerson, .unknownValue,
        .inactiveRecipient, .messageTooLong, .messageEmpty, .invalidAmount, .tooManyRecipients, .tooManyPoints,
        .tooManyThanks, .privateNotAllowed,
        .recipientCapReached, .givingNotAllowed, .inactiveCaller,
      ], create
    ).covered(by: .recognitions),
    Endpoint(
      .get, "/v1/recognitions", .everyone, "listRecognitions", "The feed, newest first.",
      "Private ones are shown to the giver, the recipients, their managers and admins. Awards are among them once they are granted, "
        + "in the same shape.",
      query: Page.parameters + [giver, recipient, team, value, CommonQuery.since, CommonQuery.until],
      answers: Answer.page(of: RecognitionRecord.schema), refusals: [.unknownPerson, .unknownScope, .unknownValue], feed
    ),
    Endpoint(
      .get, "/v1/recognitions/{id}", .everyone, "getRecognition",
      "One recognition, or an award that was granted.",
      path: [.id("The recognition's id, or the award's.")], answers: Answer.tagged(RecognitionRecord.schema), one),
  ]

  private static let to = Member(
    "to", .list(of: .personName, count: 1...Limits.recipientsMax), "Whom to thank, by id, handle or email.",
    example: ["ann", "bo"])
  private static let message = Member(
    "message", .longText(), default: "", "Something visible, of at most 2000 characters.",
    example: "You saved the quarter close. #be-helpful")
  private static let points = Member("points", .points(), default: 0, "For each recipient.", example: 10)
  private static let values = Member(
    "values", .list(of: .title, count: 0...100), default: [], "Slugs.", example: ["be-helpful"])
  private static let visibility = Member(
    "visibility", .choice(Recognition.Visibility.self), default: .public,
    "`private` is for the giver, the recipients, their managers and admins.")
  /// Of a line with its names: as many people as may be, and the longest message.
  private static let lineBytesMax = 24 * 1024
  private static let text = Member(
    "text", .longText(from: 1), "Points, people and words in one line.",
    example: "+10 @ann @bo thanks for the quarter close #be-helpful")

  private static let giver = QueryParameter(
    "from", .personName, "Given by this person: an id, handle, email or `me`.", example: "ann")
  private static let recipient = QueryParameter(
    "to", .personName, "Given to this person: an id, handle, email or `me`.", example: "me")
  private static let team = QueryParameter(
    "team", .text(0...200), "Given by or to somebody of this team.", example: "Sales")
  private static let value = QueryParameter("value", .text(0...200), "With this value.", example: "be-helpful")

  // MARK: Thanking

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    // Before it is taken apart: more would be refused piece by piece.
    if let line = write.peek(at: text), line.utf8.count > lineBytesMax {
      throw Refusal(.messageTooLong, "A line has at most \(lineBytesMax) bytes.", at: "/text").problem
    }
    var mistake: Line.Mistake?
    let action = try write.action { .recognise(request(from: &$0, &mistake)) }
    if let mistake { throw mistake.refusal.problem }
    let written: Written
    do {
      written = try await write.submit(exchange, action)
    } catch let problem as Problem where write.peek(at: text) != nil {
      throw problem.ofLine
    }
    switch written.decision {
    case .accepted(let acceptance):
      let record = try RecognitionRecord(acceptance, written.people)
      if write.isDryRun {
        return .json(200) { json in
          record.write(to: &json) { $0.dryRun(written.balances) }
        }
      }
      return created(record, headers: [])
    case .replayed(let earlier):
      let record = try await at(earlier.position, exchange).atFirst
      return created(record, headers: [("Idempotent-Replayed", "true")])
    case .unchanged, .refused:
      throw Defect("a recognition is accepted, replayed, or its refusal was thrown")
    }
  }

  private static func created(_ record: RecognitionRecord, headers: [(String, String)]) -> Response {
    .json(
      201,
      headers: [("Location", "/v1/recognitions/\(record.id)"), ("Ledger-Position", "\(record.position)")] + headers
    ) { record.write(to: &$0) }
  }

  private static func request(from fields: inout JSONFields, _ mistake: inout Line.Mistake?) -> Recognise {
    if fields.contains(text) { return line(from: &fields, &mistake) }
    let message = fields[Self.message]
    return Recognise(
      to: fields[to], message: message, points: fields[points], values: fields[values],
      hashtags: MarkedText.hashtags(in: message), visibility: fields[visibility])
  }

  private static func line(from fields: inout JSONFields, _ mistake: inout Line.Mistake?) -> Recognise {
    let text = fields[Self.text]
    let (values, visibility) = (fields[Self.values], fields[Self.visibility])
    do throws(Line.Mistake) {
      let line = try Line(text)
      if line.recipients.isEmpty { fields.refuse(Self.text, "names nobody: write @handle") }
      return Recognise(
        to: line.recipients, message: line.message, points: line.points ?? 0, values: values,
        hashtags: MarkedText.hashtags(in: line.message), visibility: visibility)
    } catch {
      mistake = error
      return Recognise(to: [], message: "")
    }
  }

  // MARK: Reading

  private static func one(_ exchange: Exchange) async throws -> Response {
    let record = try await visible(exchange.id("id"), exchange)
    return exchange.answer { record.write(to: &$0) }
  }

  /// One that is no award, and that the caller may see.
  static func visibleThanks(_ id: ID, _ exchange: Exchange) async throws -> RecognitionRecord {
    let record = try await visible(id, exchange)
    guard record.kind == .recognition else { throw Problem.notFound }
    return record
  }

  /// What the feed shows under an id, where the caller may see it.
  private static func visible(_ id: ID, _ exchange: Exchange) async throws -> RecognitionRecord {
    let rows = try await exchange.worker.pool.query(
      recognition,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(id.rawValue)
        $0.uuid(exchange.caller.person.id.rawValue)
        $0.bool(exchange.caller.isAdmin)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    return try RecognitionRecord(row)
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
    let span = try await exchange.span(CommonQuery.since, CommonQuery.until)
    let (team, value) = (try exchange[Self.team], try exchange[Self.value])
    let after = page.after.map(FeedKey.init(payload:)) ?? .newest
    let giver = try await People.someone(Self.giver, exchange)
    let recipient = try await People.someone(Self.recipient, exchange)
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
        $0.text(team?.folded)
        $0.text(value)
        span.write(to: &$0)
        $0.int32(Int32(page.limit + 1))
      }, isIdempotent: true)
    let records = try rows.map { row throws(PostgresError) in try RecognitionRecord(row) }
    if records.isEmpty, page.after == nil {
      try await OrganizationPart.team.require(team, exchange)
      try await Values.require(value, exchange)
    }
    return page.answer(records) { record in
      FeedKey(occurredAt: record.occurredAt.microseconds, position: record.position).payload
    } _: { json, record in
      record.write(to: &json)
    }
  }

  private static let recognition = SQL.statement("recognition")
  private static let recognitionAt = SQL.statement("recognition_at")
  private static let feedPage = SQL.statement("feed", .long)
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

extension Line.Mistake {
  fileprivate var refusal: Refusal {
    if case .nobody = self { return Refusal(.unknownPerson, description, at: "/text") }
    return Refusal(.invalidAmount, description, at: "/text")
  }
}

extension Problem {
  /// The same where what it speaks of stands in the line.
  fileprivate var ofLine: Problem {
    var problem = self
    problem.errors = errors.map { error in
      let isInLine = ["/to", "/message", "/points"].contains {
        error.pointer == $0 || error.pointer.hasPrefix($0 + "/")
      }
      return isInLine ? FieldError(pointer: "/text", detail: error.detail) : error
    }
    return problem
  }
}
