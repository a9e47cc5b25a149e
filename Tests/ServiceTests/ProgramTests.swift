import HTTP
import Testing

extension OnLaurel {
  @Suite("The programme's rules")
  struct ProgramTests {
    /// Changes the rules as an admin, whatever they were.
    private func change(_ company: Company, _ body: String) throws -> Answer {
      let tag = try #require(try company["admin"].get("/v1/program")["ETag"])
      return try company["admin"].call(
        "PATCH", "/v1/program", [("Content-Type", "application/json"), ("If-Match", tag)], body: Array(body.utf8))
    }

    @Test("They are as the contract has them, change in versions, and not by what was read before")
    func versions() async throws {
      try await Company.with { (company) async throws in
        let first = try company["admin"].get("/v1/program")
        let expected = try json(
          """
          {"allowance": {"points": 100, "period": "month", "by_role": {}}, "max_points": 100, "max_recipients": 100,
           "recipient_cap": {"share": 0.5, "mode": "warn"}, "expiry_months": null, "leaver_grace_days": 30,
           "point_value": {"amount": "0.10", "currency": "EUR"}, "private_allowed": true, "givers": "everyone",
           "free_thanks_a_day": 3, "separation_of_duties": true, "private_on_boards": false, "version": 1}
          """)
        #expect(first.json == expected)
        #expect(try company["fay"].get("/v1/program").body == first.body)
        let changed = try change(company, #"{"allowance": {"by_role": {"finance": 150}}, "max_points": 50}"#)
        #expect(changed.status == 200, "\(changed.text)")
        #expect(changed.json["version"]?.number == 2)
        #expect(changed.json["allowance"]?["points"]?.number == 100)
        let stale = try company["admin"].call(
          "PATCH", "/v1/program", [("Content-Type", "application/json"), ("If-Match", first["ETag"] ?? "")],
          body: Array(#"{"max_points": 60}"#.utf8))
        #expect(stale.summary == "412 precondition_failed")
        #expect(try change(company, #"{"max_points": 50}"#).json["version"]?.number == 2)
        #expect(try company.balances("fay") == "150/0")
        #expect(
          try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 51}"#).summary
            == "422 too_many_points"
        )
        #expect(try change(company, #"{"max_recipients": 0}"#).summary == "400 invalid_request")
        #expect(try change(company, #"{"recipient_cap": {"share": 1.5}}"#).summary == "400 invalid_request")
        func worth(_ amount: String) -> String { #"{"point_value": {"amount": "\#(amount)", "currency": "EUR"}}"# }
        #expect(try change(company, worth("99999999.99")).json["point_value"]?["amount"]?.text == "99999999.99")
        #expect(try change(company, worth("100000000")).pointers == ["/point_value"])
        #expect(try change(company, worth("0.005")).pointers == ["/point_value/amount"])
        // Nobody's rules change by a null.
        for member in [
          "max_points", "max_recipients", "leaver_grace_days", "private_allowed", "allowance", "point_value",
        ] {
          #expect(try change(company, #"{"\#(member)": null}"#).pointers == ["/\(member)"])
        }
      }
    }

    @Test("A cap to one recipient warns admins, or refuses; what was taken back no longer counts")
    func cap() async throws {
      try await Company.with { (company) async throws in
        let first = try company["ann"].post(
          "/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 40}"#)
        #expect(
          try company["ann"].post("/v1/recognitions", #"{"to": ["bo", "cy"], "message": "Thank you", "points": 20}"#)
            .status == 201)
        let warnings = try company["admin"].get("/v1/program/warnings").json["data"]?.list ?? []
        #expect(warnings.map { $0["points"]?.number } == [60])
        #expect(warnings.first?["giver"]?["handle"]?.text == "ann")
        #expect(warnings.first?["cap"]?.number == 50)
        #expect(try change(company, #"{"recipient_cap": {"mode": "block"}}"#).status == 200)
        let more = #"{"to": ["bo"], "message": "Thank you", "points": 1}"#
        #expect(try company["ann"].post("/v1/recognitions", more).summary == "422 recipient_cap_reached")
        #expect(try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you"}"#).status == 201)
        let id = try #require(first.json["id"]?.text)
        #expect(
          try company["di"].post("/v1/recognitions/\(id)/boosts", #"{"points": 51}"#).summary
            == "422 recipient_cap_reached")
        #expect(try company["ann"].call("DELETE", "/v1/recognitions/\(id)").status == 200)
        #expect(
          try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 30}"#).status
            == 201)
        #expect(try company["ann"].post("/v1/recognitions", more).summary == "422 recipient_cap_reached")
      }
    }

    @Test("Points are given by everyone, by managers, or by nobody; thanks without points by all")
    func givers() async throws {
      try await Company.with { (company) async throws in
        let points = #"{"to": ["cy"], "message": "Thank you", "points": 1}"#
        #expect(try change(company, #"{"givers": "managers"}"#).status == 200)
        #expect(try company["ann"].post("/v1/recognitions", points).summary == "403 giving_not_allowed")
        #expect(try company["mo"].post("/v1/recognitions", points).status == 201)
        #expect(try change(company, #"{"givers": "nobody", "private_allowed": false}"#).status == 200)
        #expect(try company["mo"].post("/v1/recognitions", points).summary == "403 giving_not_allowed")
        #expect(try company["ann"].post("/v1/recognitions", #"{"to": ["cy"], "message": "Thank you"}"#).status == 201)
        let hidden = try company["ann"].post(
          "/v1/recognitions", #"{"to": ["cy"], "message": "Thank you", "visibility": "private"}"#)
        #expect(hidden.summary == "422 private_not_allowed")
      }
    }

    @Test("Somebody's own allowance, top-ups and shorter periods add up; adjustments say why")
    func allowances() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        let tag = try #require(try admin.get("/v1/people/ann")["ETag"])
        let own = try admin.call(
          "PATCH", "/v1/people/ann", [("Content-Type", "application/json"), ("If-Match", tag)],
          body: Array(#"{"allowance_points": 20}"#.utf8))
        #expect(own.json["allowance_points"]?.number == 20, "\(own.text)")
        #expect(try company.balances("ann") == "20/0")
        let top = try admin.post("/v1/people/ann/top-ups", #"{"points": 5, "reason": "Conference"}"#)
        #expect(top.status == 201, "\(top.text)")
        #expect(try company.balances("ann") == "25/0")
        #expect(
          try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 22}"#).status
            == 201)
        #expect(try company.balances("ann") == "3/0")
        #expect(
          try company["ann"].post("/v1/people/ann/top-ups", #"{"points": 5, "reason": "x"}"#).summary == "403 forbidden"
        )

        let adjusted = try admin.post("/v1/adjustments", #"{"person": "bo", "points": -2, "reason": "Counted twice"}"#)
        #expect(adjusted.status == 201, "\(adjusted.text)")
        #expect(try company.balances("bo") == "100/20")
        let tooMuch = try admin.post("/v1/adjustments", #"{"person": "bo", "points": -21, "reason": "x"}"#)
        #expect(tooMuch.summary == "409 insufficient_points")
        #expect(try admin.post("/v1/adjustments", #"{"person": "bo", "points": 0, "reason": "x"}"#).status == 400)
        #expect(try admin.post("/v1/adjustments", #"{"person": "bo", "points": 3}"#).status == 400)
        let tried = try admin.post("/v1/adjustments?dry_run=true", #"{"person": "bo", "points": 3, "reason": "x"}"#)
        #expect(tried.json["dry_run"] == .bool(true))
        #expect(try company.balance("adjusted") == 2)

        // As of any position.
        let position = try #require(top["Ledger-Position"])
        let before = try company["ann"].get("/v1/people/ann/balances?position=\(position)").json
        #expect(before["balances"]?["allowance"]?.number == 25)
        let now = try company["fay"].get("/v1/people/ann/balances").json
        #expect(now["balances"]?["allowance"]?.number == 3)
        #expect(try company["bo"].get("/v1/people/ann/balances").summary == "403 forbidden")
      }
    }

    @Test("A verification goes on from a trusted position, and finds when that is no longer what it was")
    func since() async throws {
      try await Company.with { (company) async throws in
        let first = try company["fay"].get("/v1/ledger/verify").json
        let (position, hash) = (try #require(first["position"]?.number), try #require(first["head_hash"]?.text))
        #expect(
          try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 22}"#).status
            == 201)
        let next = try company["fay"].get("/v1/ledger/verify?since=\(position):\(hash)").json
        #expect(next["ok"] == .bool(true), "\(next)")
        #expect(next["position"]?.number == position + 2)
        let other = String(hash.reversed())
        for word in ["since", "against"] {
          let found = try company["fay"].get("/v1/ledger/verify?\(word)=\(position):\(other)").json
          #expect(found["ok"] == .bool(false))
          #expect(found["problems"]?.list.first?["invariant"]?.text == "witness")
          #expect(found["problems"]?.list.first?["position"]?.number == position)
        }
        #expect(try company["fay"].get("/v1/ledger/verify?since=1").summary == "400 invalid_parameter")
      }
    }
  }
}
