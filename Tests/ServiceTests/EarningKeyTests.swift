import HTTP
import Ledger
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Keys of other systems")
  struct EarningKeyTests {
    private func earning(_ person: String = "bo", _ points: Int64 = 5, source: String = "lms") -> String {
      #"{"person": "\#(person)", "points": \#(points), "reason": "Safety training", "source": "\#(source)"}"#
    }

    private func key(_ more: String, of handle: String = "ann", in company: Company) throws -> Client {
      let made = try company["admin"].post("/v1/people/\(handle)/keys", #"{"scopes": ["earnings"], \#(more)}"#)
      return Client(company.laurel.port, key: try #require(made.json["key"]?.text, "\(made.text)"))
    }

    @Test("A key credits from its one system, so much at once and in a day, and nothing to whom it belongs to")
    func bounds() async throws {
      try await Company.with { (company) async throws in
        let lms = try key(#""source": "lms", "points_max": 50, "points_max_day": 120, "label": "Academy""#, in: company)
        #expect(try lms.post("/v1/earnings", earning("bo", 50), key: "k1").status == 201)
        for (body, expected) in [
          (earning("bo", 51), "422 too_many_points"), (earning("bo", 1_000_000_000), "422 too_many_points"),
          (earning("ann", 1), "403 own_points"), (earning("bo", 1, source: "gym"), "403 wrong_source"),
          (earning("zoe", 1), "422 unknown_person"),
        ] {
          for query in ["", "?dry_run=true"] {
            #expect(try lms.post("/v1/earnings\(query)", body).summary == expected, "\(body)")
          }
        }
        #expect(try lms.post("/v1/earnings?dry_run=true", earning("cy", 50)).status == 200)
        #expect(try lms.post("/v1/earnings", earning("cy", 50)).status == 201)
        // A repeat under its key credits nothing, and a refusal counts for nothing.
        #expect(try lms.post("/v1/earnings", earning("bo", 50), key: "k1")["Idempotent-Replayed"] == "true")
        #expect(try lms.post("/v1/earnings", earning("cy", 21)).summary == "409 key_limit_reached")
        let last = try lms.post("/v1/earnings", earning("cy", 20))
        #expect(last.status == 201)
        #expect(try lms.post("/v1/earnings", earning("cy", 1)).summary == "409 key_limit_reached")
        // What is taken back was credited none the less.
        let id = try #require(last.json["id"]?.text)
        #expect(try company["admin"].call("DELETE", "/v1/earnings/\(id)").status == 200)
        #expect(try lms.post("/v1/earnings", earning("cy", 1)).summary == "409 key_limit_reached")
        // Another key of the same person has bounds of its own, and an admin none.
        let gym = try key(#""source": "gym""#, in: company)
        #expect(try gym.post("/v1/earnings", earning("bo", 1_000, source: "gym")).status == 201)
        #expect(try gym.post("/v1/earnings", earning("bo", 1_001, source: "gym")).summary == "422 too_many_points")
        #expect(try company["admin"].post("/v1/earnings", earning("bo", 5_000)).status == 201)
      }
    }

    @Test("A day begins anew with the organisation's")
    func days() async throws {
      try await Company.with(staysSound: false) { (company) async throws in
        let lms = try key(#""source": "lms", "points_max": 50, "points_max_day": 50"#, in: company)
        #expect(try lms.post("/v1/earnings", earning("bo", 50)).status == 201)
        #expect(try lms.post("/v1/earnings", earning("bo", 1)).summary == "409 key_limit_reached")
        try Session.intruder().run("UPDATE api_keys SET credited_on = credited_on - 1 WHERE org_id = \(company.number)")
        #expect(try lms.post("/v1/earnings", earning("bo", 50)).status == 201)
        try Session.intruder().run(
          "UPDATE api_keys SET credited_points = 100, points_max_day = 100 WHERE org_id = \(company.number) AND source = 'lms'"
        )
        // What the intruder wrote is found, and nothing besides.
        let changed = try await company.problems()
        #expect(Set(changed.map { $0.prefix { $0 != "@" } }) == ["keys"])
        try Session.intruder().run("DELETE FROM api_keys WHERE org_id = \(company.number) AND source = 'lms'")
        let deleted = try await company.problems()
        #expect(Set(deleted.map { $0.prefix { $0 != "@" } }) == ["keys"])
      }
    }

    @Test("Many at once come to no more than the day's bound")
    func together() async throws {
      try await Company.with { (company) async throws in
        let lms = try key(#""source": "lms", "points_max": 10, "points_max_day": 95"#, in: company)
        for index in 0..<30 { try lms.sendPost("/v1/earnings", earning("bo", 10), key: "k\(index)") }
        let answers = try (0..<30).map { _ in try lms.receive().summary }
        #expect(answers.filter { $0.hasPrefix("201") }.count == 9)
        #expect(answers.filter { $0 == "409 key_limit_reached" }.count == 21)
        #expect(try company.balances("bo") == "100/90")
      }
    }

    @Test("A key of the scope earnings names its system, and no other key has bounds; what it is for is shown with it")
    func making() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        for body in [
          #"{"scopes": ["earnings"]}"#, #"{"scopes": ["earnings"], "source": "L M S"}"#, #"{"source": "lms"}"#,
          #"{"scopes": ["read"], "points_max": 5}"#, #"{"points_max_day": 5}"#,
          #"{"scopes": ["earnings"], "source": "lms", "points_max": 0}"#,
          #"{"scopes": ["earnings"], "source": "-lms"}"#, #"{"label": " "}"#,
        ] {
          #expect(try admin.post("/v1/people/ann/keys", body).summary == "400 invalid_request", "\(body)")
        }
        _ = try key(#""source": "lms", "points_max": 50, "points_max_day": 120, "label": "a\\b""#, in: company)
        _ = try admin.post("/v1/people/ann/keys", #"{"label": "Mine", "expires_at": "2999-01-01T00:00:00.5Z"}"#)
        let made = try admin.get("/v1/people/ann/keys").json["data"]?.list.suffix(2) ?? []
        #expect(made.map { $0["label"]?.text } == ["a\\b", "Mine"])
        #expect(made.map { $0["source"] } == [.string("lms"), .null])
        #expect(made.map { $0["points_max"] } == [.integer(50), .null])
        #expect(made.map { $0["points_max_day"] } == [.integer(120), .null])
      }
    }

    @Test(
      "Verification finds keys that were made, changed, narrowed or revived beside the log",
      arguments: [
        "UPDATE api_keys SET revoked_at = NULL WHERE THIS AND revoked_at IS NOT NULL",
        "UPDATE api_keys SET revoked_at = now() WHERE THIS AND revoked_at IS NULL AND source IS NOT NULL",
        "UPDATE api_keys SET scopes = '{}', source = NULL, points_max = NULL, points_max_day = NULL WHERE THIS AND source IS NOT NULL",
        "UPDATE api_keys SET points_max = 1000000 WHERE THIS AND source IS NOT NULL",
        "UPDATE api_keys SET digest = sha256('known') WHERE THIS AND source IS NOT NULL",
        "UPDATE api_keys SET expires_at = NULL WHERE THIS AND expires_at IS NOT NULL",
        "UPDATE api_keys SET person_id = (SELECT person_id FROM people WHERE THIS AND handle = 'admin') WHERE THIS AND source IS NOT NULL",
        "UPDATE api_keys SET credited_points = 0 WHERE THIS AND credited_points > 0",
        "UPDATE earnings SET key_id = NULL WHERE THIS AND key_id IS NOT NULL",
        """
        INSERT INTO api_keys (org_id, key_id, digest, person_id, created_at, position)
        SELECT org_id, '00000000-0000-7000-8000-000000000001', sha256('known'), person_id, now(), 1 FROM people
        WHERE THIS AND handle = 'admin'
        """,
      ])
    func tampering(_ sql: String) async throws {
      try await Company.with(staysSound: false) { (company) async throws in
        let admin = company["admin"]
        let lms = try key(#""source": "lms", "points_max": 50, "expires_at": "2999-01-01T00:00:00Z""#, in: company)
        #expect(try lms.post("/v1/earnings", earning("bo", 5)).status == 201)
        let made = try admin.post("/v1/people/bo/keys", "{}")
        let id = try #require(made.json["id"]?.text)
        #expect(try admin.call("DELETE", "/v1/keys/\(id)").status == 204)
        #expect(try await company.problems() == [])
        try Session.intruder().run(sql.replacing("THIS", with: "org_id = \(company.number)"))
        let problems = try await company.problems()
        #expect(!problems.isEmpty)
      }
    }
  }
}
