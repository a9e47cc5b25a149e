import HTTP
import Postgres

/// `/v1/values`: what the organisation stands for.
enum Values {
  static let endpoints = [Endpoint(.get, "/v1/values", .everyone, parameters: Endpoint.paging, list)]

  private static func list(_ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let rows = try await exchange.worker.pool.query(
      values,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.text(page.after.map { String(decoding: $0, as: UTF8.self) } ?? "")
        $0.int32(Int32(page.limit + 1))
      }, isIdempotent: true)
    let records = try rows.map { row throws(PostgresError) in
      (slug: try row.text(0), name: try row.text(1), description: try row.text(2), isActive: try row.bool(3))
    }
    return page.answer(records) {
      Array($0.slug.utf8)
    } _: { json, value in
      json.object { json in
        json.member("slug", value.slug)
        json.member("name", value.name)
        json.member("description", value.description)
        json.member("active", value.isActive)
      }
    }
  }

  private static let values = SQL.statement("values")
}
