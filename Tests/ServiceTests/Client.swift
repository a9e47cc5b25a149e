import Glibc
import HTTP
import Testing

/// A client of HTTP/1.1 on one blocking connection, for one holder of a key. Sending and receiving can be apart, so that one
/// thread plays many clients at once.
final class Client {
  struct Failed: Error {
    let call: String
    let code: Int32
  }

  let key: String?
  private let port: Int
  private var descriptor: Int32 = -1
  private var buffer: [UInt8] = []
  /// What was asked and not yet answered.
  private var asked: [(method: String, target: String)] = []

  init(_ port: Int, key: String?) {
    self.port = port
    self.key = key
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  // MARK: Calls

  func get(_ path: String, _ headers: [(String, String)] = []) throws -> Answer {
    try call("GET", path, headers)
  }

  /// - Parameter idempotencyKey: as the header has it.
  func post(
    _ path: String, _ body: String, key idempotencyKey: String? = nil, _ headers: [(String, String)] = []
  ) throws -> Answer {
    try sendPost(path, body, key: idempotencyKey, headers)
    return try receive()
  }

  func call(_ method: String, _ path: String, _ headers: [(String, String)] = [], body: [UInt8]? = nil) throws -> Answer
  {
    try send(method, path, headers, body: body)
    return try receive()
  }

  func sendPost(
    _ path: String, _ body: String, key idempotencyKey: String? = nil, _ headers: [(String, String)] = []
  ) throws {
    let type = headers.contains { $0.0 == "Content-Type" } ? [] : [("Content-Type", "application/json")]
    let key = idempotencyKey.map { [("Idempotency-Key", $0)] } ?? []
    try send("POST", path, type + key + headers, body: Array(body.utf8))
  }

  func send(_ method: String, _ path: String, _ headers: [(String, String)] = [], body: [UInt8]? = nil) throws {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: laurel.example\r\n"
    if let key, !headers.contains(where: { $0.0 == "Authorization" }) { head += "Authorization: Bearer \(key)\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    try sendBytes(Array((head + "\r\n").utf8) + (body ?? []))
    asked.append((method, path))
  }

  // MARK: Bytes

  private func sendBytes(_ bytes: [UInt8]) throws {
    if descriptor < 0 { try connect() }
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failed(call: "send", code: errno) }
      sent += count
    }
  }

  /// The next answer of the connection, held against the contract; one to HEAD has no body, whatever its length says.
  func receive(toHead: Bool = false) throws -> Answer {
    let end = Array("\r\n\r\n".utf8)
    var headEnd = buffer.firstRange(of: end)
    while headEnd == nil {
      try fill()
      headEnd = buffer.firstRange(of: end)
    }
    var answer = Answer(head: String(decoding: buffer[..<headEnd!.lowerBound], as: UTF8.self))
    buffer.removeSubrange(..<headEnd!.upperBound)
    let length = toHead ? 0 : answer["Content-Length"].flatMap { Int($0) } ?? 0
    while buffer.count < length { try fill() }
    answer.body = Array(buffer[..<length])
    buffer.removeSubrange(..<length)
    // `100 Continue` answers nothing yet.
    if answer.status < 200 { return answer }
    let question = asked.removeFirst()
    Contract.check(answer, to: question.method, question.target)
    if answer["Connection"] == "close" {
      close(descriptor)
      descriptor = -1
      asked = []
    }
    return answer
  }

  private func fill() throws {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { throw Failed(call: "recv", code: count < 0 ? errno : 0) }
    buffer += chunk[..<count]
  }

  private func connect() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failed(call: "socket", code: errno) }
    // Far more than any answer takes, so that only what hangs fails.
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      defer {
        close(descriptor)
        descriptor = -1
      }
      throw Failed(call: "connect", code: errno)
    }
  }
}

/// One answer, taken apart.
struct Answer {
  let status: Int
  let headers: [(String, String)]
  var body: [UInt8] = []

  init(head: String) {
    let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
    let parts = lines[0].split(separator: " ")
    status = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    headers = lines.dropFirst().compactMap { line in
      line.firstIndex(of: ":").map {
        (String(line[..<$0]), String(line[line.index(after: $0)...].drop { $0 == " " }))
      }
    }
  }

  /// A header, by its name in any case.
  subscript(header: String) -> String? {
    headers.first { $0.0.lowercased() == header.lowercased() }?.1
  }

  var text: String { String(decoding: body, as: UTF8.self) }
  /// Null where there is no JSON, which no answer of ours is.
  var json: JSONValue { (try? JSONReader.read(body)) ?? .null }
  /// Of a problem.
  var code: String? { json["code"]?.text }
  /// The members that a problem points at.
  var pointers: [String] { json["errors"]?.list.compactMap { $0["pointer"]?.text } ?? [] }
  /// `409 insufficient_allowance`, `201`
  var summary: String { code.map { "\(status) \($0)" } ?? "\(status)" }
}

extension JSONValue {
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var number: Int64? { if case .integer(let number) = self { number } else { nil } }
  var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  var list: [JSONValue] { if case .array(let list) = self { list } else { [] } }
  var names: [String] { if case .object(let members) = self { members.map(\.name) } else { [] } }
}

/// JSON as a test writes it.
func json(_ text: String) throws -> JSONValue { try JSONReader.read(Array(text.utf8)) }
