import HTTP
import Testing

extension OnLaurel {
  @Suite("Who decided, when and why")
  struct DecisionTests {
    /// `decision handle reason` of each, oldest first.
    private func decisions(_ object: JSONValue) -> [String] {
      (object["decisions"]?.list ?? []).map { decision in
        #expect(decision.names == ["decision", "by", "at", "reason"])
        #expect(decision["at"]?.text?.hasSuffix("Z") == true)
        return [decision["decision"]?.text, decision["by"]?["handle"]?.text, decision["reason"]?.text].map { $0 ?? "–" }
          .joined(separator: " ")
      }
    }

    @Test("A redemption tells each decision about it, with its reason, to its redeemer and in the export")
    func redemption() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 100)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 10, "needs_approval": true}"#)
        let id = try company.redeem("MUG", by: "ann")
        let fay = company["fay"]
        let path = "/v1/redemptions/\(id)"
        #expect(try decisions(company["ann"].get(path).json) == [])
        let dry = try fay.post("\(path)/approve?dry_run=true", #"{"reason": "Tried"}"#)
        #expect(decisions(dry.json) == ["approved fay Tried"])
        #expect(try decisions(company["ann"].get(path).json) == [])
        let approved = try fay.post("\(path)/approve", #"{"reason": "Fair enough"}"#, key: "k")
        #expect(decisions(approved.json) == ["approved fay Fair enough"])
        #expect(try fay.post("\(path)/fulfil", #"{"code": "X"}"#).status == 200)
        #expect(try company["admin"].post("\(path)/refund", #"{"reason": "Broken; sorry"}"#).status == 200)
        let expected = ["approved fay Fair enough", "fulfilled fay –", "refunded admin Broken; sorry"]
        #expect(try decisions(company["ann"].get(path).json) == expected)
        #expect(try company["ann"].get("/v1/redemptions").json["data"]?.list.map(decisions) == [expected])
        // A replay tells what was known then.
        let again = try fay.post("\(path)/approve", #"{"reason": "Fair enough"}"#, key: "k")
        #expect(again.body == approved.body)
        #expect(again["Idempotent-Replayed"] == "true")
        for reason in [#""""#, "3"] {
          #expect(try fay.post("\(path)/approve", #"{"reason": \#(reason)}"#).status == 400)
        }

        let rename = Array(#"{"handle": "fay.new"}"#.utf8)
        let headers = [("Content-Type", "application/json"), ("If-Match", "*")]
        #expect(try company["admin"].call("PATCH", "/v1/people/fay", headers, body: rename).status == 200)
        let lines = try Export.fetch(company, "admin", "?format=ndjson").text.split(separator: "\n")
        let exported = try lines.map { line in
          let line = try json(String(line))
          return ["event", "decided_by", "reason"].map { line[$0]?.text ?? "–" }.joined(separator: " ")
        }
        // Who decided is called as they were then: the lines of a closed month do not change.
        #expect(
          exported == [
            "requested – –", "approved fay Fair enough", "fulfilled fay –", "refunded admin Broken; sorry",
          ])
        // The words are bound by the log, and can be erased.
        let intruder = try Session.intruder()
        try intruder.run("DELETE FROM entry_texts WHERE org_id = \(company.number) AND text = 'Broken; sorry'")
        #expect(try decisions(company["ann"].get(path).json).last == "refunded admin –")
      }
    }

    @Test("What its redeemer did is told and is nobody's decision in the export; an instant one was decided by nobody")
    func own() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 100)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 10}"#)
        try company.offer(#"{"sku": "SEED", "name": "Seeds", "price_points": 1, "fulfilment": "instant"}"#)
        let mug = try company.redeem("MUG", by: "ann")
        let cancelled = try company["ann"].post("/v1/redemptions/\(mug)/cancel", #"{"reason": "Too many"}"#)
        #expect(decisions(cancelled.json) == ["cancelled ann Too many"])
        let body = #"{"reward": "SEED"}"#
        let seed = try company["ann"].post("/v1/redemptions", body, key: "s")
        #expect(seed.json["state"]?.text == "fulfilled")
        #expect(decisions(seed.json) == [])
        let id = try #require(seed.json["id"]?.text)
        #expect(try company["fay"].post("/v1/redemptions/\(id)/refund", "{}").status == 200)
        #expect(try company["ann"].post("/v1/redemptions", body, key: "s").body == seed.body)
        let lines = try Export.fetch(company, "fay", "?format=ndjson").text.split(separator: "\n")
        let exported = try lines.map { line in
          let line = try json(String(line))
          return ["event", "decided_by", "reason"].map { line[$0]?.text ?? "–" }.joined(separator: " ")
        }
        #expect(
          exported == [
            "requested – –", "cancelled – Too many", "requested – –", "fulfilled – –", "refunded fay –",
          ])
      }
    }

    @Test(
      "An award tells who approved, declined or took it back, and why; its state and `reversed` say what became of it")
    func award() async throws {
      try await Company.with { company in
        let budget = try company.fund("mo", points: 500, #""approval_above": 50,"#)
        func award(_ points: Int) throws -> String {
          let body = #"{"budget": "\#(budget)", "to": ["ann"], "points": \#(points), "message": "Done."}"#
          return "/v1/awards/\(try #require(try company["mo"].post("/v1/awards", body).json["id"]?.text))"
        }
        func seen(_ path: String, by handle: String = "mo") throws -> [String] {
          let award = try company[handle].get(path).json
          return [award["state"]?.text ?? "–", "\(award["reversed"]?.flag == true)"] + decisions(award)
        }
        let (first, second) = (try award(60), try award(70))
        #expect(try seen(first) == ["pending_approval", "false"])
        let approved = try company["fay"].post("\(first)/approve", #"{"reason": "Yes"}"#, key: "a")
        #expect(decisions(approved.json) == ["approved fay Yes"])
        #expect(try company["fay"].post("\(second)/decline", #"{"reason": "No"}"#).status == 200)
        #expect(try seen(second) == ["declined", "false", "declined fay No"])
        let reversed = try company["admin"].call("DELETE", first)
        #expect(reversed.json["reversed"]?.flag == true)
        #expect(reversed["Ledger-Position"] == reversed.json["position"]?.number.map { "\($0)" })
        for handle in ["mo", "ann", "fay"] {
          #expect(try seen(first, by: handle) == ["granted", "true", "approved fay Yes", "reversed admin –"])
        }
        #expect(try company["mo"].get("/v1/awards").json["data"]?.list.map { $0["reversed"]?.flag } == [false, true])
        #expect(try company["fay"].post("\(first)/approve", #"{"reason": "Yes"}"#, key: "a").body == approved.body)
      }
    }

    @Test("A budget's name cannot look like another source of points, in any of the export's forms")
    func sources() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 5)
        let names = [#"Spot;allowance:99"#, #"A\;B"#, "Tax: 1"]
        for (index, name) in names.enumerated() {
          let written = name.replacing(#"\"#, with: #"\\"#)
          let budget = try company.fund("mo", points: 50, name: written, #""taxable": \#(index == 2),"#)
          let body = #"{"budget": "\#(budget)", "to": ["ann"], "points": \#(index + 1), "message": "!"}"#
          #expect(try company["mo"].post("/v1/awards", body).status == 201)
        }
        let earning = #"{"person": "ann", "points": 4, "reason": "Course", "source": "lms"}"#
        #expect(try company["admin"].post("/v1/earnings", earning).status == 201)
        let adjustment = #"{"person": "ann", "points": 1, "reason": "Round"}"#
        #expect(try company["admin"].post("/v1/adjustments", adjustment).status == 201)
        #expect(
          try company["bo"].post("/v1/recognitions", #"{"to": ["ann"], "points": 7, "message": "!"}"#).status == 201)
        try company.offer(
          #"{"sku": "ALL", "name": "All", "price_points": 23, "fulfilment": "instant", "cost": {"amount": "1.00", "currency": "EUR"}}"#
        )
        _ = try company.redeem("ALL", by: "ann")
        let lines = try Export.fetch(company, "fay", "?format=ndjson").text.split(separator: "\n")
        let fulfilled = try json(String(try #require(lines.last)))
        let text =
          #"history:5;budget:Spot\;allowance\:99:1;budget:A\\\;B:2;budget:Tax\: 1:3;earning:lms:4;adjustment:1;allowance:7"#
        #expect(fulfilled["budget_sources"]?.text == text)
        #expect(fulfilled["taxable_points"]?.number == -3)
        #expect(fulfilled["unit_cost"]?.text == "1.00")
        let parts = fulfilled["sources"]?.list.map { part in
          "\(part["kind"]?.text ?? "") \(part["name"]?.text ?? "–") \(part["taxable"]?.flag ?? false) \(part["points"]?.number ?? 0)"
        }
        #expect(
          parts == [
            "history – false 5", "budget Spot;allowance:99 false 1", #"budget A\;B false 2"#, "budget Tax: 1 true 3",
            "earning lms false 4", "adjustment – false 1", "allowance – false 7",
          ])
        #expect(fulfilled["sources"]?.list.first?.names == ["kind", "id", "name", "taxable", "points"])
      }
    }

    @Test("What costs another number of points than was seen is refused, and moves nothing")
    func price() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 100)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 10, "stock": 5}"#)
        let seen = #"{"reward": "MUG", "quantity": 2, "expected_points": 20}"#
        let headers = [("Content-Type", "application/json"), ("If-Match", "*")]
        let dearer = Array(#"{"price_points": 12}"#.utf8)
        #expect(try company["ann"].post("/v1/redemptions?dry_run=true", seen).status == 200)
        #expect(try company["admin"].call("PATCH", "/v1/rewards/MUG", headers, body: dearer).status == 200)
        for path in ["/v1/redemptions", "/v1/redemptions?dry_run=true"] {
          #expect(try company["ann"].post(path, seen).summary == "409 price_changed")
        }
        #expect(try company.wallet("ann") == Wallet(points: 100, held: 0))
        #expect(try company.stock("MUG") == 5)
        let now = #"{"reward": "MUG", "quantity": 2, "expected_points": 24}"#
        #expect(try company["ann"].post("/v1/redemptions", now).json["points"]?.number == 24)
      }
    }
  }
}
