import HTTP
import Postgres

/// `/healthz` and `/readyz`: for whoever restarts processes, and whoever routes traffic to them.
enum Health {
  static let endpoints = [
    Endpoint(
      .get, "/healthz", .anyone, "getHealth", "Whether the process is alive.",
      answers: Answer.ok(
        JSONSchema(.object([.init("status", JSONSchema(.constant("ok")))]), name: "Health")), process),
    Endpoint(
      .get, "/readyz", .anyone, "getReadiness", "Whether the service can be used.",
      "A load balancer sends traffic while this answers 200.",
      answers: Answer.ok(readinessSchema) + [
        Answer(status: 503, summary: "Not now.", content: .json(readinessSchema), headers: [.retryAfter])
      ], readiness),
  ]

  /// Answers as long as the loop turns; asks nobody.
  private static func process(_ exchange: Exchange) async throws -> Response {
    .json(200) { json in json.object { $0.member("status", "ok") } }
  }

  private static let readinessSchema = JSONSchema(
    .object([
      .init("status", JSONSchema(.words(["ready", "unavailable"]))), .init("database", .bool),
      .init("schema", JSONSchema(.boolean, "Whether the tables are those of this version.", example: true)),
    ]), name: "Readiness")

  private static func readiness(_ exchange: Exchange) async throws -> Response {
    let isDatabaseReady = await exchange.worker.pool.ready()
    let isSchemaReady = isDatabaseReady ? await isSchemaCurrent(exchange) : false
    let isReady = isDatabaseReady && isSchemaReady
    return .json(isReady ? 200 : 503, headers: isReady ? [] : [("Retry-After", "1")]) { json in
      json.object { json in
        json.member("status", isReady ? "ready" : "unavailable")
        json.member("database", isDatabaseReady)
        json.member("schema", isSchemaReady)
      }
    }
  }

  private static func isSchemaCurrent(_ exchange: Exchange) async -> Bool {
    do {
      return try await Schema.isCurrent(on: exchange.worker.pool)
    } catch {
      exchange.worker.log.warning(
        "schema_check_failed", ["request_id": exchange.request.id, "error": "\(error)"])
      return false
    }
  }
}
