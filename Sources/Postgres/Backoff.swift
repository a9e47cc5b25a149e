/// How long to wait before the next attempt to connect: doubling from 50 ms to 5 s, each drawn from the upper half of
/// its span, so that clients which lost their server together do not return together.
struct Backoff {
  static let base = Duration.milliseconds(50)
  static let limit = Duration.seconds(5)
  private var attempts = 0

  /// - Parameter random: in 0..<1.
  mutating func next(random: Double) -> Duration {
    let span = min(Self.limit, Self.base * (1 << min(attempts, 16)))
    attempts += 1
    return span * (0.5 + random / 2)
  }

  mutating func reset() { attempts = 0 }
}
