/// How long to wait before the next attempt to connect: doubling from 50 ms to a limit, each drawn from the upper half of
/// its span, so that clients which lost their server together do not return together.
public struct Backoff: Sendable {
  public static let base = Duration.milliseconds(50)
  public static let limit = Duration.seconds(5)
  private let limit: Duration
  private var attempts = 0

  public init(limit: Duration = Self.limit) { self.limit = limit }

  /// - Parameter random: in 0..<1.
  public mutating func next(random: Double) -> Duration {
    let span = min(limit, Self.base * (1 << min(attempts, 16)))
    attempts += 1
    return span * (0.5 + random / 2)
  }

  public mutating func reset() { attempts = 0 }
}
