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

    // MARK: Awards

    /// Mo's, and thanks around them: what the feed shows of it, newest first.
    private static let expected = ["thanks-3", "approved", "thanks-2", "granted #be-helpful", "thanks-1"]

    /// - Returns: the awards' ids, by their messages.
    private func awardAmongThanks(_ company: Company) throws -> [String: String] {
      try company.fund("mo", points: 100, #""approval_above": 10,"#)
      var ids: [String: String] = [:]
      func award(_ to: String, _ points: Int64, _ message: String) throws {
        let body = #"{"budget": "Spot", "to": \#(to), "points": \#(points), "message": "\#(message)"}"#
        ids[message] = try #require(try company["mo"].post("/v1/awards", body).json["id"]?.text)
      }
      func thank(_ handle: String, _ to: String, _ message: String) throws {
        let body = #"{"to": ["\#(to)"], "message": "\#(message)"}"#
        #expect(try company[handle].post(path, body).status == 201)
      }
      try award(#"["bo"]"#, 11, "approved")
      try award(#"["ann"]"#, 11, "declined")
      try thank("cy", "di", "thanks-1")
      try award(#"["bo", "ann"]"#, 7, "granted #be-helpful")
      try thank("ann", "cy", "thanks-2")
      #expect(try company["fay"].post("/v1/awards/\(ids["declined"] ?? "")/decline", "{}").status == 200)
      #expect(try company["fay"].post("/v1/awards/\(ids["approved"] ?? "")/approve", "{}").status == 200)
      try thank("bo", "mo", "thanks-3")
      try award(#"["ann"]"#, 12, "waiting")
      return ids
    }

    @Test("An award stands in the feed from when it was granted, in the shape of thanks, and never while it waits")
    func awards() async throws {
      try await Company.with { (company) async throws in
        let ids = try awardAmongThanks(company)
        #expect(messages(try company["cy"].get(path)) == Self.expected)
        let feed = try #require(try company["cy"].get(path).json["data"]?.list)
        #expect(feed.map { $0["kind"]?.text } == ["recognition", "award", "recognition", "award", "recognition"])
        for (index, message) in [(1, "approved"), (3, "granted #be-helpful")] {
          let (shown, id) = (feed[index], try #require(ids[message]))
          let award = try company["fay"].get("/v1/awards/\(id)").json
          for name in ["id", "from", "to", "message", "points", "total_points", "values", "position", "reversed"] {
            #expect(shown[name] == award[name], "\(message) \(name)")
          }
          let decided = award["decisions"]?.list.first
          #expect(shown["created_at"] == (decided?["at"] ?? award["created_at"]), "\(message)")
          #expect(shown["visibility"] == "public" && shown["boosts"] == [])
          #expect(try company["cy"].get("\(path)/\(id)").json == shown, "\(message)")
        }
        #expect(feed[3]["values"] == ["be-helpful"])
        for message in ["waiting", "declined"] {
          #expect(try company["admin"].get("\(path)/\(ids[message] ?? "")").summary == "404 not_found", "\(message)")
        }
        // The entry that approved it is not the award's name.
        let position = feed[1]["position"]?.number ?? 0
        let session = try Session(company.laurel.cluster.superuserURL)
        let entry = try session.run(
          "SELECT entry_id FROM entries WHERE org_id = \(company.number) AND position = \(position)")
        #expect(entry.first != ids["approved"])
        #expect(try company["cy"].get("\(path)/\(entry.first ?? "")").summary == "404 not_found")
      }
    }

    @Test("What is done to thanks is not done to an award, and one that is taken back says so")
    func reversedAward() async throws {
      try await Company.with { (company) async throws in
        let id = try #require(try awardAmongThanks(company)["approved"])
        #expect(try company["ann"].post("\(path)/\(id)/boosts", #"{"points": 1}"#).summary == "404 not_found")
        #expect(try company["admin"].call("DELETE", "\(path)/\(id)").summary == "404 not_found")
        #expect(try company["cy"].get("\(path)/\(id)").json["reversed"] == false)
        #expect(try company["admin"].call("DELETE", "/v1/awards/\(id)").status == 200)
        #expect(try company["cy"].get("\(path)/\(id)").json["reversed"] == true)
        let feed = try #require(try company["cy"].get(path).json["data"]?.list)
        #expect(feed.map { $0["reversed"] == true } == [false, true, false, false, false])
      }
    }

    @Test("Each filter holds for awards as it does for thanks")
    func awardFilters() async throws {
      try await Company.with { (company) async throws in
        _ = try awardAmongThanks(company)
        _ = try await company.importRecognitions(
          "occurred_at,from,to,value,message,ref\n2024-02-03T12:00:00Z,mo,ann,be-helpful,old,1\n")
        let feed = try #require(try company["cy"].get(path).json["data"]?.list)
        func time(_ index: Int) -> String { feed[index]["created_at"]?.text ?? "" }
        let (all, old) = (Self.expected + ["old"], "old")
        let cases: [(String, [String])] = [
          ("", all), ("from=mo", ["approved", "granted #be-helpful", old]), ("from=fay", []),
          ("to=bo", ["approved", "granted #be-helpful"]), ("to=ann", ["granted #be-helpful", old]),
          ("from=mo&to=bo", ["approved", "granted #be-helpful"]), ("from=ann&to=bo", []),
          ("team=sales", ["thanks-3", "approved", "thanks-2", "granted #be-helpful", old]), ("team=Finance", []),
          ("value=be-helpful", ["granted #be-helpful", old]), ("value=be-polite", []),
          ("since=\(time(1))", ["thanks-3", "approved"]), ("until=\(time(1))", Array(all[2...])),
          ("since=\(time(3))&until=\(time(1))", ["thanks-2", "granted #be-helpful"]),
          ("since=\(time(3))&until=\(time(3))", []), ("until=2024-02-02", []), ("until=2024-02-03", [old]),
          ("since=2024-02-03", all), ("since=2024-02-04", Self.expected), ("from=mo&until=2024-12", [old]),
        ]
        for (query, expected) in cases {
          #expect(messages(try company["di"].get("\(path)?\(query)")) == expected, "\(query)")
        }
      }
    }

    @Test(
      "Pages of any size show thanks, awards and old thanks once each, in one order, while more comes",
      arguments: [1, 2, 3, 7])
    func mixedPages(_ limit: Int) async throws {
      try await Company.with { (company) async throws in
        try company.fund("mo", points: 100)
        func award(_ message: String) throws {
          let body = #"{"budget": "Spot", "to": ["bo"], "points": 1, "message": "\#(message)"}"#
          #expect(try company["mo"].post("/v1/awards", body).status == 201)
        }
        func thank(_ message: String, _ visibility: String = "public") throws {
          let body = #"{"to": ["bo"], "message": "\#(message)", "visibility": "\#(visibility)"}"#
          #expect(try company[message.hasSuffix("0") ? "ann" : "cy"].post(path, body).status == 201)
        }
        for index in 0..<2 {
          try thank("\(index)0")
          try award("award-\(index)0")
          try award("award-\(index)1")
          try thank("\(index)1", "private")
        }
        // History that came in afterwards: newer positions, older times.
        let header = "occurred_at,from,to,value,message,ref\n"
        let rows = (0..<4).map { "2024-01-01T00:00:0\($0 / 2)Z,ann,bo,,old-\($0),\($0)\n" }.joined()
        #expect(try await company.importRecognitions(header + rows) == 4)
        let old = (0..<4).reversed().map { "old-\($0)" }
        let expected = [
          ("di", ["award-11", "award-10", "10", "award-01", "award-00", "00"] + old),
          ("mo", ["11", "award-11", "award-10", "10", "01", "award-01", "award-00", "00"] + old),
        ]
        for (reader, messages) in expected {
          var (seen, next): ([String], String?) = ([], "\(path)?limit=\(limit)&to=bo")
          for page in 0..<100 {
            guard let asked = next else { break }
            let answer = try company[reader].get(asked)
            seen += self.messages(answer)
            #expect(self.messages(answer).count <= limit)
            next = answer.json["next_cursor"]?.text.map { "\(path)?limit=\(limit)&to=bo&cursor=\($0)" }
            if page < 2 { try award("later") }
          }
          #expect(seen.filter { $0 != "later" } == messages, "\(reader)")
          #expect(next == nil)
        }
      }
    }
  }
}
