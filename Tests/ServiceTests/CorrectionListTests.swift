import HTTP
import Testing

extension OnLaurel {
  @Suite("Lists of earnings and adjustments")
  struct CorrectionListTests {
    private func reasons(_ answer: Answer) -> [String] {
      answer.json["data"]?.list.compactMap { $0["reason"]?.text } ?? ["\(answer.summary)"]
    }

    private func correct(_ company: Company) throws -> [String: JSONValue] {
      var made: [String: JSONValue] = [:]
      func post(_ kind: String, _ person: String, _ points: Int64, _ reason: String, _ more: String = "") throws {
        let body = #"{"person": "\#(person)", "points": \#(points), "reason": "\#(reason)"\#(more)}"#
        let answer = try company["admin"].post("/v1/\(kind)", body)
        #expect(answer.status == 201, "\(answer.text)")
        made[reason] = answer.json
      }
      try post("earnings", "ann", 25, "course", #", "source": "lms""#)
      try post("adjustments", "bo", 7, "forgotten")
      try post("earnings", "bo", 5, "shift", #", "source": "rota""#)
      #expect(try company["admin"].post("/v1/people/ann/top-ups", #"{"points": 9, "reason": "more"}"#).status == 201)
      try post("adjustments", "bo", -2, "twice")
      try post("adjustments", "ann", 1, "missed")
      return made
    }

    @Test("Each list has its own kind, newest first, as it was answered when it was made; a reversal shows")
    func lists() async throws {
      try await Company.with { (company) async throws in
        let made = try correct(company)
        for (path, expected) in [
          ("earnings", ["shift", "course"]), ("adjustments", ["missed", "twice", "forgotten"]),
        ] {
          let answer = try company["fay"].get("/v1/\(path)")
          #expect(answer.json["data"]?.list == expected.compactMap { made[$0] }, "\(path): \(answer.text)")
        }
        #expect(made["course"]?["by"]?["handle"] == "admin")
        let id = made["course"]?["id"]?.text ?? ""
        #expect(try company["admin"].call("DELETE", "/v1/earnings/\(id)").status == 200)
        let earnings = try #require(try company["fay"].get("/v1/earnings").json["data"]?.list)
        #expect(earnings.map { $0["reversed"] } == [false, true])
      }
    }

    @Test("What a system's key credited was credited by the key's person")
    func byKey() async throws {
      try await Company.with { (company) async throws in
        let key = try company["admin"].post(
          "/v1/people/fay/keys", #"{"scopes": ["earnings"], "source": "lms", "points_max": 10, "points_max_day": 10}"#)
        let lms = Client(company.laurel.port, key: try #require(key.json["key"]?.text))
        let earning = try lms.post(
          "/v1/earnings", #"{"person": "bo", "points": 5, "reason": "Course", "source": "lms"}"#)
        #expect(earning.json["by"]?["handle"] == "fay", "\(earning.text)")
        #expect(try company["admin"].get("/v1/earnings").json["data"]?.list == [earning.json])
        // It may credit, and not read what others did.
        #expect(try lms.get("/v1/earnings").status == 403)
      }
    }

    @Test("They are for finance and admins, each of their own organisation")
    func access() async throws {
      try await Company.with { (company) async throws in
        _ = try correct(company)
        for path in ["/v1/earnings", "/v1/adjustments"] {
          for (reader, status) in [("ann", 403), ("mo", 403), ("fay", 200), ("admin", 200)] {
            #expect(try company[reader].get(path).status == status, "\(reader) \(path)")
          }
          try await Company.with { other in
            #expect(try other["admin"].get(path).json["data"] == [])
            let ann = try company.id("ann")
            #expect(try other["admin"].get("\(path)?person=\(ann)").summary == "422 unknown_person")
          }
        }
      }
    }

    @Test("Filters choose by person and time, and pages follow each other while more comes")
    func filtersAndPages() async throws {
      try await Company.with { (company) async throws in
        let made = try correct(company)
        func time(_ reason: String) -> String { made[reason]?["created_at"]?.text ?? "" }
        let cases: [(String, [String])] = [
          ("person=bo", ["twice", "forgotten"]), ("person=ANN@acme.example", ["missed"]), ("person=me", []),
          ("from=\(time("twice"))", ["missed", "twice"]), ("to=\(time("twice"))", ["forgotten"]),
          ("from=\(time("forgotten"))&to=\(time("missed"))&person=bo", ["twice", "forgotten"]),
          ("to=2020-12", []), ("from=2020-01-01&to=2999-12-31", ["missed", "twice", "forgotten"]),
          ("from=2999-01-01", []),
        ]
        for (query, expected) in cases {
          #expect(reasons(try company["fay"].get("/v1/adjustments?\(query)")) == expected, "\(query)")
        }
        #expect(try company["fay"].get("/v1/adjustments?from=2026-02&to=2026-01").summary == "400 invalid_parameter")
        #expect(try company["fay"].get("/v1/adjustments?person=nobody").summary == "422 unknown_person")
        for query in ["limit=1", "limit=1&person=bo"] {
          var (seen, cursor): ([String], String?) = ([], "")
          while let next = cursor {
            let answer = try company["fay"].get("/v1/adjustments?\(query)\(next)")
            seen += reasons(answer)
            cursor = answer.json["next_cursor"]?.text.map { "&cursor=\($0)" }
            _ = try company["admin"].post("/v1/adjustments", #"{"person": "bo", "points": 1, "reason": "later"}"#)
          }
          let expected =
            query == "limit=1" ? ["missed", "twice", "forgotten"] : ["later", "later", "later", "twice", "forgotten"]
          #expect(seen == expected, "\(query)")
        }
      }
    }
  }
}
