import HTTP
import Testing

extension OnLaurel {
  @Suite("Administration over HTTP")
  struct AdministrationTests {
    private static let json = ("Content-Type", "application/json")

    private func patch(_ client: Client, _ path: String, _ body: String, tag: String?) throws -> Answer {
      try client.call(
        "PATCH", path, [Self.json] + (tag.map { [("If-Match", $0)] } ?? []), body: Array(body.utf8))
    }

    // MARK: People

    @Test("An admin adds somebody, who can be found, thanked and given a key")
    func create() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        let body =
          #"{"handle": "eve", "name": "Eve Eder", "email": "eve@acme.example", "team": "Sales", "manager": "mo", "#
          + #""roles": ["employee"], "joined": "2026-02-03", "time_zone": "Europe/Vienna", "cost_centre": "CC-1"}"#
        let made = try admin.post("/v1/people", body, key: "k1")
        #expect(made.status == 201)
        #expect(made.json["manager"]?["handle"]?.text == "mo")
        #expect(made.json["joined"]?.text == "2026-02-03")
        #expect(made["Ledger-Position"] != nil)
        let again = try admin.post("/v1/people", body, key: "k1")
        #expect(again["Idempotent-Replayed"] == "true")
        #expect(again.body == made.body)
        #expect(
          try company["ann"].post("/v1/recognitions", #"{"to": ["eve"], "message": "Thank you", "points": 3}"#).status
            == 201)
        let key = try #require(try admin.post("/v1/people/eve/keys", "{}").json["key"]?.text)
        let eve = Client(company.laurel.port, key: key)
        #expect(try eve.get("/v1/me").json["balances"]?["points"]?.number == 3)
      }
    }

    @Test(
      "Somebody who cannot be is refused",
      arguments: [
        (#"{"handle": "ann", "name": "A"}"#, "409 duplicate_handle"),
        (#"{"handle": "eve", "name": "E", "email": "ANN@acme.example"}"#, "409 duplicate_email"),
        (#"{"handle": "eve", "name": "E", "manager": "zoe"}"#, "422 unknown_person"),
        (#"{"handle": "Eve", "name": "E"}"#, "400 invalid_request"),
        (#"{"handle": "eve"}"#, "400 invalid_request"),
        (#"{"handle": "eve", "name": "E", "roles": ["boss"]}"#, "400 invalid_request"),
        (#"{"handle": "eve", "name": "E", "time_zone": "Europe/Atlantis"}"#, "400 invalid_request"),
        (#"{"handle": "eve", "name": "E", "joined": "2026-02-30"}"#, "400 invalid_request"),
        (#"{"handle": "eve", "name": "E", "shoe_size": 40}"#, "400 invalid_request"),
      ])
    func refused(_ body: String, _ expected: String) async throws {
      try await Company.with { (company) async throws in
        #expect(try company["admin"].post("/v1/people", body).summary == expected)
      }
    }

    @Test("A change needs the tag of what was read, and of two that read the same only one is made")
    func change() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        let tag = try #require(try admin.get("/v1/people/ann")["ETag"])
        #expect(
          try patch(admin, "/v1/people/ann", #"{"team": "Support"}"#, tag: nil).summary == "428 precondition_required")
        let changed = try patch(admin, "/v1/people/ann", #"{"team": "Support", "manager": null}"#, tag: tag)
        #expect(changed.status == 200)
        #expect(changed.json["team"]?.text == "Support")
        #expect(changed.json["manager"] == .null)
        #expect(changed.json["email"]?.text == "ann@acme.example")
        #expect(
          try patch(admin, "/v1/people/ann", #"{"team": "Sales"}"#, tag: tag).summary == "412 precondition_failed")
        #expect(try patch(admin, "/v1/people/ann", #"{"team": "Sales"}"#, tag: changed["ETag"]).status == 200)
        // Nothing to change is no entry.
        let now = try #require(try admin.get("/v1/people/ann")["ETag"])
        #expect(try patch(admin, "/v1/people/ann", #"{"team": "Sales"}"#, tag: now)["ETag"] == now)
      }
    }

    @Test("Nobody can be made their own manager, also not by way of others")
    func cycle() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        func manager(_ person: String, _ manager: String) throws -> String {
          let tag = try admin.get("/v1/people/\(person)")["ETag"]
          return try patch(admin, "/v1/people/\(person)", #"{"manager": "\#(manager)"}"#, tag: tag).summary
        }
        #expect(try manager("mo", "mo") == "422 manager_cycle")
        #expect(try manager("cy", "ann") == "200")
        #expect(try manager("mo", "cy") == "422 manager_cycle")
      }
    }

    @Test("Who opts out or leaves is on no board, nobody's place shows it, and who left cannot call")
    func optingOut() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        for (handle, points) in [("bo", 30), ("cy", 20), ("di", 10)] {
          #expect(
            try company["ann"].post(
              "/v1/recognitions", #"{"to": ["\#(handle)"], "message": "Thank you", "points": \#(points)}"#
            ).status == 201)
        }
        func board() throws -> [String] {
          try company["ann"].get("/v1/leaderboards/points_received?period=all").json["entries"]?.list.map {
            "\($0["rank"]?.number ?? 0) \($0["person"]?["handle"]?.text ?? "")"
          } ?? []
        }
        #expect(try board() == ["1 bo", "2 cy", "3 di"])
        var tag = try admin.get("/v1/people/bo")["ETag"]
        #expect(try patch(admin, "/v1/people/bo", #"{"leaderboard_opt_out": true}"#, tag: tag).status == 200)
        #expect(try board() == ["1 cy", "2 di"])
        let mine = try company["bo"].get("/v1/leaderboards/points_received?period=all").json["me"]
        #expect(mine?["rank"] == .null)
        #expect(mine?["score"]?.number == 30)
        tag = try admin.get("/v1/people/cy")["ETag"]
        #expect(try patch(admin, "/v1/people/cy", #"{"active": false}"#, tag: tag).status == 200)
        #expect(try board() == ["1 di"])
        #expect(
          try company["cy"].post("/v1/recognitions", #"{"to": ["ann"], "message": "Thank you"}"#).summary
            == "403 inactive_caller")
        #expect(
          try company["ann"].post("/v1/recognitions", #"{"to": ["cy"], "message": "Thank you"}"#).summary
            == "422 inactive_recipient")
      }
    }

    @Test("A role is granted and taken away")
    func roles() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        #expect(try company["ann"].get("/v1/ledger/verify").summary == "403 forbidden")
        var tag = try admin.get("/v1/people/ann")["ETag"]
        let granted = try patch(admin, "/v1/people/ann", #"{"roles": ["employee", "finance"]}"#, tag: tag)
        #expect(try granted.json["roles"] == ServiceTests.json(#"["employee", "finance"]"#))
        #expect(try company["ann"].get("/v1/ledger/verify").status == 200)
        tag = granted["ETag"]
        #expect(try patch(admin, "/v1/people/ann", #"{"roles": []}"#, tag: tag).status == 200)
        #expect(try company["ann"].get("/v1/ledger/verify").summary == "403 forbidden")
      }
    }

    // MARK: Keys

    @Test("A key is shown once, works until it is revoked, and can be made to end")
    func keys() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        let made = try admin.post("/v1/people/ann/keys", "{}", key: "k1")
        #expect(made.status == 201)
        let text = try #require(made.json["key"]?.text)
        #expect(text.hasPrefix("laurel_\(company.number)_"))
        let again = try admin.post("/v1/people/ann/keys", "{}", key: "k1")
        #expect(again["Idempotent-Replayed"] == "true")
        #expect(again.json["key"] == .null)
        #expect(again.json["id"] == made.json["id"])
        let client = Client(company.laurel.port, key: text)
        #expect(try client.get("/v1/me").json["handle"]?.text == "ann")
        let id = try #require(made.json["id"]?.text)
        #expect(try company["ann"].call("DELETE", "/v1/keys/\(id)").summary == "403 forbidden")
        #expect(try admin.call("DELETE", "/v1/keys/\(id)").status == 204)
        #expect(try Client(company.laurel.port, key: text).get("/v1/me").summary == "401 unauthorized")
        #expect(try admin.call("DELETE", "/v1/keys/\(id)").summary == "404 not_found")
        let ended = try admin.post("/v1/people/ann/keys", #"{"expires_at": "2020-01-01T00:00:00Z"}"#)
        let old = Client(company.laurel.port, key: try #require(ended.json["key"]?.text))
        #expect(try old.get("/v1/me").summary == "401 unauthorized")
      }
    }

    @Test("An integration's key credits points from its system, and does nothing else")
    func scopes() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        func key(_ scopes: String) throws -> Client {
          let source = scopes.contains("earnings") ? #", "source": "lms""# : ""
          let made = try admin.post("/v1/people/ann/keys", #"{"scopes": \#(scopes)\#(source)}"#)
          #expect(try made.json["scopes"] == ServiceTests.json(scopes))
          return Client(company.laurel.port, key: try #require(made.json["key"]?.text))
        }
        let earning = #"{"person": "bo", "points": 5, "reason": "Safety training", "source": "lms"}"#
        #expect(try company["ann"].post("/v1/earnings", earning).summary == "403 forbidden")
        let lms = try key(#"["earnings"]"#)
        let credited = try lms.post("/v1/earnings", earning, key: "course-7")
        #expect(credited.status == 201)
        #expect(try lms.post("/v1/earnings", earning, key: "course-7")["Idempotent-Replayed"] == "true")
        let id = try #require(credited.json["id"]?.text)
        for (method, path) in [
          ("GET", "/v1/me"), ("GET", "/v1/people"), ("GET", "/v1/program"), ("DELETE", "/v1/earnings/\(id)"),
        ] {
          #expect(try lms.call(method, path).summary == "403 insufficient_scope", "\(method) \(path)")
        }
        let thanks = #"{"to": ["bo"], "message": "Thank you"}"#
        #expect(try lms.post("/v1/recognitions", thanks).summary == "403 insufficient_scope")

        let reader = try key(#"["read"]"#)
        #expect(try reader.get("/v1/people").status == 200)
        #expect(try reader.get("/v1/ledger/verify").summary == "403 forbidden")
        #expect(try reader.post("/v1/recognitions", thanks).summary == "403 insufficient_scope")
        #expect(try key(#"["read", "recognitions"]"#).post("/v1/recognitions", thanks).status == 201)
        #expect(try admin.post("/v1/people/ann/keys", #"{"scopes": ["everything"]}"#).summary == "400 invalid_request")
      }
    }

    @Test("Somebody's keys are listed in pages, without what is secret, until they are revoked")
    func listing() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        let before = try #require(try admin.get("/v1/people/bo/keys").json["data"]?.list).count
        let ids = try (0..<3).map { _ in try #require(try admin.post("/v1/people/bo/keys", "{}").json["id"]?.text) }
        #expect(try admin.call("DELETE", "/v1/keys/\(ids[1])").status == 204)
        var listed: [String] = []
        var path = "/v1/people/bo/keys?limit=1"
        while true {
          let page = try admin.get(path)
          for key in try #require(page.json["data"]?.list) {
            #expect(key["key"] == .null)
            #expect(key["person"]?["handle"]?.text == "bo")
            listed.append(try #require(key["id"]?.text))
          }
          guard let cursor = page.json["next_cursor"]?.text else { break }
          path = "/v1/people/bo/keys?limit=1&cursor=\(cursor)"
        }
        #expect(listed.count == before + 2)
        #expect(Array(listed.suffix(2)) == [ids[0], ids[2]])
      }
    }

    @Test("Another organisation's people and keys are not there")
    func isolation() async throws {
      try await Company.with { (company) async throws in
        try await Company.with { (other) async throws in
          let admin = company["admin"]
          let stranger = try other.id("ann")
          let key = try #require(try other["admin"].post("/v1/people/ann/keys", "{}").json["id"]?.text)
          #expect(try patch(admin, "/v1/people/\(stranger)", "{}", tag: "*").summary == "404 not_found")
          #expect(try admin.post("/v1/people/\(stranger)/keys", "{}").summary == "404 not_found")
          #expect(try admin.call("DELETE", "/v1/keys/\(key)").summary == "404 not_found")
        }
      }
    }

    // MARK: Values

    @Test("A value is added, renamed and retired; a retired one can no longer be named")
    func values() async throws {
      try await Company.with { (company) async throws in
        let admin = company["admin"]
        let made = try admin.post("/v1/values", #"{"slug": "be-brave", "name": "Be brave"}"#, key: "k1")
        #expect(made.status == 201)
        #expect(try admin.post("/v1/values", #"{"slug": "be-brave", "name": "Be brave"}"#, key: "k1").body == made.body)
        #expect(try admin.post("/v1/values", #"{"slug": "be-brave", "name": "B"}"#).summary == "409 duplicate_value")
        #expect(try admin.post("/v1/values", #"{"slug": "Be brave", "name": "B"}"#).summary == "400 invalid_request")
        let thanks = #"{"to": ["bo"], "message": "Thank you", "values": ["be-brave"]}"#
        #expect(try company["ann"].post("/v1/recognitions", thanks).status == 201)
        let tag = try #require(try admin.get("/v1/values/be-brave")["ETag"])
        let retired = try patch(admin, "/v1/values/be-brave", #"{"active": false}"#, tag: tag)
        #expect(retired.json["name"]?.text == "Be brave")
        #expect(try company["ann"].post("/v1/recognitions", thanks).summary == "422 unknown_value")
        #expect(
          try patch(admin, "/v1/values/be-brave", #"{"name": "B"}"#, tag: tag).summary == "412 precondition_failed")
        #expect(try patch(admin, "/v1/values/nothing", "{}", tag: tag).summary == "404 not_found")
      }
    }

    @Test(
      "Only admins administrate",
      arguments: [
        ("POST", "/v1/people"), ("PATCH", "/v1/people/bo"), ("POST", "/v1/people/bo/keys"),
        ("DELETE", "/v1/keys/01a20151-ba1b-7c35-8a3a-8a09be43edbc"), ("POST", "/v1/values"),
        ("PATCH", "/v1/values/be-helpful"),
      ])
    func adminsOnly(_ method: String, _ path: String) async throws {
      try await Company.with { (company) async throws in
        for handle in ["ann", "mo", "fay"] {
          let answer = try company[handle].call(method, path, [Self.json], body: Array("{}".utf8))
          #expect(answer.summary == "403 forbidden", "\(handle)")
        }
      }
    }
  }
}
