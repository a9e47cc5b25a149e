public import EventLoop

/// One loop's connections: a few that all tasks share in pipeline mode, for single statements, and a bounded number that
/// one task at a time has for itself. What is too much is refused at once, so no queue grows without end.
///
/// A pipelined connection answers in order, so a brief statement would wait behind a long one. Hence each
/// ``Statement/Length`` has shared connections of its own.
///
/// Everything here is touched on the loop's thread alone, which makes `@unchecked Sendable` hold.
public final class PostgresPool: @unchecked Sendable {
  public struct Limits: Sendable {
    /// For brief statements. One to four serve a core best; more make latency worse.
    public var sharedConnections = 2
    /// For long ones: as many of them as PostgreSQL works at for this loop at once.
    public var longConnections = 2
    /// For transactions and slow statements; opened when first needed.
    public var exclusiveConnections = 4
    /// Queries of either length on shared connections, sent or waiting.
    public var pendingQueriesMax = 1_024
    /// Tasks that wait for an exclusive connection.
    public var exclusiveWaitersMax = 64
    /// How long a task waits for a connection.
    public var patience: Duration = .seconds(3)

    public init() {}
  }

  public let loop: EventLoop
  let settings: ConnectionSettings
  let limits: Limits
  private let sharedForBrief = SharedConnections()
  private let sharedForLong = SharedConnections()
  private var pendingCount: Int { sharedForBrief.pendingCount + sharedForLong.pendingCount }
  var leases: Leases<PostgresConnection, ConnectionWaiter>
  /// Why the last attempt to connect failed; nil since one succeeded.
  public private(set) var connectFailure: PostgresError?
  private var exclusiveBackoff = Backoff()
  /// Before this moment exclusive connections are not attempted again.
  private var exclusiveRetryTime: UInt64 = 0
  private var isClosing = false
  private var pauses: [ObjectIdentifier: Pause] = [:]
  private var drainWaiter: Pause?

  /// Starts connecting; does not wait for it. Call it on `loop`.
  public init(_ settings: ConnectionSettings, limits: Limits = Limits(), on loop: EventLoop) {
    loop.assertCurrent()
    self.settings = settings
    self.limits = limits
    self.loop = loop
    leases = Leases(limit: limits.exclusiveConnections, waitersMax: limits.exclusiveWaitersMax)
    for _ in 0..<limits.sharedConnections { loop.spawn { [self] in await keepConnected(sharedForBrief) } }
    for _ in 0..<limits.longConnections { loop.spawn { [self] in await keepConnected(sharedForLong) } }
  }

  // MARK: Shared connections

  /// Runs one statement, in a transaction of its own, on a connection that other tasks' queries share.
  /// - Parameter isIdempotent: running it twice does what running it once does, so when the connection is lost it is tried
  ///   once more on another.
  public func query(
    _ statement: Statement, _ parameters: Parameters = .none, isIdempotent: Bool = false
  ) async throws(PostgresError) -> Rows {
    loop.assertCurrent()
    guard !isClosing else { throw PostgresError(.closed, "the pool is closed") }
    let shared = statement.length == .brief ? sharedForBrief : sharedForLong
    try shared.admit(within: limits.pendingQueriesMax)
    defer {
      shared.dismiss()
      noteDrained()
    }
    do {
      return try await pick(from: shared).query(statement, parameters)
    } catch {
      guard isIdempotent, case .connectionLost = error.kind else { throw error }
      return try await pick(from: shared).query(statement, parameters)
    }
  }

  private func pick(from shared: SharedConnections) async throws(PostgresError) -> PostgresConnection {
    switch await shared.pick(on: loop, within: limits.patience) {
    case .use(let connection):
      try await connection.renewPlans()
      return connection
    case .failed(let error): throw error
    case .open, .timedOut:
      throw connectFailure ?? PostgresError(.unavailable, "no connection within \(limits.patience)")
    }
  }

  /// Keeps one shared connection for as long as the pool lives.
  private func keepConnected(_ shared: SharedConnections) async {
    var backoff = Backoff()
    while !isClosing {
      do {
        let connection = try await connect(isShared: true)
        let start = loop.now
        let life = Pause()
        connection.onEnd = { _ in
          shared.remove(connection)
          life.end()
        }
        shared.add(connection)
        if isClosing { connection.close() }
        await life.wait()
        // A server that accepts and dies at once is not asked again and again without a pause.
        if loop.now &- start > UInt64(Backoff.limit.milliseconds) * 1_000_000 { backoff.reset() }
      } catch {
        connectFailure = error
      }
      if !isClosing { await pause(for: backoff.next(random: .random(in: 0..<1))) }
    }
  }

  private func connect(isShared: Bool) async throws(PostgresError) -> PostgresConnection {
    let connection = try await PostgresConnection.connect(settings, on: loop, isShared: isShared)
    connectFailure = nil
    return connection
  }

  /// Sleeps, though not beyond ``close(within:)``.
  private func pause(for duration: Duration) async {
    let pause = Pause()
    pauses[ObjectIdentifier(pause)] = pause
    await pause.wait(on: loop, for: duration)
    pauses[ObjectIdentifier(pause)] = nil
  }

  // MARK: Exclusive connections

  /// Lends a connection that nobody else uses until `body` returns. A transaction left open is rolled back then; other
  /// session state (SET, temporary tables, advisory locks) is the body's to undo.
  public func exclusive<T>(_ body: (PostgresConnection) async throws -> T) async throws -> T {
    let connection = try await lease()
    do {
      let value = try await body(connection)
      await giveBack(connection)
      return value
    } catch {
      await giveBack(connection)
      throw error
    }
  }

  /// BEGIN, `body`, COMMIT; or ROLLBACK and the error when `body` throws.
  /// - Throws: also what COMMIT says; ``PostgresError/outcomeUnknown`` tells whether it may have taken effect.
  public func transaction<T>(_ body: (Transaction) async throws -> T) async throws -> T {
    try await exclusive { try await $0.transaction(body) }
  }

  /// Runs the statements in one round trip on a connection that nobody else uses meanwhile. A transaction that they leave open is
  /// rolled back.
  public func batch(_ queries: [(Statement, Parameters)]) async throws(PostgresError) -> [Rows] {
    let connection = try await lease()
    do throws(PostgresError) {
      try await connection.renewPlans()
      let answers = try await connection.batch(queries)
      await giveBack(connection)
      return answers
    } catch {
      await giveBack(connection)
      throw error
    }
  }

  private func lease() async throws(PostgresError) -> PostgresConnection {
    loop.assertCurrent()
    guard !isClosing else { throw PostgresError(.closed, "the pool is closed") }
    switch leases.request() {
    case .use(let connection): return connection
    case .open: return try await open()
    case .refuse: throw PostgresError(.overloaded, "\(leases.waiterCount) tasks wait for a connection")
    case .wait: break
    }
    let waiter = ConnectionWaiter()
    leases.wait(waiter)
    switch await waiter.wait(on: loop, for: limits.patience) {
    case .use(let connection): return connection
    case .open: return try await open()
    case .failed(let error): throw error
    case .timedOut:
      leases.leave(waiter)
      throw PostgresError(.overloaded, "no connection became free within \(limits.patience)")
    }
  }

  /// Opens a connection in a place that `leases` has given.
  private func open() async throws(PostgresError) -> PostgresConnection {
    do throws(PostgresError) {
      if let connectFailure, monotonicNanoseconds() < exclusiveRetryTime { throw connectFailure }
      let connection = try await connect(isShared: false)
      exclusiveBackoff.reset()
      connection.onEnd = { [self, unowned connection] _ in
        if leases.remove(idle: connection) { noteDrained() }
      }
      return connection
    } catch {
      if monotonicNanoseconds() >= exclusiveRetryTime {
        let delay = exclusiveBackoff.next(random: .random(in: 0..<1))
        exclusiveRetryTime = monotonicNanoseconds() + UInt64(delay.milliseconds) * 1_000_000
      }
      connectFailure = error
      passOnPlace()
      throw error
    }
  }

  private func giveBack(_ connection: PostgresConnection) async {
    await connection.rollback()
    // A task that outlived the body may still be using it.
    if connection.pendingCount > 0 || connection.isOccupied || isClosing { connection.close() }
    guard connection.isOpen else { return passOnPlace() }
    // A waiter may have lost its patience in this very turn; then the next one gets the connection.
    while let waiter = leases.giveBack(connection), !waiter.give(.use(connection)) {}
  }

  private func passOnPlace() {
    while let waiter = leases.lost(), !waiter.give(.open) {}
    noteDrained()
  }

  // MARK: Life

  /// Whether PostgreSQL answers within `limit`, and there is a connection for long statements as well.
  public func ready(within limit: Duration = .seconds(2)) async -> Bool {
    let pause = Pause()
    let answer = Answer()
    loop.spawn { [self] in
      let isAnswering = (try? await query(Self.ping, isIdempotent: true)) != nil
      let hasLong = (try? await pick(from: sharedForLong)) != nil
      answer.isYes = isAnswering && hasLong
      pause.end()
    }
    await pause.wait(on: loop, for: limit)
    return answer.isYes
  }

  private static let ping = Statement("SELECT 1")

  /// Refuses what comes from now on, waits until what is under way has ended, though no longer than `limit`, and closes
  /// all connections.
  public func close(within limit: Duration = .seconds(10)) async {
    loop.assertCurrent()
    isClosing = true
    let closed = PostgresError(.closed, "the pool is closed")
    let (waiters, idle) = leases.clear()
    for waiter in waiters { waiter.give(.failed(closed)) }
    for shared in [sharedForBrief, sharedForLong] { shared.refuseWaiters(closed) }
    for connection in idle { connection.close() }
    for pause in pauses.values { pause.end() }
    if pendingCount > 0 || leases.leasedCount > 0 {
      let drained = Pause()
      drainWaiter = drained
      await drained.wait(on: loop, for: limit)
    }
    for shared in [sharedForBrief, sharedForLong] { shared.close() }
  }

  private func noteDrained() {
    if isClosing, pendingCount == 0, leases.leasedCount == 0 { drainWaiter?.end() }
  }

  /// Touched on the pool's loop alone, which makes `@unchecked Sendable` hold.
  private final class Answer: @unchecked Sendable {
    var isYes = false
  }
}
