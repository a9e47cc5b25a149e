import Glibc
import HTTP
import HTTPClient
import Service

/// A server's HTTP API as the holder of a key calls it. What fails for the moment is tried again; a POST always under one
/// Idempotency-Key, so that it is done once however often it is sent.
struct API {
  static let options = [
    Arguments.Option(name: "--url", value: "URL", help: "the server (LAUREL_URL); \(defaultURL) unless given"),
    Arguments.Option(
      name: "--key-file", value: "FILE", help: "a file with your key; - is standard input (LAUREL_KEY holds one)",
      choices: .files),
    Arguments.Option(
      name: "--ca-file", value: "FILE", help: "certificates to trust besides the machine's, for a server of your own",
      choices: .files),
    Arguments.Option(
      name: "--retry-for", value: "SECONDS", help: "how long to try again what fails for the moment; 30, or 0 for not"),
  ]
  static let postOptions =
    options + [
      Arguments.Option(
        name: "--idempotency-key", value: "KEY", help: "go on with a call that was given up: it is done once at most")
    ]
  static let defaultURL = "http://127.0.0.1:8080"

  /// Of an answer that is read whole.
  private static let answerBytesMax = 64 << 20
  /// The longest silence of a server, in milliseconds.
  private static let silenceMax: Int32 = 30_000

  private let server: ServerURL
  private let key: String
  private let authorities: String?
  private let patience: Patience
  private let idempotencyKey: String?

  /// - Throws: wrong usage for a URL or a number that cannot be read, and ``CommandError`` where there is no key.
  init(_ arguments: Arguments) throws {
    let url = arguments["--url"] ?? environment("LAUREL_URL") ?? Self.defaultURL
    guard let server = ServerURL(url) else {
      throw Arguments.UsageError(description: "\"\(url)\" is no server: write it like https://laurel.example")
    }
    self.server = server
    authorities = arguments["--ca-file"]
    let limit = try arguments.integer("--retry-for", in: 0...86_400, default: Patience.limitDefault.components.seconds)
    patience = Patience(limit: .seconds(limit))
    idempotencyKey = arguments["--idempotency-key"]
    if let given = idempotencyKey, !(1...255).contains(given.utf8.count) || !given.utf8.allSatisfy(Self.isPrintable) {
      throw Arguments.UsageError(description: "--idempotency-key has 1 to 255 printable ASCII characters")
    }
    key = try Self.key(arguments)
  }

  // MARK: Calls

  /// A JSON object.
  func get(_ path: String, _ query: [(String, String?)] = []) throws -> Reply {
    try perform(call("GET", path, query), Reply.init)
  }

  /// The same, or nil where there is nothing, or nothing that one may see.
  func find(_ path: String) throws -> Reply? {
    do {
      return try get(path)
    } catch let declined as Declined where declined.status == 404 {
      return nil
    }
  }

  func post(_ path: String, _ query: [(String, String?)] = [], _ body: (inout JSONWriter) -> Void) throws -> Reply {
    var json = JSONWriter()
    json.object(body)
    return try send("POST", path, query, [("Content-Type", "application/json")], json.bytes)
  }

  /// - Parameter again: the command that goes on with it, where that is another one than was typed.
  func delete(_ path: String, again: String? = nil) throws -> Reply { try send("DELETE", path, again: again) }

  /// What changes something, under an Idempotency-Key.
  func send(
    _ method: String, _ path: String, _ query: [(String, String?)] = [],
    _ headers: [(name: String, value: String)] = [],
    _ body: [UInt8] = [], again: String? = nil
  ) throws -> Reply {
    let key = idempotencyKey ?? Self.newIdempotencyKey()
    let call = call(method, path, query, headers + [("Idempotency-Key", key)], body)
    return try perform(call, under: (key, again), Reply.init)
  }

  /// A stream, read by `read`, which may be called again from the start while `canRestart` says so.
  @discardableResult
  func stream<Result>(
    _ path: String, _ query: [(String, String?)], _ headers: [(name: String, value: String)] = [], canRestart: Bool,
    _ read: (Answer) throws -> Result
  ) throws -> Result {
    try perform(call("GET", path, query, headers), canRestart: canRestart, read)
  }

  private func call(
    _ method: String, _ path: String, _ query: [(String, String?)], _ headers: [(name: String, value: String)] = [],
    _ body: [UInt8] = []
  ) -> Call {
    let items = query.compactMap { name, value in value.map { "\(name)=\(percentEncoded($0))" } }
    let all = [
      (name: "Authorization", value: "Bearer \(key)"), ("Accept", "*/*"), ("User-Agent", "laurel/\(Version.current)"),
    ]
    return Call(
      method, path + (items.isEmpty ? "" : "?" + items.joined(separator: "&")), headers: all + headers, body: body)
  }

  /// Sends until there is an answer that says yes or no, or patience ends.
  private func perform<Result>(
    _ call: Call, under effect: (key: String, again: String?)? = nil, canRestart: Bool = true,
    _ read: (Answer) throws -> Result
  ) throws -> Result {
    let start = ContinuousClock.now
    var attempts = Attempts(effect)
    while true {
      let trouble: Trouble
      do {
        let answer = try call.send(to: server, silenceMax: Self.silenceMax, trusting: authorities)
        if (200..<300).contains(answer.status) {
          do {
            return try read(answer)
          } catch let error as ConnectionError where !canRestart {
            throw Trouble(cutShort: error, server)
          }
        }
        let declined = try Declined(answer, server, bytesMax: Self.answerBytesMax)
        guard declined.isTemporary else { throw attempts.isUnsettled ? declined.afterDoubt : declined }
        trouble = Trouble(declined, server)
      } catch let error as ConnectionError {
        trouble = Trouble(error, server)
      }
      attempts.add(trouble)
      let elapsed = ContinuousClock.now - start
      guard trouble.mayPass,
        let wait = patience.wait(
          failures: attempts.count, elapsed: elapsed, retryAfter: trouble.retryAfter, chance: .random(in: 0...1))
      else { throw attempts.givenUp() }
      complain("\(attempts.latest); trying again in \(wait.inSeconds)\(effect == nil ? "" : ", under the same key")")
      sleep(wait)
    }
  }

  private func sleep(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    var left = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    var rest = timespec()
    while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
  }

  // MARK: Keys

  private static func key(_ arguments: Arguments) throws -> String {
    let text: String
    if let path = arguments["--key-file"] {
      text = String(decoding: try readFile(path), as: UTF8.self)
    } else if let given = environment("LAUREL_KEY") {
      text = given
    } else {
      throw CommandError(
        "there is no key: put yours into LAUREL_KEY, or into a file that --key-file names "
          + "(`laurel key create` makes one, and so does an administrator by HTTP)")
    }
    var key = text[...]
    while let last = key.last, last.isWhitespace { key.removeLast() }
    guard !key.isEmpty, key.utf8.allSatisfy({ isPrintable($0) && $0 != UInt8(ascii: " ") }) else {
      throw CommandError("what was given as a key is none: one line, such as laurel_1_…")
    }
    return String(key)
  }

  private static func isPrintable(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }

  /// 128 random bits.
  private static func newIdempotencyKey() -> String {
    (0..<2).map { _ in String(UInt64.random(in: .min ... .max) | 1 << 63, radix: 16) }.joined()
  }
}

/// What the server answered with: a JSON object, or nothing.
struct Reply {
  /// As received.
  let bytes: [UInt8]
  let json: JSONValue
  let headers: Fields
  /// Whether the same call had been answered before, and nothing was done anew.
  let isReplayed: Bool

  init(_ answer: Answer) throws {
    bytes = try answer.body(bytesMax: 64 << 20)
    headers = answer.headers
    isReplayed = answer.headers["idempotent-replayed"] == "true"
    guard answer.status != 204 else {
      json = .null
      return
    }
    do throws(JSONError) {
      json = try JSONReader.read(bytes)
    } catch {
      throw CommandError("what answers there is no Laurel: its answer is no JSON (\(error.reason))")
    }
  }

  /// The server's JSON object, as it was received.
  func print() { Swift.print(String(decoding: bytes, as: UTF8.self)) }
}
