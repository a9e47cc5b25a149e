/// Lets tasks of one loop through one at a time, in the order of their arrival. Confined to the loop.
final class LoopLock {
  private var isTaken = false
  private var waiters: [UnsafeContinuation<Void, Never>] = []

  func acquire() async {
    if isTaken {
      // Whoever releases hands the lock over, still taken.
      await withUnsafeContinuation { waiters.append($0) }
    } else {
      isTaken = true
    }
  }

  func release() {
    if waiters.isEmpty { isTaken = false } else { waiters.removeFirst().resume() }
  }
}
