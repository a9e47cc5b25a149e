import Foundation

/// Says which seed it was when the program is ended by a trap: an overflow or a precondition of the ledger leaves nobody
/// to say so.
enum LastWords {
  /// Touched by the main thread alone, and by the handler that ends it.
  nonisolated(unsafe) private static var words = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 80)
  nonisolated(unsafe) private static var count = 0

  static func prepare(seed: UInt64) {
    count = words.update(
      fromContentsOf: Array("seed \(seed): ended by a trap; make simulate SEED=\(seed) OPS=1\n".utf8))
  }

  static func install() {
    for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGABRT, SIGBUS] {
      Foundation.signal(signal) { number in
        // Nothing but what POSIX allows in a handler; then the signal does what it always does.
        _ = write(STDERR_FILENO, LastWords.words.baseAddress, LastWords.count)
        Foundation.signal(number, SIG_DFL)
        raise(number)
      }
    }
  }
}
