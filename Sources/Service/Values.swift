import HTTP
import Ledger
import Postgres

/// `/v1/values`: what the organisation stands for.
enum Values {
  static let endpoints = [
    Endpoint(.get, "/v1/values", .everyone, parameters: Endpoint.paging, list),
    Endpoint(.get, "/v1/values/{slug}", .everyone, one),
    Endpoint(.post, "/v1/values", .roles([.admin]), create),
    Endpoint(.patch, "/v1/values/{slug}", .roles([.admin]), change),
  ]

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

  private static func one(_ exchange: Exchange) async throws -> Response {
    let record = try await find(exchange.parameters["slug"], exchange)
    return exchange.answer(tag: record.tag) { record.write(to: &$0) }
  }

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange) { body throws(Problem) in
      var fields = JSONFields(body)
      let slug = fields.string("slug", length: 1...64)
      if slug.wholeMatch(of: /[a-z0-9][a-z0-9\-]*/) == nil { fields.refuse("slug", "is made of a-z, 0-9 and dash") }
      let value = Value(
        slug: slug, name: fields.string("name", length: 1...200),
        description: fields.optionalString("description", length: 0...2_000) ?? "",
        isActive: fields.bool("active", default: true))
      try fields.finish()
      return .putValue(value)
    }
    // A replay has no slug of its own to go by, and the request is the same as then.
    guard let slug = try write.body.get()["slug"]?.string else { throw Problem.notFound }
    return try await answer(201, slug, written, exchange)
  }

  private static func change(_ exchange: Exchange) async throws -> Response {
    let record = try await find(exchange.parameters["slug"], exchange)
    try exchange.requireMatch(record.tag)
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange) { body throws(Problem) in
      var fields = JSONFields(body)
      let value = Value(
        slug: record.value.slug, name: fields.optionalString("name", length: 1...200) ?? record.value.name,
        description: fields.optionalString("description", length: 0...2_000) ?? record.value.description,
        isActive: fields.optionalBool("active") ?? record.value.isActive)
      try fields.finish()
      return .putValue(value, expected: record.position)
    }
    return try await answer(200, record.value.slug, written, exchange)
  }

  private static func answer(
    _ status: Int, _ slug: String, _ written: Written, _ exchange: Exchange
  ) async throws -> Response {
    let record = try await find(slug, exchange)
    let headers = written.headers + [("Location", "/v1/values/\(slug)"), ("ETag", record.tag)]
    return .json(status, headers: headers) { record.write(to: &$0) }
  }

  private static func find(_ slug: String, _ exchange: Exchange) async throws -> ValueRecord {
    let rows = try await exchange.worker.pool.query(
      value,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.text(slug)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    return try ValueRecord(row)
  }

  private static let values = SQL.statement("values")
  private static let value = SQL.statement("value")
}

private struct ValueRecord {
  let value: Value
  let position: Int64

  init(_ row: Row) throws(PostgresError) {
    value = Value(
      slug: try row.text(0), name: try row.text(1), description: try row.text(2), isActive: try row.bool(3))
    position = try row.int64(4)
  }

  /// Strong: the position that last changed it.
  var tag: String { "\"\(position)\"" }

  func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("slug", value.slug)
      json.member("name", value.name)
      json.member("description", value.description)
      json.member("active", value.isActive)
    }
  }
}
