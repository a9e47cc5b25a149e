import HTTP
import Testing

extension OnLaurel {
  @Suite("A dry run")
  struct DryRunTests {
    @Test("waits for nobody who holds the head: it answers what would come of what is recorded")
    func held() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 100)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 30}"#)
        let ann = company["ann"]
        let thanks = #"{"to": ["bo", "cy"], "message": "Thanks.", "points": 7}"#
        let intruder = try Session(company.laurel.cluster.superuserURL)
        try intruder.run("BEGIN; SELECT FROM ledger_heads WHERE org_id = \(company.number) FOR UPDATE")
        // Written, and not there yet.
        try intruder.run("UPDATE people SET active = false WHERE org_id = \(company.number) AND handle = 'cy'")
        let dry = try ann.post("/v1/recognitions?dry_run=true", thanks)
        #expect(dry.status == 200)
        #expect(dry.json["balances"]?["allowance"]?.number == 86)
        let spent = try ann.post("/v1/redemptions?dry_run=true", #"{"reward": "MUG"}"#)
        #expect(spent.json["balances"]?["points"]?.number == 70, "\(spent.text)")
        #expect(
          try ann.post("/v1/recognitions?dry_run=true", #"{"to": ["bo"], "message": "Thanks.", "points": 101}"#).summary
            == "409 insufficient_allowance")
        try intruder.run("ROLLBACK")
        #expect(try ann.post("/v1/recognitions", thanks).json["balances"]?["allowance"]?.number == nil)
        #expect(try company.balances("ann") == "86/100")
        // The next one sees it.
        let after = try ann.post("/v1/recognitions?dry_run=true", thanks)
        #expect(after.json["balances"]?["allowance"]?.number == 72)
      }
    }

    private static let budget =
      #"{"name": "Spot", "owner": "mo", "points": 100, "period": {"from": "2020-01-01", "to": "2099-12-31"}, "#
      + #""approval_above": 50}"#

    @Test("of budgets and awards answers what would come, and records nothing")
    func nothing() async throws {
      try await Company.with { (company) async throws in
        let (admin, mo) = (company["admin"], company["mo"])
        func position() throws -> Int64? { try admin.get("/v1/ledger/verify").json["position"]?.number }

        let before = try position()
        let planned = try admin.post("/v1/budgets?dry_run=true", Self.budget)
        #expect(planned.status == 200)
        #expect(planned.json["dry_run"]?.flag == true)
        #expect(planned.json["available"]?.number == 100)
        #expect(planned.json["owner"]?["handle"]?.text == "mo")
        #expect(try admin.get("/v1/budgets").json["data"]?.list.count == 0)
        #expect(try position() == before)

        let made = try admin.post("/v1/budgets", Self.budget)
        let id = try #require(made.json["id"]?.text)
        let funded = try admin.post("/v1/budgets/\(id)/fund?dry_run=true", #"{"points": 11}"#)
        #expect(funded.json["available"]?.number == 111)
        #expect(funded.json["points"]?.number == 111)
        #expect(try admin.get("/v1/budgets/\(id)").json["available"]?.number == 100)

        let award = #"{"budget": "Spot", "to": ["ann"], "points": 60, "message": "For the storm."}"#
        let dry = try mo.post("/v1/awards?dry_run=true", award)
        #expect(dry.status == 200)
        #expect(dry.json["state"]?.text == "pending_approval")
        #expect(dry.json["total_points"]?.number == 60)
        #expect(dry.json["budget"]?["name"]?.text == "Spot")
        #expect(dry.json["balances"]?["points"]?.number == 0)
        // What is left in the budget, too, which is what an award costs.
        #expect(dry.json["balances"]?["available"]?.number == 40)
        #expect(try mo.get("/v1/awards").json["data"]?.list.count == 0)
        #expect(
          try mo.post("/v1/awards?dry_run=true", award.replacing("60", with: "101")).summary
            == "409 insufficient_budget"
        )

        let pending = try #require(try mo.post("/v1/awards", award).json["id"]?.text)
        let approved = try admin.post("/v1/awards/\(pending)/approve?dry_run=true", "{}")
        #expect(approved.json["state"]?.text == "granted")
        #expect(approved.json["balances"]?["available"]?.number == 40)
        let declined = try admin.post("/v1/awards/\(pending)/decline?dry_run=true", "{}")
        #expect(declined.json["state"]?.text == "declined")
        #expect(declined.json["balances"]?["available"]?.number == 100)
        #expect(try mo.get("/v1/awards/\(pending)").json["state"]?.text == "pending_approval")
        #expect(try company.balances("ann") == "100/0")
      }
    }
  }
}
