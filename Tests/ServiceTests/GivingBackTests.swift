import HTTP
import Testing

extension OnLaurel {
  @Suite("Boosts, and taking back")
  struct GivingBackTests {
    private func thank(_ company: Company, _ line: String, by handle: String = "ann") throws -> String {
      let answer = try company[handle].post("/v1/recognitions", #"{"text": "\#(line)"}"#)
      return try #require(answer.json["id"]?.text, "\(answer.text)")
    }

    @Test("A boost gives each recipient the points, costs that many times as much, and is shown with the recognition")
    func boost() async throws {
      try await Company.with { (company) async throws in
        let id = try thank(company, "+10 @bo @cy thanks")
        let path = "/v1/recognitions/\(id)/boosts"
        let tried = try company["di"].post("\(path)?dry_run=true", #"{"points": 5}"#)
        #expect(tried.status == 200)
        #expect(tried.json["balances"]?["allowance"]?.number == 90)
        let boosted = try company["di"].post(path, #"{"points": 5}"#, key: "b")
        #expect(boosted.status == 201, "\(boosted.text)")
        let again = try company["di"].post(path, #"{"points": 5}"#, key: "b")
        #expect(again["Idempotent-Replayed"] == "true" && again.text == boosted.text)
        #expect(try company.balances("di") == "90/0")
        #expect(try company.balances("bo") == "100/15")
        let shown = try company["mo"].get("/v1/recognitions/\(id)").json["boosts"]?.list ?? []
        #expect(shown.map { $0["from"]?["handle"]?.text } == ["di"])
        #expect(shown.map { $0["points"]?.number } == [5])
        for (handle, body, expected) in [
          ("bo", #"{"points": 1}"#, "422 self_recognition"), ("di", #"{"points": 46}"#, "409 insufficient_allowance"),
          ("di", #"{"points": 0}"#, "400 invalid_request"), ("ann", #"{"points": 101}"#, "409 insufficient_allowance"),
        ] {
          #expect(try company[handle].post(path, body).summary == expected)
        }
        let board = try company["mo"].get("/v1/leaderboards/points_received").json["entries"]?.list ?? []
        #expect(board.map { $0["score"]?.number } == [15, 15])
        let given = try company["mo"].get("/v1/leaderboards/points_given").json["entries"]?.list ?? []
        #expect(
          given.map { "\($0["person"]?["handle"]?.text ?? "") \($0["score"]?.number ?? 0)" } == ["ann 20", "di 10"])
        let counted = try company["mo"].get("/v1/leaderboards/recognitions_given").json["entries"]?.list ?? []
        #expect(counted.count == 1)
      }
    }

    @Test("A private recognition is boosted and taken back by nobody who may not see it")
    func hidden() async throws {
      try await Company.with { (company) async throws in
        let made = try company["ann"].post(
          "/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 1, "visibility": "private"}"#)
        let path = "/v1/recognitions/\(try #require(made.json["id"]?.text))"
        #expect(try company["di"].post("\(path)/boosts", #"{"points": 1}"#).summary == "404 not_found")
        #expect(try company["di"].call("DELETE", path).summary == "404 not_found")
        #expect(try company["mo"].post("\(path)/boosts", #"{"points": 1}"#).status == 201)
        #expect(try company["bo"].call("DELETE", path).summary == "403 forbidden")
      }
    }

    @Test("Its giver takes a recognition back with its boosts: every point returns, and boards lose it")
    func reverse() async throws {
      try await Company.with { (company) async throws in
        let kept = try thank(company, "+1 @bo thanks")
        let id = try thank(company, "+10 @bo @cy thanks")
        #expect(try company["di"].post("/v1/recognitions/\(id)/boosts", #"{"points": 5}"#).status == 201)
        let client = company["mo"]
        #expect(try client.get("/v1/leaderboards/colleagues_recognised").json["total"]?.number == 1)
        #expect(try company["cy"].call("DELETE", "/v1/recognitions/\(id)").summary == "403 forbidden")
        let key = [("Idempotency-Key", "r")]
        let reversed = try company["ann"].call("DELETE", "/v1/recognitions/\(id)", key)
        #expect(reversed.status == 200, "\(reversed.text)")
        #expect(reversed.json["reversed"] == .bool(true))
        let again = try company["ann"].call("DELETE", "/v1/recognitions/\(id)", key)
        #expect(again["Idempotent-Replayed"] == "true" && again["Ledger-Position"] == reversed["Ledger-Position"])
        #expect(try company["ann"].call("DELETE", "/v1/recognitions/\(id)").summary == "409 already_reversed")
        #expect(
          try company["di"].post("/v1/recognitions/\(id)/boosts", #"{"points": 1}"#).summary == "409 already_reversed")
        for (handle, balances) in [("ann", "99/0"), ("di", "100/0"), ("bo", "100/1"), ("cy", "100/0")] {
          #expect(try company.balances(handle) == balances, "\(handle)")
        }
        for (metric, scores) in [
          ("points_received", [1]), ("points_given", [1]), ("recognitions_received", [1]), ("recognitions_given", [1]),
          ("colleagues_recognised", [1]), ("teams_reached", []),
        ] as [(String, [Int64])] {
          let board = try client.get("/v1/leaderboards/\(metric)").json["entries"]?.list ?? []
          #expect(board.map { $0["score"]?.number } == scores, "\(metric)")
        }
        let statement = try company["bo"].get("/v1/people/bo/statement").json["data"]?.list ?? []
        #expect(statement.first?["kind"]?.text == "reversal" && statement.first?["amount"]?.number == -15)
        #expect(statement.first?["subject"] == (try json(#"{"type": "recognition", "id": "\#(id)"}"#)))
        #expect(try company["ann"].get("/v1/recognitions/\(kept)").json["reversed"] == .bool(false))
        // What was never in an allowance goes back to where it came from.
        try await company.give(["di"], points: 7)
        let imported = try #require(try client.get("/v1/recognitions?to=di").json["data"]?.list.first?["id"]?.text)
        #expect(try company["admin"].call("DELETE", "/v1/recognitions/\(imported)").status == 200)
        #expect(try company.balance("expired") == 0)
      }
    }

    @Test("A gift comes back to the allowance that it came from, under whichever rules, and to no later one")
    func otherPeriod() async throws {
      try await Company.with { company in
        try await Company.awaitMidnight()
        let (ann, admin) = (company["ann"], company["admin"])
        func give(_ points: Int) throws -> String {
          let gift = try ann.post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": \#(points)}"#)
          return try "/v1/recognitions/\(#require(gift.json["id"]?.text, "\(gift.text)"))"
        }
        func rule(_ points: Int, a period: String) throws {
          let changed = try admin.call(
            "PATCH", "/v1/program", [("Content-Type", "application/json"), ("If-Match", "*")],
            body: Array(#"{"allowance": {"points": \#(points), "period": "\#(period)"}}"#.utf8))
          #expect(changed.status == 200, "\(changed.text)")
        }
        // Of week, month and quarter, the one that began first and the one that began last; on some Mondays all at once.
        let begun = try Session(company.laurel.cluster.superuserURL).run(
          """
          SELECT period, date_trunc(period, now() AT TIME ZONE 'Europe/Berlin')
          FROM unnest(ARRAY['quarter', 'month', 'week']) WITH ORDINALITY AS p (period, place) ORDER BY 2, place
          """
        ).map { $0.split(separator: "|").map(String.init) }
        let (earlier, later) = (begun[0][0], begun[2][0])
        let isOther = begun[0][1] != begun[2][1]
        try rule(100, a: earlier)
        let ofEarlier = try give(30)
        try rule(20, a: later)
        // The first gift of a period that began later begins another allowance.
        let ofLater = try give(5)
        #expect(try company.balances("ann") == (isOther ? "15/0" : "65/0"))
        // What is left of it goes on in a period that had begun before it.
        try rule(100, a: earlier)
        #expect(try company.balances("ann") == (isOther ? "15/0" : "65/0"))
        #expect(try ann.call("DELETE", ofLater).status == 200)
        #expect(try company.balances("ann") == (isOther ? "20/0" : "70/0"))
        #expect(try ann.call("DELETE", ofEarlier).status == 200)
        #expect(try company.balances("ann") == (isOther ? "20/0" : "100/0"))
        #expect(try company.balance("expired") == (isOther ? 30 : 0))
        #expect(try company.balances("bo").hasSuffix("/0"))
        #expect(try await company.problems() == [])
      }
    }

    @Test("What a recipient has spent is not taken back; what is left of it pays for other things first")
    func spent() async throws {
      try await Company.with { (company) async throws in
        try company.offer(#"{"sku": "mug", "name": "Mug", "price_points": 10, "needs_approval": true}"#)
        let id = try thank(company, "+10 @bo thanks")
        let redemption = try company.redeem("mug", by: "bo")
        #expect(try company["ann"].call("DELETE", "/v1/recognitions/\(id)").summary == "409 points_already_spent")
        _ = try thank(company, "+10 @bo thanks again", by: "cy")
        // The balance covers it, by points of another's.
        #expect(try company["ann"].call("DELETE", "/v1/recognitions/\(id)").status == 200)
        #expect(try company["bo"].post("/v1/redemptions/\(redemption)/cancel", "{}").status == 200)
        #expect(try company.balances("bo") == "100/10")
        #expect(try company.balances("ann") == "100/0")
        let again = try company["bo"].post("/v1/redemptions", #"{"reward": "mug"}"#)
        #expect(again.status == 201)
      }
    }

    @Test("A granted award goes back to its budget, an earning to where it came from")
    func awards() async throws {
      try await Company.with { (company) async throws in
        try company.fund("mo", points: 100)
        let award = try company["mo"].post(
          "/v1/awards", #"{"budget": "Spot", "to": ["ann", "bo"], "message": "Thank you", "points": 20}"#)
        let path = "/v1/awards/\(try #require(award.json["id"]?.text))"
        #expect(try company["fay"].call("DELETE", path).summary == "403 forbidden")
        #expect(try company["admin"].call("DELETE", path).status == 200)
        #expect(try company["admin"].call("DELETE", path).summary == "409 already_reversed")
        #expect(try company.balance("budget") == 100)
        #expect(try company.wallet("ann").points == 0)
        let earning = try company["admin"].post(
          "/v1/earnings", #"{"person": "ann", "points": 30, "reason": "Training", "source": "lms"}"#)
        #expect(earning.status == 201, "\(earning.text)")
        #expect(try company.balances("ann") == "100/30")
        let taken = try company["admin"].call("DELETE", "/v1/earnings/\(try #require(earning.json["id"]?.text))")
        #expect(taken.json["reversed"] == .bool(true), "\(taken.text)")
        #expect(try company.balances("ann") == "100/0")
      }
    }
  }
}
