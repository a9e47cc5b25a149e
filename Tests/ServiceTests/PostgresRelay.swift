import Dispatch
import Glibc
import Synchronization

/// One connection of a ``PostgresProxy``: a thread of its own for each direction.
final class PostgresRelay: Sendable {
  private struct State {
    var cut: PostgresProxy.Cut?
    var isServerKept = false
    var isLeft = false
    var isClosed = false
  }

  let client: Int32
  let server: Int32
  private let state = Mutex(State())
  private let answered = DispatchSemaphore(value: 0)

  init(client: Int32, server: Int32) {
    self.client = client
    self.server = server
  }

  /// What shall happen when the COMMIT is answered.
  func setCut(_ cut: PostgresProxy.Cut) { state.withLock { $0.cut = cut } }

  /// PostgreSQL is not told that the client has gone.
  func keepServer() { state.withLock { $0.isServerKept = true } }

  /// Waits until PostgreSQL has answered the COMMIT, or has gone.
  func awaitAnswer() { answered.wait() }

  /// From PostgreSQL to the server, until a cut.
  func answer() {
    defer { answered.signal() }
    var source = PostgresMessages(server, hasStartup: false)
    while let message = source.next() {
      let cut = state.withLock { $0.cut }
      if cut != .beforeAnswer, !Self.send(message, to: client), cut == nil { return }
      // The transaction has ended, and the answer with it.
      if cut != nil, message.first == PostgresMessages.ready { return }
    }
  }

  /// One direction has ended: the other ends too, and the last one closes. Under the lock, since a descriptor's number may be
  /// another's as soon as it is closed.
  func leave() {
    state.withLock { state in
      if state.isLeft {
        state.isClosed = true
        close(client)
        close(server)
      } else {
        state.isLeft = true
        shutdown(client, Int32(SHUT_RDWR))
        if !state.isServerKept { shutdown(server, Int32(SHUT_RDWR)) }
      }
    }
  }

  /// Ends what ``keepServer()`` kept.
  func letGo() {
    state.withLock { if !$0.isClosed { shutdown(server, Int32(SHUT_RDWR)) } }
  }

  /// Ends both directions.
  func end() {
    state.withLock { state in
      guard !state.isClosed else { return }
      shutdown(client, Int32(SHUT_RDWR))
      shutdown(server, Int32(SHUT_RDWR))
    }
  }

  @discardableResult
  static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}

/// PostgreSQL's messages, one by one: a type, a length that counts itself, and the rest.
struct PostgresMessages {
  static let sync = UInt8(ascii: "S")
  static let ready = UInt8(ascii: "Z")

  private let descriptor: Int32
  /// The client's first message has no type.
  private var isStartup: Bool
  private var buffer: [UInt8] = []
  private var start = 0

  init(_ descriptor: Int32, hasStartup: Bool) {
    self.descriptor = descriptor
    isStartup = hasStartup
  }

  /// The next whole message; nil at the end.
  mutating func next() -> [UInt8]? {
    let head = isStartup ? 0 : 1
    guard fill(head + 4) else { return nil }
    let length = buffer[start + head..<start + head + 4].reduce(0) { $0 << 8 | Int($1) }
    guard fill(head + length) else { return nil }
    defer { start += head + length }
    isStartup = false
    return Array(buffer[start..<start + head + length])
  }

  private mutating func fill(_ count: Int) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while buffer.count - start < count {
      let received = recv(descriptor, &chunk, chunk.count, 0)
      guard received > 0 else { return false }
      buffer.removeFirst(start)
      start = 0
      buffer += chunk[..<received]
    }
    return true
  }
}

/// Tells the COMMIT of a transaction that inserted entries, by what was prepared under which name.
struct CommitWatch {
  private var commits: Set<ArraySlice<UInt8>> = []
  private var inserts: Set<ArraySlice<UInt8>> = []
  private var hasWritten = false

  /// Whether `message` is what runs such a COMMIT.
  mutating func isWritingCommit(_ message: [UInt8]) -> Bool {
    // Both begin with two texts: a name and a query, a portal and a name.
    let texts = message.dropFirst(5).split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
    switch message.first {
    case UInt8(ascii: "P"):
      if texts[1].starts(with: "COMMIT".utf8) { commits.insert(texts[0]) }
      if texts[1].starts(with: "INSERT INTO entries ".utf8) { inserts.insert(texts[0]) }
    case UInt8(ascii: "B"):
      if inserts.contains(texts[1]) { hasWritten = true }
      guard commits.contains(texts[1]) else { return false }
      defer { hasWritten = false }
      return hasWritten
    default: break
    }
    return false
  }
}
