import HTTP
import Ledger
import Postgres

/// `/v1/values`: what the organisation stands for.
enum Values {
  static let endpoints = [
    Endpoint(
      .get, "/v1/values", .everyone, "listValues", "All values, by slug.", query: Page.parameters,
      answers: Answer.page(of: ValueRecord.schema), list),
    Endpoint(
      .get, "/v1/values/{slug}", .everyone, "getValue", "One value.", path: [slugInPath],
      answers: Answer.tagged(ValueRecord.schema), one),
    Endpoint(
      .post, "/v1/values", .roles([.admin]), "createValue", "Add a value.",
      body: .object([slug, name, description, isActive], name: "NewValue"),
      answers: Answer.created(ValueRecord.schema, headers: [.location, .etag]), refusals: [.duplicateValue], create),
    Endpoint(
      .patch, "/v1/values/{slug}", .roles([.admin]), "changeValue", "Change a value.",
      "One that is no longer in use becomes `\"active\": false`; a slug stays.", path: [slugInPath],
      body: .change([name, description, isActive], name: "ValueChange"),
      answers: Answer.changed(ValueRecord.schema, headers: [.etag]), change),
  ]

  private static let slugInPath = PathParameter(
    "slug", JSONSchema(.string(length: 1...64), "The value's slug.", example: "be-helpful"))
  private static let slug = Member(
    "slug", .text(1...Value.slugLengthMax).checked(pattern: Value.slugPattern, Value.mistake(inSlug:)),
    "What it is called in `#`.", example: "stay-curious")
  private static let name = Member("name", .displayName, "", example: "Stay curious")
  private static let description = Member("description", .description, default: "", "")
  private static let isActive = Member("active", .bool, default: true, "Whether it is in use.")

  private static func list(_ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let rows = try await exchange.worker.pool.query(
      values,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.text(page.after.map { String(decoding: $0, as: UTF8.self) } ?? "")
        $0.int32(Int32(page.limit + 1))
      }, isIdempotent: true)
    let records = try rows.map { row throws(PostgresError) in try ValueRecord(row) }
    return page.answer(records) {
      Array($0.value.slug.utf8)
    } _: {
      $1.write(to: &$0)
    }
  }

  static func isKnown(_ slug: String, _ exchange: Exchange) async throws -> Bool {
    try await !rows(slug, exchange).isEmpty
  }

  /// The slug that was probably meant.
  static func nearest(to slug: String, _ exchange: Exchange) async throws -> String? {
    let rows = try await exchange.worker.pool.query(
      values,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.text("")
        $0.int32(500)
      }, isIdempotent: true)
    return KnownWords(try rows.map { row throws(PostgresError) in try row.text(0) }).nearest(to: slug)
  }

  /// Makes sure that a filter names a value, so that a list without rows is empty and not mistaken. Asked only for such a list.
  static func require(_ slug: String?, _ exchange: Exchange) async throws {
    guard let slug, try await !isKnown(slug, exchange) else { return }
    let hint = try await nearest(to: slug, exchange).map { "; did you mean \($0)?" } ?? "."
    throw Refusal(.unknownValue, "There is no value \(slug) here\(hint)", at: "?value").problem
  }

  private static func one(_ exchange: Exchange) async throws -> Response {
    let record = try await find(exchange.parameters["slug"], exchange)
    return exchange.answer(tag: record.tag) { record.write(to: &$0) }
  }

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    var asked: Value?
    let action = try write.action { fields in
      let value = Value(
        slug: fields[slug], name: fields[name], description: fields[description], isActive: fields[isActive])
      asked = value
      return .putValue(value)
    }
    let written = try await write.submit(exchange, action)
    guard let asked else { preconditionFailure("what was submitted was read") }
    // A replay's request is the same as then, and so is what it made, whatever became of that.
    let location = ("Location", "/v1/values/\(asked.slug)")
    return answer(201, ValueRecord(asked, position: written.position), written.headers + [location])
  }

  private static func change(_ exchange: Exchange) async throws -> Response {
    let record = try await find(exchange.parameters["slug"], exchange)
    try exchange.requireMatch(record.tag)
    let write = try WriteRequest(exchange)
    let action = try write.action { fields in
      var value = record.value
      fields.change(&value.name, name)
      fields.change(&value.description, description)
      fields.change(&value.isActive, isActive)
      return .putValue(value, expected: record.position)
    }
    let written = try await write.submit(exchange, action)
    return answer(200, try await find(record.value.slug, exchange), written.headers)
  }

  private static func answer(_ status: Int, _ record: ValueRecord, _ headers: [(String, String)]) -> Response {
    .json(status, headers: headers + [("ETag", record.tag)]) { record.write(to: &$0) }
  }

  private static func find(_ slug: String, _ exchange: Exchange) async throws -> ValueRecord {
    guard let row = try await rows(slug, exchange).first else { throw Problem.notFound }
    return try ValueRecord(row)
  }

  /// The value of that name, if there is one.
  private static func rows(_ slug: String, _ exchange: Exchange) async throws -> Rows {
    try await exchange.worker.pool.query(
      value,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.text(slug)
      }, isIdempotent: true)
  }

  private static let values = SQL.statement("values", .long)
  private static let value = SQL.statement("value")
}

private struct ValueRecord {
  let value: Value
  let position: Int64

  init(_ value: Value, position: Int64) {
    self.value = value
    self.position = position
  }

  init(_ row: Row) throws(PostgresError) {
    value = Value(
      slug: try row.text(0), name: try row.text(1), description: try row.text(2), isActive: try row.bool(3))
    position = try row.int64(4)
  }

  static let schema = JSONSchema(
    .object([
      .init("slug", .text(example: "be-helpful")), .init("name", .text(example: "Be helpful")),
      .init("description", .text(example: "Leave it better than it was.")),
      .init("active", JSONSchema(.boolean, example: true)),
    ]), name: "Value")

  var tag: String { versionTag(position) }

  func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("slug", value.slug)
      json.member("name", value.name)
      json.member("description", value.description)
      json.member("active", value.isActive)
    }
  }
}
