/// So many requests a second on average, and so many at once: a bucket that holds `burst` requests and is filled at
/// `rate`.
///
/// All that has to be kept of a bucket is the instant at which it will be full again (the generic cell rate algorithm,
/// ITU-T I.371, annex A). A bucket whose instant has passed is full, as is one that nobody keeps.
public struct RateLimit: Sendable, Equatable {
  /// Requests a second.
  public let rate: Int
  /// Requests at once, after a rest.
  public let burst: Int

  public static let rates = 1...1_000_000
  public static let bursts = 1...100_000_000

  /// - Returns: nil when a number is outside of ``rates`` or ``bursts``.
  public init?(rate: Int, burst: Int) {
    guard Self.rates.contains(rate), Self.bursts.contains(burst) else { return nil }
    self.rate = rate
    self.burst = burst
  }

  /// `50:1000`; nil for anything else.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let rate = Int(parts[0]), let burst = Int(parts[1]) else { return nil }
    self.init(rate: rate, burst: burst)
  }

  /// In which time one request is refilled, in nanoseconds.
  private var interval: UInt64 { 1_000_000_000 / UInt64(rate) }
  private var capacity: UInt64 { interval * UInt64(burst) }
  /// Seconds in which an empty bucket fills, rounded up.
  var window: Int { (burst + rate - 1) / rate }

  /// What a request found.
  struct Standing: Sendable, Equatable {
    let isAdmitted: Bool
    /// Requests that would be answered at once after this one.
    let remaining: Int
    /// Nanoseconds until another request will be answered; 0 when one would be now.
    let untilNext: UInt64
    /// Nanoseconds until the bucket is full.
    let untilFull: UInt64
  }

  /// Takes one request out of a bucket; a request that is refused takes nothing.
  /// - Parameters:
  ///   - fullAt: when the bucket will be full, in nanoseconds of a monotonic clock; past, or 0, for a full one.
  ///   - now: on the same clock.
  func spend(_ fullAt: inout UInt64, at now: UInt64) -> Standing {
    let before = max(fullAt, now)
    let isAdmitted = before + interval - now <= capacity
    let after = isAdmitted ? before + interval : before
    fullAt = after
    let free = capacity - min(capacity, after - now)
    return Standing(
      isAdmitted: isAdmitted, remaining: Int(free / interval), untilNext: free >= interval ? 0 : interval - free,
      untilFull: after - now)
  }

  /// Puts back what ``spend(_:at:)`` took.
  func giveBack(_ fullAt: inout UInt64) { fullAt -= min(fullAt, interval) }
}
