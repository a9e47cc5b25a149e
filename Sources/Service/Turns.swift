import Synchronization

/// Lets each API key have one page of a list at work at a time; those beyond wait in line. So whoever asks for much waits for
/// themselves: their pages take one connection to PostgreSQL and one loop at most, and everybody else's answers do not wait
/// behind theirs. Single objects cost little, and writes are shared out by their lane.
///
/// Invariants:
/// 1. of a key at most one is at work in the process, and none waits while none is;
/// 2. they begin in the order of their asking;
/// 3. a key without any takes no memory. Those that wait are no more than there are connections.
final class Turns: Sendable {
  /// Who waits for each key whose page is at work.
  private let lines = Mutex<[UInt64: [UnsafeContinuation<Void, Never>]]>([:])

  /// Keys that have a page at work.
  var keyCount: Int { lines.withLock { $0.count } }

  /// Returns when it is a page's turn.
  /// - Parameter key: which key, as ``KeyText/bucket`` says.
  func begin(_ key: UInt64) async {
    await withUnsafeContinuation { continuation in
      let isNext = lines.withLock { lines in
        if lines[key] != nil {
          lines[key]?.append(continuation)
          return false
        }
        lines[key] = []
        return true
      }
      if isNext { continuation.resume() }
    }
  }

  /// Ends a turn that ``begin(_:)`` gave, and hands it over.
  func end(_ key: UInt64) {
    let next = lines.withLock { lines in
      guard let waiting = lines[key] else { preconditionFailure("a turn ends that did not begin") }
      if waiting.isEmpty {
        lines[key] = nil
        return UnsafeContinuation<Void, Never>?.none
      }
      return lines[key]?.removeFirst()
    }
    next?.resume()
  }
}
