import EventLoop
import Foundation
import HTTP
import Testing

@testable import Service

extension OnLaurel {
  @Suite("The gateway")
  struct GatewayTests {
    /// A server of its own beside the shared one, on the same database.
    private func serving(_ gateway: Gateway, _ body: (Company, Int) async throws -> Void) async throws {
      try await Company.with { company in
        let loops = [try EventLoop(label: "gate-0"), try EventLoop(label: "gate-1")]
        let server = try await Server(
          company.laurel.database, on: loops, listen: ("127.0.0.1", 0), gateway: gateway, log: Laurel.log)
        let port = Int(server.address.split(separator: ":").last!)!
        let result = await Result(asyncCatching: { try await body(company, port) })
        await server.stop()
        for loop in loops { loop.stop() }
        try result.get()
      }
    }

    @Test(
      "Beyond its limit a key is refused by 429, on whichever connection, and others are not; dry runs and replays count"
    )
    func limits() async throws {
      // A burst of 20, then one in twenty minutes: the clock gives nothing back while this runs.
      let gateway = Gateway(keyLimit: RateLimit(rate: 1, burst: 20), organizationLimit: nil)
      try await serving(gateway) { company, port in
        // On both loops.
        let clients = (0..<4).map { _ in Client(port, key: company.keys["ann"]!) }
        var admitted = 0
        var refused: Answer?
        let started = ContinuousClock.now
        for number in 0..<40 {
          let client = clients[number % clients.count]
          let thanks = #"{"to": ["bo"], "message": "thank you"}"#
          let answer =
            switch number % 3 {
            case 0: try client.get("/v1/me")
            case 1: try client.post("/v1/recognitions", thanks, key: "the same")
            default: try client.post("/v1/recognitions?dry_run=true", thanks)
            }
          #expect(answer["RateLimit-Policy"] == "\"key\";q=20;w=20")
          if answer.status == 429 { refused = answer } else { admitted += 1 }
        }
        let seconds = Int((ContinuousClock.now - started) / .seconds(1)) + 1
        #expect((20...20 + seconds).contains(admitted))
        let answer = try #require(refused)
        #expect(answer.summary == "429 rate_limited")
        #expect(answer["RateLimit"] == "\"key\";r=0;t=1")
        #expect(answer["Retry-After"] == "1")
        // Nobody else's key and nothing that needs none is counted.
        let bo = try Client(port, key: company.keys["bo"]!).get("/v1/me")
        #expect(bo["RateLimit"]?.hasPrefix("\"key\";r=19;t=1") == true)
        for path in ["/healthz", "/readyz"] {
          for _ in 0..<30 {
            let health = try clients[0].get(path)
            #expect(health.status == 200 && health["RateLimit"] == nil)
          }
        }
      }
    }

    @Test("An address may try some unknown keys, whichever they are; keys that are known and other addresses go on")
    func strangers() async throws {
      try await serving(Gateway(keyLimit: RateLimit(rate: 1, burst: 20), organizationLimit: nil)) { company, port in
        let ann = Client(port, key: company.keys["ann"])
        #expect(try ann.get("/v1/me").status == 200)
        var answers: [String] = []
        let started = ContinuousClock.now
        for number in 0..<40 {
          let stranger = Client(port, key: KeyText(organization: company.number).text)
          let answer = try number % 2 == 0 ? stranger.get("/v1/me") : stranger.post("/v1/recognitions", "{}")
          answers.append(answer.summary)
          if answer.status == 429 { #expect(answer["Retry-After"] == "1") }
        }
        let seconds = Int((ContinuousClock.now - started) / .seconds(1)) + 1
        #expect((20...20 + seconds).contains(answers.count { $0 == "401 unauthorized" }))
        #expect(Set(answers) == ["401 unauthorized", "429 rate_limited"])
        #expect(try ann.get("/v1/me").status == 200)
        // A proxy on the same machine says who it is that it speaks for; whatever the client says stands before.
        let stranger = Client(port, key: KeyText(organization: company.number).text)
        let other = [("X-Forwarded-For", "127.0.0.1, 203.0.113.9")]
        #expect(try stranger.get("/v1/me", other).summary == "401 unauthorized")
        #expect(try Client(port, key: company.keys["bo"]).get("/v1/me", other).status == 200)
      }
    }

    @Test("Nobody is asked for a body before their key is known, and a body is as long as its endpoint takes")
    func bodies() async throws {
      try await Company.with { (company) async throws in
        let port = company.laurel.port
        let expecting = [("Content-Length", "60000"), ("Expect", "100-continue"), ("Content-Type", "application/json")]
        let stranger = Client(port, key: KeyText(organization: company.number).text)
        #expect(try stranger.call("POST", "/v1/recognitions", expecting).summary == "401 unauthorized")
        #expect(try Client(port, key: nil).call("POST", "/v1/recognitions", expecting).status == 401)
        #expect(try company["ann"].call("POST", "/v1/recognitions", expecting).status == 100)
        let long = [("Content-Length", "70000"), ("Content-Type", "application/json")]
        #expect(try company["ann"].call("POST", "/v1/recognitions", long).summary == "413 payload_too_large")
      }
    }

    @Test("An organisation's limit counts all its keys")
    func organizationLimit() async throws {
      let gateway = Gateway(keyLimit: nil, organizationLimit: RateLimit(rate: 1, burst: 10))
      try await serving(gateway) { company, port in
        var answers: [Answer] = []
        let started = ContinuousClock.now
        for _ in 0..<3 {
          for handle in company.keys.keys {
            answers.append(try Client(port, key: company.keys[handle]!).get("/v1/values"))
          }
        }
        let seconds = Int((ContinuousClock.now - started) / .seconds(1)) + 1
        #expect((10...10 + seconds).contains(answers.count { $0.status == 200 }))
        #expect(answers.last?.summary == "429 rate_limited")
        #expect(answers.first?["RateLimit"] == "\"organization\";r=9;t=1")
      }
    }

    @Test("HEAD is answered as GET is, without the body, and OPTIONS says by which methods a path is called")
    func methods() async throws {
      try await Company.with { company in
        let ann = company["ann"]
        for path in ["/v1/me", "/v1/recognitions", "/v1/nothing", "/v1/people/\(try company.id("ann"))", "/healthz"] {
          let get = try ann.get(path)
          try ann.send("HEAD", path)
          let head = try ann.receive(toHead: true)
          // A count of what is left, a clock and a name of the request differ by nature.
          func lasting(_ answer: Answer) -> [String] {
            answer.headers.filter { !["RateLimit", "Date", "Request-Id"].contains($0.0) }.map { "\($0): \($1)" }
          }
          #expect(head.status == get.status && lasting(head) == lasting(get), "\(path)")
        }
        for client in [ann, Client(company.laurel.port, key: nil)] {
          for (path, allowed) in [
            ("/v1/me", "GET, HEAD, OPTIONS"), ("/v1/recognitions", "POST, GET, HEAD, OPTIONS"),
            ("/v1/keys/1", "DELETE, OPTIONS"), ("*", "GET, HEAD, POST, PATCH, DELETE, OPTIONS"),
          ] {
            let answer = try client.call("OPTIONS", path)
            #expect(answer.status == 204 && answer.body.isEmpty)
            #expect(answer["Allow"] == allowed)
            #expect(!answer.headers.contains { $0.0.hasPrefix("Access-Control") || $0.0 == "Vary" })
          }
          #expect(try client.call("OPTIONS", "/v1/nothing").summary == "404 not_found")
        }
      }
    }

    @Test("With --log-requests each request is a line: by its route, and without path, query, key or body")
    func requestLog() async throws {
      try await ServingProgram.with(["--log-requests"]) { serving in
        let key = KeyText(organization: 7).text
        let client = Client(serving.port, key: key)
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        let ids = [
          try client.get("/healthz", [("Request-Id", "mine")]),
          try client.get("/v1/people/whoever?q=secret", [("traceparent", "00-\(trace)-00f067aa0ba902b7-01")]),
          try client.post("/v1/me", #"{"message": "secret"}"#, [("traceparent", "00-wrong"), ("Request-Id", "a b")]),
        ].map { $0["Request-Id"] }
        #expect(ids[0] == "mine" && ids[2] != nil && ids[2] != "a b")
        #expect(await serving.stop(SIGTERM) == 0)
        #expect(
          !serving.errors.contains("whoever") && !serving.errors.contains("secret") && !serving.errors.contains(key))
        let lines = try serving.errors.split(separator: "\n").map { try json(String($0)) }
          .filter { $0["event"]?.text == "request" }
        let shown = lines.map { line in
          ["method", "route", "trace_id"].map { line[$0]?.text ?? "-" }.joined(separator: " ")
            + " \(line["status"]?.number ?? 0)"
        }
        #expect(
          shown == ["GET /healthz - 200", "GET /v1/people/{id} \(trace) 401", "POST - - 405"])
        #expect(lines.map { $0["request_id"]?.text } == ids, "a line and its answer name the request differently")
        #expect(lines.allSatisfy { ($0["duration_us"]?.number ?? -1) >= 0 && $0["level"]?.text == "info" })
      }
    }

    @Test("Addresses in answers are those that clients see, where the operator said which, and else paths")
    func publicURL() async throws {
      func addresses(_ publicURL: PublicURL?) async throws -> [String?] {
        var found: [String?] = []
        try await serving(Gateway(publicURL: publicURL)) { company, port in
          let ann = Client(port, key: company.keys["ann"]!)
          let thanked = try ann.post("/v1/recognitions", #"{"to": ["bo"], "message": "thank you"}"#)
          let id = try #require(thanked.json["id"]?.text)
          found.append(thanked["Location"]?.replacing(id, with: "ID"))
          let page = try ann.get("/v1/people?limit=1&q=ann%20ames")
          #expect(page.json["next_cursor"] == nil)
          let people = try ann.get("/v1/people?limit=1")
          let cursor = try #require(people.json["next_cursor"]?.text)
          found.append(people["Link"]?.replacing(cursor, with: "CURSOR"))
          found.append(try ann.get("/openapi.json").json["servers"]?.list.first?["url"]?.text)
          let docs = try ann.get("/docs").text
          found.append(docs.firstMatch(of: /export LAUREL_URL=(.*)/).map { String($0.1) })
        }
        return found
      }
      let path = "/v1/people?limit=1&cursor=CURSOR"
      #expect(
        try await addresses(nil) == ["/v1/recognitions/ID", "<\(path)>; rel=\"next\"", "/", "http://127.0.0.1:8080"])
      let url = "https://acme.example/laurel"
      #expect(
        try await addresses(PublicURL(url + "/")) == [
          "\(url)/v1/recognitions/ID", "<\(url)\(path)>; rel=\"next\"", url, url,
        ])
    }

    @Test("Pages of other origins may call only where the operator said so, and never with credentials")
    func origins() async throws {
      let listed = Gateway(cors: try CORS(origins: ["https://app.example", "http://localhost:3000"]))
      try await serving(listed) { company, port in
        let ann = Client(port, key: company.keys["ann"]!)
        for origin in ["https://app.example", "http://localhost:3000"] {
          let answer = try ann.get("/v1/me", [("Origin", origin)])
          #expect(answer.status == 200 && answer["Access-Control-Allow-Origin"] == origin && answer["Vary"] == "Origin")
          let exposed = Set((answer["Access-Control-Expose-Headers"] ?? "").split(separator: ", "))
          #expect(
            exposed.isSuperset(of: [
              "Ledger-Position", "ETag", "Link", "Idempotent-Replayed", "RateLimit", "Retry-After",
            ]))
          #expect(answer["Access-Control-Allow-Credentials"] == nil)

          let preflight = try Client(port, key: nil).call(
            "OPTIONS", "/v1/recognitions",
            [
              ("Origin", origin), ("Access-Control-Request-Method", "POST"),
              ("Access-Control-Request-Headers", "authorization, content-type, idempotency-key"),
            ])
          #expect(preflight.status == 204 && preflight["Access-Control-Allow-Origin"] == origin)
          #expect(preflight["Access-Control-Allow-Methods"] == "POST, GET, HEAD, OPTIONS")
          let accepted = Set((preflight["Access-Control-Allow-Headers"] ?? "").lowercased().split(separator: ", "))
          #expect(accepted.isSuperset(of: ["authorization", "content-type", "idempotency-key", "if-match"]))
          #expect(preflight["Access-Control-Max-Age"] == "7200" && preflight["Vary"] == "Origin")
          #expect(preflight["Access-Control-Allow-Credentials"] == nil)
          // A page must be able to read why it was refused.
          let refused = try Client(port, key: "wrong").get("/v1/me", [("Origin", origin)])
          #expect(refused.status == 401 && refused["Access-Control-Allow-Origin"] == origin)
        }
        for origin in [
          "https://evil.example", "null", "https://app.example:444", "http://app.example", "https://APP.example",
        ] {
          let answer = try ann.get("/v1/me", [("Origin", origin)])
          #expect(answer["Access-Control-Allow-Origin"] == nil && answer["Vary"] == "Origin")
        }
        #expect(try ann.get("/v1/me")["Vary"] == "Origin")
      }
      try await serving(Gateway(cors: try CORS(origins: ["*"]))) { company, port in
        let answer = try Client(port, key: company.keys["ann"]!).get("/v1/me", [("Origin", "https://any.example")])
        #expect(answer["Access-Control-Allow-Origin"] == "*")
        #expect(answer["Access-Control-Allow-Credentials"] == nil)
      }
    }
  }
}
