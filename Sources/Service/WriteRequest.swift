import HTTP
import Ledger
import Postgres

/// A request that changes something: its body, and the promise of its Idempotency-Key.
struct WriteRequest {
  let body: Result<JSONValue, Problem>
  let idempotency: Idempotency?
  let isDryRun: Bool
  private let actor: ID

  /// - Throws: 415, and 400 for a key or a `dry_run` that cannot be read.
  init(_ exchange: Exchange) throws(Problem) {
    let request = exchange.request
    actor = exchange.caller.person.id
    isDryRun = try exchange[CommonQuery.dryRun]
    if !exchange.isReplay { try Self.checkContentType(of: request) }
    let body = Self.body(of: request)
    self.body = body
    let idempotency = try Self.idempotency(of: request, body)
    self.idempotency = isDryRun ? nil : idempotency
  }

  /// A text of the body, before all of it is read: for what only the database can say of it. Nil where there is none.
  func peek(at member: Member<String>) -> String? { (try? body.get()).flatMap { member.peek(in: $0) } }
  func peek(at member: Member<String?>) -> String? { (try? body.get()).flatMap { member.peek(in: $0) ?? nil } }

  /// What `read` makes of the body.
  /// - Parameter read: reads every member that there may be.
  /// - Throws: 400 with every mistake.
  func action(_ read: (inout JSONFields) -> Action) throws(Problem) -> Action {
    var fields = JSONFields(try body.get())
    let action = read(&fields)
    try fields.finish()
    return action
  }

  /// Decides on what the body asks for, and commits it.
  ///
  /// It takes no closure on purpose. The optimiser of Swift 6.3 makes one of each asynchronous function for each closure that is
  /// handed to it, with what the closure captures as arguments of its own; and where these need five words of the stack, x86-64
  /// code that returns to nowhere. `make contract` tries a release build for that reason.
  /// - Parameter id: of the entry that it becomes.
  func submit(_ exchange: Exchange, id: ID = Secrets.id(), _ action: Action) async throws -> Written {
    let caller = exchange.caller
    if !exchange.isReplay { try await Self.check(action, exchange) }
    let operation = Operation(
      id: id, actor: caller.person.id, idempotency: idempotency, salt: Secrets.digest(), action: action)
    let submission = Submission(
      organization: caller.organization, operation: operation, key: exchange.key.bucket, isDryRun: isDryRun)
    let written =
      if isDryRun {
        try await DryRun.decide(submission, exchange)
      } else {
        try await exchange.worker.writer.submit(submission)
      }
    if case .refused(let refusal) = written.decision { throw refusal.problem }
    if !isDryRun { exchange.isRecorded = true }
    return written
  }

  /// People whom a programme lets be named at once, unless it was changed: only beyond is it asked.
  private static let recipientsUnasked = 100

  /// Refuses what would only keep others waiting: what no organisation could allow, and more people than this one does, each of whom
  /// would be looked up under its lock.
  private static func check(_ action: Action, _ exchange: Exchange) async throws {
    do throws(Refusal) {
      try action.checkBounds()
    } catch {
      throw error.problem
    }
    guard action.recipientCount > recipientsUnasked else { return }
    let most = try await Programs.current(exchange).recipientsMax
    if action.recipientCount > most {
      throw Refusal(.tooManyRecipients, "At most \(most) people at once.", at: "/to").problem
    }
  }

  // MARK: A key's effect

  /// What the key of a request that was refused once did: the look-up comes before every check but authentication. It is made
  /// only once a check has failed, since the ledger looks keys up itself.
  enum Effect {
    case none
    case sameRequest
    case otherRequest
  }

  static func effect(of request: Request, by caller: Caller, _ worker: Worker) async throws -> Effect {
    guard request.method == .post || request.method == .delete, request.query["dry_run"] != "true",
      let idempotency = try idempotency(of: request, body(of: request))
    else { return .none }
    let rows = try await worker.pool.query(
      loadEffects,
      Parameters {
        $0.int32s([caller.organization])
        $0.uuids([caller.person.id.rawValue])
        $0.bytesArray([idempotency.key.bytes])
      }, isIdempotent: true)
    guard let row = rows.first else { return .none }
    return try row.digest(5) == idempotency.request ? .sameRequest : .otherRequest
  }

  static let reused = Refusal(
    .idempotencyKeyReused, "This Idempotency-Key came with another request before; use a new key."
  ).problem

  // MARK: Headers

  private static func idempotency(
    of request: Request, _ body: Result<JSONValue, Problem>
  ) throws(Problem) -> Idempotency? {
    try key(of: request).map { Idempotency(key: .sha256(Array($0.utf8)), request: digest(of: request, body)) }
  }

  /// The key, bare or quoted: 1 to 255 characters of visible ASCII or space. ``RequestHeader/idempotencyKey`` says the same.
  private static func key(of request: Request) throws(Problem) -> String? {
    let fields = request.headers.all("idempotency-key")
    guard let field = fields.first else { return nil }
    var key = Substring(field)
    let isQuoted = key.utf8.count >= 2 && key.hasPrefix("\"") && key.hasSuffix("\"")
    if isQuoted { key = key.dropFirst().dropLast() }
    guard fields.count == 1, isQuoted || !key.hasPrefix("\"") && !key.hasSuffix("\""),
      (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else { throw .invalidIdempotencyKey }
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
      throw .unsupportedMediaType
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

  private static let loadEffects = SQL.statement("load_effects")
}

extension Substring {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
    var text = self
    while let last = text.last, predicate(last) { text.removeLast() }
    return text
  }
}
