import Foundation
import HTTP
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Thanking")
  struct RecognitionTests {
    private let path = "/v1/recognitions"

    @Test("The answer to a thank-you has every member of the contract")
    func answer() async throws {
      try await Company.with { company in
        let started = Date()
        let answer = try company["ann"].post(
          path,
          #"{"to": ["bo", "CY@acme.example"], "message": "You saved the quarter close. #be-helpful #nothing", "points": 10, "values": ["be-polite"], "visibility": "public"}"#
        )
        #expect(answer.status == 201)
        #expect(answer["Content-Type"] == "application/json")
        let (id, position) = (answer.json["id"]?.text ?? "", answer.json["position"]?.number ?? 0)
        #expect(answer["Location"] == "/v1/recognitions/\(id)")
        #expect(answer["Ledger-Position"] == "\(position)")
        #expect(answer["Idempotent-Replayed"] == nil)
        let createdAt = answer.json["created_at"]?.text ?? ""
        let (ann, bo, cy) = (try company.id("ann"), try company.id("bo"), try company.id("cy"))
        let expected = try json(
          """
          {"id": "\(id)", "kind": "recognition", "from": {"id": "\(ann)", "handle": "ann", "name": "Ann Ames"},
           "to": [{"person": {"id": "\(bo)", "handle": "bo", "name": "Bo Björk"}, "points": 10},
                  {"person": {"id": "\(cy)", "handle": "cy", "name": "Cy Ünal"}, "points": 10}],
           "message": "You saved the quarter close. #be-helpful #nothing", "points": 10, "total_points": 20,
           "values": ["be-polite", "be-helpful"], "visibility": "public", "created_at": "\(createdAt)",
           "position": \(position), "boosts": [], "comments_count": 0, "reactions": {}, "reversed": false}
          """)
        #expect(answer.json == expected)
        let time = try #require(RFC3339.timestamp(createdAt))
        let seconds = Double(time.microseconds) / 1e6
        #expect(createdAt.hasSuffix("Z"))
        #expect((started.timeIntervalSince1970 - 1...Date().timeIntervalSince1970 + 1).contains(seconds))

        #expect(try company["di"].get("\(path)/\(id)").json == expected)
        #expect(try company["di"].get(path).json["data"]?.list == [expected])
        #expect(try company.balances("ann") == "80/0")
        #expect(try company.balances("bo") == "100/10")
        #expect(try company.balances("cy") == "100/10")
      }
    }

    @Test("Without points and visibility it is a plain, public thank-you")
    func defaults() async throws {
      try await Company.with { company in
        let answer = try company["ann"].post(path, #"{"to": ["bo"], "message": "Thank you"}"#)
        #expect(answer.status == 201)
        #expect(answer.json["points"]?.number == 0)
        #expect(answer.json["total_points"]?.number == 0)
        #expect(answer.json["message"]?.text == "Thank you")
        #expect(answer.json["visibility"]?.text == "public")
        #expect(answer.json["values"]?.list == [])
        #expect(try company.balances("ann") == "100/0")
      }
    }

    @Test(
      "What a rule forbids is refused by its word, at the member at fault",
      arguments: [
        (#"{"to": ["ann"], "message": "Thank you", "points": 1}"#, "422 self_recognition", ["/to/0"]),
        (#"{"to": ["bo", "bo@acme.example"], "message": "Thank you"}"#, "422 duplicate_recipient", ["/to/1"]),
        (#"{"to": ["bo", "zoe"], "message": "Thank you"}"#, "422 unknown_person", ["/to/1"]),
        (
          #"{"to": ["bo"], "message": "Thank you", "values": ["be-helpful", "zeal"]}"#, "422 unknown_value",
          ["/values/1"]
        ),
        (#"{"to": ["eve"], "message": "Thank you"}"#, "422 inactive_recipient", ["/to/0"]),
        (#"{"to": ["bo"], "message": "Thank you", "points": 100}"#, "409 insufficient_allowance", ["/points"]),
        (#"{"to": ["bo", "cy"], "message": "Thank you", "points": 26}"#, "409 insufficient_allowance", ["/points"]),
        (#"{"to": ["bo"], "message": "Thank you", "points": 101}"#, "409 insufficient_allowance", ["/points"]),
        (#"{"to": ["bo"], "message": "MANY"}"#, "422 message_too_long", ["/message"]),
        (#"{"to": ["bo"], "message": "a\u0000b"}"#, "422 nul_character", ["/message"]),
        (
          #"{"to": ["bo"], "text": "hello", "points": 1}"#, "400 invalid_request",
          ["/text", "/to", "/points"]
        ),
        (#"{"to": []}"#, "400 invalid_request", ["/to"]),
        (#"{}"#, "400 invalid_request", ["/to"]),
        (#"{"to": "bo"}"#, "400 invalid_request", ["/to"]),
        (#"{"to": ["bo", 7, ""], "message": "Thank you"}"#, "400 invalid_request", ["/to/1", "/to/2"]),
        (#"{"to": ["bo"], "message": "Thank you", "points": -1}"#, "400 invalid_request", ["/points"]),
        (#"{"to": ["bo"], "message": "Thank you", "points": 1.5}"#, "400 invalid_request", ["/points"]),
        (#"{"to": ["bo"], "message": "Thank you", "points": "1"}"#, "400 invalid_request", ["/points"]),
        (#"{"to": ["bo"], "message": "Thank you", "visibility": "secret"}"#, "400 invalid_request", ["/visibility"]),
        (
          #"{"to": ["bo"], "message": "Thank you", "pionts": 1, "~/": 1}"#, "400 invalid_request", ["/pionts", "/~0~1"]
        ),
        (#"{"to": ["bo"], "message": "Thank you", "to": ["cy"]}"#, "400 malformed_json", ["/to"]),
        (#"{"to": ["bo"], "message": "Thank you""#, "400 malformed_json", []),
        (#"["bo"]"#, "400 invalid_request", ["", "/to"]),
      ])
    func refusals(_ body: String, _ summary: String, _ pointers: [String]) async throws {
      try await Company.with(Company.people + "eve,Eve Early,,,,\n", allowance: 50) { company in
        let leaving = [("Content-Type", "application/json"), ("If-Match", "*")]
        let left = try company["admin"].call(
          "PATCH", "/v1/people/eve", leaving, body: Array(#"{"active": false}"#.utf8))
        try #require(left.status == 200)
        let many = String(repeating: "ü", count: 30_000)
        let answer = try company["ann"].post(path, body.replacingOccurrences(of: "MANY", with: many))
        #expect(answer.summary == summary)
        #expect(answer.pointers == pointers)
        #expect(answer["Content-Type"] == "application/problem+json")
        #expect(answer["Ledger-Position"] == nil)
        #expect(answer.json["status"]?.number == Int64(answer.status))
        #expect(answer.json["title"]?.text?.isEmpty == false)
        #expect(answer.json["detail"]?.text?.isEmpty == false)
        #expect(answer.json["type"]?.text?.isEmpty == false)
        #expect(try company["ann"].get(path).json["data"]?.list == [])
        #expect(try company.balances("ann") == "50/0")
      }
    }

    @Test("One recognition names at most 100 people")
    func recipients() async throws {
      let people = (0..<101).map { "p\($0)" }
      try await Company.with("handle,name\nann,Ann\n" + people.map { "\($0),P\n" }.joined()) { company in
        let to = { (count: Int) in people.prefix(count).map { "\"\($0)\"" }.joined(separator: ",") }
        #expect(
          try company["ann"].post(path, #"{"to": [\#(to(101))], "message": "Thank you"}"#).summary
            == "422 too_many_recipients")
        let answer = try company["ann"].post(path, #"{"to": [\#(to(100))], "message": "Thank you", "points": 1}"#)
        #expect(answer.status == 201)
        #expect(answer.json["total_points"]?.number == 100)
        #expect(answer.json["to"]?.list.compactMap { $0["person"]?["handle"]?.text } == Array(people.prefix(100)))
      }
    }

    @Test(
      "A message keeps every character: 2,000 of them, of any script, in normal form C and without white space around")
    func messages() async throws {
      try await Company.with { company in
        let odd = "=1+1 \"quoted\" \\ / \u{7F} é x\u{301} \u{200F}שלום 👩‍👩‍👧‍👦 \u{FFFD}\n\ttab "
        let message = odd + String(repeating: "𝔤", count: 2_000 - odd.unicodeScalars.count)
        var body = JSONWriter()
        body.object { json in
          json.member("to") { $0.array { $0.string("bo") } }
          json.member("message", " " + message.replacing("é", with: "e\u{301}") + "\u{A0}\n")
        }
        let answer = try company["ann"].post(path, String(decoding: body.bytes, as: UTF8.self))
        #expect(answer.status == 201)
        let id = answer.json["id"]?.text ?? ""
        #expect(answer.json["message"]?.text.map { Array($0.utf8) } == Array(message.utf8))
        #expect(
          try company["bo"].get("\(path)/\(id)").json["message"]?.text.map { Array($0.utf8) } == Array(message.utf8))
      }
    }

    @Test("A line says the same")
    func line() async throws {
      try await Company.with { company in
        let text = "+10 @cy @bo@acme.example thanks for +2 the quarter close with @di #be-helpful #zeal"
        // A second number is a mistake, unless it says no points.
        #expect(try company["ann"].post(path, #"{"text": "\#(text)"}"#).pointers == ["/text"])
        let answer = try company["ann"].post(
          path, #"{"text": "\#(text.replacingOccurrences(of: "+2 ", with: ""))", "visibility": "private"}"#)
        #expect(answer.status == 201)
        #expect(answer.json["to"]?.list.compactMap { $0["person"]?["handle"]?.text } == ["cy", "bo", "di"])
        #expect(answer.json["points"]?.number == 10)
        #expect(answer.json["total_points"]?.number == 30)
        #expect(try answer.json["values"] == json(#"["be-helpful"]"#))
        #expect(answer.json["visibility"]?.text == "private")
        #expect(answer.json["message"]?.text == "thanks for the quarter close with @di #be-helpful #zeal")
        for text in ["thanks everybody", "+10 thanks", " "] {
          let answer = try company["ann"].post(path, #"{"text": "\#(text)"}"#)
          #expect(answer.summary == "400 invalid_request")
          #expect(answer.pointers == ["/text"])
        }
        func refused(_ text: String) throws -> String {
          let answer = try company["ann"].post(path, #"{"text": "\#(text)"}"#)
          return "\(answer.summary) \(answer.pointers.joined(separator: " "))"
        }
        for text in ["+10,000 @bo thanks", "+1 @bo +2 hi", "10 points to @bo", "- 5 @bo", "+1000000001 @bo hi"] {
          #expect(try refused(text) == "400 invalid_amount /text", "\(text)")
        }
        for text in [
          "+1 @zoe hi", "+1 @josé hi", "+1 @bo and @o'brien", "@team:Sales hi", "@ann...thanks @bo", "@me hi",
        ] {
          #expect(try refused(text) == "422 unknown_person /text", "\(text)")
        }
        #expect(try refused("+1 @ann @bo hi") == "422 self_recognition /text")
        #expect(try refused("+1 @bo") == "422 message_empty /text")
        let letter = try company["ann"].post(path, #"{"text": "+1 @bo\n\nDear Bo,\n\nthank you. #be-helpful-\n"}"#)
        #expect(letter.json["message"]?.text == "Dear Bo,\n\nthank you. #be-helpful-")
        #expect(try letter.json["values"] == json(#"["be-helpful"]"#))
      }
    }

    @Test("A message holds something that can be seen, also an award's; what is imported may be silent")
    func silence() async throws {
      try await Company.with { company in
        let period = #""period": {"from": "2026-01-01", "to": "2036-01-01"}"#
        let budget = #"{"name": "Spot", "owner": "mo", "points": 100, \#(period)}"#
        #expect(try company["admin"].post("/v1/budgets", budget).status == 201)
        for words in ["", #", "message": "  ""#, ", \"message\": \"\u{200B}\u{A0}\"", #", "message": "\n""#] {
          #expect(
            try company["ann"].post(path, #"{"to": ["bo"], "points": 1\#(words)}"#).summary
              == "422 message_empty")
          let award = try company["mo"].post(
            "/v1/awards", #"{"budget": "Spot", "to": ["bo"], "points": 1\#(words)}"#)
          #expect(award.summary == "422 message_empty" && award.pointers == ["/message"])
        }
        let history = "occurred_at,from,to,value,message,ref\n2026-01-01T00:00:00Z,ann,bo,,,r1\n"
        #expect(try await company.importRecognitions(history) == 1)
      }
    }

    @Test("Hashtags in an award's message do as in a recognition's")
    func awardedValues() async throws {
      try await Company.with { company in
        let period = #""period": {"from": "2026-01-01", "to": "2036-01-01"}"#
        let budget = #"{"name": "Spot", "owner": "mo", "points": 100, \#(period)}"#
        #expect(try company["admin"].post("/v1/budgets", budget).status == 201)
        let award = try company["mo"].post(
          "/v1/awards",
          #"{"budget": "Spot", "to": ["bo"], "points": 1, "message": "So #be-helpful- #zeal", "values": ["be-polite"]}"#
        )
        #expect(try award.json["values"] == json(#"["be-polite", "be-helpful"]"#))
      }
    }

    @Test("A dry run answers what would come, with the balances after it, and records nothing")
    func dryRun() async throws {
      try await Company.with { company in
        let ann = company["ann"]
        let body = #"{"to": ["bo"], "points": 30, "message": "Maybe."}"#
        let dry = try ann.post("\(path)?dry_run=true", body, key: "k")
        #expect(dry.status == 200)
        #expect(dry.json["dry_run"]?.flag == true)
        #expect(try dry.json["balances"] == json(#"{"allowance": 70, "points": 0, "held": 0}"#))
        #expect(dry.json["total_points"]?.number == 30)
        #expect(dry["Ledger-Position"] == nil)
        #expect(try ann.get(path).json["data"]?.list == [])
        #expect(try company.balances("ann") == "100/0")
        let refused = try ann.post(
          "\(path)?dry_run=true", #"{"to": ["bo", "cy"], "message": "Thank you", "points": 60}"#)
        #expect(refused.summary == "409 insufficient_allowance")
        #expect(try ann.post("\(path)?dry_run=1", body).summary == "400 invalid_parameter")

        // Dry runs neither look keys up nor record them.
        #expect(try ann.post(path, #"{"to": ["cy"], "message": "Thank you"}"#, key: "k").status == 201)
        #expect(try ann.post("\(path)?dry_run=true", body, key: "k").status == 200)
        #expect(try ann.post("\(path)?dry_run=false", body).status == 201)
        #expect(try company.balances("ann") == "70/0")
      }
    }
  }
}
