import HTTP
import Ledger

/// A request header that endpoints take.
struct RequestHeader: RequestParameter {
  let name: String
  let schema: JSONSchema
  var isRequired = false

  static let idempotencyKey = RequestHeader(
    name: "Idempotency-Key",
    schema: JSONSchema(
      .string(pattern: #""[ -~]{1,255}"|[!#-~](?:[ -~]{0,253}[!#-~])?"#),
      "The same key and the same request again are answered by the first answer, for ever."))
  static let minLedgerPosition = RequestHeader(
    name: "Min-Ledger-Position",
    schema: JSONSchema(
      .integer(0 ... .max), "Answer by the state at this position or later; waits for up to 2 seconds.", example: 1))
  static let ifMatch = RequestHeader(
    name: "If-Match", schema: JSONSchema(.string(), "The `ETag` of what was read, several, or `*`.", example: "*"),
    isRequired: true)
  static let ifNoneMatch = RequestHeader(
    name: "If-None-Match", schema: JSONSchema(.string(), "The `ETag` of what the client has, several, or `*`."))
}

extension Endpoint {
  /// The headers that follow from what it is.
  var requestHeaders: [RequestHeader] {
    var headers: [RequestHeader] = []
    if writes { headers.append(.idempotencyKey) }
    if method == .patch { headers.append(.ifMatch) }
    if answers.contains(where: { $0.status == 304 }) { headers.append(.ifNoneMatch) }
    if needsKey, !writes { headers.append(.minLedgerPosition) }
    return headers
  }

  /// Whether an empty body lacks something.
  var needsBody: Bool {
    switch body?.shape {
    case .object(let properties): properties.contains(where: \.isRequired)
    case .either: true
    default: false
    }
  }
}
