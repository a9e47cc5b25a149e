import HTTP
import Ledger
import Testing

@testable import Service

extension OnLaurel {
  /// What is promised of a kind of endpoint, tried at each one of the route table.
  @Suite("Of every endpoint")
  struct RouteTableTests {
    /// One call that changes something. `{…}` in its path or body is an id that an earlier step's answer had.
    private struct Step {
      let name: String
      let handle: String
      let path: String
      let body: String

      init(_ name: String, by handle: String = "admin", _ path: String, _ body: String = "{}") {
        (self.name, self.handle, self.path, self.body) = (name, handle, path, body)
      }
    }

    /// Every POST and DELETE of the route table, in an order that gives each one something to work on.
    private static let steps = [
      Step("createPerson", "/v1/people", #"{"handle": "eve", "name": "Eve Evans"}"#),
      Step("createKey", "/v1/people/eve/keys"),
      Step("createOwnKey", by: "ann", "/v1/me/keys"),
      Step("revokeOwnKey", by: "ann", "/v1/me/keys/{createOwnKey}", ""),
      Step("revokeKey", "/v1/keys/{createKey}", ""),
      Step("createValue", "/v1/values", #"{"slug": "be-brave", "name": "Be brave"}"#),
      Step("recognise", by: "ann", "/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 5}"#),
      Step("boost", by: "mo", "/v1/recognitions/{recognise}/boosts", #"{"points": 2}"#),
      Step("reverseRecognition", by: "ann", "/v1/recognitions/{recognise}", ""),
      Step("topUp", "/v1/people/ann/top-ups", #"{"points": 10, "reason": "Launch"}"#),
      Step("earn", "/v1/earnings", #"{"person": "bo", "points": 500, "reason": "Training", "source": "lms"}"#),
      Step("adjust", "/v1/adjustments", #"{"person": "ann", "points": 500, "reason": "Forgotten"}"#),
      Step(
        "createReward", "/v1/rewards",
        #"{"sku": "MUG", "name": "Mug", "price_points": 10, "stock": 9, "needs_approval": true}"#),
      Step("moveStock", "/v1/rewards/MUG/stock", #"{"delta": 2}"#),
      Step("redeem", by: "ann", "/v1/redemptions", #"{"reward": "MUG"}"#),
      Step("approveRedemption", by: "fay", "/v1/redemptions/{redeem}/approve"),
      Step("fulfilRedemption", by: "fay", "/v1/redemptions/{redeem}/fulfil", #"{"code": "ABCD"}"#),
      Step("refundRedemption", by: "fay", "/v1/redemptions/{redeem}/refund"),
      Step("redeem", by: "ann", "/v1/redemptions", #"{"reward": "MUG", "note": "to be declined"}"#),
      Step("declineRedemption", by: "fay", "/v1/redemptions/{redeem}/decline"),
      Step("redeem", by: "ann", "/v1/redemptions", #"{"reward": "MUG", "note": "to be cancelled"}"#),
      Step("cancelRedemption", by: "ann", "/v1/redemptions/{redeem}/cancel"),
      Step("reverseEarning", "/v1/earnings/{earn}", ""),
      Step(
        "createBudget", "/v1/budgets",
        #"{"name": "B", "owner": "mo", "points": 500, "approval_above": 0, "period": {"from": "2020-01-01", "to": "2999-12-31"}}"#
      ),
      Step("fundBudget", by: "fay", "/v1/budgets/{createBudget}/fund", #"{"points": 5}"#),
      Step("award", by: "mo", "/v1/awards", #"{"budget": "B", "to": ["ann"], "message": "Thank you", "points": 5}"#),
      Step("approveAward", by: "fay", "/v1/awards/{award}/approve"),
      Step("reverseAward", "/v1/awards/{award}", ""),
      Step("award", by: "mo", "/v1/awards", #"{"budget": "B", "to": ["bo"], "message": "Thank you", "points": 5}"#),
      Step("declineAward", by: "fay", "/v1/awards/{award}/decline"),
    ]

    @Test("A repeat under its key is answered as the first time and changes nothing; another request is refused")
    func idempotency() async throws {
      let writing = Routes.all.filter { $0.method == .post || $0.method == .delete }
      #expect(Set(writing.map(\.name)) == Set(Self.steps.map(\.name)), "a write has no step here")
      try await Company.with { (company) async throws in
        var ids: [String: String] = [:]
        for (number, step) in Self.steps.enumerated() {
          let endpoint = try #require(writing.first { $0.name == step.name })
          func filled(_ text: String) -> String {
            ids.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }
          }
          let client = company[step.handle]
          let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "step \(number)")]
          func call(_ query: String = "", headers: [(String, String)] = headers) throws -> Answer {
            try client.call(
              endpoint.method.rawValue, filled(step.path) + query, headers, body: Array(filled(step.body).utf8))
          }
          let first = try call()
          #expect((200...204).contains(first.status), "\(step.name): \(first.text)")
          #expect(first["Idempotent-Replayed"] == nil, "\(step.name)")
          let position = try #require(first["Ledger-Position"], "\(step.name)")
          #expect(try company.position() == Int64(position), "\(step.name)")

          let again = try call()
          #expect(again.status == first.status && again["Idempotent-Replayed"] == "true", "\(step.name)")
          #expect(again["Ledger-Position"] == position, "\(step.name)")
          #expect(again["Location"] == first["Location"] && again["ETag"] == first["ETag"], "\(step.name)")
          if ["createKey", "createOwnKey"].contains(step.name) {
            #expect(again.json["id"] == first.json["id"] && again.json["key"] == .null)
          } else {
            #expect(again.body == first.body, "\(step.name)")
          }
          #expect(try call("?dry_run=false").summary == "422 idempotency_key_reused", "\(step.name)")
          #expect(try company.position() == Int64(position), "\(step.name)")
          if let id = first.json["id"]?.text { ids[step.name] = id }
        }
      }
    }

    @Test(
      "A single object has a strong ETag; who knows it, in whichever list, is told so, and everybody else gets the object"
    )
    func tags() async throws {
      let tagged = Routes.all.filter { endpoint in endpoint.answers.contains { $0.status == 304 } }
      let objects = Routes.all.filter { endpoint in
        guard endpoint.method == .get, case .json(let schema)? = endpoint.answers[0].content else { return false }
        // Of lists and of what is counted anew each time there is no single one.
        let name = schema.name ?? ""
        return !name.hasSuffix("Page") && endpoint.needsKey
          && !["Leaderboard", "Verification", "BalancesAsOf", "CapWarnings", ""].contains(name)
      }
      #expect(Set(tagged.filter(\.needsKey).map(\.name)) == Set(objects.map(\.name)))
      try await Company.with { (company) async throws in
        var ids: [String: String] = [:]
        for step in Self.steps
        where ["createReward", "recognise", "adjust", "createBudget", "redeem", "award"].contains(step.name) {
          let answer = try company[step.handle].post(step.path, step.body)
          if ids[step.name] == nil { ids[step.name] = answer.json["id"]?.text }
        }
        let paths = [
          "getMe": "/v1/me", "getPerson": "/v1/people/ann", "getValue": "/v1/values/be-helpful",
          "getProgram": "/v1/program", "getOrganization": "/v1/organization",
          "getRecognition": "/v1/recognitions/\(ids["recognise"] ?? "")", "getReward": "/v1/rewards/MUG",
          "getRedemption": "/v1/redemptions/\(ids["redeem"] ?? "")",
          "getBudget": "/v1/budgets/\(ids["createBudget"] ?? "")",
          "getAward": "/v1/awards/\(ids["award"] ?? "")", "getOpenAPI": "/openapi.json", "getDocs": "/docs",
          "getDocsFolder": "/docs/", "getHome": "/", "getProblem": "/problems/not_found",
        ]
        let admin = company["admin"]
        for endpoint in tagged {
          let path = try #require(paths[endpoint.name], "\(endpoint.name) is not tried")
          let seen = try admin.get(path)
          let tag = try #require(seen["ETag"], "\(endpoint.name)")
          #expect(seen.status == 200 && !tag.hasPrefix("W/"), "\(endpoint.name)")
          for known in [tag, "W/\(tag)", "\"other\", \(tag)", "W/\"other\",W/\(tag) , \"more\"", "*"] {
            let answer = try admin.get(path, [("If-None-Match", known)])
            #expect(answer.status == 304 && answer["ETag"] == tag && answer.body.isEmpty, "\(endpoint.name) \(known)")
          }
          #expect(try admin.get(path, [("If-None-Match", "\"other\""), ("If-None-Match", tag)]).status == 304)
          for other in ["\"other\"", "\"other\", W/\"more\"", String(tag.dropFirst().dropLast()), "nonsense", ""] {
            let answer = try admin.get(path, [("If-None-Match", other)])
            #expect(answer.status == 200 && answer.body == seen.body, "\(endpoint.name) \(other)")
          }
        }
      }
    }

    @Test(
      "A change takes the ETag of what is changed, by strong comparison, whatever has moved besides",
      arguments: [
        ("/v1/people/bo", #"{"team": "T%"}"#), ("/v1/values/be-helpful", #"{"name": "N%"}"#),
        ("/v1/rewards/MUG", #"{"name": "N%"}"#), ("/v1/program", #"{"max_points": 9%}"#),
        ("/v1/organization", #"{"name": "N%"}"#),
      ])
    func changes(_ path: String, _ change: String) async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 1, "stock": 5}"#)
        var count = 0
        func patch(_ known: [String]) throws -> Answer {
          count += 1
          let body = change.replacing("%", with: "\(count)")
          return try admin.call(
            "PATCH", path, [("Content-Type", "application/json")] + known.map { ("If-Match", $0) },
            body: Array(body.utf8))
        }
        func tag() throws -> String { try #require(try admin.get(path)["ETag"]) }
        let old = try tag()
        #expect(try patch([]).summary == "428 precondition_required")
        for stale in ["\"0\"", "W/\(old)", "\"0\", W/\(old)", "nonsense", String(old.dropFirst().dropLast())] {
          #expect(try patch([stale]).summary == "412 precondition_failed", "\(stale)")
        }
        #expect(try tag() == old)
        for known in [["\"0\", \(old)"], ["*"], ["\"0\"", "%"], ["W/\"0\",%"]] {
          let now = try tag()
          #expect(try patch(known.map { $0.replacing("%", with: now) }).status == 200, "\(known)")
          #expect(try tag() != now)
        }
        #expect(try patch([old]).summary == "412 precondition_failed")

        // Balances and stock move without anybody's editing: that is no conflict.
        let before = try tag()
        #expect(
          try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 1}"#).status
            == 201)
        #expect(try admin.post("/v1/rewards/MUG/stock", #"{"delta": 1}"#).status == 200)
        #expect(try tag() == before)
        #expect(try admin.get(path, [("If-None-Match", before)]).status == 304)
        #expect(try patch([before]).status == 200)
      }
    }
  }
}

extension Company {
  fileprivate func position() throws -> Int64? {
    try self["admin"].get("/v1/ledger/verify").json["position"]?.number
  }
}
