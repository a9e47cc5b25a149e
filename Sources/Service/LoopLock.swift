/// Lets tasks of one loop through one at a time, in the order of their arrival. Confined to the loop.
final class LoopLock {
  private var isTaken = false
  private var waiters: [UnsafeContinuation<Void, Never>] = []

  func withLock<Value>(_ body: () async throws -> Value) async rethrows -> Value {
    if isTaken {
      await withUnsafeContinuation { waiters.append($0) }
    }
    isTaken = true
    defer {
      if waiters.isEmpty { isTaken = false } else { waiters.removeFirst().resume() }
    }
    return try await body()
  }
}
