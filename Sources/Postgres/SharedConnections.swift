import EventLoop

/// The open connections of a pool that tasks share in pipeline mode, for statements of one length.
///
/// Touched on the pool's loop alone, which makes `@unchecked Sendable` hold.
final class SharedConnections: @unchecked Sendable {
  private var open: [PostgresConnection] = []
  /// Tasks that wait for any of them.
  private var waiters: [ConnectionWaiter] = []
  /// Queries on them, sent or waiting.
  private(set) var pendingCount = 0

  /// - Throws: `overloaded` when there are `limit` already.
  func admit(within limit: Int) throws(PostgresError) {
    guard pendingCount < limit else { throw PostgresError(.overloaded, "\(pendingCount) queries are pending") }
    pendingCount += 1
  }

  func dismiss() { pendingCount -= 1 }

  /// The one with the fewest pending queries; waits when there is none.
  func pick(on loop: EventLoop, within patience: Duration) async -> ConnectionWaiter.Grant {
    if let connection = open.min(by: { $0.pendingCount < $1.pendingCount }) { return .use(connection) }
    let waiter = ConnectionWaiter()
    waiters.append(waiter)
    let grant = await waiter.wait(on: loop, for: patience)
    waiters.removeAll { $0 === waiter }
    return grant
  }

  func add(_ connection: PostgresConnection) {
    open.append(connection)
    for waiter in waiters { waiter.give(.use(connection)) }
  }

  func remove(_ connection: PostgresConnection) { open.removeAll { $0 === connection } }

  func refuseWaiters(_ error: PostgresError) { for waiter in waiters { waiter.give(.failed(error)) } }

  func close() { for connection in open { connection.close() } }
}
