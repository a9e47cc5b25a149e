import CCrypto
import HTTP
import Ledger

/// Signs cursors, so that one cannot be forged, nor carried to another organisation or another list.
struct CursorSigner: Sendable {
  private let secret: [UInt8]
  private static let signatureBytes = 16

  init(secret: [UInt8]) { self.secret = secret }

  /// - Parameter context: whatever a cursor must not be carried out of.
  func seal(_ payload: [UInt8], _ context: [UInt8]) -> String {
    base64URL(signature(payload, context) + payload)
  }

  /// - Returns: nil for what was not sealed in the same context.
  func open(_ text: String, _ context: [UInt8]) -> [UInt8]? {
    guard let bytes = decodeBase64URL(text), bytes.count >= Self.signatureBytes, base64URL(bytes) == text else {
      return nil
    }
    let payload = Array(bytes[Self.signatureBytes...])
    let expected = signature(payload, context)
    let isEqual = CRYPTO_memcmp(Array(bytes[..<Self.signatureBytes]), expected, Self.signatureBytes) == 0
    return isEqual ? payload : nil
  }

  private func signature(_ payload: [UInt8], _ context: [UInt8]) -> [UInt8] {
    let message = Digest.sha256(context).bytes + payload
    var output = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 0
    let result = HMAC(EVP_sha256(), secret, Int32(secret.count), message, message.count, &output, &count)
    precondition(result != nil && count == 32, "HMAC failed")
    return Array(output[..<Self.signatureBytes])
  }
}

/// A page of a list: `limit` and `cursor` of the request, and the answer around its rows.
struct Page {
  static let limit = QueryParameter(
    "limit", .integer(1 ... .max), default: 50, "How many; over 1000 means 1000.", example: 20)
  static let cursor = QueryParameter("cursor", .verbatim(0...1_000), "The `next_cursor` of the page before.")
  static let parameters: [any RequestParameter] = [limit, cursor]
  private static let limitMax: Int64 = 1_000

  let limit: Int
  /// Where the previous page ended; nil on the first.
  let after: [UInt8]?
  private let exchange: Exchange
  private let context: [UInt8]

  init(_ exchange: Exchange) throws(Problem) {
    self.exchange = exchange
    limit = try Self.limit(of: exchange.request.query)
    // A cursor belongs to one organisation, one list and its filters.
    var context = "\(exchange.caller.organization)\n\(exchange.request.path)\n"
    for (name, value) in exchange.request.query.items where name != Self.limit.name && name != Self.cursor.name {
      context += "\(name)=\(value)\n"
    }
    self.context = Array(context.utf8)
    if let cursor = try exchange[Self.cursor] {
      guard let payload = exchange.worker.cursors.open(cursor, self.context) else { throw .invalidCursor }
      after = payload
    } else {
      after = nil
    }
  }

  /// How many rows a request asks for.
  /// - Throws: 400 `invalid_parameter`.
  static func limit(of query: Query) throws(Problem) -> Int { Int(min(try limit.read(from: query), limitMax)) }

  /// The position that a list by position goes on from.
  var afterPosition: Int64? { after.map { $0.reduce(0) { $0 << 8 | Int64($1) } } }

  static func payload(_ position: Int64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: position >> (56 - 8 * Int64($0))) }
  }

  /// The id that a list by id goes on from.
  var afterID: ID? { after.map { ID(rawValue: $0.reduce(0) { $0 << 8 | UInt128($1) }) } }

  static func payload(_ id: ID) -> [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: id.rawValue >> (120 - 8 * UInt128($0))) }
  }

  /// - Parameters:
  ///   - rows: up to one more than ``limit``, by which the end is known.
  ///   - payload: of the last row shown.
  func answer<Row>(
    _ rows: [Row], payload: (Row) -> [UInt8], _ write: (inout JSONWriter, Row) -> Void
  ) -> Response {
    let shown = rows.prefix(limit)
    let next = rows.count > limit ? shown.last.map { seal(payload($0)) } : nil
    return .json(200, headers: next.map { [("Link", link($0))] } ?? []) { json in
      json.object { json in
        json.member("data") { json in
          json.array { json in for row in shown { write(&json, row) } }
        }
        if let next { json.member("next_cursor", next) }
      }
    }
  }

  /// A cursor that goes on from `payload`.
  func seal(_ payload: [UInt8]) -> String { exchange.worker.cursors.seal(payload, context) }

  /// The value of a `Link` field to the next page.
  func link(_ cursor: String) -> String {
    let kept = exchange.request.query.items.filter { $0.name != Self.cursor.name }
    let query = (kept + [(Self.cursor.name, cursor)]).map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }
    return "<\(exchange.request.path)?\(query.joined(separator: "&"))>; rel=\"next\""
  }
}
