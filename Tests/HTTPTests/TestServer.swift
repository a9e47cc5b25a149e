import EventLoop
import Glibc
import HTTP
import Synchronization

/// Serves on two loops and a port of the kernel's choice while `body` runs, then drains and stops, also after an error.
func withServer(
  _ configuration: HTTPServer.Configuration = HTTPServer.Configuration(),
  admit: @escaping @Sendable (EventLoop, Request) async -> Admission = { _, _ in .body(atMost: .max) },
  respond: @escaping @Sendable (EventLoop, Request) async -> Response = echo,
  _ body: (HTTPServer, Int) async throws -> Void
) async throws {
  let loops = [try EventLoop(label: "test-0"), try EventLoop(label: "test-1")]
  let server = HTTPServer(loops: loops, configuration: configuration, admit: admit, respond: respond)
  let result: Result<Void, any Error>
  do {
    let address = try await server.listen(host: "127.0.0.1", port: 0)
    try await body(server, Int(address.split(separator: ":").last!)!)
    result = .success(())
  } catch {
    result = .failure(error)
  }
  await server.drain(within: .seconds(2))
  for loop in loops { loop.stop() }
  try result.get()
}

/// Says what the request was.
@Sendable func echo(_ loop: EventLoop, _ request: Request) async -> Response {
  var text = "\(request.method.rawValue) \(request.path)"
  for (name, value) in request.query.items { text += " \(name)=\(value)" }
  if !request.body.isEmpty { text += " " + String(decoding: request.body, as: UTF8.self) }
  return Response(status: 200, headers: [("Content-Type", "text/plain")], body: .bytes(Array(text.utf8)))
}

/// A client that sends exactly the bytes it is told to, and gives up on an answer after some seconds.
struct RawClient: ~Copyable {
  struct Failed: Error {
    let call: String
    let code: Int32
  }

  let fd: Int32

  init(_ port: Int, receiveBuffer: Int32? = nil) throws {
    fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard fd >= 0 else { throw Failed(call: "socket", code: errno) }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    if var size = receiveBuffer { setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size)) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      let code = errno
      close(fd)
      throw Failed(call: "connect", code: code)
    }
  }

  deinit { close(fd) }

  /// Sends all bytes; a connection that the server has closed meanwhile is not an error.
  func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(fd, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      sent += count
    }
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  func endSending() { shutdown(fd, Int32(SHUT_WR)) }

  /// Some bytes; empty at the end.
  /// - Throws: when nothing comes for seconds, or the connection is reset.
  func receive(atMost limit: Int = 65_536) throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = recv(fd, &buffer, limit, 0)
    guard count >= 0 else { throw Failed(call: "recv", code: errno) }
    return Array(buffer[..<count])
  }

  /// Everything until the server closes.
  func receiveAll() throws -> String {
    var all: [UInt8] = []
    while true {
      let bytes = try receive()
      if bytes.isEmpty { return String(decoding: all, as: UTF8.self) }
      all += bytes
    }
  }

  /// Exactly one answer whose length is stated.
  func receiveAnswer(toHead: Bool = false) throws -> Answer {
    var text: [UInt8] = []
    while !text.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let byte = try receive(atMost: 1)
      if byte.isEmpty { throw Failed(call: "answer", code: 0) }
      text += byte
    }
    var answer = Answer(String(decoding: text, as: UTF8.self))
    var body: [UInt8] = []
    let length = toHead ? 0 : Int(answer.headers["content-length"] ?? "0")!
    while body.count < length {
      let bytes = try receive(atMost: length - body.count)
      if bytes.isEmpty { throw Failed(call: "body", code: 0) }
      body += bytes
    }
    answer.body = String(decoding: body, as: UTF8.self)
    return answer
  }
}

/// One answer, taken apart; the last header of a name wins.
struct Answer {
  var status = 0
  var headers: [String: String] = [:]
  var body = ""

  init(_ text: String) {
    let separator = text.utf8.firstRange(of: "\r\n\r\n".utf8)
    let head = separator.map { String(text[..<$0.lowerBound]) } ?? text
    body = separator.map { String(text[$0.upperBound...]) } ?? ""
    let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
    let parts = lines[0].split(separator: " ")
    status = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
    }
  }

  /// The `code` of a problem.
  var code: String? {
    guard let value = try? JSONReader.read(Array(body.utf8)), case .string(let code)? = value["code"] else {
      return nil
    }
    return code
  }
}

/// Repeatable randomness (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}

/// Lets a client be kept in a collection.
final class ClientBox {
  let client: RawClient

  init(_ client: consuming RawClient) { self.client = client }
}

/// Keeps tasks waiting until it is opened.
final class Gate: Sendable {
  private enum State {
    case closed([CheckedContinuation<Void, Never>])
    case open
  }

  private let state = Mutex(State.closed([]))

  func pass() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        guard case .closed(let waiting) = state else { return true }
        state = .closed(waiting + [continuation])
        return false
      }
      if isOpen { continuation.resume() }
    }
  }

  func open() {
    let waiting = state.withLock { state in
      defer { state = .open }
      guard case .closed(let waiting) = state else { return [CheckedContinuation<Void, Never>]() }
      return waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}

/// Counts by name. By a POSIX mutex, whose order the thread sanitizer sees, other than that of Synchronization's.
final class Counts: @unchecked Sendable {
  // Touched under the mutex only, which is what makes `@unchecked Sendable` hold.
  private var counts: [String: Int] = [:]
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() { pthread_mutex_init(mutex, nil) }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  var values: [String: Int] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return counts
  }

  subscript(name: String) -> Int { values[name, default: 0] }

  func add(_ name: String, _ count: Int = 1) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    counts[name, default: 0] += count
  }
}

/// Waits until `condition` holds; gives up after some seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
  for _ in 0..<2_000 {
    if condition() { return true }
    try? await Task.sleep(for: .milliseconds(5))
  }
  return condition()
}
