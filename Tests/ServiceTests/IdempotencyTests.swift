import HTTP
import Testing

extension OnLaurel {
  @Suite("One key, one effect")
  struct IdempotencyTests {
    private let path = "/v1/recognitions"

    @Test("The same request under the same key is answered as the first time, and says so")
    func replay() async throws {
      try await Company.with { company in
        let body = #"{"to": ["bo", "cy"], "message": "Thanks. #be-helpful", "points": 7}"#
        let first = try company["ann"].post(path, body, key: "k1")
        #expect(first.status == 201)
        #expect(first["Idempotent-Replayed"] == nil)
        let reordered = #" { "points":7.0,"message":"Thanks.\u0020#be-helpful" , "to":["bo","cy"]}  "#
        for again in [body, reordered] {
          let answer = try company["ann"].post(path, again, key: "k1")
          #expect(answer.status == 201)
          #expect(answer["Idempotent-Replayed"] == "true")
          #expect(answer["Location"] == first["Location"])
          #expect(answer["Ledger-Position"] == first["Ledger-Position"])
          #expect(answer.body == first.body)
        }
        #expect(try company.balances("ann") == "86/0")
        #expect(try company["ann"].get(path).json["data"]?.list.count == 1)
      }
    }

    @Test("Another request under a used key is refused, whatever else is wrong with it")
    func reuse() async throws {
      try await Company.with(allowance: 50) { company in
        let ann = company["ann"]
        #expect(try ann.post(path, #"{"to": ["bo"], "message": "Thank you", "points": 5}"#, key: "k1").status == 201)
        let others = [
          #"{"to": ["bo"], "points": 6}"#, #"{"to": ["bo"]}"#, #"{"to": ["bo"], "points": 5, "message": ""}"#,
          #"{"to": ["zoe"], "message": "Thank you", "points": 5000}"#, #"{"to": ["bo"], "points": 5, "bogus": 1}"#,
          #"{"to": "#, "", "[]",
          #"{"to": ["bo"], "points": 5, "points": 5}"#, #"{"message": "\u0000"}"#,
        ]
        for body in others {
          let answer = try ann.post(path, body, key: "k1")
          #expect(answer.summary == "422 idempotency_key_reused", "\(body)")
        }
        #expect(try ann.post("\(path)?dry_run=false", others[0], key: "k1").summary == "422 idempotency_key_reused")
        #expect(try ann.post("\(path)?bogus=1", others[0], key: "k1").summary == "422 idempotency_key_reused")
        #expect(
          try ann.post(path, others[0], key: "k1", [("Content-Type", "text/plain")]).summary
            == "422 idempotency_key_reused")
        #expect(try ann.post("/v1/rewards", "{}", key: "k1").summary == "422 idempotency_key_reused")
        #expect(try ann.post("/v1/rewards", "{}", key: "k2").summary == "403 forbidden")
        #expect(try ann.post(path, #"{"to": "#, key: "k2").summary == "400 malformed_json")
        #expect(try company.balances("ann") == "45/0")
      }
    }

    @Test("A refusal uses no key up: the same request may succeed later")
    func refusals() async throws {
      try await Company.with(allowance: 10) { (company) async throws in
        let ann = company["ann"]
        #expect(
          try ann.post(path, #"{"to": ["bo"], "message": "Thank you", "points": 11}"#, key: "k").summary
            == "409 insufficient_allowance")
        #expect(
          try ann.post(path, #"{"to": ["zoe"], "message": "Thank you"}"#, key: "k").summary == "422 unknown_person")
        #expect(try ann.post(path, #"{"to": ["bo"], "message": "Thank you", "points": 10}"#, key: "k").status == 201)
      }
    }

    @Test("A key is its person's own, by whichever of their API keys they use it")
    func scope() async throws {
      try await Company.with { company in
        let body = #"{"to": ["cy"], "message": "Thank you", "points": 1}"#
        #expect(try company["ann"].post(path, body, key: "k")["Idempotent-Replayed"] == nil)
        #expect(try company["bo"].post(path, body, key: "k")["Idempotent-Replayed"] == nil)
        let second = try await company.laurel.administration.createKey(organization: company.slug, handle: "ann")
        let again = try Client(company.laurel.port, key: second).post(path, body, key: "k")
        #expect(again["Idempotent-Replayed"] == "true")
        #expect(try company.balances("cy") == "100/2")
      }
    }

    @Test("A key is bare or quoted, the same either way, and of 1 to 255 printable characters")
    func form() async throws {
      try await Company.with { company in
        let ann = company["ann"]
        let body = #"{"to": ["bo"], "message": "Thank you"}"#
        let long = String(repeating: "k", count: 255)
        for (first, same) in [
          ("8e03978e", #""8e03978e""#), (#""a key, with: all~""#, "a key, with: all~"), (long, "\"\(long)\""),
        ] {
          #expect(try ann.post(path, body, key: first)["Idempotent-Replayed"] == nil)
          #expect(try ann.post(path, body, key: same)["Idempotent-Replayed"] == "true")
        }
        for key in [long + "k", "\"\(long)k\"", "", "\"\"", "kéy", "\"", "\"k", "k\"", "k\tk"] {
          #expect(try ann.post(path, body, key: key).summary == "400 invalid_idempotency_key", "\(key)")
          #expect(
            try ann.post(path + "?dry_run=true", body, key: key).summary == "400 invalid_idempotency_key", "\(key)")
        }
        let twice = try ann.post(path, body, key: "k", [("Idempotency-Key", "k")])
        #expect(twice.summary == "400 invalid_idempotency_key")
      }
    }

    @Test("One key sent fifty times at once has one effect and fifty equal answers")
    func atOnce() async throws {
      try await Company.with { company in
        let clients = (0..<50).map { _ in company["ann"] }
        for client in clients {
          try client.sendPost(path, #"{"to": ["bo"], "message": "Thank you", "points": 3}"#, key: "k")
        }
        let answers = try clients.map { try $0.receive() }
        #expect(answers.allSatisfy { $0.status == 201 })
        #expect(Set(answers.map(\.body)).count == 1)
        #expect(answers.filter { $0["Idempotent-Replayed"] == nil }.count == 1)
        #expect(answers.filter { $0["Idempotent-Replayed"] == "true" }.count == 49)
        #expect(try company.balances("ann") == "97/0")
      }
    }

    @Test("Sixty-four clients cannot give more than one allowance together")
    func allowanceAtOnce() async throws {
      try await Company.with(allowance: 10) { company in
        let clients = (0..<64).map { _ in company["ann"] }
        for (index, client) in clients.enumerated() {
          try client.sendPost(path, #"{"to": ["bo"], "message": "Thank you", "points": 1}"#, key: "k\(index)")
        }
        let summaries = try clients.map { try $0.receive().summary }
        #expect(summaries.filter { $0 == "201" }.count == 10)
        #expect(summaries.filter { $0 == "409 insufficient_allowance" }.count == 54)
        #expect(try company.balances("ann") == "0/0")
        #expect(try company.balances("bo") == "10/10")
      }
    }
  }
}
