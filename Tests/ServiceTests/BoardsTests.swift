import HTTP
import Testing

extension OnLaurel {
  @Suite("Boards as they are asked for")
  struct BoardsTests {
    private let path = "/v1/leaderboards/points_received?period=all"

    /// Ann has 50, Bo and Cy 30 each, Bo earlier, and Di 10.
    private func scores(_ company: Company) async throws {
      let lines = [("ann", 5), ("bo", 3), ("cy", 3), ("di", 1)].map { person, times in
        (0..<times).map { "2024-03-0\($0 + 1)T12:00:00Z,mo,\(person),,Thanks,\(person)\($0)\n" }.joined()
      }
      #expect(
        try await company.importRecognitions("occurred_at,from,to,value,message,ref\n\(lines.joined())", points: 10)
          == 12)
    }

    @Test("Ranks, ties, places and percentiles are as the contract has them")
    func ranks() async throws {
      try await Company.with { company in
        try await scores(company)
        let expected = [
          ("ann", "1|1|1|0|50", "75"), ("bo", "2|2|2|1|30", "25"), ("cy", "2|2|3|1|30", "25"),
          ("di", "4|3|4|0|10", "0"),
        ]
        let board = try company["mo"].get(path)
        #expect(board.json["total"]?.number == 4)
        #expect(board.json["entries"]?.list.map(Self.line) == expected.map { "\($0.1)|\($0.0)" })
        for (handle, standing, percentile) in expected {
          let mine = try company[handle].get(path)
          #expect(mine.json["me"].map(Self.standing) == standing, "\(handle)")
          #expect(mine.text.contains("\"percentile\":\(percentile)}"), "\(handle): \(mine.text.suffix(120))")
        }
      }
    }

    @Test("Whoever is not listed sees their score, and null for every rank")
    func unlisted() async throws {
      try await Company.with { company in
        try await scores(company)
        let me = try #require(try company["fay"].get(path).json["me"])
        #expect(me["score"]?.number == 0)
        for name in ["rank", "dense_rank", "position", "tied_with", "percentile"] {
          #expect(me[name] == .null, "\(name)")
        }
      }
    }

    @Test("around=me answers the caller's neighbours, and no page")
    func around() async throws {
      try await Company.with { company in
        try await scores(company)
        for (handle, radius, expected) in [
          ("bo", "&radius=1", ["ann", "bo", "cy"]), ("ann", "&radius=1", ["ann", "bo"]), ("di", "&radius=0", ["di"]),
          ("cy", "", ["ann", "bo", "cy", "di"]),
        ] {
          let answer = try company[handle].get("\(path)&around=me\(radius)")
          #expect(answer.json["entries"]?.list.map { $0["person"]?["handle"]?.text } == expected, "\(handle)\(radius)")
          #expect(answer.json["next_cursor"] == nil)
          #expect(answer.json["total"]?.number == 4)
        }
      }
    }

    @Test("Pages follow one another to the end, whatever their size")
    func pages() async throws {
      try await Company.with { company in
        try await scores(company)
        for limit in 1...5 {
          var handles: [String] = []
          var cursor = ""
          repeat {
            let page = try company["mo"].get("\(path)&limit=\(limit)\(cursor)")
            handles += (page.json["entries"]?.list ?? []).compactMap { $0["person"]?["handle"]?.text }
            cursor = page.json["next_cursor"]?.text.map { "&cursor=\($0)" } ?? ""
            #expect((page["Link"] ?? "").contains("rel=\"next\"") == !cursor.isEmpty)
          } while !cursor.isEmpty && handles.count < 10
          #expect(handles == ["ann", "bo", "cy", "di"], "pages of \(limit)")
        }
        let first = try company["mo"].get("\(path)&limit=1")
        let cursor = try #require(first.json["next_cursor"]?.text)
        let elsewhere = try company["mo"].get("/v1/leaderboards/points_given?period=all&limit=1&cursor=\(cursor)")
        #expect(elsewhere.status == 400)
        #expect(try company["mo"].get("\(path)&limit=1&cursor=\(cursor)x").status == 400)
      }
    }

    @Test("What is no board is refused, and what is no metric is not found")
    func refusals() async throws {
      try await Company.with { (company) async throws in
        let ann = company["ann"]
        #expect(try ann.get("/v1/leaderboards/karma").status == 404)
        for query in [
          "period=decade", "period=month&at=2026-13", "period=week&at=2026-W54", "period=week&at=2025-W53",
          "period=day&at=2026-02-30", "period=quarter&at=2026-Q5", "period=year&at=26", "period=all&at=2026",
          "period=month&at=2026-Q4", "scope=planet", "scope=team", "scope=galaxy:far", "around=you",
          "around=me&radius=-1", "around=me&radius=101", "around=me&radius=many", "limit=0", "limit=some", "cursor=abc",
          "colour=red",
        ] {
          #expect(try ann.get("/v1/leaderboards/points_received?\(query)").status == 400, "\(query)")
        }
        #expect(try Client(company.laurel.port, key: nil).get(path).status == 401)
      }
    }

    @Test("A thank-you counts in the period of the organisation's time zone")
    func timeZone() async throws {
      try await Company.with(timeZone: "Pacific/Auckland") { company in
        // Still 2023 in UTC, and the first hour of 2024 in Auckland.
        let csv = "occurred_at,from,to,value,message,ref\n2023-12-31T11:30:00Z,mo,ann,,Happy new year,r1\n"
        #expect(try await company.importRecognitions(csv, points: 1) == 1)
        for (query, total) in [
          ("period=year&at=2024", 1), ("period=year&at=2023", 0), ("period=day&at=2024-01-01", 1),
          ("period=week&at=2024-W01", 1), ("period=quarter&at=2023-Q4", 0), ("period=month&at=2024-01-31", 1),
        ] as [(String, Int64)] {
          let board = try company["ann"].get("/v1/leaderboards/recognitions_received?\(query)")
          #expect(board.json["total"]?.number == total, "\(query)")
        }
        let year = try company["ann"].get("/v1/leaderboards/points_received?period=year&at=2024")
        #expect(year.json["starts_at"]?.text == "2023-12-31T11:00:00Z")
        #expect(year.json["ends_at"]?.text == "2024-12-31T11:00:00Z")
        #expect(year.json["period_id"]?.text == "2024")
      }
    }

    @Test("Scopes choose recipients for received metrics and givers for given ones, by where they are now")
    func scopes() async throws {
      try await Company.with { company in
        #expect(
          try company["cy"].post(
            "/v1/recognitions", #"{"to": ["ann", "di"], "points": 2, "message": "Ta. #be-helpful"}"#
          ).status == 201)
        #expect(
          try company["bo"].post("/v1/recognitions", #"{"to": ["fay"], "message": "Thank you", "points": 1}"#).status
            == 201)
        for (metric, scope, expected) in [
          ("points_received", "team:Sales", ["ann"]), ("points_received", "team:Support", ["di"]),
          ("points_given", "team:Support", ["cy"]), ("points_given", "team:Finance", []),
          ("points_received", "manager:mo", ["ann"]), ("recognitions_given", "manager:mo@acme.example", ["bo"]),
          ("points_received", "value:be-helpful", ["ann", "di"]), ("teams_reached", "org", ["cy", "bo"]),
        ] {
          let board = try company["mo"].get("/v1/leaderboards/\(metric)?period=all&scope=\(scope)")
          #expect(board.json["entries"]?.list.map { $0["person"]?["handle"]?.text } == expected, "\(metric) \(scope)")
          #expect(board.json["scope"]?.text == scope)
        }
      }
    }

    @Test("Awards count as received and not as given")
    func awards() async throws {
      try await Company.with { company in
        try company.fund("mo", points: 100)
        let award = try company["mo"].post(
          "/v1/awards", #"{"budget": "Spot", "to": ["ann", "bo"], "message": "Thank you", "points": 7}"#)
        #expect(award.status == 201)
        for (metric, total) in [
          ("points_received", 2), ("recognitions_received", 2), ("points_given", 0), ("recognitions_given", 0),
        ]
          as [(String, Int64)]
        {
          #expect(try company["mo"].get("/v1/leaderboards/\(metric)").json["total"]?.number == total, "\(metric)")
        }
      }
    }

    @Test("A thank-you acknowledged just before is in the next answer, on every connection")
    func fresh() async throws {
      try await Company.with { company in
        let clients = ["ann", "bo", "cy", "di"].map { company[$0] }
        for round in 1...25 {
          let thanked = try clients[round % 4].post(
            "/v1/recognitions", #"{"to": ["fay"], "message": "Thank you", "points": 1}"#)
          let position = try #require(thanked.json["position"]?.number)
          for client in clients {
            let board = try client.get("/v1/leaderboards/points_received")
            #expect(board.json["as_of_position"]?.number == position)
            #expect(board.json["entries"]?.list.first?["score"]?.number == Int64(round))
          }
        }
      }
    }

    private static func standing(_ json: JSONValue) -> String {
      ["rank", "dense_rank", "position", "tied_with", "score"].map { "\(json[$0]?.number ?? -1)" }.joined(
        separator: "|")
    }

    private static func line(_ json: JSONValue) -> String {
      "\(standing(json))|\(json["person"]?["handle"]?.text ?? "")"
    }
  }
}
