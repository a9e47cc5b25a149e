import HTTP
import Ledger
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Who may call what")
  struct AccessTests {
    /// Somebody who calls, and what roles they have.
    private struct Part: Sendable, CustomTestStringConvertible {
      let handle: String
      let roles: Set<Role>
      var testDescription: String { handle }
    }

    private static let parts = [
      Part(handle: "ann", roles: []), Part(handle: "mo", roles: []), Part(handle: "fay", roles: [.finance]),
      Part(handle: "rae", roles: [.rewards]),
      Part(handle: "admin", roles: [.admin]), Part(handle: "both", roles: [.finance, .admin]),
    ]

    /// A request for it that changes nothing: what it names is not there.
    private func call(_ endpoint: Endpoint, _ client: Client) throws -> Answer {
      let path = endpoint.path.reduce(endpoint.pattern) { pattern, parameter in
        pattern.replacing("{\(parameter.name)}", with: Self.nobody)
      }
      return try client.call(endpoint.method.rawValue, path)
    }

    private static let nobody = "00000000-0000-7000-8000-000000000000"

    @Test("Nobody without a key that works, unless it is for anyone")
    func withoutKey() async throws {
      try await Company.with { (company) async throws in
        let wrong = "laurel_\(company.number)_\(String(repeating: "A", count: 43))"
        for endpoint in Routes.all {
          for key in [nil, wrong, "nonsense"] {
            let answer = try call(endpoint, Client(company.laurel.port, key: key))
            // A page of what is not there is not there.
            let expected = endpoint.needsKey ? "401 unauthorized" : endpoint.path.isEmpty ? "200" : "404 not_found"
            #expect(answer.summary == expected, "\(endpoint.name)")
          }
        }
      }
    }

    @Test("What takes a role is refused to whoever has not got it, and nobody else", arguments: parts)
    private func roles(_ part: Part) async throws {
      let others = """
        both,Bodil Both,both@acme.example,Finance,,finance;admin
        rae,Rae Rask,rae@acme.example,Facilities,,rewards

        """
      try await Company.with(Company.people + others) { (company) async throws in
        for endpoint in Routes.all {
          // A connection each, since streams are not read here.
          let answer = try call(endpoint, company[part.handle])
          if case .roles(let roles) = endpoint.access, roles.isDisjoint(with: part.roles) {
            #expect(answer.summary == "403 forbidden", "\(endpoint.name)")
          } else {
            #expect(answer.status != 401 && answer.status != 403, "\(endpoint.name): \(answer.summary)")
          }
        }
      }
    }

    @Test("Whoever left may redeem what is theirs while their grace lasts, and nothing else; then nothing at all")
    func leavers() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        let change = [("Content-Type", "application/json"), ("If-Match", "*")]
        for handle in ["ann", "fay"] {
          let left = try admin.call("PATCH", "/v1/people/\(handle)", change, body: Array(#"{"active": false}"#.utf8))
          #expect(left.status == 200 && left.json["roles"]?.list.isEmpty == true)
          #expect(try company[handle].get("/v1/me").json["roles"]?.list.isEmpty == true)
          for endpoint in Routes.all where endpoint.needsKey {
            let answer = try call(endpoint, company[handle])
            if endpoint.isForLeavers {
              #expect(answer.status != 401 && answer.status != 403, "\(endpoint.name): \(answer.summary)")
            } else {
              #expect(answer.summary == "403 inactive_caller", "\(endpoint.name)")
            }
          }
        }
        #expect(
          Routes.all.filter(\.isForLeavers).map(\.name).sorted() == [
            "cancelRedemption", "getBalances", "getMe", "getRedemption", "getReward", "getStatement", "listRedemptions",
            "listRewards", "redeem",
          ])
        #expect(try company["ann"].get("/v1/me", [("Min-Ledger-Position", "1")]).status == 200)
        let noGrace = try admin.call("PATCH", "/v1/program", change, body: Array(#"{"leaver_grace_days": 0}"#.utf8))
        #expect(noGrace.status == 200)
        try Session.intruder().run(
          "UPDATE people SET left_on = current_date - 2 WHERE handle = 'ann' AND org_id = \(company.number)")
        for endpoint in Routes.all where endpoint.needsKey {
          #expect(try call(endpoint, company["ann"]).summary == "401 unauthorized", "\(endpoint.name)")
        }
      }
    }

    @Test("What belongs to another organisation is not there, whoever asks and whatever they want with it")
    func others() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        func id(_ path: String, _ body: String, by handle: String = "admin") throws -> String {
          let answer = try company[handle].post(path, body)
          return try #require(answer.json["id"]?.text, "\(answer.text)")
        }
        let objects = [
          "people": try company.id("bo"),
          "recognitions": try id("/v1/recognitions", #"{"text": "+1 @bo thanks"}"#, by: "ann"),
          "rewards": try id(
            "/v1/rewards",
            #"{"sku": "mug", "name": "Mug", "price_points": 1, "needs_approval": true, "stock": 5}"#),
          "redemptions": try id("/v1/redemptions", #"{"reward": "mug"}"#, by: "bo"),
          "budgets": try id(
            "/v1/budgets",
            #"{"name": "B", "owner": "mo", "points": 500, "period": {"from": "2020-01-01", "to": "2999-12-31"}, "#
              + #""approval_above": 0}"#),
          "awards": "",
          "earnings": try id("/v1/earnings", #"{"person": "bo", "points": 1, "reason": "r", "source": "s"}"#),
          "keys": try id("/v1/people/bo/keys", "{}"), "values": "only-here",
        ]
        #expect(try admin.post("/v1/values", #"{"slug": "only-here", "name": "Only here"}"#).status == 201)
        let budget = try #require(objects["budgets"])
        let award = try id(
          "/v1/awards", #"{"budget": "\#(budget)", "to": ["ann"], "message": "Thank you", "points": 5}"#, by: "mo")

        try await Company.with { (other) async throws in
          let stranger = other["admin"]
          var seen: Set<String> = []
          for endpoint in Routes.all
          where endpoint.needsKey && endpoint.pattern.contains("{") && endpoint.path[0].name != "metric" {
            let steps = endpoint.pattern.split(separator: "/").dropFirst()
            let kind = String(try #require(steps.first { $0 != "me" }))
            seen.insert(kind)
            let object = kind == "awards" ? award : objects[kind]
            let named = try #require(object, "no \(kind) to ask for")
            let path = endpoint.pattern.replacing(/\{\w+\}/, with: named)
            let body = endpoint.body.flatMap(\.exampleOrMade).map(\.canonicalBytes)
            let headers = [("Content-Type", "application/json"), ("If-Match", "*")]
            let answer = try stranger.call(endpoint.method.rawValue, path, headers, body: body)
            #expect(answer.summary == "404 not_found", "\(endpoint.name)")
          }
          #expect(seen == Set(objects.keys))
        }
      }
    }
  }
}
