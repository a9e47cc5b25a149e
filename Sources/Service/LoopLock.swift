import EventLoop

/// Lets tasks of one loop through one at a time, in the order of their arrival. Confined to the loop.
final class LoopLock {
  private final class Waiter {
    var continuation: UnsafeContinuation<Bool, Never>?

    /// - Returns: false for whoever has lost their patience already.
    func end(isHolder: Bool) -> Bool {
      guard let continuation = continuation.take() else { return false }
      continuation.resume(returning: isHolder)
      return true
    }
  }

  private var isTaken = false
  private var waiters: [Waiter] = []

  /// - Returns: whether the lock is held, and to be released. Without a limit, a holder who waits for a database that does
  ///   not answer would let those behind wait for each other's time as well.
  func acquire(on loop: EventLoop, within limit: Duration) async -> Bool {
    guard isTaken else {
      isTaken = true
      return true
    }
    let waiter = Waiter()
    waiters.append(waiter)
    let timer = loop.schedule(after: limit) { _ = waiter.end(isHolder: false) }
    defer { loop.cancel(timer) }
    return await withUnsafeContinuation { waiter.continuation = $0 }
  }

  /// Hands the lock over, still taken, to who has waited longest.
  func release() {
    while !waiters.isEmpty {
      if waiters.removeFirst().end(isHolder: true) { return }
    }
    isTaken = false
  }
}
