import HTTP
import Ledger
import Postgres

/// A request that changes something: its body, and the promise of its Idempotency-Key.
struct WriteRequest {
  let body: Result<JSONValue, Problem>
  let idempotency: Idempotency?
  let isDryRun: Bool

  /// - Throws: 415, and 400 for a key or a `dry_run` that cannot be read.
  init(_ exchange: Exchange) throws(Problem) {
    let request = exchange.request
    isDryRun = try exchange.bool("dry_run") ?? false
    try Self.checkContentType(of: request)
    let body = Self.body(of: request)
    self.body = body
    let key = try isDryRun ? nil : Self.key(of: request)
    idempotency = key.map {
      Idempotency(key: .sha256(Array($0.utf8)), request: Self.digest(of: request, body))
    }
  }

  /// Decides `action` and commits it. A key that had an effect before is answered first, so that a broken body under a used
  /// key is told about the key.
  func submit(_ exchange: Exchange, _ action: (JSONValue) throws(Problem) -> Action) async throws -> Written {
    let caller = exchange.caller
    let decoded: Action
    do throws(Problem) {
      decoded = try action(body.get())
    } catch {
      if let idempotency, try await isUsed(idempotency, exchange) { throw Self.reused }
      throw error
    }
    let operation = Operation(
      id: Secrets.id(), actor: caller.person.id, idempotency: idempotency, salt: Secrets.digest(), action: decoded)
    let written = try await exchange.worker.writer.submit(
      Submission(organization: caller.organization, operation: operation, isDryRun: isDryRun))
    if case .refused(let refusal) = written.decision { throw refusal.problem }
    return written
  }

  private func isUsed(_ idempotency: Idempotency, _ exchange: Exchange) async throws -> Bool {
    let rows = try await exchange.worker.pool.query(
      Self.loadEffects,
      Parameters {
        $0.int32s([exchange.caller.organization])
        $0.uuids([exchange.caller.person.id.rawValue])
        $0.bytesArray([idempotency.key.bytes])
      }, isIdempotent: true)
    return !rows.isEmpty
  }

  // MARK: Headers

  /// The key, bare or quoted: 1 to 255 characters of visible ASCII or space.
  private static func key(of request: Request) throws(Problem) -> String? {
    let fields = request.headers.all("idempotency-key")
    guard let field = fields.first else { return nil }
    var key = Substring(field)
    if key.utf8.count >= 2, key.hasPrefix("\""), key.hasSuffix("\"") { key = key.dropFirst().dropLast() }
    guard fields.count == 1, (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else {
      throw Problem(
        400, "invalid_idempotency_key", detail: "An Idempotency-Key is one field of 1 to 255 printable characters.")
    }
    return String(key)
  }

  private static func body(of request: Request) -> Result<JSONValue, Problem> {
    do throws(JSONError) {
      return .success(request.body.isEmpty ? .object([]) : try JSONReader.read(request.body))
    } catch {
      return .failure(error.problem)
    }
  }

  private static func checkContentType(of request: Request) throws(Problem) {
    if request.body.isEmpty { return }
    let type = (request.headers["content-type"] ?? "").prefix { $0 != ";" }
    guard type.trimmingSuffix(while: { $0 == " " }).lowercased() == "application/json" else {
      throw Problem(415, "unsupported_media_type", detail: "Send JSON with Content-Type: application/json.")
    }
  }

  /// The same for the same method, path, query and JSON value. A body that is no JSON has a digest of its own.
  private static func digest(of request: Request, _ body: Result<JSONValue, Problem>) -> Digest {
    var bytes = Array("\(request.method.rawValue)\n\(request.path)\n".utf8)
    for (name, value) in request.query.items.sorted(by: { ($0.name, $0.value) < ($1.name, $1.value) }) {
      bytes += Array("\(name.utf8.count):\(name)\(value.utf8.count):\(value)".utf8)
    }
    bytes.append(UInt8(ascii: "\n"))
    switch body {
    case .success(let value): bytes += value.canonicalBytes
    case .failure: bytes += [0] + request.body
    }
    return .sha256(bytes)
  }

  private static let reused = Refusal(
    .idempotencyKeyReused, "This Idempotency-Key came with another request before; use a new key."
  ).problem

  private static let loadEffects = SQL.statement("load_effects")
}

extension Substring {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
    var text = self
    while let last = text.last, predicate(last) { text.removeLast() }
    return text
  }
}
