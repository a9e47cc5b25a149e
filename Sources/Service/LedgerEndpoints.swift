public import HTTP
import Ledger
import Postgres

/// `/v1/ledger`: what an auditor asks.
enum LedgerEndpoints {
  static let endpoints = [
    Endpoint(
      .get, "/v1/ledger/verify", .roles([.finance, .admin]), "verifyLedger",
      "Recompute the chain and all balances, and say what is wrong.",
      "With `since`, only what was recorded after a position whose hash is trusted.", query: [since, against],
      answers: Answer.ok(schema), verify)
  ]

  private static let witness = JSONType<String>.text(
    66...90, pattern: "[1-9][0-9]{0,18}:[0-9a-f]{64}", else: "is POSITION:HASH, as an earlier verification gave them"
  ).converted(
    JSONSchema(.string(pattern: "[1-9][0-9]{0,18}:[0-9a-f]{64}")), harmless: Verifier.Witness.none,
    else: "is POSITION:HASH, as an earlier verification gave them"
  ) { Verifier.Witness($0) }
  private static let since = QueryParameter(
    "since", witness, "A trusted position and its hash: what follows it is verified, and that it follows that.")
  private static let against = QueryParameter(
    "against", witness, "A position and the hash that it had: whether the log still says the same.")

  private static let schema = JSONSchema(
    .object([
      .init("ok", JSONSchema(.boolean, example: true)), .init("position", .count("Of the last entry.", example: 17)),
      .init(
        "head_hash",
        .text("Of the last entry, 64 hexadecimal digits.", example: .string(String(repeating: "0", count: 64)))),
      .init("problems", JSONSchema(.array(of: finding), example: [])),
    ]), name: "Verification")

  private static let finding = JSONSchema(
    .object([
      .init("invariant", .text("Which of the service's promises is broken.")),
      .init("position", .position.orNull), .init("detail", .text()),
    ]), name: "Finding")

  private static func verify(_ exchange: Exchange) async throws -> Response {
    let number = exchange.caller.organization
    let (since, against) = (try exchange[Self.since], try exchange[Self.against])
    // The log has reached it.
    let seen = exchange.request.headers["min-ledger-position"].flatMap { Int64($0) } ?? 0
    let report = try await exchange.worker.verifications.report(
      on: number, since: since, against: against, atLeast: seen)
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
