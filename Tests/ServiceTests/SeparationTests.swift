import HTTP
import Testing

extension OnLaurel {
  @Suite("Nobody decides on what is theirs")
  struct SeparationTests {
    /// Flo, of finance, leads Di; Fay is in finance too; Mo leads Ann, who leads Bo; Ada is an admin.
    private static let people = """
      handle,name,email,team,manager,roles
      mo,Mo,mo@acme.example,Sales,,
      ann,Ann,ann@acme.example,Sales,mo,
      bo,Bo,bo@acme.example,Sales,ann,
      flo,Flo,flo@acme.example,Finance,mo,finance
      di,Di,di@acme.example,Finance,flo,
      fay,Fay,fay@acme.example,Finance,,finance
      ada,Ada,ada@acme.example,IT,,admin

      """

    private static let tag = [("Content-Type", "application/json"), ("If-Match", "*")]

    @Test("Finance and admins decide on no redemption of their own, unless the programme lets them")
    func redemptions() async throws {
      try await Company.with(Self.people) { company in
        try await company.give(["fay", "ada"], points: 100)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 10, "needs_approval": true}"#)
        for handle in ["fay", "ada"] {
          let path = "/v1/redemptions/\(try company.redeem("MUG", by: handle))"
          for step in ["approve", "fulfil", "refund"] {
            let own = try company[handle].post("\(path)/\(step)", "{}")
            #expect(own.summary == "403 own_redemption", "\(handle) \(step)")
            let tried = try company[handle].post("\(path)/\(step)?dry_run=true", "{}")
            #expect(tried.summary == "403 own_redemption", "\(handle) \(step)")
            #expect(try company["flo"].post("\(path)/\(step)", "{}").status == 200)
          }
          let second = "/v1/redemptions/\(try company.redeem("MUG", by: handle))"
          #expect(try company[handle].post("\(second)/decline", "{}").summary == "403 own_redemption")
          #expect(try company[handle].post("\(second)/cancel", "{}").status == 200)
          #expect(try company.wallet(handle) == Wallet(points: 100, held: 0))
        }
        let rules = Array(#"{"separation_of_duties": false}"#.utf8)
        #expect(try company["admin"].call("PATCH", "/v1/program", Self.tag, body: rules).status == 200)
        let path = "/v1/redemptions/\(try company.redeem("MUG", by: "fay"))"
        for step in ["approve", "fulfil", "refund"] {
          #expect(try company["fay"].post("\(path)/\(step)", "{}").status == 200, "\(step)")
        }
        // Whoever decided on their own is named in the export all the same.
        let lines = try Export.fetch(company, "ada", "?format=ndjson").text.split(separator: "\n").suffix(
          4)
        #expect(try lines.map { try json(String($0))["decided_by"]?.text ?? "–" } == ["–", "fay", "fay", "fay"])
      }
    }

    @Test("Neither awarder nor recipient approves, declines or takes back an award")
    func awards() async throws {
      try await Company.with(Self.people) { company in
        let budget = try company.fund("mo", points: 100, #""approval_above": 0,"#)
        func award(_ to: String) throws -> String {
          let body = #"{"budget": "\#(budget)", "to": ["\#(to)"], "points": 3, "message": "!"}"#
          return "/v1/awards/\(try #require(try company["mo"].post("/v1/awards", body).json["id"]?.text))"
        }
        let path = try award("flo")
        for decision in ["approve", "decline"] {
          #expect(try company["flo"].post("\(path)/\(decision)", "{}").summary == "403 own_award")
        }
        #expect(try company["fay"].post("\(path)/approve", "{}").status == 200)
        #expect(try company.wallet("flo").points == 3)
        for handle in ["mo", "flo"] {
          let roles = Array(#"{"roles": ["admin"]}"#.utf8)
          #expect(try company["admin"].call("PATCH", "/v1/people/\(handle)", Self.tag, body: roles).status == 200)
          #expect(try company[handle].call("DELETE", path).summary == "403 own_award")
        }
        #expect(try company["ada"].call("DELETE", path).status == 200)
      }
    }

    @Test("Admins neither credit, correct nor top up themselves, nor give themselves roles or an allowance")
    func corrections() async throws {
      try await Company.with(Self.people) { company in
        let ada = company["ada"]
        let reason = #""reason": "Me"}"#
        for (path, body) in [
          ("/v1/adjustments", #"{"person": "ada", "points": 1000000000, "# + reason),
          ("/v1/adjustments", #"{"person": "ada@acme.example", "points": 5, "# + reason),
          ("/v1/earnings", #"{"person": "ada", "points": 5, "source": "lms", "# + reason),
          ("/v1/people/ada/top-ups", #"{"points": 5, "# + reason),
        ] {
          #expect(try ada.post(path, body).summary == "403 own_points", "\(path)")
        }
        for (body, expected) in [
          (#"{"roles": ["admin", "finance"]}"#, "403 own_roles"), (#"{"allowance_points": 1000000}"#, "403 own_points"),
          (#"{"name": "Ada L.", "roles": ["admin"]}"#, "200"),
        ] {
          let answer = try ada.call("PATCH", "/v1/people/ada", Self.tag, body: Array(body.utf8))
          #expect(answer.summary == expected, "\(body)")
        }
        let earning = #"{"person": "ada", "points": 5, "source": "lms", "# + reason
        let earned = try company["admin"].post("/v1/earnings", earning)
        let id = try #require(earned.json["id"]?.text)
        #expect(try ada.call("DELETE", "/v1/earnings/\(id)").summary == "403 own_points")
        #expect(try company.balances("ada") == "100/5")
      }
    }

    @Test("`approval_above` counts what an awarder gave one recipient from the budget, whatever they are called")
    func approvalAbove() async throws {
      try await Company.with(Self.people) { company in
        let budget = try company.fund("mo", points: 1_000, #""approval_above": 100,"#)
        let bo = try company.id("bo")
        func award(_ to: String, _ points: Int) throws -> Answer {
          try company["mo"].post(
            "/v1/awards", #"{"budget": "\#(budget)", "to": \#(to), "points": \#(points), "message": "!"}"#)
        }
        let first = try award(#"["bo"]"#, 60)
        #expect(first.json["state"]?.text == "granted")
        for (to, points, state) in [
          (#"["bo@acme.example"]"#, 41, "pending_approval"), (#"["\#(bo)"]"#, 41, "pending_approval"),
          (#"["BO"]"#, 40, "granted"), (#"["ann"]"#, 100, "granted"), (#"["flo", "bo"]"#, 1, "pending_approval"),
        ] {
          #expect(try award(to, points).json["state"]?.text == state, "\(to) \(points)")
        }
        // What was taken back was not given.
        let id = try #require(first.json["id"]?.text)
        #expect(try company["ada"].call("DELETE", "/v1/awards/\(id)").status == 200)
        #expect(try award(#"["bo"]"#, 60).json["state"]?.text == "granted")
        #expect(try award(#"["bo"]"#, 1).json["state"]?.text == "pending_approval")
        #expect(try await company.problems() == [])
        let intruder = try Session.intruder()
        let (lie, truth) = ("points = points - 1", "points = points + 1")
        try intruder.run("UPDATE award_totals SET \(lie) WHERE org_id = \(company.number) AND recipient = '\(bo)'")
        #expect(try await company.problems() == ["awards@0"])
        try intruder.run("UPDATE award_totals SET \(truth) WHERE org_id = \(company.number) AND recipient = '\(bo)'")
      }
    }

    @Test("Approving pays nobody who has left or reports to somebody else now; declining stays possible")
    func approval() async throws {
      try await Company.with(Self.people) { company in
        let budget = try company.fund("mo", points: 100, #""approval_above": 0,"#)
        func change(_ handle: String, _ body: String) throws {
          let answer = try company["admin"].call("PATCH", "/v1/people/\(handle)", Self.tag, body: Array(body.utf8))
          #expect(answer.status == 200, "\(answer.text)")
        }
        let ids = try ["bo", "di", "ann"].map { to in
          let body = #"{"budget": "\#(budget)", "to": ["\#(to)"], "points": 3, "message": "!"}"#
          return try #require(try company["mo"].post("/v1/awards", body).json["id"]?.text)
        }
        try change("ann", #"{"manager": null}"#)
        try change("di", #"{"active": false}"#)
        for (id, expected) in zip(ids, ["403 not_in_your_team", "422 inactive_recipient", "403 not_in_your_team"]) {
          #expect(try company["fay"].post("/v1/awards/\(id)/approve", "{}").summary == expected)
        }
        try change("ann", #"{"manager": "mo"}"#)
        #expect(try company["fay"].post("/v1/awards/\(ids[0])/approve", "{}").status == 200)
        for id in ids.dropFirst() {
          #expect(try company["fay"].post("/v1/awards/\(id)/decline", #"{"reason": "Gone"}"#).status == 200)
        }
        #expect(try company["admin"].get("/v1/budgets/\(budget)").json["available"]?.number == 97)
      }
    }
  }
}
