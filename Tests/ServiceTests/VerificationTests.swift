import Foundation
import HTTP
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Verifications that many ask for")
  struct VerificationTests {
    /// What a verification reads, and nothing else that is asked here: whoever holds it keeps verifications at work.
    private static let hold = "BEGIN; LOCK TABLE earnings IN ACCESS EXCLUSIVE MODE"

    /// Waits until so many sessions wait for the table, and says how many do. On a thread of its own: those who ask meanwhile need
    /// the ones that tests share.
    private func waiting(_ count: Int, _ own: OwnDatabase) async throws -> Int {
      let url = own.superuserURL
      return try await onThread {
        // Another session than the one that holds it: a transaction sees activity as it was at first.
        let session = try Session(url)
        var found = 0
        for _ in 0..<6_000 where found < count {
          let rows = try session.run(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
          found = rows.first.flatMap { Int($0) } ?? 0
          usleep(10_000)
        }
        return found
      }
    }

    @Test("Of an organisation one is at work, and answers all who asked meanwhile; others' and everything else go on")
    func shared() async throws {
      try await OwnDatabase.with { own in
        let (_, _, keys) = try await own.found(people: 2)
        let other = try await own.administration.create(
          .init(slug: "zeta", name: "Zeta", timeZone: "UTC", allowance: 1))
        let session = try Session(own.superuserURL)
        try session.run(Self.hold)
        let asked = Array(repeating: keys["admin"], count: 24) + Array(repeating: other, count: 4)
        async let answers = withThrowingTaskGroup(of: String.self) { group in
          for key in asked {
            group.addTask {
              try await onThread {
                let answer = try Client(own.port, key: key).get("/v1/ledger/verify")
                return "\(answer.status) \(answer.json["ok"]?.flag ?? false)"
              }
            }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(try await waiting(2, own) == 2)
        for _ in 0..<5 { #expect(try Client(own.port, key: keys["p0"]).get("/v1/me").status == 200) }
        #expect(try await waiting(2, own) == 2)
        try session.run("COMMIT")
        #expect(try await answers == Array(repeating: "200 true", count: 28))
      }
    }

    @Test("Whoever has seen more of the log than the verification under way is answered by the next one")
    func positions() async throws {
      try await OwnDatabase.with { own in
        let (_, _, keys) = try await own.found(people: 2)
        let session = try Session(own.superuserURL)
        try session.run(Self.hold)
        async let early = onThread { try Client(own.port, key: keys["admin"]).get("/v1/ledger/verify") }
        #expect(try await waiting(1, own) == 1)
        let thanked = try Client(own.port, key: keys["p0"]).post(
          "/v1/recognitions", #"{"to": ["p1"], "message": "Thanks.", "points": 1}"#)
        let seen = try #require(thanked["Ledger-Position"])
        async let late = onThread {
          try Client(own.port, key: keys["admin"]).get("/v1/ledger/verify", [("Min-Ledger-Position", seen)])
        }
        usleep(300_000)
        try session.run("COMMIT")
        let (first, second) = (try await early.json["position"]?.number, try await late.json["position"]?.number)
        #expect(second == Int64(seen))
        #expect(try #require(first) < #require(second))
      }
    }
  }
}
