import HTTP
import Testing

@testable import Service

@Suite("What people search by")
struct SearchFoldingTests {
  @Test(
    "is without case, accents, width, apostrophes and what cannot be seen",
    arguments: [
      ("Müller", "muller"), ("MU\u{308}LLER", "muller"), ("Weiß", "weiss"), ("WEIẞ", "weiss"), ("Łukasz", "lukasz"),
      ("Ｅｍｍａ　Ｗｅｉｓｓ", "emma weiss"), ("O’Brien", "obrien"), ("O'Brien", "obrien"), ("İstanbul", "istanbul"),
      ("ISTANBUL", "istanbul"), ("ısparta", "isparta"), ("Øystein Ægir Þór", "oystein aegir thor"),
      ("Nguyễn", "nguyen"),
      ("Đặng", "dang"), ("Anne\u{2011}Marie", "anne-marie"), ("＠Ｅｍｍａ", "@emma"), ("ﬁnn", "finn"), ("ŉ", "n"),
      ("ﾀﾅｶ ｶﾞ", "タナカ カ"), ("김민수", "김민수"), ("王小明", "王小明"), ("Йосиф Королёв", "иосиф королев"),
      ("ΣΊΣΥΦΟΣ", "σισυφοσ"), ("Σίσυφος", "σισυφοσ"), ("أحمد مـحمد", "احمد محمد"), ("שָׁלוֹם", "שלום"),
      ("  a \u{200B}\tb\u{3000}c ", "a b c"), ("", ""), ("\u{301}\u{200D}", ""),
    ])
  func folded(_ text: String, _ expected: String) {
    #expect(text.searchFolded == expected)
    #expect(expected.searchFolded == expected, "folding it again changes it")
  }

  @Test("is asked for word by word, each once, without the comma of a name the other way round")
  func words() {
    #expect("Weiß, Emma  weiss ,".searchWords == ["weiss", "emma"])
    #expect(" \u{301} ,".searchWords == [])
    #expect(Search.patterns("100%_a\\") == [#"%100\%\_a\\%"#])
    #expect(Search.patterns(nil) == [] && Search.patterns("") == [])
  }
}

extension OnLaurel {
  @Suite("Searching")
  struct SearchTests {
    private static let names = [
      ("emma", "Weiß, Emma"), ("emil", "Emil Müller"), ("lukasz", "Łukasz Żak"), ("eva", "Ｅｖａ Ｋｌｅｉｎ"),
      ("josif", "Йосиф Королёв"), ("sis", "Σίσυφος"), ("wang", "王小明"), ("ahmed", "أحمد"), ("obrien", "Pat O’Brien"),
      ("under_score", "Per %cent"), ("kim", "김민수"), ("tanaka", "ﾀﾅｶ"),
    ]

    private func found(_ company: Company, _ query: String) throws -> [String] {
      let answer = try company["admin"].get("/v1/people?\(query)")
      #expect(answer.status == 200, "\(answer.text)")
      return (answer.json["data"]?.list ?? []).compactMap { $0["handle"]?.text }
    }

    private func with(_ body: (Company) async throws -> Void) async throws {
      let rows = Self.names.map { "\($0.0),\"\($0.1)\",\($0.0)@firma.example\n" }
      try await Company.with("handle,name,email\n\(rows.joined())", body)
    }

    @Test("finds people by every word of a name, a handle or an email, however they are written")
    func people() async throws {
      try await with { (company) async throws in
        for (question, expected) in [
          ("muller", ["emil"]), ("MÜLLER", ["emil"]), ("mu\u{308}ller emil", ["emil"]), ("emma weiss", ["emma"]),
          ("weiß emma", ["emma"]), ("Weiß, Emma", ["emma"]), ("@emma", ["emma"]), ("＠ＥＭＭＡ", ["emma"]),
          ("em", ["emil", "emma"]), ("em muller", ["emil"]), ("emma@firma.example", ["emma"]),
          ("lukasz zak", ["lukasz"]),
          ("eva klein", ["eva"]), ("королев", ["josif"]), ("ΣΙΣΥΦΟΣ", ["sis"]), ("小明", ["wang"]), ("احمد", ["ahmed"]),
          ("o'brien", ["obrien"]), ("김민", ["kim"]), ("タナカ", ["tanaka"]), ("%", ["under_score"]),
          ("_", ["under_score"]), ("emma muller", []), ("nobody", []), ("\\", []),
        ] {
          #expect(try found(company, "q=\(percentEncoded(question))") == expected, "\(question)")
        }
        #expect(try found(company, "q=%20").count == Self.names.count + 1)
      }
    }

    @Test("finds everybody by their own name, whole, in capitals, apart, and in any order, on pages of any size")
    func themselves() async throws {
      try await with { (company) async throws in
        for (handle, name) in Self.names {
          let words = name.split(separator: " ").map(String.init)
          for question in [name, name.uppercased(), name.lowercased(), words.reversed().joined(separator: " ")] + words
          {
            #expect(try found(company, "q=\(percentEncoded(question))").contains(handle), "\(name) by \(question)")
          }
        }
        for query in ["q=firma", "active=true", "", "q=firma&active=true"] {
          let all = try found(company, query)
          for limit in [1, 2, 5] {
            var (handles, cursor): ([String], String) = ([], "")
            repeat {
              let page = try company["admin"].get("/v1/people?\(query)&limit=\(limit)\(cursor)")
              handles += (page.json["data"]?.list ?? []).compactMap { $0["handle"]?.text }
              cursor = page.json["next_cursor"]?.text.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty && handles.count <= all.count
            #expect(handles == all && all == all.sorted(), "\(query) by \(limit)")
          }
        }
      }
    }

    @Test("goes by what people are called now")
    func renamed() async throws {
      try await with { (company) async throws in
        let admin = company["admin"]
        let tag = try #require(try admin.get("/v1/people/emma")["ETag"])
        let body = Array(#"{"name": "Emma Łęcka", "handle": "lecka"}"#.utf8)
        let headers = [("Content-Type", "application/json"), ("If-Match", tag)]
        #expect(try admin.call("PATCH", "/v1/people/emma", headers, body: body).status == 200)
        #expect(try found(company, "q=lecka") == ["lecka"])
        #expect(try found(company, "q=weiss") == [])
      }
    }

    @Test("finds rewards the same way")
    func rewards() async throws {
      try await Company.with { (company) async throws in
        try company.offer(
          #"{"sku": "MUG-ISLA", "name": "Isla Café mug", "description": "Hält 0,3 Liter", "price_points": 1, "stock": 5}"#
        )
        try company.offer(#"{"sku": "TEE", "name": "Tee", "price_points": 1, "stock": 5}"#)
        for (question, expected) in [
          ("cafe", ["MUG-ISLA"]), ("MUG isla", ["MUG-ISLA"]), ("halt liter", ["MUG-ISLA"]), ("tee", ["TEE"]),
          ("mug tee", []), ("", ["MUG-ISLA", "TEE"]),
        ] {
          let answer = try company["ann"].get("/v1/rewards?q=\(percentEncoded(question))")
          #expect(answer.json["data"]?.list.compactMap { $0["sku"]?.text } == expected, "\(question)")
        }
      }
    }

    @Test("chooses people by team, department, location and manager, each of which would answer otherwise without")
    func filters() async throws {
      let csv = """
        handle,name,email,team,department,location,manager
        mo,Mo,mo@acme.example,Sales,Revenue,Berlin,
        ann,Ann,ann@acme.example,Sales,Revenue,Bonn,mo
        bo,Bo,bo@acme.example,Support,Revenue,Bonn,mo
        cy,Cy,cy@acme.example,Support,Care,Berlin,ann

        """
      try await Company.with(csv) { (company) async throws in
        for (query, expected) in [
          ("team=Sales", ["ann", "mo"]), ("department=Revenue", ["ann", "bo", "mo"]), ("location=Bonn", ["ann", "bo"]),
          ("manager=mo", ["ann", "bo"]), ("manager=mo@acme.example", ["ann", "bo"]), ("manager=cy", []),
          ("team=Support&department=Revenue", ["bo"]), ("q=c&location=Berlin&team=Support", ["cy"]),
          ("active=false", []), ("team=Sales&manager=ann", []), ("q=zzz&team=Sales", []),
        ] {
          #expect(try found(company, query) == expected, "\(query)")
        }
        let mine = try company["mo"].get("/v1/people?manager=me")
        #expect(mine.json["data"]?.list.compactMap { $0["handle"]?.text } == ["ann", "bo"])
      }
    }

    @Test("refuses what names nothing, and says what was probably meant, where a list would only be empty")
    func typos() async throws {
      let csv = """
        handle,name,email,team,department,location
        ann,Ann,ann@acme.example,Sales,Revenue,Berlin

        """
      try await Company.with(csv) { (company) async throws in
        let admin = company["admin"]
        for (path, summary, detail) in [
          ("/v1/people?team=Salse", "404 unknown_scope", "There is no team Salse here; did you mean Sales?"),
          ("/v1/people?department=Care", "404 unknown_scope", "There is no department Care here."),
          ("/v1/people?location=Brelin", "404 unknown_scope", "There is no location Brelin here; did you mean Berlin?"),
          ("/v1/people?manager=nobody", "422 unknown_person", "Nobody here is called nobody."),
          ("/v1/recognitions?from=nobody", "422 unknown_person", "Nobody here is called nobody."),
          ("/v1/recognitions?to=nobody", "422 unknown_person", "Nobody here is called nobody."),
          ("/v1/recognitions?team=Salse", "404 unknown_scope", "There is no team Salse here; did you mean Sales?"),
          (
            "/v1/recognitions?value=be-helpfull", "422 unknown_value",
            "There is no value be-helpfull here; did you mean be-helpful?"
          ),
          ("/v1/redemptions?person=nobody", "422 unknown_person", "Nobody here is called nobody."),
        ] {
          let answer = try admin.get(path)
          #expect(answer.summary == summary && answer.json["detail"]?.text == detail, "\(path): \(answer.text)")
          #expect(answer.pointers == ["?" + path.split(separator: "?")[1].prefix { $0 != "=" }], "\(path)")
        }
        for path in [
          "/v1/recognitions?from=ann", "/v1/recognitions?to=ann", "/v1/recognitions?team=Sales",
          "/v1/recognitions?value=be-helpful", "/v1/redemptions?person=ann", "/v1/redemptions?state=approved",
        ] {
          let answer = try admin.get(path)
          #expect(answer.status == 200 && answer.json["data"]?.list.isEmpty == true, "\(path): \(answer.text)")
        }
      }
    }

    @Test("/v1/me says whom one reports to, whether somebody reports to one, and where one is")
    func me() async throws {
      try await Company.with { (company) async throws in
        let (ann, mo) = (try company["ann"].get("/v1/me").json, try company["mo"].get("/v1/me").json)
        #expect(ann["manager"]?["handle"] == "mo" && ann["manager"]?["name"] == "Mo Mansour")
        #expect(ann["has_reports"] == false && mo["has_reports"] == true)
        #expect(mo["manager"] == .null)
        let organization: JSONValue = [
          "slug": .string(company.slug), "name": "Acme", "time_zone": "Europe/Berlin",
        ]
        #expect(ann["organization"] == organization)
      }
    }

    @Test("A board of what does not exist is refused; of what exists and has nothing it is empty")
    func boards() async throws {
      try await Company.with { (company) async throws in
        let ann = company["ann"]
        for (scope, hint) in [
          ("team:Salse", "team Salse here; did you mean Sales?"), ("department:Revenue", "department Revenue here."),
          ("location:Berlin", "location Berlin here."), ("manager:nobody", "person nobody here."),
          ("value:be-helpfull", "value be-helpfull here; did you mean be-helpful?"),
        ] {
          for period in ["month", "all"] {
            let answer = try ann.get("/v1/leaderboards/points_received?period=\(period)&scope=\(scope)")
            #expect(answer.summary == "404 unknown_scope" && answer.pointers == ["?scope"], "\(scope): \(answer.text)")
            #expect(answer.json["detail"]?.text == "There is no \(hint)")
          }
        }
        for scope in ["team:Sales", "value:be-helpful", "manager:mo", "manager:ann", "manager:me"] {
          let answer = try ann.get("/v1/leaderboards/points_received?scope=\(scope)")
          #expect(answer.status == 200 && answer.json["total"]?.number == 0, "\(scope): \(answer.text)")
        }
        #expect(
          try ann.get("/v1/leaderboards/point_received").json["detail"]?.text?
            .contains("did you mean \"points_received\"?") == true)
      }
    }
  }
}
