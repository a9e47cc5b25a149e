import HTTP
import Testing

extension OnLaurel {
  @Suite("The feed")
  struct FeedTests {
    private let path = "/v1/recognitions"

    private func messages(_ answer: Answer) -> [String] {
      answer.json["data"]?.list.compactMap { $0["message"]?.text } ?? ["\(answer.summary)"]
    }

    @Test("A private recognition is shown to its giver, its recipients, their managers and admins alone")
    func privacy() async throws {
      try await Company.with { company in
        let fromTeam = try company["ann"].post(path, #"{"to": ["cy"], "message": "from", "visibility": "private"}"#)
        let toTeam = try company["di"].post(path, #"{"to": ["cy", "bo"], "message": "to", "visibility": "private"}"#)
        let matrix = [
          ("ann", ["from"]), ("bo", ["to"]), ("cy", ["to", "from"]), ("di", ["to"]), ("mo", ["to", "from"]),
          ("admin", ["to", "from"]), ("fay", []),
        ]
        for (reader, expected) in matrix {
          #expect(messages(try company[reader].get(path)) == expected, "\(reader)")
          for (answer, word) in [(fromTeam, "from"), (toTeam, "to")] {
            let one = try company[reader].get("\(path)/\(answer.json["id"]?.text ?? "")")
            #expect(one.summary == (expected.contains(word) ? "200" : "404 not_found"), "\(reader) \(word)")
          }
        }
      }
    }

    @Test("Another organisation's recognition is not there")
    func isolation() async throws {
      try await Company.with { company in
        let id = try company["ann"].post(path, #"{"to": ["bo"], "message": "Thank you"}"#).json["id"]?.text ?? ""
        try await Company.with { other in
          #expect(try other["admin"].get("\(path)/\(id)").summary == "404 not_found")
          #expect(messages(try other["admin"].get(path)) == [])
          let bo = try company.id("bo")
          #expect(
            try other["ann"].post(path, #"{"to": ["\#(bo)"], "message": "Thank you"}"#).summary == "422 unknown_person")
          #expect(try other["ann"].get("\(path)?to=\(bo)").summary == "422 unknown_person")
        }
        for id in ["nothing", "00000000-0000-0000-0000-000000000000", try company.id("bo"), "%E2%82%AC"] {
          #expect(try company["ann"].get("\(path)/\(id)").summary == "404 not_found", "\(id)")
        }
      }
    }

    private static let history = """
      occurred_at,from,to,value,message,ref
      2026-03-07T12:00:00-05:00,ann,bo,,one,1
      2026-03-07T23:59:59.999999-05:00,ann,cy,be-helpful,two,2
      2026-03-08T00:00:00-05:00,bo,ann;cy,be-polite,three,3
      2026-03-08T23:59:59-04:00,cy,di,be-helpful,four,4
      2026-03-09T00:00:00-04:00,di,ann,,five,5

      """

    @Test(
      "Filters choose by giver, recipient, team, value and time; whole days are the organisation's",
      arguments: [
        ("", ["five", "four", "three", "two", "one"]),
        ("from=ann", ["two", "one"]), ("from=ANN@acme.example", ["two", "one"]), ("from=me", ["five"]),
        ("from=di&to=di", []), ("to=cy", ["three", "two"]), ("from=bo&to=cy", ["three"]), ("to=me", ["four"]),
        ("team=Support", ["five", "four", "three", "two"]), ("team=Sales&from=di", ["five"]), ("team=Finance", []),
        ("value=be-helpful", ["four", "two"]), ("value=be-helpful&from=bo", []),
        // A day of 23 hours: clocks go forward in New York.
        ("since=2026-03-08&until=2026-03-08", ["four", "three"]),
        ("since=2026-03-08", ["five", "four", "three"]), ("until=2026-03-07", ["two", "one"]),
        // Instants include the first and exclude the last.
        ("since=2026-03-08T05:00:00Z&until=2026-03-09T04:00:00Z", ["four", "three"]),
        ("until=2026-03-08T05:00:00Z", ["two", "one"]), ("since=2026-03-09T04:00:00Z", ["five"]),
        ("since=2026-03-08T04:59:59.999999Z&until=2026-03-08", ["four", "three", "two"]),
        ("since=2026-03-09T00:00:00-04:00", ["five"]),
        ("since=0001-01-01&until=9999-12-31", ["five", "four", "three", "two", "one"]),
      ])
    func filters(_ query: String, _ expected: [String]) async throws {
      try await Company.with(timeZone: "America/New_York") { (company) async throws in
        #expect(try await company.importRecognitions(Self.history) == 5)
        let encoded = query.split(separator: "&").map { $0.replacing("+", with: "%2B") }.joined(separator: "&")
        #expect(messages(try company["di"].get("\(path)?\(encoded)")) == expected)
      }
    }

    @Test(
      "A time that is none is refused",
      arguments: ["since=yesterday", "until=2026-02-29", "since=", "until=2026-03-08T25:00:00Z", "since=2026-3-8"])
    func times(_ query: String) async throws {
      try await Company.with { company in
        let answer = try company["ann"].get("\(path)?\(query)")
        #expect(answer.summary == "400 invalid_parameter")
        #expect(answer.pointers == ["?\(query.prefix { $0 != "=" })"])
      }
    }

    @Test("Pages of the feed follow each other without gap or repeat while more is being thanked")
    func paging() async throws {
      let rows = (0..<40).map { "2026-01-01T00:00:0\($0 / 10)Z,ann,bo,,m\($0),\($0)\n" }.joined()
      try await Company.with { company in
        let header = "occurred_at,from,to,value,message,ref\n"
        #expect(try await company.importRecognitions(header + rows) == 40)
        var path = "\(path)?limit=6&from=ann"
        var seen: [String] = []
        for page in 0..<100 {
          let answer = try company["cy"].get(path)
          seen += messages(answer)
          guard let cursor = answer.json["next_cursor"]?.text else { break }
          path = "\(self.path)?limit=6&from=ann&cursor=\(cursor)"
          // One that is newer than all, and one in the midst of the page just read.
          #expect(try company["ann"].post(self.path, #"{"to": ["bo"], "message": "new", "points": 1}"#).status == 201)
          _ = try await company.importRecognitions(header + "2026-01-01T00:00:03Z,ann,bo,,late,late\(page)\n")
        }
        let first = seen.filter { $0.hasPrefix("m") }
        #expect(first == (0..<40).reversed().map { "m\($0)" })
        #expect(!seen.contains("new"))
      }
    }
  }
}
