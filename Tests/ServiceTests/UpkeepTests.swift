import HTTP
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Upkeep")
  struct UpkeepTests {
    @Test("An organisation in which something due cannot be recorded keeps no other one waiting")
    func isolation() async throws {
      try await OwnDatabase.with { own in
        let ended =
          #"{"name": "Old", "owner": "admin", "points": 50, "period": {"from": "2020-01-01", "to": "2020-12-31"}}"#
        var clients: [Client] = []
        for slug in ["acme", "zeta"] {
          let key = try await own.administration.create(.init(slug: slug, name: slug, timeZone: "UTC", allowance: 1))
          let client = Client(own.port, key: key)
          #expect(try client.post("/v1/budgets", ended).status == 201)
          clients.append(client)
        }
        let first = try await own.administration.number(of: "acme")
        let session = try Session(own.superuserURL)
        try session.run(
          "ALTER TABLE entries ADD CONSTRAINT poison CHECK (org_id <> \(first) OR kind <> 'budget_returned')")
        let upkeep = Upkeep(own.server, log: Laurel.log)
        func left() throws -> [Int64?] {
          try clients.map { try $0.get("/v1/budgets").json["data"]?.list.first?["available"]?.number }
        }
        #expect(try await upkeep.recordDue() == 1)
        #expect(try left() == [50, 0])
        try session.run("ALTER TABLE entries DROP CONSTRAINT poison")
        #expect(try await upkeep.recordDue() == 1)
        #expect(try left() == [0, 0])
        #expect(try await own.isSound())
      }
    }
  }
}
