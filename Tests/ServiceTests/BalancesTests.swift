import HTTP
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Balances of any time")
  struct BalancesTests {
    /// What somebody was shown, and when.
    private struct Snapshot {
      let handle: String
      let time: String
      let position: Int64
      let balances: JSONValue?
      let step: String
    }

    @Test(
      "They are what was shown then: allowances that began anew unrecorded, points that ran out, rules and roles of then"
    )
    func shown() async throws {
      try await ClockedPostgres.with { postgres in
        try await postgres.serve { administration, server in
          try postgres.set(to: "2026-01-10T12:00:00Z")
          let before = try Session(postgres.url).run(Self.clock)[0]
          let town = try await ClockedTown(administration, server, timeZone: "America/Havana")
          try town.rule(#"{"expiry_months": 1}"#)
          try town.offer(#"{"sku": "mug", "name": "Mug", "price_points": 20, "needs_approval": true}"#)
          var snapshots: [Snapshot] = []
          func look(_ step: String) throws {
            let time = try Session(postgres.url).run(Self.clock)[0]
            let position = try #require(try town.admin.get("/v1/ledger/verify").json["position"]?.number)
            for (handle, client) in [("ann", town.ann), ("bo", town.bo)] {
              let balances = try client.get("/v1/me").json["balances"]
              snapshots.append(.init(handle: handle, time: time, position: position, balances: balances, step: step))
            }
          }
          func at(_ time: String, _ step: String, _ body: () async throws -> Void = {}) async throws {
            try postgres.set(to: time)
            try look("before \(step)")
            try await body()
            try look(step)
          }
          let upkeep = Upkeep(server, log: Laurel.log)
          var (redemption, gift) = ("", "")
          try await at("2026-01-11T12:00:00Z", "the first gift") { try town.thank(30) }
          try await at("2026-01-20T12:00:00Z", "a top-up") {
            let topUp = try town.admin.post("/v1/people/ann/top-ups", #"{"points": 10, "reason": "Launch"}"#)
            #expect(topUp.status == 201)
          }
          try await at("2026-01-21T12:00:00Z", "most of it") { try town.thank(60) }
          try postgres.set(to: "2026-02-03T12:00:00Z")
          try look("before anything of another month")
          try await at("2026-02-04T12:00:00Z", "a gift of it") {
            let thanks = try town.ann.post("/v1/recognitions", #"{"to": ["bo"], "points": 100, "message": "Thanks"}"#)
            gift = try #require(thanks.json["id"]?.text, "\(thanks.text)")
          }
          try await at("2026-02-04T13:00:00Z", "that taken back") { () async throws in
            #expect(try town.ann.call("DELETE", "/v1/recognitions/\(gift)").status == 200)
          }
          try await at("2026-02-05T12:00:00Z", "another gift") { try town.thank(95) }
          try await at("2026-02-15T12:00:00Z", "what ran out, recorded with a redemption") {
            let redeemed = try town.bo.post("/v1/redemptions", #"{"reward": "mug"}"#)
            redemption = try #require(redeemed.json["id"]?.text, "\(redeemed.text)")
          }
          try await at("2026-03-01T05:30:00Z", "a smaller allowance, of which some have more") {
            try town.rule(#"{"allowance": {"points": 40, "by_role": {"finance": 200, "manager": 150}}}"#)
          }
          try await at("2026-03-01T12:00:00Z", "somebody to manage") {
            try town.patch("/v1/people/bo", #"{"manager": "ann"}"#)
          }
          try await at("2026-03-02T12:00:00Z", "a role") {
            try town.patch("/v1/people/ann", #"{"roles": ["finance"]}"#)
          }
          try await at("2026-03-03T12:00:00Z", "an allowance of one's own") {
            try town.patch("/v1/people/ann", #"{"allowance_points": 7}"#)
          }
          try await at("2026-03-04T12:00:00Z", "a gift of that") { try town.thank(3) }
          try await at("2026-03-05T12:00:00Z", "neither") {
            try town.patch("/v1/people/ann", #"{"allowance_points": null, "roles": []}"#)
          }
          try await at("2026-03-05T13:00:00Z", "nobody to manage") {
            try town.patch("/v1/people/bo", #"{"manager": null}"#)
          }
          try await at("2026-03-06T12:00:00Z", "weeks") {
            try town.rule(#"{"allowance": {"period": "week"}}"#)
          }
          try await at("2026-03-10T12:00:00Z", "what is given back on its last day") { () async throws in
            #expect(try town.bo.post("/v1/redemptions/\(redemption)/cancel", "{}").status == 200)
          }
          try await at("2026-03-20T12:00:00Z", "what ran out, recorded by upkeep") { _ = try await upkeep.recordDue() }
          try await at("2026-03-21T12:00:00Z", "quarters") {
            try town.rule(#"{"allowance": {"period": "quarter"}, "expiry_months": null}"#)
          }
          try await at("2026-04-01T12:00:00Z", "the last gift") { try town.thank(9) }

          for known in snapshots {
            let path = "/v1/people/\(known.handle)/balances"
            let then = try town.admin.get("\(path)?at=\(known.time)").json
            #expect(Self.points(then["balances"]) == Self.points(known.balances), "\(known.handle), \(known.step)")
            #expect(then["as_of_position"]?.number == known.position && then["as_of"]?.text == known.time)
            // Of a position, they are what was shown when that was recorded.
            let entry = try town.admin.get("\(path)?position=\(known.position)").json
            let recorded = try #require(entry["as_of"]?.text)
            #expect(try town.admin.get("\(path)?at=\(recorded)").json == entry, "\(known.handle), \(known.step)")
            if !known.step.hasPrefix("before") {
              #expect(Self.points(entry["balances"]) == Self.points(known.balances), "\(known.handle), \(known.step)")
            }
          }
          #expect(Set(snapshots.compactMap { Self.points($0.balances) }).count > 20)
          let now = try town.admin.get("/v1/people/ann/balances").json
          #expect(Self.points(now["balances"]) == Self.points(try town.ann.get("/v1/me").json["balances"]))

          // Nothing before the founding, nor before somebody was there; and no answer for what is still to come.
          let path = "/v1/people/ann/balances"
          for query in ["at=2020-01-01T00:00:00Z", "at=\(before)", "position=0", "position=1"] {
            let nothing = try town.admin.get("\(path)?\(query)").json
            #expect(Self.points(nothing["balances"]) == "0/0/0", "\(query)")
          }
          let head = try #require(now["as_of_position"]?.number)
          for query in ["at=2026-05-01T00:00:00Z", "position=\(head + 1)", "position=\(head)&at=\(before)"] {
            #expect(try town.admin.get("\(path)?\(query)").summary == "400 invalid_parameter", "\(query)")
          }
          #expect(try await administration.verify(organization: "town").flatMap(\.report.findings) == [])
        }
      }
    }

    private static let clock =
      #"SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#

    private static func points(_ balances: JSONValue?) -> String {
      ["allowance", "points", "held"].map { "\(balances?[$0]?.number ?? -1)" }.joined(separator: "/")
    }
  }
}
