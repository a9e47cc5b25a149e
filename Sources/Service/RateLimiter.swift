import HTTP
import Synchronization

/// Counts requests by API key, by organisation, and, until their keys are known to be good, by where they come from; over all
/// event loops of this process.
///
/// Invariants:
/// 1. a bucket is made by a request whose key was found to be good, so nobody without one makes this grow;
/// 2. a full bucket is as good as none, and is dropped once a table has doubled: memory follows the keys that were used
///    within the last window;
/// 3. a request that the organisation's limit refuses costs its key nothing;
/// 4. an address has as many requests with unknown keys as one key has requests; those whose key proves good cost it nothing.
final class RateLimiter: Sendable {
  /// What a request found; nil where there is no limit.
  struct Standing: Sendable {
    var key: RateLimit.Standing?
    var organization: RateLimit.Standing?
  }

  private static let keyName = "key"
  private static let organizationName = "organization"

  private let key: RateLimit?
  private let organization: RateLimit?
  private let keys = Buckets()
  private let organizations = Buckets()
  private let addresses = Buckets()
  private let policy: String

  init(key: RateLimit?, organization: RateLimit?) {
    self.key = key
    self.organization = organization
    let limits = [(Self.keyName, key), (Self.organizationName, organization)]
    policy = limits.compactMap { name, limit in limit.map { "\"\(name)\";q=\($0.burst);w=\($0.window)" } }
      .joined(separator: ", ")
  }

  /// Buckets kept at present, full ones included.
  var bucketCount: Int { keys.count + organizations.count }
  /// Addresses that sent unknown keys lately.
  var addressCount: Int { addresses.count }

  /// Whether a key was found to be good lately.
  func isKnown(_ text: KeyText) -> Bool { keys.contains(text.bucket) }

  /// Counts a request of whose key nothing is known, before PostgreSQL is asked whose it is: whoever tries keys has few tries.
  /// - Throws: 429 `rate_limited`.
  func knock(from address: PeerAddress, at now: UInt64) throws(Problem) {
    guard let key, let found = addresses.spend(address.network, key, at: now, makes: true), !found.isAdmitted else {
      return
    }
    throw .rateLimited("An address with unknown keys", key, headers: [("Retry-After", "\(found.reset)")])
  }

  /// The key of a request that knocked was good, or could not be looked up: it costs its address nothing.
  func welcome(from address: PeerAddress) {
    if let key { addresses.giveBack(address.network, key) }
  }

  /// Counts a request before its key is looked up, so that a client beyond its limit costs no query.
  /// - Parameter now: nanoseconds of the monotonic clock.
  /// - Returns: nil when nothing is known of the key: ``admit(_:at:)`` counts the request when the key proves good.
  /// - Throws: 429 `rate_limited`.
  func spend(_ key: KeyText, at now: UInt64) throws(Problem) -> Standing? { try count(key, at: now, isGood: false) }

  /// Counts a request whose key is good.
  /// - Throws: 429 `rate_limited`.
  func admit(_ key: KeyText, at now: UInt64) throws(Problem) -> Standing? { try count(key, at: now, isGood: true) }

  private func count(_ text: KeyText, at now: UInt64, isGood: Bool) throws(Problem) -> Standing? {
    var standing = Standing()
    if let key {
      guard let found = keys.spend(text.bucket, key, at: now, makes: isGood) else { return nil }
      standing.key = found
      if !found.isAdmitted { throw refusal("This key", key, found, standing) }
    } else if !isGood {
      return nil
    }
    if let organization, let found = organizations.spend(UInt64(text.organization), organization, at: now, makes: true)
    {
      standing.organization = found
      if !found.isAdmitted {
        if let key { keys.giveBack(text.bucket, key) }
        throw refusal("This organisation", organization, found, standing)
      }
    }
    return standing
  }

  private func refusal(
    _ whose: String, _ limit: RateLimit, _ found: RateLimit.Standing, _ standing: Standing
  ) -> Problem {
    .rateLimited(whose, limit, headers: [("Retry-After", "\(found.reset)")] + headers(standing))
  }

  /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11): `q` requests in a window of `w`
  /// seconds, `r` of them left, and `t` seconds until all are there again; when none is left, until the next one is.
  func headers(_ standing: Standing) -> [(String, String)] {
    if policy.isEmpty { return [] }
    var text = ""
    for (name, standing) in [(Self.keyName, standing.key), (Self.organizationName, standing.organization)] {
      guard let standing else { continue }
      if !text.isEmpty { text += ", " }
      text += "\"\(name)\";r=\(standing.remaining);t=\(standing.reset)"
    }
    return [("RateLimit-Policy", policy), ("RateLimit", text)]
  }
}

extension RateLimit.Standing {
  /// Seconds, rounded up.
  var reset: UInt64 { ((remaining == 0 ? untilNext : untilFull) + 999_999_999) / 1_000_000_000 }
}

extension KeyText {
  /// Which bucket is this key's. Keys are random, so 64 bits of their digest are shared by no two of them.
  var bucket: UInt64 { digest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

/// Buckets by a number. Each is behind the lock of its shard, which is held for one look-up: so a limit is exact however
/// many loops a key is used on, and loops seldom meet.
private final class Buckets: Sendable {
  private struct Table {
    var fullAt: [UInt64: UInt64] = [:]
    /// At how many buckets the full ones are dropped. Doubling makes that cost each request a constant.
    var sweepCount = 64

    mutating func sweep(at now: UInt64) {
      fullAt = fullAt.filter { $0.value > now }
      sweepCount = max(64, fullAt.count * 2)
    }
  }

  private final class Shard: Sendable {
    let table = Mutex(Table())
  }

  private static let shardCount = 64
  private let shards = (0..<shardCount).map { _ in Shard() }

  private subscript(number: UInt64) -> Shard { shards[Int(number % UInt64(Self.shardCount))] }

  var count: Int { shards.reduce(0) { $0 + $1.table.withLock { $0.fullAt.count } } }

  /// - Parameter makes: whether a bucket that is missing is made, full.
  /// - Returns: nil when it is missing and was not made.
  func spend(_ number: UInt64, _ limit: RateLimit, at now: UInt64, makes: Bool) -> RateLimit.Standing? {
    self[number].table.withLock { table in
      if let index = table.fullAt.index(forKey: number) { return limit.spend(&table.fullAt.values[index], at: now) }
      guard makes else { return nil }
      if table.fullAt.count >= table.sweepCount { table.sweep(at: now) }
      var fullAt: UInt64 = 0
      let standing = limit.spend(&fullAt, at: now)
      table.fullAt[number] = fullAt
      return standing
    }
  }

  func contains(_ number: UInt64) -> Bool { self[number].table.withLock { $0.fullAt[number] != nil } }

  func giveBack(_ number: UInt64, _ limit: RateLimit) {
    self[number].table.withLock { table in
      guard let index = table.fullAt.index(forKey: number) else { return }
      limit.giveBack(&table.fullAt.values[index])
    }
  }
}
