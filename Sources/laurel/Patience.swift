/// How long a call is tried again, and when: longer and longer waits of random length, so that many clients of a server that
/// comes back do not all come at once. Decides, and waits for nothing.
struct Patience {
  static let limitDefault = Duration.seconds(30)
  private static let first = Duration.milliseconds(200)
  private static let longest = Duration.seconds(5)

  /// Since the first attempt; no attempt begins later.
  let limit: Duration

  /// - Parameters:
  ///   - failures: attempts so far, at least one.
  ///   - retryAfter: what the server asked for.
  ///   - chance: from 0 to 1.
  /// - Returns: how long to wait before the next attempt; nil to give up.
  func wait(failures: Int, elapsed: Duration, retryAfter: Duration?, chance: Double) -> Duration? {
    let backoff = min(Self.first * (1 << min(failures - 1, 10)), Self.longest)
    // Never before the server said, and at most a quarter later.
    let wait = retryAfter.map { max($0, Self.first) * (1 + chance / 4) } ?? backoff * (0.5 + chance / 2)
    return elapsed + wait <= limit ? wait : nil
  }
}

extension Duration {
  /// `0.4 s`, `12.0 s`
  var inSeconds: String {
    let tenths = Int((self / .milliseconds(100)).rounded())
    return "\(tenths / 10).\(tenths % 10) s"
  }
}
