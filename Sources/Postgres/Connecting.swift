import CLibPQ
public import EventLoop

extension PostgresConnection {
  /// Connects, authenticates and applies the session's settings. Call it on `loop`.
  /// - Throws: ``PostgresError/Kind/unavailable`` with libpq's reason.
  public static func connect(
    _ settings: ConnectionSettings, on loop: EventLoop
  ) async throws(PostgresError) -> PostgresConnection {
    try await connect(settings, on: loop, isShared: false)
  }

  static func connect(
    _ settings: ConnectionSettings, on loop: EventLoop, isShared: Bool
  ) async throws(PostgresError) -> PostgresConnection {
    loop.assertCurrent()
    let keywords = settings.connectKeywords
    // Names are looked up in here, which may block for as long as the resolver likes.
    let start = await offLoop(loop) { Handover(pointer: startConnecting(keywords)) }
    guard let raw = start.pointer else { throw PostgresError(.unavailable, "libpq is out of memory") }
    do {
      try await authenticate(raw, settings, loop)
    } catch {
      PQfinish(raw)
      throw error
    }
    let connection = PostgresConnection(raw, settings, on: loop, isShared: isShared)
    PQsetNoticeReceiver(raw, receiveNotice, Unmanaged.passUnretained(connection).toOpaque())
    do {
      try connection.start()
      _ = try await connection.query(Session.configure, Session.parameters(settings))
    } catch {
      connection.end(error)
      var error = error
      error.kind = .unavailable
      throw error
    }
    return connection
  }

  private static func authenticate(
    _ raw: OpaquePointer, _ settings: ConnectionSettings, _ loop: EventLoop
  ) async throws(PostgresError) {
    func failure() -> PostgresError { PostgresError(.unavailable, trimmed(PQerrorMessage(raw))) }
    guard PQstatus(raw) != CONNECTION_BAD else { throw failure() }
    let deadline = monotonicNanoseconds() + UInt64(settings.connectTimeout.milliseconds) * 1_000_000
    // "Behave as if PQconnectPoll had last returned PGRES_POLLING_WRITING."
    var wanted = Readiness.writable
    while true {
      // libpq may go on to another host and thereby another socket, so each wait is a watch of its own.
      guard try await ReadinessWait(loop).wait(PQsocket(raw), wanted, until: deadline) else {
        throw PostgresError(.unavailable, "not connected within \(settings.connectTimeout)")
      }
      switch PQconnectPoll(raw) {
      case PGRES_POLLING_READING: wanted = .readable
      case PGRES_POLLING_WRITING: wanted = .writable
      case PGRES_POLLING_OK:
        guard PQsetnonblocking(raw, 1) == 0, PQenterPipelineMode(raw) == 1 else { throw failure() }
        return
      default: throw failure()
      }
    }
  }
}

/// The session's settings, in one statement whose values are parameters, so that nothing needs quoting. The role comes
/// last: it may not be allowed to change the others.
private enum Session {
  static let configure = Statement(
    "SELECT set_config(name, value, false) FROM unnest($1, $2) AS q (name, value)", .textArray, .textArray)

  static func parameters(_ settings: ConnectionSettings) -> Parameters {
    var all = [
      ("TimeZone", "UTC"), ("DateStyle", "ISO"),
      ("statement_timeout", "\(settings.statementTimeout.milliseconds)"),
      ("lock_timeout", "\(settings.lockTimeout.milliseconds)"),
      ("idle_in_transaction_session_timeout", "\(settings.idleInTransactionTimeout.milliseconds)"),
    ]
    all += settings.parameters
    if let role = settings.role { all.append(("role", role)) }
    return Parameters {
      $0.texts(all.map(\.0))
      $0.texts(all.map(\.1))
    }
  }
}

/// Waits for one descriptor once.
private final class ReadinessWait: EventHandler {
  private let loop: EventLoop
  private var continuation: UnsafeContinuation<Bool, Never>?

  init(_ loop: EventLoop) { self.loop = loop }

  /// - Returns: whether it became ready before the deadline, in nanoseconds of the monotonic clock.
  func wait(_ descriptor: Int32, _ readiness: Readiness, until deadline: UInt64) async throws(PostgresError) -> Bool {
    let now = monotonicNanoseconds()
    guard deadline > now else { return false }
    let watch: WatchID
    do {
      watch = try loop.watch(descriptor, readiness, isEdgeTriggered: false, handler: self)
    } catch {
      throw PostgresError(.unavailable, "\(error)")
    }
    let isReady = await withUnsafeContinuation { continuation in
      self.continuation = continuation
      timer = loop.schedule(after: .nanoseconds(Int64(deadline - now))) { [self] in finish(false) }
    }
    loop.unwatch(watch, fd: descriptor)
    if let timer { loop.cancel(timer) }
    return isReady
  }

  private var timer: LoopTimer?

  func ready(_ readiness: Readiness) { finish(true) }

  private func finish(_ isReady: Bool) {
    continuation.take()?.resume(returning: isReady)
  }
}

/// A C callback must not inherit an actor. libpq calls it on the connection's loop, while the connection is alive.
private nonisolated func receiveNotice(_ argument: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
  guard let argument, let result else { return }
  Unmanaged<PostgresConnection>.fromOpaque(argument).takeUnretainedValue().receive(notice: result)
}

private func startConnecting(_ keywords: [(String, String)]) -> OpaquePointer? {
  var names: [UnsafePointer<CChar>?] = []
  var values: [UnsafePointer<CChar>?] = []
  var copies: [UnsafeMutablePointer<CChar>] = []
  func copy(_ text: String) -> UnsafePointer<CChar> {
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8.count + 1)
    text.withCString { copy.initialize(from: $0, count: text.utf8.count + 1) }
    copies.append(copy)
    return UnsafePointer(copy)
  }
  for (name, value) in keywords {
    names.append(copy(name))
    values.append(copy(value))
  }
  names.append(nil)
  values.append(nil)
  defer { for copy in copies { copy.deallocate() } }
  return PQconnectStartParams(names, values, 0)
}
