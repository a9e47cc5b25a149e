import Foundation
import HTTP
import Testing

@testable import Service

extension OnLaurel {
  @Suite("What time does by itself")
  struct TimeTests {
    /// So that at another date nothing stays behind unnoticed.
    @Test("Tests, the programs that they start and PostgreSQL go by one clock")
    func oneClock() async throws {
      let url = try #require(Laurel.current).cluster.superuserURL
      let (database, program) = try await onThread {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/date")
        process.arguments = ["+%s"]
        process.environment = Program.environment
        process.standardOutput = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let database = try Session(url).run("SELECT extract(epoch FROM clock_timestamp())::bigint").first ?? ""
        return (Double(database), Double(said.filter { $0 != "\n" }))
      }
      for clock in [database, program] {
        let apart = try #require(clock) - Date().timeIntervalSince1970
        #expect(abs(apart) < 300, "\(apart) seconds apart")
      }
    }

    /// PostgreSQL would take the abbreviation, an hour from UTC in summer, too.
    @Test("What is called as an abbreviation is, is no time zone", arguments: ["CET", "WET", "EST", "Europe/Nowhere"])
    func abbreviations(_ zone: String) async throws {
      let administration = try #require(Laurel.current).administration
      await #expect(throws: CommandError.self) {
        try await administration.create(.init(slug: "abbreviated", name: "A", timeZone: zone, allowance: 1))
      }
    }

    @Test("Points run out, budgets return what is left, and leavers have their grace, by PostgreSQL's clock")
    func months() async throws {
      try await ClockedPostgres.with { postgres in
        try await postgres.serve { administration, server in
          try await live(postgres, administration, server)
        }
      }
    }

    private func live(_ postgres: ClockedPostgres, _ administration: Administration, _ server: Server) async throws {
      func set(day: Int64) { postgres.set(day * 86_400) }
      let adminKey = try await administration.create(
        .init(slug: "acme", name: "Acme", timeZone: "Asia/Kathmandu", allowance: 100))
      _ = try await administration.importPeople(Array("handle,name\nann,Ann\nbo,Bo\n".utf8), organization: "acme") {
        _, _ in
      }
      let made = try await administration.createMissingKeys(organization: "acme")
      let port = try #require(server.address.split(separator: ":").last.flatMap { Int($0) })
      let keys = Dictionary(uniqueKeysWithValues: made.map { ($0.handle, $0.key) })
      let (admin, ann, bo) = (
        Client(port, key: adminKey), Client(port, key: keys["ann"]!), Client(port, key: keys["bo"]!)
      )
      let upkeep = Upkeep(server, log: Laurel.log)
      let patched = [("Content-Type", "application/json"), ("If-Match", "*")]
      func earn(_ person: String, _ points: Int) throws {
        let body = #"{"person": "\#(person)", "points": \#(points), "reason": "Training", "source": "lms"}"#
        #expect(try admin.post("/v1/earnings", body).status == 201)
      }
      func points(_ client: Client) throws -> Int64? { try client.get("/v1/me").json["balances"]?["points"]?.number }

      let rules = try admin.call("PATCH", "/v1/program", patched, body: Array(#"{"expiry_months": 1}"#.utf8))
      #expect(rules.status == 200, "\(rules.text)")
      let mug = #"{"sku": "mug", "name": "Mug", "price_points": 5}"#
      #expect(try admin.post("/v1/rewards", mug).status == 201)
      try earn("ann", 30)
      try earn("bo", 20)
      let next = try ann.get("/v1/me").json["balances"]?["next_expiry"]
      #expect(next?["points"]?.number == 30)
      // The end of a day in Kathmandu.
      #expect(next?["at"]?.text?.hasSuffix("T18:15:00Z") == true)
      let budget =
        #"{"name": "Spot", "owner": "ann", "points": 50, "period": {"from": "2020-01-01", "to": "\#(Company.today(plus: 30))"}}"#
      #expect(try admin.post("/v1/budgets", budget).status == 201)
      #expect(try await upkeep.recordDue() == 0)

      set(day: 20)
      try earn("ann", 7)
      #expect(try points(ann) == 37)

      // Read before anything is recorded; recorded before anything is spent.
      set(day: 40)
      #expect(try points(ann) == 7)
      #expect(try ann.get("/v1/me").json["balances"]?["next_expiry"]?["points"]?.number == 7)
      let dry = try ann.post("/v1/recognitions?dry_run=true", #"{"to": ["bo"], "message": "Thank you", "points": 1}"#)
      #expect(dry.status == 200 && dry.json["balances"]?["points"]?.number == 7, "\(dry.text)")
      let tooMuch = try ann.post("/v1/redemptions", #"{"reward": "mug", "quantity": 2}"#)
      #expect(tooMuch.summary == "409 insufficient_points")
      #expect(try ann.post("/v1/redemptions", #"{"reward": "mug"}"#).status == 201)
      let lines = try ann.get("/v1/people/ann/statement").json["data"]?.list ?? []
      #expect(lines.contains { $0["kind"]?.text == "points_expired" && $0["amount"]?.number == -30 })
      // Bo's points, and the budget.
      #expect(try await upkeep.recordDue() == 2)
      #expect(try await upkeep.recordDue() == 0)
      let budgets = try admin.get("/v1/budgets").json["data"]?.list ?? []
      #expect(budgets.first?["available"]?.number == 0 && budgets.first?["state"]?.text == "closed")

      // Thirty days to redeem after the last one; a month may be shorter.
      let longer = try admin.call("PATCH", "/v1/program", patched, body: Array(#"{"expiry_months": 2}"#.utf8))
      #expect(longer.status == 200, "\(longer.text)")
      try earn("bo", 15)
      let left = try admin.call("PATCH", "/v1/people/bo", patched, body: Array(#"{"active": false}"#.utf8))
      #expect(left.status == 200)
      set(day: 69)
      #expect(try points(bo) == 15)
      #expect(
        try bo.post("/v1/recognitions", #"{"to": ["ann"], "message": "Thank you"}"#).summary == "403 inactive_caller")
      #expect(try bo.post("/v1/redemptions", #"{"reward": "mug"}"#).status == 201)
      #expect(try await upkeep.recordDue() == 1, "Ann's last two")
      set(day: 71)
      #expect(try bo.get("/v1/me").summary == "401 unauthorized")
      #expect(try bo.post("/v1/redemptions", #"{"reward": "mug"}"#).summary == "401 unauthorized")
      #expect(try await upkeep.recordDue() == 1)
      #expect(try admin.get("/v1/people/bo").json["balances"]?["points"]?.number == 0)
      let reports = try await administration.verify(organization: "acme")
      #expect(reports.flatMap(\.report.findings) == [])
    }
  }
}
