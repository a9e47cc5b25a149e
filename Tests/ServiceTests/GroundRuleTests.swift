import HTTP
import Ledger
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Ground rules")
  struct GroundRuleTests {
    private let path = "/v1/recognitions"

    @Test("Without a key that works there is no answer but 401, and how to come with one")
    func unauthorized() async throws {
      try await Company.with(staysSound: false) { company in
        let good = company.keys["ann"]!
        let secret = good.split(separator: "_", maxSplits: 2)[2]
        let other = secret.replacing(secret.suffix(2), with: secret.hasSuffix("AA") ? "BB" : "AA")
        let administration = company.laurel.administration
        let expired = try await administration.createKey(
          organization: company.slug, handle: "ann", expiresAt: Timestamp(microseconds: Timestamp.now.microseconds - 1))
        let revoked = try await administration.createKey(organization: company.slug, handle: "ann")
        let left = company.keys["bo"]!
        let intruder = try Session.intruder()
        let digest = KeyText(revoked[...])!.digest
        try intruder.run("UPDATE api_keys SET revoked_at = now() WHERE digest = '\\x\(digest)'")
        try intruder.run("UPDATE people SET active = false WHERE handle = 'bo' AND org_id = \(company.number)")

        var headers: [[(String, String)]] = [[]]
        headers += [
          "", "Bearer", "Bearer ", good, "Basic \(good)", "Bearer nonsense", "Bearer laurel__", "Bearer \(good)x",
          "Bearer laurel_\(company.number)_\(other)", "Bearer laurel_999999_\(secret)", "Bearer laurel_0_\(secret)",
          "Bearer laurel_-1_\(secret)", "Bearer laurel_99999999999_\(secret)", "Bearer \(good) \(good)",
          "Bearer \(expired)", "Bearer \(revoked)", "Bearer \(left)",
        ].map { [("Authorization", $0)] }
        headers.append([("Authorization", "Bearer \(good)"), ("Authorization", "Bearer \(good)")])
        let client = Client(company.laurel.port, key: nil)
        for header in headers {
          for path in ["/v1/me", "/v1/people", "/v1/recognitions?limit=0"] {
            let answer = try client.get(path, header)
            #expect(answer.summary == "401 unauthorized", "\(header) \(path)")
            #expect(answer["WWW-Authenticate"]?.hasPrefix("Bearer realm=") == true)
          }
          #expect(try client.post(path, "{", header).summary == "401 unauthorized")
        }
        for scheme in ["Bearer", "bearer", "BEARER", "Bearer  "] {
          #expect(try client.get("/v1/me", [("Authorization", "\(scheme) \(good)")]).status == 200, "\(scheme)")
        }
      }
    }

    @Test("What takes a role is refused to everyone else")
    func forbidden() async throws {
      try await Company.with { (company) async throws in
        for (handle, summary) in [("ann", "403 forbidden"), ("mo", "403 forbidden"), ("fay", "200"), ("admin", "200")] {
          #expect(try company[handle].get("/v1/ledger/verify").summary == summary, "\(handle)")
        }
      }
    }

    @Test("What is not there is 404; what is there by another method is 405 and says by which")
    func methods() async throws {
      try await Company.with { company in
        let ann = company["ann"]
        for path in ["/v1", "/v1/", "/v1/nothing", "/v1/me/", "//v1/me", "/V1/me", "/v1/recognitions/1/2"] {
          #expect(try ann.get(path).summary == "404 not_found", "\(path)")
        }
        for method in ["PUT", "DELETE", "PATCH", "TRACE"] {
          let answer = try ann.call(method, path)
          #expect(answer.summary == "405 method_not_allowed")
          let allowed = Set((answer["Allow"] ?? "").split { ", ".contains($0) })
          #expect(allowed.isSuperset(of: ["GET", "POST"]) && !allowed.contains(method[...]))
        }
        #expect(try ann.post("/v1/me", "{}")["Allow"]?.contains("GET") == true)
      }
    }

    @Test("A body is JSON, says so, and is not too large")
    func bodies() async throws {
      try await Company.with { company in
        let ann = company["ann"]
        let body = #"{"to": ["bo"], "message": "Thank you"}"#
        for type in [
          "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json", "application/json+x",
        ] {
          let answer = try ann.post(path, body, [("Content-Type", type)])
          #expect(answer.summary == "415 unsupported_media_type", "\(type)")
        }
        let untyped = try ann.call("POST", path, body: Array(body.utf8))
        #expect(untyped.summary == "415 unsupported_media_type")
        for type in ["application/json; charset=utf-8", "Application/JSON", "application/json ;charset=utf-8"] {
          #expect(try ann.post(path, body, [("Content-Type", type)]).status == 201, "\(type)")
        }
        let large = try company["ann"].call("POST", path, [("Content-Length", "10000000")])
        #expect(large.status == 413)
        let invalid = try ann.call(
          "POST", path, [("Content-Type", "application/json")], body: Array(#"{"to": ["b"#.utf8) + [0xFF])
        #expect(invalid.summary == "400 malformed_json")
      }
    }

    @Test("Query parameters that are unknown, repeated or no text are refused")
    func parameters() async throws {
      try await Company.with { company in
        let ann = company["ann"]
        for query in ["?limt=5", "?limit=5&limit=5", "?dry_run=true", "?q=a"] {
          let answer = try ann.get(path + query)
          #expect(answer.summary == "400 invalid_parameter", "\(query)")
          #expect(answer.pointers.count == 1)
        }
        #expect(try ann.get("/v1/me?x=1").summary == "400 invalid_parameter")
        #expect(
          try ann.post(path + "?limit=5", #"{"to": ["bo"], "message": "Thank you"}"#).summary == "400 invalid_parameter"
        )
        for query in ["?q=%00", "?q=%FF", "?q=%", "?q=%zz"] {
          #expect(try company["ann"].get("/v1/people" + query).status == 400, "\(query)")
        }
      }
    }

    @Test("A write says its position, and a read that asks for a position shows at least that much")
    func positions() async throws {
      try await Company.with { company in
        let written = try company["ann"].post(path, #"{"to": ["bo"], "message": "Thank you"}"#)
        let position = try #require(written["Ledger-Position"].flatMap { Int($0) })
        #expect(written.json["position"]?.number == Int64(position))
        let reader = company["bo"]
        let ask = { (position: String) in [("Min-Ledger-Position", position)] }
        let read = try reader.get(path, ask("\(position)"))
        #expect(read.json["data"]?.list.first?["position"]?.number == Int64(position))
        for nonsense in ["x", "-1", "1.5", ""] {
          #expect(try reader.get(path, ask(nonsense)).status == 400, "\(nonsense)")
        }
        let early = try reader.get(path, ask("\(position + 1)"))
        #expect(early.status == 503)
        #expect(early["Retry-After"] != nil)
        // One that comes while the read waits.
        try reader.send("GET", path, ask("\(position + 1)"))
        #expect(try company["ann"].post(path, #"{"to": ["cy"], "message": "Thank you"}"#).status == 201)
        let waited = try reader.receive()
        #expect(waited.json["data"]?.list.first?["position"]?.number == Int64(position + 1))
      }
    }

    @Test("Pages that wait for a position keep no other page of their key waiting")
    func waitingPages() async throws {
      try await Company.with { company in
        let (key, clock) = (company["ann"].key, ContinuousClock())
        let start = clock.now
        let ahead = try (0..<4).map { _ in
          let client = Client(company.laurel.port, key: key)
          try client.send("GET", path + "?limit=1000", [("Min-Ledger-Position", "1000000")])
          return client
        }
        // They wait together, and the one that asks for what is there waits for none of them.
        #expect(try company["ann"].get(path + "?limit=1000").status == 200)
        let head = try company["ann"].post(path, #"{"to": ["bo"], "message": "Thank you"}"#)["Ledger-Position"] ?? ""
        #expect(try company["bo"].get(path, [("Min-Ledger-Position", head)]).status == 200)
        for client in ahead { #expect(try client.receive().summary == "503 position_not_reached") }
        // Two seconds each, one after the other, would be eight.
        #expect(clock.now - start < .seconds(6))
      }
    }

    @Test("The process and its readiness are asked without a key")
    func health() throws {
      let client = Client(try #require(Laurel.current).port, key: nil)
      #expect(try client.get("/healthz").status == 200)
      let ready = try client.get("/readyz")
      #expect(ready.status == 200)
      #expect(ready.json["database"]?.flag == true)
      #expect(ready.json["schema"]?.flag == true)
    }

    @Test("Thousands of random bodies and queries never make the service fail", arguments: [1, 2] as [UInt64])
    func random(_ seed: UInt64) async throws {
      try await Company.with { company in
        var random = SeededGenerator(state: seed)
        let client = company["ann"]
        var statuses: [Int: Int] = [:]
        for _ in 0..<30 {
          // Sent in one go, answered in order.
          let bodies = (0..<50).map { _ in RandomBody.text(&random) }
          for body in bodies {
            let key = Bool.random(using: &random) ? "k\(Int.random(in: 0..<50, using: &random))" : nil
            try client.sendPost(
              path + (Int.random(in: 0..<9, using: &random) == 0 ? "?dry_run=true" : ""), body, key: key)
          }
          for body in bodies {
            let answer = try client.receive()
            #expect(answer.status < 500, "\(body)")
            #expect(answer.status < 400 || answer.code != nil, "\(body)")
            statuses[answer.status, default: 0] += 1
          }
        }
        // The mixture reaches acceptance and each kind of refusal.
        for status in [201, 400, 422] { #expect(statuses[status, default: 0] > 0, "\(status): \(statuses)") }
        for _ in 0..<200 {
          let text = RandomBody.string(&random).utf8.map { percentByte($0) }.joined()
          let name = ["limit", "cursor", "from", "to", "team", "value", "since", "until"].randomElement(using: &random)!
          #expect(try client.get("\(path)?\(name)=\(text)").status < 500, "\(name)=\(text)")
          #expect(try client.get("/v1/people?q=\(text)").status < 500, "\(text)")
          #expect(try client.get("/v1/people/\(text)").status < 500, "\(text)")
        }
      }
    }

    private func percentByte(_ byte: UInt8) -> String { "%" + hexadecimal([byte]) }
  }
}

/// Bodies near the border of what is accepted.
private enum RandomBody {
  static func text(_ random: inout SeededGenerator) -> String {
    var text = object(&random)
    // A byte or so amiss.
    if Int.random(in: 0..<6, using: &random) == 0, !text.isEmpty {
      var scalars = Array(text.unicodeScalars)
      let index = scalars.indices.randomElement(using: &random)!
      scalars[index] = ["\"", "}", "\\", "0", ",", "\u{1}", "é", "𝔤"].randomElement(using: &random)!
      text = String(String.UnicodeScalarView(scalars))
    }
    return text
  }

  private static func object(_ random: inout SeededGenerator) -> String {
    let names = ["to", "message", "points", "values", "visibility", "text", "", "To", "__proto__"]
    var members = Bool.random(using: &random) ? [#""to": ["bo"], "message": "Thank you""#] : []
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      members.append("\"\(names.randomElement(using: &random)!)\": \(value(&random, depth: 0))")
    }
    return "{" + members.joined(separator: ",") + "}"
  }

  private static func value(_ random: inout SeededGenerator, depth: Int) -> String {
    switch Int.random(in: 0..<(depth > 3 ? 8 : 11), using: &random) {
    case 0: "null"
    case 1: "true"
    case 2:
      ["0", "1", "-1", "1e0", "1E+2", "1.5", "9223372036854775807", "9223372036854775808", "-0", "1e999", "5"]
        .randomElement(using: &random)!
    case 3: #"["bo", "cy"]"#
    case 4: #""public""#
    case 5: #""+1 @bo @cy hi #be-helpful""#
    case 6, 7: quoted(string(&random))
    case 8: "[" + (0..<3).map { _ in value(&random, depth: depth + 1) }.joined(separator: ",") + "]"
    case 9: "{\"a\": \(value(&random, depth: depth + 1))}"
    default: String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
    }
  }

  static func string(_ random: inout SeededGenerator) -> String {
    let pieces = [
      "a", "#be-helpful", "@bo", "+5 ", "\u{0}", "\u{7F}", "\u{FFFF}", "é", "e\u{301}", "𝔤", "👩‍👩‍👧", "\u{202E}", "%s",
      "'; --", "\\",
      "\"", "2026-02-30", "T00:00:00Z", "9999999999999999999", "ann@acme.example", "\u{FEFF}", " ", "\n", "İ", "ß", "ǅ",
    ]
    return (0..<Int.random(in: 0...5, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
  }

  private static func quoted(_ text: String) -> String {
    var json = JSONWriter()
    json.string(text)
    return String(decoding: json.bytes, as: UTF8.self)
  }
}

/// Repeatable randomness (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
