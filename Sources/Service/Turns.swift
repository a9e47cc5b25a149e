import Synchronization

/// Lets each API key have only so many rows of lists at work at a time; pages beyond wait in line. So whoever asks for much waits
/// for themselves: their pages take two connections to PostgreSQL at most, and few of everybody else's answers wait behind
/// theirs. What a page counts for, ``Endpoint/pageRows(_:)`` says; a dry run is as much as may be. Single objects cost little, and
/// writes are shared out by their lane.
///
/// Invariants:
/// 1. of a key at most ``rowsMax`` rows are at work in the process, or one page;
/// 2. pages begin in the order of their asking, and the first in line waits only while it does not fit;
/// 3. a key without any takes no memory. Those that wait are no more than there are connections.
final class Turns: Sendable {
  /// So many are read in a millisecond or two: nobody waits long behind one page.
  static let rowsMax = 100

  private struct Line {
    var rowsAtWork = 0
    var waiting: [(rows: Int, page: UnsafeContinuation<Void, Never>)] = []

    /// Whether a page may begin beside those at work.
    func fits(_ rows: Int) -> Bool { rowsAtWork == 0 || rowsAtWork + rows <= Turns.rowsMax }

    /// The page that has waited longest, at work now; nil when none waits or it does not fit.
    mutating func next() -> UnsafeContinuation<Void, Never>? {
      guard let first = waiting.first, fits(first.rows) else { return nil }
      waiting.removeFirst()
      rowsAtWork += first.rows
      return first.page
    }
  }

  private let lines = Mutex<[UInt64: Line]>([:])

  /// Keys that have pages at work.
  var keyCount: Int { lines.withLock { $0.count } }

  /// Returns when it is a page's turn.
  /// - Parameters:
  ///   - key: which key, as ``KeyText/bucket`` says.
  ///   - rows: how many it may have, at least one.
  func begin(_ key: UInt64, rows: Int) async {
    await withUnsafeContinuation { continuation in
      let next = lines.withLock { lines in
        lines[key, default: Line()].waiting.append((rows, continuation))
        // Whoever else waits does not fit, so neither is it this one's turn.
        return lines[key]?.next()
      }
      next?.resume()
    }
  }

  /// Ends a turn that ``begin(_:rows:)`` gave, and hands it over.
  func end(_ key: UInt64, rows: Int) {
    let next = lines.withLock { lines in
      guard var line = lines.removeValue(forKey: key), line.rowsAtWork >= rows else {
        preconditionFailure("a turn ends that did not begin")
      }
      line.rowsAtWork -= rows
      var next: [UnsafeContinuation<Void, Never>] = []
      while let page = line.next() { next.append(page) }
      if line.rowsAtWork > 0 { lines[key] = line }
      return next
    }
    for page in next { page.resume() }
  }
}
