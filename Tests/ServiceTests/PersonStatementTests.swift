import HTTP
import Testing

extension OnLaurel {
  @Suite("A statement")
  struct PersonStatementTests {
    @Test("shows every line of a person's accounts, newest first, with what each account held afterwards")
    func lines() async throws {
      try await Company.with { company in
        _ = try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "points": 10, "message": "For the boxes."}"#)
        _ = try company["ann"].post("/v1/recognitions", #"{"to": ["bo", "cy"], "points": 5, "message": "Again."}"#)
        let lines = try #require(try company["ann"].get("/v1/people/ann/statement").json["data"]?.list)
        #expect(lines.map { $0["kind"]?.text } == ["recognition", "recognition", "allowance_reset"])
        #expect(lines.map { $0["account"]?.text } == ["allowance", "allowance", "allowance"])
        #expect(lines.map { $0["amount"] } == [.integer(-10), .integer(-10), .integer(100)])
        #expect(lines.map { $0["balance_after"] } == [.integer(80), .integer(90), .integer(100)])
        #expect(lines.map { $0["memo"]?.text } == ["Again.", "For the boxes.", nil])
        #expect(lines[0]["subject"]?["type"]?.text == "recognition")
        #expect(lines[2]["subject"] == .null)
        let received = try #require(try company["bo"].get("/v1/people/bo/statement").json["data"]?.list)
        #expect(received.map { $0["balance_after"] } == [.integer(15), .integer(10)])
      }
    }

    @Test("says why: an award's words once it is approved, those of what was boosted, and of what was taken back")
    func memos() async throws {
      try await Company.with { company in
        let budget = try company.fund("mo", points: 100, #""approval_above": 10,"#)
        let award = #"{"budget": "\#(budget)", "to": ["bo"], "points": 20, "message": "After a look."}"#
        let id = try #require(try company["mo"].post("/v1/awards", award).json["id"]?.text)
        #expect(try company["fay"].post("/v1/awards/\(id)/approve", #"{"reason": "Fine."}"#).status == 200)
        let thanks = #"{"to": ["bo"], "points": 5, "message": "Between us.", "visibility": "private"}"#
        let thanked = try #require(try company["ann"].post("/v1/recognitions", thanks).json["id"]?.text)
        #expect(try company["mo"].post("/v1/recognitions/\(thanked)/boosts", #"{"points": 3}"#).status == 201)
        #expect(try company["ann"].call("DELETE", "/v1/recognitions/\(thanked)").status == 200)
        #expect(try company["admin"].call("DELETE", "/v1/awards/\(id)").status == 200)
        for (reader, words) in [("bo", "Between us."), ("fay", nil)] {
          let lines = try #require(try company[reader].get("/v1/people/bo/statement").json["data"]?.list)
          #expect(lines.map { $0["amount"]?.number } == [-20, -8, 3, 5, 20])
          #expect(
            lines.map { $0["memo"]?.text } == ["After a look.", words, words, words, "After a look."], "\(reader)")
        }
      }
    }

    @Test("is shown to the person, finance and admins, and keeps a private message from finance")
    func readers() async throws {
      try await Company.with { company in
        _ = try company["ann"].post(
          "/v1/recognitions", #"{"to": ["bo"], "points": 1, "message": "Between us.", "visibility": "private"}"#)
        #expect(try company["cy"].get("/v1/people/bo/statement").summary == "403 forbidden")
        #expect(try company["bo"].get("/v1/people/nobody/statement").summary == "404 not_found")
        for (reader, memo) in [("bo", "Between us."), ("admin", "Between us."), ("fay", nil)] {
          let lines = try #require(try company[reader].get("/v1/people/bo/statement").json["data"]?.list)
          #expect(lines.first?["memo"]?.text == memo, "\(reader)")
        }
      }
    }

    @Test("pages to its end without a gap or a repeat")
    func pages() async throws {
      try await Company.with { company in
        for points in 1...7 {
          _ = try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "points": \#(points), "message": "x"}"#)
        }
        var amounts: [JSONValue?] = []
        var path: String? = "/v1/people/bo/statement?limit=3"
        while let next = path {
          let answer = try company["bo"].get(next).json
          amounts += try #require(answer["data"]?.list).map { $0["amount"] }
          path = answer["next_cursor"]?.text.map { "/v1/people/bo/statement?limit=3&cursor=\($0)" }
        }
        #expect(amounts == (1...7).reversed().map { .integer($0) })
      }
    }
  }
}
