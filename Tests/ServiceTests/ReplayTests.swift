import HTTP
import Testing

extension OnLaurel {
  @Suite("A replay")
  struct ReplayTests {
    @Test("comes before every check but authentication: also of what could no longer be asked for")
    func beforeChecks() async throws {
      try await Company.with { company in
        let (ann, admin) = (company["ann"], company["admin"])
        let body = #"{"to": ["bo"], "message": "Thank you", "points": 5}"#
        let first = try ann.post("/v1/recognitions", body, key: "k")
        let again = try ann.post("/v1/recognitions", body, key: "k", [("Content-Type", "text/plain")])
        #expect(again["Idempotent-Replayed"] == "true" && again.body == first.body)

        let made = try admin.post("/v1/people/bo/keys", "{}", key: "k")
        let toppedUp = try admin.post("/v1/people/bo/top-ups", #"{"points": 5, "reason": "More"}"#, key: "t")
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 1, "stock": 1}"#)
        let stocked = try admin.post("/v1/rewards/MUG/stock", #"{"delta": 2}"#, key: "s")
        for (path, change) in [("/v1/people/bo", #"{"handle": "bob"}"#), ("/v1/rewards/MUG", #"{"sku": "CUP"}"#)] {
          let headers = [("Content-Type", "application/json"), ("If-Match", "*")]
          #expect(try admin.call("PATCH", path, headers, body: Array(change.utf8)).status == 200)
        }
        let keyAgain = try admin.post("/v1/people/bo/keys", "{}", key: "k")
        #expect(keyAgain["Idempotent-Replayed"] == "true" && keyAgain.json["id"] == made.json["id"])
        let topUpAgain = try admin.post("/v1/people/bo/top-ups", #"{"points": 5, "reason": "More"}"#, key: "t")
        #expect(topUpAgain["Idempotent-Replayed"] == "true" && topUpAgain.json["id"] == toppedUp.json["id"])
        let stockAgain = try admin.post("/v1/rewards/MUG/stock", #"{"delta": 2}"#, key: "s")
        #expect(stockAgain["Ledger-Position"] == stocked["Ledger-Position"])
        #expect(try admin.post("/v1/people/bo/keys", "{}", key: "other").summary == "404 not_found")
      }
    }

    @Test("of a recognition shows neither boosts nor a reversal that came later")
    func recognition() async throws {
      try await Company.with { company in
        let body = #"{"to": ["bo"], "points": 5, "message": "Thanks."}"#
        let first = try company["ann"].post("/v1/recognitions", body, key: "k")
        let path = try "/v1/recognitions/\(#require(first.json["id"]?.text))"
        #expect(try company["cy"].post("\(path)/boosts", #"{"points": 1}"#).status == 201)
        #expect(try company["ann"].post("/v1/recognitions", body, key: "k").body == first.body)
        #expect(try company["ann"].call("DELETE", path).status == 200)
        #expect(try company["ann"].post("/v1/recognitions", body, key: "k").body == first.body)
      }
    }

    @Test(
      "of a redemption's request or step says where it stood then",
      arguments: [
        (#""needs_approval": true"#, ["approve", "fulfil", "refund"]), (#""needs_approval": true"#, ["decline"]),
        (#""needs_approval": true"#, ["cancel"]), (#""needs_approval": false"#, ["fulfil"]),
        (#""needs_approval": false"#, ["cancel"]), (#""fulfilment": "instant""#, ["refund"]),
      ])
    func redemption(_ kind: String, _ moves: [String]) async throws {
      try await Company.with { company in
        try await company.give(["fay"], points: 50)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 20, \#(kind)}"#)
        // Finance redeems for herself, so that she makes every step and sees every code; the programme lets her.
        let rules = Array(#"{"separation_of_duties": false}"#.utf8)
        let headers = [("Content-Type", "application/json"), ("If-Match", "*")]
        #expect(try company["admin"].call("PATCH", "/v1/program", headers, body: rules).status == 200)
        let fay = company["fay"]
        var asked: [(path: String, answer: Answer)] = []
        func ask(_ path: String, _ body: String) throws {
          let answer = try fay.post(path, body, key: "k\(asked.count)")
          #expect(answer["Idempotent-Replayed"] == nil && answer.status < 300, "\(answer.text)")
          asked.append((path, answer))
        }
        func body(of path: String) -> String {
          path.hasSuffix("fulfil") ? #"{"code": "C-1"}"# : path.hasSuffix("s") ? #"{"reward": "MUG"}"# : "{}"
        }
        try ask("/v1/redemptions", #"{"reward": "MUG"}"#)
        let id = try #require(asked[0].answer.json["id"]?.text)
        for move in moves { try ask("/v1/redemptions/\(id)/\(move)", body(of: move)) }
        for (index, (path, answer)) in asked.enumerated() {
          let again = try fay.post(path, body(of: path), key: "k\(index)")
          #expect(again["Idempotent-Replayed"] == "true")
          #expect(again.status == answer.status)
          #expect(again["Ledger-Position"] == answer["Ledger-Position"], "\(path)")
          #expect(again.text == answer.text, "\(path)")
        }
      }
    }

    @Test("of an award says whether it waited for approval then")
    func award() async throws {
      try await Company.with { company in
        let budget = try company.fund("mo", points: 10, #""approval_above": 3,"#)
        for (points, move) in [(4, "approve"), (4, "decline"), (2, nil)] as [(Int, String?)] {
          let body =
            #"{"budget": "\#(budget)", "to": ["\#(move == nil ? "bo" : "ann")"], "points": \#(points), "message": "Well done."}"#
          let key = "k\(points)\(move ?? "")"
          let first = try company["mo"].post("/v1/awards", body, key: key)
          #expect(first.json["state"]?.text == (points > 3 ? "pending_approval" : "granted"))
          let path = try "/v1/awards/\(#require(first.json["id"]?.text))/\(move ?? "")"
          if move != nil {
            let decided = try company["fay"].post(path, "{}", key: key)
            #expect(decided.status == 200)
            #expect(try company["fay"].post(path, "{}", key: key).body == decided.body)
          }
          let again = try company["mo"].post("/v1/awards", body, key: key)
          #expect(again["Idempotent-Replayed"] == "true")
          #expect(again.text == first.text)
        }
      }
    }

    @Test("of what was made and has changed since shows it as it was made")
    func made() async throws {
      try await Company.with { company in
        let admin = company["admin"]
        let asked: [(path: String, body: String)] = [
          ("/v1/values", ##"{"slug": "be-bold", "name": "Be bold", "description": "One\r\nTwo"}"##),
          (
            "/v1/people",
            ##"{"handle": "eve", "name": "Eve manager 00000000-0000-0000-0000-000000000001", "email": "eve@acme.example", "manager": "mo", "roles": ["finance"],"##
              + ##" "team": "Sales", "joined": "2026-01-31", "time_zone": "Europe/Paris"}"##
          ),
          (
            "/v1/rewards",
            ##"{"sku": "CUP", "name": "Cup of tea", "description": "kind\tx\r\nname\ty\r", "price_points": 7, "stock": 3,"##
              + ##" "cost": {"amount": "1.25", "currency": "EUR"}, "image_url": "/cup.png", "taxable": true}"##
          ),
          ("/v1/rewards/CUP/stock", #"{"delta": 4}"#),
          (
            "/v1/budgets",
            #"{"name": "Spot", "owner": "mo", "points": 50, "period": {"from": "2026-01-01", "to": "2099-12-31"}}"#
          ),
        ]
        var first = try asked.enumerated().map { try admin.post($1.path, $1.body, key: "k\($0)") }
        #expect(first.allSatisfy { $0.status < 300 && $0["Idempotent-Replayed"] == nil })
        let budget = try #require(first[4].json["id"]?.text)
        first.append(try admin.post("/v1/budgets/\(budget)/fund", #"{"points": 5}"#, key: "k5"))

        let headers = [("Content-Type", "application/json"), ("If-Match", "*")]
        for (path, change) in [
          ("/v1/values/be-bold", #"{"name": "Bolder", "active": false}"#),
          ("/v1/people/eve", #"{"handle": "eva", "name": "Eva", "manager": null, "roles": [], "allowance_points": 7}"#),
          ("/v1/rewards/CUP", #"{"name": "Beaker", "price_points": 8, "taxable": false, "image_url": null}"#),
          ("/v1/rewards/CUP", #"{"sku": "BEAKER", "active": false}"#),
          ("/v1/program", #"{"allowance": {"points": 33}}"#),
        ] {
          let changed = try admin.call("PATCH", path, headers, body: Array(change.utf8))
          #expect(changed.status == 200, "\(changed.text)")
        }
        #expect(try admin.post("/v1/rewards/BEAKER/stock", #"{"delta": -5}"#).status == 200)
        #expect(try admin.post("/v1/budgets/\(budget)/fund", #"{"points": 6}"#).status == 200)

        let all = asked + [("/v1/budgets/\(budget)/fund", #"{"points": 5}"#)]
        for (index, (path, body)) in all.enumerated() {
          let again = try admin.post(path, body, key: "k\(index)")
          #expect(again["Idempotent-Replayed"] == "true", "\(path)")
          #expect(again.status == first[index].status && again.text == first[index].text, "\(path)")
          for name in ["ETag", "Location", "Ledger-Position"] {
            #expect(again[name] == first[index][name], "\(path) \(name)")
          }
        }
      }
    }

    @Test("of somebody whose manager has another name now names the manager as they are called now")
    func renamedManager() async throws {
      try await Company.with { company in
        let admin = company["admin"]
        let body = ##"{"handle": "eve", "name": "Eve", "manager": "mo"}"##
        let first = try admin.post("/v1/people", body, key: "k")
        let headers = [("Content-Type", "application/json"), ("If-Match", "*")]
        #expect(
          try admin.call("PATCH", "/v1/people/mo", headers, body: Array(##"{"handle": "moe"}"##.utf8)).status == 200)
        let again = try admin.post("/v1/people", body, key: "k")
        #expect(again.status == 201 && again["Idempotent-Replayed"] == "true", "\(again.text)")
        #expect(again.json["manager"]?["id"] == first.json["manager"]?["id"])
        #expect(again.json["manager"]?["handle"]?.text == "moe")
        // No name can look like a manager's line.
        let odd = ##"{"handle": "odd", "name": "Odd\nmanager\t\##(first.json["id"]?.text ?? "")\n"}"##
        #expect(try admin.post("/v1/people", odd).summary == "400 invalid_request")
      }
    }
  }
}
