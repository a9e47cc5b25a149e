import HTTP
import Testing

extension OnLaurel {
  @Suite("Awards from budgets")
  struct AwardingTests {
    /// Bess leads Mo, who leads Ann, who leads Bo; Flo is in finance and leads Di; Fay is in finance, Cy on his own.
    private static let people = """
      handle,name,email,team,manager,roles
      bess,Bess,bess@acme.example,Board,,
      mo,Mo,mo@acme.example,Sales,bess,
      ann,Ann,ann@acme.example,Sales,mo,
      bo,Bo,bo@acme.example,Sales,ann,
      cy,Cy,cy@acme.example,Support,,
      flo,Flo,flo@acme.example,Finance,,finance
      di,Di,di@acme.example,Finance,flo,
      fay,Fay,fay@acme.example,Finance,,finance

      """

    @Test("Awards go to people below the giver, directly or further down, from the giver's own budget")
    func reports() async throws {
      try await Company.with(Self.people) { company in
        let budget = try company.fund("mo", points: 100)
        let granted = try company["mo"].post(
          "/v1/awards",
          #"{"budget": "\#(budget)", "to": ["ann", "bo@acme.example"], "points": 7, "message": "Well done.", "values": ["be-helpful"]}"#
        )
        #expect(granted.status == 201, "\(granted.text)")
        #expect(granted.json["state"]?.text == "granted")
        #expect(granted.json["total_points"]?.number == 14)
        #expect(granted.json["to"]?.list.compactMap { $0["person"]?["handle"]?.text } == ["ann", "bo"])
        #expect(try company.wallet("bo").points == 7)
        #expect(try company.account(budget) == [86, 0])

        for (handle, to, expected) in [
          ("mo", "cy", "403 not_in_your_team"), ("mo", "bess", "403 not_in_your_team"),
          ("mo", "mo", "422 self_recognition"),
          ("mo", "zoe", "422 unknown_person"), ("ann", "bo", "404 unknown_budget"),
          ("bess", "mo", "404 unknown_budget"),
        ] {
          let answer = try company[handle].post(
            "/v1/awards", #"{"budget": "\#(budget)", "to": ["\#(to)"], "message": "Thank you", "points": 1}"#)
          #expect(answer.summary == expected, "\(handle) to \(to)")
        }
        let one = #""to": ["ann"], "message": "Thank you", "points": 1}"#
        #expect(try company["mo"].post("/v1/awards", #"{"budget": "None", \#(one)"#).summary == "404 unknown_budget")
        let tooMuch = try company["mo"].post(
          "/v1/awards", #"{"budget": "Spot", "to": ["ann", "bo"], "message": "Thank you", "points": 44}"#)
        #expect(tooMuch.summary == "409 insufficient_budget")
        #expect(
          try company["mo"].post(
            "/v1/awards", #"{"budget": "Spot", "to": ["ann"], "message": "Thank you", "points": 0}"#
          ).status == 400)
        #expect(try company.account(budget) == [86, 0])
      }
    }

    @Test("A budget is awarded from within its period alone")
    func period() async throws {
      try await Company.with(Self.people) { company in
        for (name, from, to) in [("Past", -60, -30), ("Future", 30, 60)] {
          let made = try company["fay"].post(
            "/v1/budgets",
            """
            {"name": "\(name)", "owner": "mo", "points": 10,
             "period": {"from": "\(Company.today(plus: from))", "to": "\(Company.today(plus: to))"}}
            """)
          #expect(made.status == 201)
          #expect(made.json["state"]?.text == (name == "Past" ? "closed" : "upcoming"))
          let answer = try company["mo"].post(
            "/v1/awards", #"{"budget": "\#(name)", "to": ["ann"], "message": "Thank you", "points": 1}"#)
          #expect(answer.summary == "409 budget_closed", "\(name)")
        }
      }
    }

    @Test("Above its limit an award waits with the points held, until somebody else decides")
    func approval() async throws {
      try await Company.with(Self.people) { company in
        let budget = try company.fund("mo", points: 100, #""approval_above": 10,"#)
        let award = #"{"budget": "\#(budget)", "to": ["ann", "bo"], "message": "Thank you", "points": "#
        #expect(try company["mo"].post("/v1/awards", award + "5}").json["state"]?.text == "granted")
        #expect(try company.account(budget) == [90, 0])

        let waiting = try company["mo"].post("/v1/awards", award + "6}", key: "k")
        #expect(waiting.json["state"]?.text == "pending_approval")
        #expect(try company.account(budget) == [78, 12])
        #expect(try company.wallet("ann").points == 5)
        let id = try #require(waiting.json["id"]?.text)
        for handle in ["mo", "ann", "cy"] {
          #expect(try company[handle].post("/v1/awards/\(id)/approve", "{}").summary == "403 forbidden", "\(handle)")
        }
        let approved = try company["fay"].post("/v1/awards/\(id)/approve", "{}")
        #expect(approved.json["state"]?.text == "granted")
        #expect(try company.account(budget) == [78, 0])
        #expect(try company.wallet("ann").points == 11)
        for decision in ["approve", "decline"] {
          #expect(try company["admin"].post("/v1/awards/\(id)/\(decision)", "{}").summary == "409 invalid_transition")
        }

        let second = try #require(try company["mo"].post("/v1/awards", award + "30}").json["id"]?.text)
        #expect(try company.account(budget) == [18, 60])
        #expect(try company["mo"].post("/v1/awards", award + "10}").summary == "409 insufficient_budget")
        let declined = try company["fay"].post("/v1/awards/\(second)/decline", "{}")
        #expect(declined.json["state"]?.text == "declined")
        #expect(try company.account(budget) == [78, 0])
        #expect(try company.wallet("bo").points == 11)
      }
    }

    @Test("Nobody decides about an award of their own, whatever their role")
    func ownAward() async throws {
      try await Company.with(Self.people) { company in
        let budget = try company.fund("flo", points: 20, #""approval_above": 0,"#)
        let award = try company["flo"].post(
          "/v1/awards", #"{"budget": "\#(budget)", "to": ["di"], "message": "Thank you", "points": 3}"#)
        let id = try #require(award.json["id"]?.text)
        for decision in ["approve", "decline"] {
          #expect(try company["flo"].post("/v1/awards/\(id)/\(decision)", "{}").summary == "403 own_award")
        }
        #expect(try company.account(budget) == [17, 3])
        #expect(try company["fay"].post("/v1/awards/\(id)/approve", "{}").status == 200)
        #expect(try company.wallet("di").points == 3)
      }
    }

    @Test("Budgets are made and funded by finance and admins, and seen by them and their owners")
    func budgets() async throws {
      try await Company.with(Self.people) { company in
        let budget = try company.fund("mo", points: 10)
        let funded = try company["fay"].post("/v1/budgets/\(budget)/fund", #"{"points": 5}"#)
        #expect(funded.json["points"]?.number == 15)
        #expect(try company.account(budget) == [15, 0])
        #expect(try company["mo"].post("/v1/budgets/\(budget)/fund", #"{"points": 5}"#).summary == "403 forbidden")
        #expect(try company["mo"].post("/v1/budgets", "{}").summary == "403 forbidden")
        #expect(try company["cy"].get("/v1/budgets/\(budget)").status == 404)
        #expect(try company["cy"].get("/v1/budgets").json["data"]?.list.isEmpty == true)
        #expect(try company["mo"].get("/v1/budgets").json["data"]?.list.count == 1)
        #expect(try company.balance("issued") == -15)
      }
    }

    @Test("A dry run of an award records nothing; a replay answers as the first time")
    func dryRunAndReplay() async throws {
      try await Company.with(Self.people) { company in
        let budget = try company.fund("mo", points: 10)
        let body = #"{"budget": "\#(budget)", "to": ["ann"], "points": 4, "message": "Well done."}"#
        let dry = try company["mo"].post("/v1/awards?dry_run=true", body)
        #expect(dry.status == 200)
        #expect(dry.json["dry_run"]?.flag == true)
        #expect(dry.json["state"]?.text == "granted")
        #expect(try company.account(budget) == [10, 0])
        let first = try company["mo"].post("/v1/awards", body, key: "k")
        let again = try company["mo"].post("/v1/awards", body, key: "k")
        #expect(again["Idempotent-Replayed"] == "true")
        #expect(again.body == first.body)
        #expect(try company.account(budget) == [6, 0])
      }
    }
  }
}

extension Company {
  /// What is left of a budget, and what awaits approval.
  fileprivate func account(_ budget: String) throws -> [Int64?] {
    let answer = try self["admin"].get("/v1/budgets/\(budget)").json
    return [answer["available"]?.number, answer["held"]?.number]
  }
}
