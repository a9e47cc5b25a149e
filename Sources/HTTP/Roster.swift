import EventLoop
import Synchronization

/// The connections of one loop, and what they share. The loop's thread only, save for `count`, which is what makes
/// `@unchecked Sendable` hold.
final class Roster: @unchecked Sendable {
  let loop: EventLoop
  let configuration: HTTPServer.Configuration
  let admit: @Sendable (EventLoop, Request) async -> Admission
  let respond: @Sendable (EventLoop, Request) async -> Response

  /// Connections handed to this loop and not closed yet; the acceptor adds, the loop takes away.
  let count = Atomic<Int>(0)
  private(set) var isDraining = false
  /// Bytes that wait for clients that are behind, each counted as it was when it fell behind.
  private var unsentBytes = 0
  private let unsentBytesMax: Int
  /// Bytes of large bodies, each counted by its connection while it is held.
  private var bodyBytes = 0
  private let bodyBytesMax: Int
  var date = HTTPDate()
  var requestIDs = RequestIDs()
  /// Received bytes pass through here, so that idle connections need no buffer.
  let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 * 1024, alignment: 16)
  private var connections: [ObjectIdentifier: Connection] = [:]

  /// - Parameter loopCount: the loops that share the configuration's totals.
  init(
    loop: EventLoop, of loopCount: Int, configuration: HTTPServer.Configuration,
    admit: @escaping @Sendable (EventLoop, Request) async -> Admission,
    respond: @escaping @Sendable (EventLoop, Request) async -> Response
  ) {
    self.loop = loop
    self.configuration = configuration
    unsentBytesMax = configuration.unsentBytesTotalMax / loopCount
    bodyBytesMax = configuration.bodyBytesTotalMax / loopCount
    self.admit = admit
    self.respond = respond
  }

  deinit { scratch.deallocate() }

  /// On the loop's clock, in nanoseconds.
  func deadline(after delay: Duration) -> UInt64 {
    let (seconds, attoseconds) = delay.components
    return loop.now &+ UInt64(max(0, seconds)) &* 1_000_000_000 &+ UInt64(max(0, attoseconds / 1_000_000_000))
  }

  /// Takes over an accepted socket, which `count` counts already.
  /// - Parameter isFull: the server holds as many as it may, so that another has to go, or this one.
  func adopt(_ fd: Int32, isFull: Bool) {
    let isRefused = isFull && !shed()
    let connection = Connection(fd, self)
    connections[ObjectIdentifier(connection)] = connection
    guard connection.open() else { return }
    loop.spawn { await isRefused ? connection.refuse() : connection.serve() }
  }

  func remove(_ connection: Connection) {
    connections[ObjectIdentifier(connection)] = nil
    count.subtract(1, ordering: .relaxed)
  }

  /// Closes connections that wait for their client, those first whose time would be over first: heads and bodies that
  /// trickle in, then readers that do not read, then the longest idle. So whoever holds connections open keeps nobody
  /// out. Some at a time, so that looking through all of them is not paid for by each newcomer.
  /// - Returns: false when all are at work.
  private func shed() -> Bool {
    let waiting = connections.values.compactMap { connection in
      connection.waitDeadline.map { (deadline: $0, connection) }
    }
    for (_, connection) in waiting.sorted(by: { $0.deadline < $1.deadline }).prefix(1 + connections.count / 64) {
      connection.shed()
    }
    return !waiting.isEmpty
  }

  /// Counts what waits for a client that falls behind. Where that is too much together, cuts off those that have taken
  /// nothing for longest, so that slow readers cannot fill the memory, however many they are.
  func fallsBehind(by bytes: Int) {
    unsentBytes += bytes
    guard unsentBytes > unsentBytesMax else { return }
    let behind = connections.values.filter(\.isBehind)
    for connection in behind.sorted(by: { $0.waitDeadline ?? .max < $1.waitDeadline ?? .max }) {
      // Some more than needed, for the next will come soon.
      if unsentBytes <= unsentBytesMax / 8 * 7 { return }
      connection.abort()
    }
  }

  func hasCaughtUp(by bytes: Int) { unsentBytes -= bytes }

  /// Counts how a large body grows, or goes.
  /// - Returns: whether there is room for it.
  @discardableResult
  func countBody(by change: Int) -> Bool {
    bodyBytes += change
    return change <= 0 || bodyBytes <= bodyBytesMax
  }

  /// Idle connections close; the others close after their answer.
  func drain() {
    isDraining = true
    for connection in connections.values { connection.wakeForDrain() }
  }

  func abortAll() {
    isDraining = true
    for connection in connections.values { connection.abort() }
  }
}
