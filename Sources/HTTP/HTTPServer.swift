public import EventLoop
import Synchronization

/// A strict HTTP/1.1 server (RFC 9110, RFC 9112) on event loops. HTTP/1.0 clients are served as well.
///
/// One socket listens on the first loop; each connection lives on one loop, with one task that reads its requests and
/// awaits their answers one after the other, so answers never overtake each other.
public final class HTTPServer: Sendable {
  private let configuration: Configuration
  private let rosters: [Roster]
  private let acceptors = Mutex<[Acceptor]>([])

  /// - Parameters:
  ///   - loops: at least one; they must outlive the server, so ``drain(within:)`` before they are stopped.
  ///   - admit: called on the connection's loop once the head of a request is there and its body is not: what may come, if
  ///     anything may.
  ///   - respond: called on the connection's loop, once a request.
  public init(
    loops: [EventLoop], configuration: Configuration = Configuration(),
    admit: @escaping @Sendable (EventLoop, Request) async -> Admission = { _, _ in .body(atMost: .max) },
    respond: @escaping @Sendable (EventLoop, Request) async -> Response
  ) {
    precondition(!loops.isEmpty, "a server needs a loop")
    self.configuration = configuration
    let loopCount = loops.count
    rosters = loops.map {
      Roster(loop: $0, of: loopCount, configuration: configuration, admit: admit, respond: respond)
    }
  }

  /// Connections held at present.
  public var connectionCount: Int { rosters.reduce(0) { $0 + $1.count.load(ordering: .relaxed) } }

  /// Listens, until ``drain(within:)``.
  /// - Parameters:
  ///   - host: a name or an address, IPv6 with or without brackets. A name is looked up, which may block.
  ///   - port: 0 lets the kernel choose.
  /// - Returns: the bound address, `127.0.0.1:8080` or `[::1]:8080`.
  /// - Throws: ``ListenError`` when the address is not ours or is taken.
  public func listen(host: String, port: Int) async throws -> String {
    let fd = try Socket.listen(host: host, port: port)
    let acceptor = Acceptor(fd, rosters, connectionsMax: configuration.connectionsMax)
    do {
      let address = try Socket.address(fd)
      try await onLoop(rosters[0].loop) { try acceptor.open() }
      acceptors.withLock { $0.append(acceptor) }
      return address
    } catch {
      await onLoop(rosters[0].loop) { acceptor.close() }
      throw error
    }
  }

  /// Stops listening, closes what is idle, lets running requests be answered (with `Connection: close`), and cuts
  /// what is left when the time is over.
  public func drain(within limit: Duration) async {
    let acceptors = acceptors.withLock { acceptors in
      defer { acceptors = [] }
      return acceptors
    }
    await onLoop(rosters[0].loop) { for acceptor in acceptors { acceptor.close() } }
    // After the acceptors: what they handed over is in the loops' queues already, before this.
    for roster in rosters { await onLoop(roster.loop) { roster.drain() } }
    await waitUntilEmpty(within: limit)
    for roster in rosters { await onLoop(roster.loop) { roster.abortAll() } }
  }

  /// On a loop's own timer: a task's sleep may need a descriptor, and a server may be drained for want of one.
  private func waitUntilEmpty(within limit: Duration) async {
    let loop = rosters[0].loop
    let deadline = ContinuousClock.now + limit
    await loop.spawn { [self] in
      while connectionCount > 0, ContinuousClock.now < deadline { await loop.sleep(for: .milliseconds(5)) }
    }.value
  }
}

/// What a request's head alone decides about its body.
public enum Admission: Sendable {
  case body(atMost: Int)
  /// The answer, after which the connection ends: where the next request would begin is unknown.
  case refused(Response)
}

/// Runs `body` on the loop's thread and waits for it.
private func onLoop<Failure: Error>(
  _ loop: EventLoop, _ body: @escaping @Sendable () throws(Failure) -> Void
) async throws(Failure) {
  let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Void, Failure>, Never>) in
    loop.execute { continuation.resume(returning: Result { () throws(Failure) in try body() }) }
  }
  try result.get()
}
