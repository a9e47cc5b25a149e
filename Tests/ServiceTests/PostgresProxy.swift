import Foundation
import Glibc
import Synchronization
import Testing

/// Stands between a server and its PostgreSQL, on a Unix socket of its own, and cuts connections where a test wants it: at
/// the COMMIT of a transaction that wrote entries. It reads PostgreSQL's protocol (its manual, "Message Formats") just far
/// enough for that.
final class PostgresProxy: Sendable {
  enum Cut: CaseIterable, Sendable {
    /// PostgreSQL never gets the COMMIT, and learns of the loss.
    case beforeCommit
    /// PostgreSQL commits; its answer is lost.
    case beforeAnswer
    /// The server loses its connection first; PostgreSQL gets the COMMIT a while later.
    case lateCommit
    /// The answer arrives, and then the connection ends.
    case afterAnswer
    /// PostgreSQL never gets the COMMIT and does not learn of the loss: it keeps the transaction, and its locks.
    case neverCommit
  }

  private struct Plan {
    var cut: Cut?
    /// Cut each so-manieth.
    var every = 1
    var seen = 0
    /// How many to cut at most.
    var left = 0
    var cutCount = 0
    var isRefusing = false
    /// Those that ``Cut/neverCommit`` left with PostgreSQL.
    var kept: [PostgresRelay] = []
    var relays: [PostgresRelay] = []
    var threads = 0
  }

  private let folder: GuardedFolder
  private let upstream: String
  private let listener: Int32
  private let plan = Mutex(Plan())

  /// How long PostgreSQL waits for a late COMMIT: longer than a server takes to ask for the locks.
  private static let lateMicroseconds: UInt32 = 100_000

  /// - Parameter url: of a PostgreSQL on a Unix socket.
  static func with(_ body: (PostgresProxy) async throws -> Void) async throws {
    let proxy = try PostgresProxy(#require(Laurel.current).cluster.runtimeURL)
    let result = await Result(asyncCatching: { try await body(proxy) })
    await onThread { proxy.close() }
    try result.get()
  }

  private init(_ url: String) throws {
    upstream = try #require(url.firstMatch(of: /host=([^&]+)/).map { String($0.1) }) + "/.s.PGSQL.5432"
    folder = try GuardedFolder()
    listener = try Self.socket("\(folder.path)/.s.PGSQL.5432", bind)
    try #require(listen(listener, 64) == 0)
    Thread.detachNewThread { [self] in accept() }
  }

  /// `url`, by way of this.
  func url(for url: String) -> String { url.replacing(/host=[^&]+/, with: "host=\(folder.path)") }

  // MARK: What a test says

  /// Cuts `count` of the next commits, each `every`th.
  func arm(_ cut: Cut, count: Int = .max, every: Int = 1) {
    plan.withLock { ($0.cut, $0.left, $0.every, $0.seen) = (cut, count, every, 0) }
  }

  func disarm() { plan.withLock { $0.cut = nil } }

  /// Whether new connections are closed at once, as by a PostgreSQL that is gone.
  func refuse(_ isRefusing: Bool) { plan.withLock { $0.isRefusing = isRefusing } }

  var cutCount: Int { plan.withLock { $0.cutCount } }

  /// Ends the sessions that ``Cut/neverCommit`` left behind.
  func letGo() {
    let kept = plan.withLock { plan in
      defer { plan.kept = [] }
      return plan.kept
    }
    for relay in kept { relay.letGo() }
  }

  private func close() {
    letGo()
    shutdown(listener, Int32(SHUT_RDWR))
    // A client may still be connecting, and never look at what comes of it.
    while plan.withLock({ $0.threads > 0 }) {
      for relay in plan.withLock({ $0.relays }) { relay.end() }
      usleep(1_000)
    }
    Glibc.close(listener)
    folder.remove()
  }

  // MARK: Connections

  private func accept() {
    while case let client = Glibc.accept(listener, nil, nil), client >= 0 {
      guard !plan.withLock({ $0.isRefusing }), let server = try? Self.socket(upstream, connect) else {
        Glibc.close(client)
        continue
      }
      let relay = PostgresRelay(client: client, server: server)
      plan.withLock { plan in
        plan.threads += 2
        plan.relays.append(relay)
      }
      for run in [forward, { $0.answer() }] as [@Sendable (PostgresRelay) -> Void] {
        Thread.detachNewThread { [self] in
          run(relay)
          relay.leave()
          plan.withLock { $0.threads -= 1 }
        }
      }
    }
  }

  /// From the server to PostgreSQL.
  @Sendable private func forward(_ relay: PostgresRelay) {
    var source = PostgresMessages(relay.client, hasStartup: true)
    var watch = CommitWatch()
    while let message = source.next() {
      guard watch.isWritingCommit(message), let cut = nextCut() else {
        guard PostgresRelay.send(message, to: relay.server) else { return }
        continue
      }
      switch cut {
      case .beforeCommit:
        return
      case .beforeAnswer, .afterAnswer:
        // Whoever reads the answer cuts.
        relay.setCut(cut)
        PostgresRelay.send(message, to: relay.server)
      case .lateCommit:
        var late = message
        while let next = source.next() {
          late += next
          if next.first == PostgresMessages.sync { break }
        }
        relay.setCut(.beforeAnswer)
        shutdown(relay.client, Int32(SHUT_RDWR))
        usleep(Self.lateMicroseconds)
        PostgresRelay.send(late, to: relay.server)
        return relay.awaitAnswer()
      case .neverCommit:
        plan.withLock { $0.kept.append(relay) }
        return relay.keepServer()
      }
    }
  }

  private func nextCut() -> Cut? {
    plan.withLock { plan in
      guard let cut = plan.cut else { return nil }
      plan.seen += 1
      guard plan.left > 0, plan.seen % plan.every == 0 else { return nil }
      plan.left -= 1
      plan.cutCount += 1
      return cut
    }
  }

  /// A descriptor on which `call` did what it does with an address.
  private static func socket(
    _ path: String, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws -> Int32 {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(descriptor >= 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      Glibc.close(descriptor)
      throw Unreachable(path: path)
    }
    return descriptor
  }

  private struct Unreachable: Error { let path: String }
}
