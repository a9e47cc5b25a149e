import HTTP
import Ledger
import Testing

@testable import Service

extension OnLaurel {
  @Suite("One's own keys")
  struct OwnKeyTests {
    private func ids(_ client: Client) throws -> [String] {
      try client.get("/v1/me/keys").json["data"]?.list.compactMap { $0["id"]?.text } ?? []
    }

    @Test("Everybody makes, sees and revokes keys of their own, and nobody else's")
    func own() async throws {
      try await Company.with { (company) async throws in
        let ann = company["ann"]
        let first = try ids(ann)
        let made = try ann.post(
          "/v1/me/keys", #"{"label": "Laptop", "scopes": ["read"], "expires_at": "2999-01-01T00:00:00Z"}"#, key: "k")
        #expect(made.status == 201)
        #expect(made.json["label"]?.text == "Laptop" && made.json["person"]?["handle"]?.text == "ann")
        #expect(made.json["expires_at"]?.text == "2999-01-01T00:00:00Z")
        let (id, key) = (try #require(made.json["id"]?.text), try #require(made.json["key"]?.text))
        #expect(try ids(ann) == first + [id])
        // Sent again, it is the same one, and shown no more.
        let again = try ann.post(
          "/v1/me/keys", #"{"label": "Laptop", "scopes": ["read"], "expires_at": "2999-01-01T00:00:00Z"}"#, key: "k")
        #expect(again.json["id"]?.text == id && again.json["key"] == .null)

        let laptop = Client(company.laurel.port, key: key)
        #expect(try ids(laptop) == first + [id])
        // A narrow key makes no wide one.
        #expect(try laptop.post("/v1/me/keys", "{}").summary == "403 insufficient_scope")
        #expect(try laptop.call("DELETE", "/v1/me/keys/\(id)").summary == "403 insufficient_scope")

        for other in ["bo", "admin"] {
          #expect(try company[other].call("DELETE", "/v1/me/keys/\(id)").summary == "404 not_found", "\(other)")
          let theirs = try ids(company[other])
          #expect(!theirs.contains(id))
        }
        #expect(try ann.call("DELETE", "/v1/me/keys/nonsense").summary == "404 not_found")
        let revocation = [("Idempotency-Key", "r")]
        #expect(try ann.call("DELETE", "/v1/me/keys/\(id)", revocation).status == 204)
        #expect(try laptop.get("/v1/me").summary == "401 unauthorized")
        #expect(try ann.call("DELETE", "/v1/me/keys/\(id)", revocation)["Idempotent-Replayed"] == "true")
        #expect(try ann.call("DELETE", "/v1/me/keys/\(id)").summary == "404 not_found")
        #expect(try ids(ann) == first)
        #expect(try ann.call("DELETE", "/v1/me/keys/\(first[0])").status == 204)
        #expect(try ann.get("/v1/me").summary == "401 unauthorized")
      }
    }

    @Test("Nobody makes themselves a key that credits points, not even an admin")
    func narrow() async throws {
      try await Company.with { (company) async throws in
        for (handle, body) in [
          ("ann", #"{"scopes": ["earnings"]}"#), ("admin", #"{"scopes": ["read", "earnings"]}"#),
          ("admin", #"{"source": "lms"}"#), ("ann", #"{"points_max": 5}"#),
        ] {
          #expect(try company[handle].post("/v1/me/keys", body).summary == "400 invalid_request", "\(body)")
        }
      }
    }

    @Test("The command line does all three")
    func commands() async throws {
      try await Company.with { (company) async throws in
        func run(_ arguments: String...) async throws -> Outcome {
          try await Program.run(
            arguments + ["--url", "http://127.0.0.1:\(company.laurel.port)"],
            environment: ["LAUREL_KEY": company.keys["bo"] ?? "", "TZ": "UTC"])
        }
        let made = try await run(
          "keys", "new", "Phone", "--scope", "recognitions", "--expires-at", "2999-01-01T00:00:00Z")
        #expect(made.status == 0, "\(made.errors)")
        let key = made.output.filter { !$0.isNewline }
        let phone = Client(company.laurel.port, key: key)
        #expect(try phone.post("/v1/recognitions", #"{"to": ["ann"], "message": "Thank you."}"#).status == 201)
        #expect(try await run("keys", "new", "--scope", "earnings").status == 1)

        let listed = try await run("keys")
        let line = try #require(listed.output.split(separator: "\n").first { $0.hasSuffix("Phone") })
        #expect(line.contains("2999-01-01") && line.contains("recognitions"))
        let id = try #require(line.split(separator: " ").first { $0.count == 36 })
        #expect(try await run("keys", "revoke", String(id)).output == "Revoked.\n")
        #expect(try phone.get("/v1/values").summary == "401 unauthorized")
        #expect(try await run("keys", "revoke", String(id)).status == 1)
      }
    }
  }
}
