import EventLoop

/// A task's wait for one event or a deadline, whichever comes first; touched on one loop alone, which makes
/// `@unchecked Sendable` hold.
class Wait<Value: Sendable>: @unchecked Sendable {
  private var value: Value?
  private var continuation: UnsafeContinuation<Value, Never>?

  /// The first value given is the one that the waiting task gets.
  /// - Returns: whether this was it.
  @discardableResult
  final func give(_ value: Value) -> Bool {
    guard self.value == nil else { return false }
    self.value = value
    continuation.take()?.resume(returning: value)
    return true
  }

  final func value(on loop: EventLoop?, for limit: Duration?, else late: Value) async -> Value {
    if let value { return value }
    var timer: LoopTimer?
    if let loop, let limit { timer = loop.schedule(after: limit) { [self] in give(late) } }
    let value = await withUnsafeContinuation { continuation = $0 }
    if let timer { loop?.cancel(timer) }
    return value
  }
}

/// A wait that something may cut short.
final class Pause: Wait<Void>, @unchecked Sendable {
  func end() { give(()) }
  func wait() async { await value(on: nil, for: nil, else: ()) }
  func wait(on loop: EventLoop, for limit: Duration) async { await value(on: loop, for: limit, else: ()) }
}

/// A task that waits for a connection of a pool.
final class ConnectionWaiter: Wait<ConnectionWaiter.Grant>, @unchecked Sendable {
  enum Grant: Sendable {
    case use(PostgresConnection)
    /// A place for a connection that the waiter opens.
    case open
    case failed(PostgresError)
    case timedOut
  }

  func wait(on loop: EventLoop, for limit: Duration) async -> Grant {
    await value(on: loop, for: limit, else: .timedOut)
  }
}
