/// Lets each API key have only so many pages of lists at work on a loop at once; those beyond wait in line. So whoever asks for
/// much waits for themselves, and the others' answers do not wait behind theirs. Single objects cost little, and writes are
/// shared out by their lane.
///
/// Invariants:
/// 1. of a key at most ``atOnceMax`` are at work, and none waits while fewer are;
/// 2. they begin in the order of their asking;
/// 3. a key without any takes no memory. Those that wait are no more than the loop's connections.
///
/// `@unchecked Sendable` holds because it is touched on its loop's thread only.
final class Turns: @unchecked Sendable {
  /// As many as keep the loop's few connections to PostgreSQL busy.
  static let atOnceMax = 4

  private struct Line {
    var atWork = 0
    var waiting: [UnsafeContinuation<Void, Never>] = []
  }

  private var lines: [UInt64: Line] = [:]

  /// Keys that have pages at work.
  var keyCount: Int { lines.count }

  /// Returns when it is a page's turn.
  /// - Parameter key: which of the loop's keys, as ``KeyText/bucket`` says.
  func begin(_ key: UInt64) async {
    if lines[key, default: Line()].atWork < Self.atOnceMax {
      lines[key, default: Line()].atWork += 1
    } else {
      // Whoever ends hands its turn over.
      await withUnsafeContinuation { lines[key]?.waiting.append($0) }
    }
  }

  /// Ends a turn that ``begin(_:)`` gave.
  func end(_ key: UInt64) {
    guard var line = lines.removeValue(forKey: key) else { preconditionFailure("a turn ends that did not begin") }
    let next = line.waiting.isEmpty ? nil : line.waiting.removeFirst()
    if next == nil { line.atWork -= 1 }
    if line.atWork > 0 { lines[key] = line }
    next?.resume()
  }
}
