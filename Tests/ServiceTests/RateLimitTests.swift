import Foundation
import HTTP
import Synchronization
import Testing

@testable import Service

@Suite("A rate limit")
struct RateLimitTests {
  @Test("gives a full bucket at once, then as many as time refills, and says what is left and when there is more")
  func refill() throws {
    let limit = try #require(RateLimit(rate: 50, burst: 3))
    let start: UInt64 = 1_000_000_000_000
    var bucket: UInt64 = 0
    func spend(_ milliseconds: UInt64) -> String {
      let standing = limit.spend(&bucket, at: start + milliseconds * 1_000_000)
      return "\(standing.isAdmitted ? "yes" : "no") \(standing.remaining) "
        + "next \(standing.untilNext / 1_000_000) full \(standing.untilFull / 1_000_000)"
    }
    #expect(spend(0) == "yes 2 next 0 full 20")
    #expect(spend(0) == "yes 1 next 0 full 40")
    #expect(spend(0) == "yes 0 next 20 full 60")
    #expect(spend(0) == "no 0 next 20 full 60")
    #expect(spend(19) == "no 0 next 1 full 41")
    #expect(spend(20) == "yes 0 next 20 full 60")
    #expect(spend(70) == "yes 1 next 0 full 30")
    #expect(spend(10_000) == "yes 2 next 0 full 20")
  }

  @Test("admits in any span of time no more than a bucket and what refills it, and in the end no less")
  func bound() throws {
    var random = SeededGenerator(state: 3)
    for _ in 0..<200 {
      let limit = try #require(
        RateLimit(rate: Int.random(in: 1...5_000, using: &random), burst: Int.random(in: 2...50, using: &random)))
      let interval = 1_000_000_000 / UInt64(limit.rate)
      var (bucket, now): (UInt64, UInt64) = (0, 5_000_000_000)
      var admitted: [UInt64] = []
      for _ in 0..<400 {
        now += UInt64.random(in: 0...interval, using: &random)
        let before = bucket
        if limit.spend(&bucket, at: now).isAdmitted { admitted.append(now) } else { #expect(bucket == before) }
      }
      for (first, start) in admitted.enumerated() {
        for last in first..<admitted.count {
          // The bucket at the beginning, and one for each interval that went by.
          #expect(last - first + 1 <= limit.burst + Int((admitted[last] - start) / interval))
        }
      }
      // Asked within each interval, a bucket of two or more is never full, and so wastes nothing.
      #expect(admitted.count >= min(400, Int((now - 5_000_000_000) / interval)))
    }
  }

  @Test(
    "is written as requests a second and at once",
    arguments: [("50:1000", true), ("1:1", true), ("1000000:100000000", true)])
  func text(_ text: String, _ isValid: Bool) {
    #expect(RateLimit(text).map { "\($0.rate):\($0.burst)" } == text)
  }

  @Test(
    "is nothing else",
    arguments: ["", "50", "50:", ":50", "0:1", "1:0", "-1:5", "1.5:2", "50:1000:1", "1000001:1", "off"])
  func noText(_ text: String) { #expect(RateLimit(text) == nil) }
}

@Suite("A rate limiter")
struct RateLimiterTests {
  private let now: UInt64 = 1_000_000_000_000
  private let key = KeyText(organization: 1)

  private func limiter(_ key: String?, _ organization: String? = nil) -> RateLimiter {
    RateLimiter(key: key.flatMap { RateLimit($0) }, organization: organization.flatMap { RateLimit($0) })
  }

  /// `ok`, `unknown`, or the refusal.
  private func outcome(_ body: () throws -> RateLimiter.Standing?) -> String {
    do { return try body() == nil ? "unknown" : "ok" } catch {
      return (error as? Problem).map { "\($0.status) \($0.code)" } ?? "\(error)"
    }
  }

  @Test("counts a key only once it was found to be good")
  func strangers() {
    let limiter = limiter("1:2", "1:5")
    for _ in 0..<10_000 { #expect(outcome { try limiter.spend(KeyText(organization: 1), at: now) } == "unknown") }
    #expect(limiter.bucketCount == 0)
    #expect(outcome { try limiter.spend(key, at: now) } == "unknown")
    #expect(outcome { try limiter.admit(key, at: now) } == "ok")
    #expect(outcome { try limiter.spend(key, at: now) } == "ok")
    #expect(outcome { try limiter.spend(key, at: now) } == "429 rate_limited")
    #expect(outcome { try limiter.admit(key, at: now) } == "429 rate_limited")
  }

  @Test("lets an address try as many unknown keys as one key has requests, and good keys as many as there are")
  func addresses() throws {
    let limiter = limiter("1:2")
    let (here, there) = (try #require(PeerAddress("10.0.0.7")), try #require(PeerAddress("10.0.0.8")))
    func knock(_ address: PeerAddress, at time: UInt64) -> String {
      do {
        try limiter.knock(from: address, at: time)
        return "ok"
      } catch { return "\(error.status) \(error.headers.map { "\($0.0) \($0.1)" }.joined())" }
    }
    for _ in 0..<10 {
      #expect(knock(here, at: now) == "ok")
      limiter.welcome(from: here)
    }
    #expect((0..<3).map { _ in knock(here, at: now) } == ["ok", "ok", "429 Retry-After 1"])
    #expect(knock(there, at: now) == "ok")
    #expect(knock(here, at: now + 1_000_000_000) == "ok")
    for second in 0..<100 as Range<UInt64> {
      for host in 0..<1_000 {
        let address = try #require(PeerAddress("10.\(second).\(host / 250).\(host % 250)"))
        _ = knock(address, at: now + second * 10_000_000_000)
      }
    }
    #expect(limiter.addressCount < 10_000)
    #expect(limiter.bucketCount == 0)
  }

  @Test("says in an answer's headers what is left and when there is more, and in a refusal when to come back")
  func headers() throws {
    let limiter = limiter("50:100", "10:1000")
    func fields(_ headers: [(String, String)]) -> String { headers.map { "\($0): \($1)" }.joined(separator: "\n") }
    let first = try #require(try limiter.admit(key, at: now))
    #expect(
      fields(limiter.headers(first)) == """
        RateLimit-Policy: "key";q=100;w=2, "organization";q=1000;w=100
        RateLimit: "key";r=99;t=1, "organization";r=999;t=1
        """)
    for _ in 1..<100 { _ = try limiter.spend(key, at: now) }
    do {
      _ = try limiter.spend(key, at: now)
      Issue.record("was admitted")
    } catch {
      #expect(
        fields(error.headers) == """
          Retry-After: 1
          RateLimit-Policy: "key";q=100;w=2, "organization";q=1000;w=100
          RateLimit: "key";r=0;t=1
          """)
    }
    #expect(fields(self.limiter("off").headers(.init())) == "")
  }

  @Test(
    "refuses all keys of an organisation that is beyond its limit, without counting that against them, and no other's")
  func organizations() throws {
    let limiter = limiter("1:3", "1:4")
    let (other, stranger) = (KeyText(organization: 1), KeyText(organization: 2))
    for _ in 0..<2 { _ = try limiter.admit(key, at: now) }
    for _ in 0..<2 { _ = try limiter.admit(other, at: now) }
    #expect(outcome { try limiter.spend(key, at: now) } == "429 rate_limited")
    #expect(outcome { try limiter.admit(stranger, at: now) } == "ok")
    // A second later the organisation has one again; the key has its last and the one that was refilled.
    let later = now + 1_000_000_000
    let standing = try #require(try limiter.spend(key, at: later))
    #expect(standing.key?.remaining == 1)
    #expect(standing.organization?.remaining == 0)
  }

  @Test("is exact on a key that eight threads use at once")
  func threads() async throws {
    let limiter = limiter("1:10000", "1:15000")
    let (one, two, now) = (key, KeyText(organization: 1), now)
    let counts = await withTaskGroup(of: [Int].self) { group in
      for _ in 0..<8 {
        group.addTask {
          var admitted = [0, 0]
          for _ in 0..<4_000 {
            for (index, key) in [one, two].enumerated() where (try? limiter.admit(key, at: now)) != nil {
              admitted[index] += 1
            }
          }
          return admitted
        }
      }
      return await group.reduce(into: [0, 0]) { sum, part in for index in 0...1 { sum[index] += part[index] } }
    }
    #expect(counts[0] <= 10_000 && counts[1] <= 10_000)
    #expect(counts[0] + counts[1] == 15_000)
  }

  @Test("forgets keys whose buckets are full again")
  func forgetting() throws {
    let limiter = limiter("1:10")
    for second in 0..<100 as Range<UInt64> {
      for _ in 0..<1_000 { _ = try limiter.admit(KeyText(organization: 1), at: now + second * 1_000_000_000) }
    }
    // A thousand live ones at a time, over 64 tables that each keep 64 before they look.
    #expect(limiter.bucketCount < 10_000)
  }

  @Test("without limits counts nothing")
  func off() throws {
    let limiter = limiter(nil)
    for _ in 0..<3_000 { #expect(try limiter.admit(key, at: now) != nil) }
    #expect(limiter.bucketCount == 0)
    #expect(limiter.headers(.init()).isEmpty)
  }
}
