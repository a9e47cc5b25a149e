public import HTTP
import Ledger
import Postgres

/// `/v1/ledger`: what an auditor asks.
enum LedgerEndpoints {
  static let endpoints = [
    Endpoint(
      .get, "/v1/ledger/verify", .roles([.finance, .admin]), "verifyLedger",
      "Recompute the chain and all balances, and say what is wrong.", answers: Answer.ok(schema), verify)
  ]

  private static let schema = JSONSchema(
    .object([
      .init("ok", JSONSchema(.boolean, example: true)), .init("position", .count("Of the last entry.", example: 17)),
      .init("head_hash", .text("Of the last entry, 64 hexadecimal digits.")),
      .init(
        "problems",
        .list(
          of: JSONSchema(
            .object([
              .init("invariant", .text("Which of the service's promises is broken.")),
              .init("position", .position.orNull), .init("detail", .text()),
            ]), name: "Finding"))),
    ]), name: "Verification")

  private static func verify(_ exchange: Exchange) async throws -> Response {
    let number = exchange.caller.organization
    let report = try await exchange.worker.pool.transaction { transaction in
      try await Verifier.verify(number, in: transaction)
    }
    return .json(200) { $0.report(report) }
  }
}

extension JSONWriter {
  /// - Parameter organization: its slug, where a report stands among others.
  public mutating func report(_ report: Verifier.Report, organization: String? = nil) {
    object { json in
      if let organization { json.member("organization", organization) }
      json.member("ok", report.isSound)
      json.member("position", report.position)
      json.member("head_hash", report.headHash.description)
      json.member("problems") { json in
        json.array { json in
          for finding in report.findings {
            json.object { json in
              json.member("invariant", finding.invariant)
              json.member("position", finding.position.map(Int.init))
              json.member("detail", finding.detail)
            }
          }
        }
      }
    }
  }
}
