import HTTP
import Ledger
import Testing

@testable import Service

extension OnLaurel {
  /// The organisation's head is locked by somebody else all the while, so whatever enters its lane is not answered.
  @Suite("Before the lane")
  struct BeforeTheLaneTests {
    private static let names = (0..<1_001).map { "\"n\($0)\"" }.joined(separator: ", ")
    private static let letters = String(repeating: "x", count: 2_001)

    @Test("What no organisation could allow is refused while its ledger stands still, also in a dry run")
    func refused() async throws {
      try await Company.with { company in
        let session = try Session(company.laurel.cluster.superuserURL)
        let (ann, admin) = (company["ann"], company["admin"])
        _ = try ann.get("/v1/me")
        let budget = try company.fund("mo", points: 1)
        let thanked = try ann.post("/v1/recognitions", #"{"to": ["bo"], "message": "Thanks.", "points": 1}"#)
        let id = try #require(thanked.json["id"]?.text)
        try session.run("BEGIN; SELECT FROM ledger_heads WHERE org_id = \(company.number) FOR UPDATE")
        defer { _ = try? session.run("COMMIT") }
        func post(_ client: Client, _ path: String, _ body: String) throws -> [String] {
          try [path, path + "?dry_run=true"].map { try client.post($0, body).summary }
        }
        let twice = { (summary: String) in [summary, summary] }
        let recognitions = "/v1/recognitions"
        #expect(
          try post(ann, recognitions, #"{"to": ["bo"], "message": "\#(Self.letters)"}"#)
            == twice("422 message_too_long"))
        #expect(
          try post(ann, recognitions, #"{"to": [\#(Self.names)], "message": "Thanks."}"#)
            == twice("400 invalid_request"))
        let everybody = (0..<1_001).map { "@n\($0)" }.joined(separator: " ")
        #expect(
          try post(ann, recognitions, #"{"text": "\#(everybody) thanks"}"#) == twice("422 too_many_recipients"))
        #expect(
          try post(ann, recognitions, #"{"text": "@bo \#(Self.letters)"}"#) == twice("422 message_too_long"))
        let line = String(repeating: "@a ", count: 20_000)
        #expect(try post(ann, recognitions, #"{"text": "\#(line)"}"#) == twice("422 message_too_long"))
        #expect(
          try post(ann, recognitions, #"{"to": ["bo"], "message": "Thanks.", "points": 1000000001}"#)
            == twice("400 invalid_request"))
        #expect(
          try post(ann, "\(recognitions)/\(id)/boosts", #"{"points": 1000000001}"#) == twice("400 invalid_request"))
        #expect(
          try post(
            company["mo"], "/v1/awards",
            #"{"budget": "\#(budget)", "to": ["ann"], "points": 1, "message": "\#(Self.letters)"}"#)
            == twice("422 message_too_long"))
        #expect(
          try post(
            admin, "/v1/earnings",
            #"{"person": "bo", "points": 1, "source": "lms", "reason": "\#(Self.letters)"}"#)
            == twice("400 invalid_request"))
        #expect(
          try post(ann, "/v1/redemptions", #"{"reward": "MUG", "note": "\#(Self.letters)"}"#)
            == twice("400 invalid_request"))
        try session.run("COMMIT")
      }
    }

    @Test("A key that was used for something else is told so first, whatever the other request holds")
    func keys() async throws {
      try await Company.with { (company) async throws in
        let ann = company["ann"]
        let thanks = #"{"to": ["bo"], "message": "Thanks.", "points": 1}"#
        #expect(try ann.post("/v1/recognitions", thanks, key: "k").status == 201)
        let long = #"{"to": ["bo"], "message": "\#(Self.letters)"}"#
        #expect(try ann.post("/v1/recognitions", long, key: "k").summary == "422 idempotency_key_reused")
        #expect(try ann.post("/v1/recognitions", long, key: "l").summary == "422 message_too_long")
      }
    }
  }
}
