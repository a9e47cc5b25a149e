import HTTP
import Ledger
import Testing

@testable import Service

extension OnLaurel {
  @Suite("How far a key reaches")
  struct ReachTests {
    private static let change = [("Content-Type", "application/json"), ("If-Match", "*")]

    private func patch(_ path: String, _ body: String, in company: Company, by handle: String = "admin") throws
      -> Answer
    {
      try company[handle].call("PATCH", path, Self.change, body: Array(body.utf8))
    }

    private func key(_ body: String, of handle: String, in company: Company) throws -> String {
      let made = try company["admin"].post("/v1/people/\(handle)/keys", body)
      return try #require(made.json["key"]?.text, "\(made.text)")
    }

    /// A request that changes nothing: what its path names is not there, and it brings no body.
    private func call(_ endpoint: Endpoint, _ key: String, _ company: Company) throws -> Answer {
      let nobody = "00000000-0000-7000-8000-000000000000"
      return try Client(company.laurel.port, key: key).call(
        endpoint.method.rawValue, endpoint.pattern.replacing(/\{\w+\}/, with: nobody))
    }

    // MARK: Scopes

    @Test(
      "A key with a scope reaches what the route table says that the scope covers, whatever its person may, and nothing else"
    )
    func scopes() async throws {
      let both = "both,Bodil Both,both@acme.example,Finance,,finance;rewards;admin\n"
      try await Company.with(Company.people + both) { (company) async throws in
        for scope in Scope.allCases {
          let narrow = try key(Self.body(of: scope), of: "both", in: company)
          for endpoint in Routes.all where endpoint.needsKey {
            let answer = try call(endpoint, narrow, company)
            if endpoint.scope == scope {
              #expect(answer.status != 401 && answer.status != 403, "\(endpoint.name): \(answer.summary)")
            } else {
              #expect(answer.summary == "403 insufficient_scope", "\(scope) \(endpoint.name)")
            }
          }
        }
      }
    }

    private static func body(of scope: Scope) -> String {
      #"{"scopes": ["\#(scope.rawValue)"]\#(scope == .earnings ? #", "source": "lms""# : "")}"#
    }

    @Test("A scope gives nothing that the person may not do, but for the crediting that it was made for")
    func scopesGiveNothing() async throws {
      try await Company.with { (company) async throws in
        for scope in Scope.allCases {
          let narrow = try key(Self.body(of: scope), of: "ann", in: company)
          for endpoint in Routes.all where endpoint.needsKey && endpoint.scope == scope {
            let answer = try call(endpoint, narrow, company)
            if case .roles = endpoint.access, scope != .earnings {
              #expect(answer.summary == "403 forbidden", "\(endpoint.name)")
            } else {
              #expect(answer.status != 401 && answer.status != 403, "\(endpoint.name): \(answer.summary)")
            }
          }
        }
      }
    }

    @Test("A key learns nothing of calls that it is not for: neither their answers nor whether they were made")
    func noOracle() async throws {
      try await Company.with { (company) async throws in
        let reward = #"{"sku": "MUG", "name": "Mug", "price_points": 1}"#
        #expect(try company["admin"].post("/v1/rewards", reward, key: "k1").status == 201)
        let narrow = Client(
          company.laurel.port, key: try key(#"{"scopes": ["recognitions"]}"#, of: "admin", in: company))
        for body in [reward, reward.replacing("Mug", with: "Jug"), "{}"] {
          for idempotencyKey in ["k1", "k2"] {
            let answer = try narrow.post("/v1/rewards", body, key: idempotencyKey)
            #expect(answer.summary == "403 insufficient_scope", "\(body) \(idempotencyKey)")
          }
        }
        // Of what it is for, the first answer is its person's by any of their keys.
        let thanks = #"{"to": ["ann"], "message": "Thank you."}"#
        #expect(try company["admin"].post("/v1/recognitions", thanks, key: "k3").status == 201)
        #expect(try narrow.post("/v1/recognitions", thanks, key: "k3")["Idempotent-Replayed"] == "true")
      }
    }

    // MARK: Leaving

    @Test("Whoever left finance or the administration sees what is theirs alone, and gets no answer of before again")
    func leavers() async throws {
      try await Company.with { (company) async throws in
        try await company.give(["bo", "fay"], points: 50)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 10, "needs_approval": true}"#)
        try company.offer(#"{"sku": "OLD", "name": "Old mug", "price_points": 10, "active": false}"#)
        let (bos, own) = (try company.redeem("MUG", by: "bo"), try company.redeem("MUG", by: "fay"))
        #expect(try company["fay"].post("/v1/redemptions/\(bos)/approve", "{}", key: "k").status == 200)
        #expect(try patch("/v1/people/fay", #"{"roles": ["finance", "admin"]}"#, in: company).status == 200)
        #expect(try company["fay"].get("/v1/redemptions/\(bos)").status == 200)

        #expect(try patch("/v1/people/fay", #"{"active": false}"#, in: company).status == 200)
        let fay = company["fay"]
        #expect(try fay.get("/v1/redemptions").json["data"]?.list.compactMap { $0["id"]?.text } == [own])
        #expect(try fay.get("/v1/redemptions/\(bos)").summary == "404 not_found")
        #expect(try fay.post("/v1/redemptions/\(bos)/cancel", "{}").summary == "404 not_found")
        #expect(try fay.get("/v1/people/bo/statement").summary == "403 forbidden")
        #expect(try fay.get("/v1/people/bo/balances").summary == "403 forbidden")
        #expect(try fay.get("/v1/rewards").json["data"]?.list.compactMap { $0["sku"]?.text } == ["MUG"])
        #expect(try fay.post("/v1/redemptions/\(bos)/approve", "{}", key: "k").summary == "403 inactive_caller")
        #expect(try fay.get("/v1/people/fay/statement").status == 200)
        #expect(try fay.post("/v1/redemptions/\(own)/cancel", "{}").status == 200)
        let seen = try company["admin"].get("/v1/people/fay")
        #expect(seen.json["roles"]?.list.isEmpty == true)
        #expect(try patch("/v1/people/fay", #"{"roles": ["finance"]}"#, in: company).summary == "400 invalid_request")
      }
    }

    @Test("Coming back brings no key and no role of before")
    func comingBack() async throws {
      try await Company.with { (company) async throws in
        let before = try key("{}", of: "fay", in: company)
        #expect(try patch("/v1/people/fay", #"{"active": false}"#, in: company).status == 200)
        let inGrace = try key("{}", of: "fay", in: company)
        for key in [before, inGrace, company.keys["fay"]!] {
          #expect(try Client(company.laurel.port, key: key).get("/v1/me").status == 200)
        }
        #expect(try patch("/v1/people/fay", #"{"active": true}"#, in: company).status == 200)
        for key in [before, inGrace, company.keys["fay"]!] {
          #expect(try Client(company.laurel.port, key: key).get("/v1/me").summary == "401 unauthorized")
        }
        #expect(try company["admin"].get("/v1/people/fay/keys").json["data"]?.list.isEmpty == true)
        let fay = Client(company.laurel.port, key: try key("{}", of: "fay", in: company))
        #expect(try fay.get("/v1/me").json["roles"] == json(#"["employee"]"#))
        #expect(try fay.get("/v1/ledger/verify").summary == "403 forbidden")
      }
    }

    @Test("There is always an admin: the last one neither leaves nor loses the role, by whichever way")
    func lastAdmin() async throws {
      try await Company.with { (company) async throws in
        for change in [#"{"active": false}"#, #"{"roles": []}"#, #"{"roles": ["finance"]}"#] {
          #expect(try patch("/v1/people/admin", change, in: company).summary == "409 last_admin", "\(change)")
        }
        await #expect(throws: (any Error).self) {
          try await company.laurel.administration.importPeople(
            Array("handle,name,roles\nadmin,Administrator,finance\n".utf8), organization: company.slug
          ) { _, _ in }
        }
        #expect(try company["admin"].get("/v1/me").json["roles"] == json(#"["employee", "admin"]"#))
        // An admin who has left is none.
        #expect(try patch("/v1/people/fay", #"{"roles": ["admin"]}"#, in: company).status == 200)
        #expect(try patch("/v1/people/fay", #"{"active": false}"#, in: company).status == 200)
        #expect(try patch("/v1/people/admin", #"{"roles": []}"#, in: company).summary == "409 last_admin")
        #expect(try patch("/v1/people/ann", #"{"roles": ["admin"]}"#, in: company).status == 200)
        #expect(try patch("/v1/people/admin", #"{"active": false}"#, in: company, by: "ann").status == 200)
        #expect(try patch("/v1/people/ann", #"{"active": false}"#, in: company, by: "ann").summary == "409 last_admin")
      }
    }

    // MARK: What is somebody else's

    @Test("A budget of somebody else's and one that is not there are told apart by nobody")
    func budgets() async throws {
      try await Company.with { (company) async throws in
        let budget = try company.fund("fay", points: 100, name: "Secret")
        var answers: Set<String> = []
        for named in ["Secret", budget, "Nonesuch", "00000000-0000-7000-8000-000000000000"] {
          for query in ["", "?dry_run=true"] {
            let answer = try company["mo"].post(
              "/v1/awards\(query)", #"{"budget": "\#(named)", "to": ["ann"], "message": "Thank you", "points": 1}"#)
            #expect(answer.summary == "404 unknown_budget", "\(named)")
            answers.insert(answer.json["detail"]?.text ?? "")
          }
        }
        #expect(answers.count == 1)
      }
    }
  }
}
