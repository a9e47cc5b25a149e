import Testing

@testable import Service

extension OnLaurel {
  @Suite("What people and things may be called")
  struct NameTests {
    private static let nowhere = ["", " ", "\u{A0}\u{3000}", "\u{200B}", "\u{3164}", "An\u{202E}n", "A\u{2067}b"]

    @Test("A name holds something visible and turns no text around, whoever or whatever it is of")
    func names() async throws {
      try await Company.with { company in
        let admin = company["admin"]
        for name in Self.nowhere {
          let person = try admin.post("/v1/people", #"{"handle": "eve", "name": "\#(name)"}"#)
          #expect(person.pointers == ["/name"], "\(name.unicodeScalars)")
          let place = try admin.post("/v1/people", #"{"handle": "eve", "name": "Eve", "team": "\#(name)"}"#)
          #expect(place.pointers == ["/team"])
          let value = try admin.post("/v1/values", #"{"slug": "be-odd", "name": "\#(name)"}"#)
          #expect(value.pointers == ["/name"])
          let reward = try admin.post("/v1/rewards", #"{"sku": "MUG", "name": "\#(name)", "price_points": 1}"#)
          #expect(reward.pointers == ["/name"])
          let period = #""period": {"from": "2026-01-01", "to": "2036-01-01"}"#
          let budget = try admin.post("/v1/budgets", #"{"name": "\#(name)", "owner": "mo", \#(period)}"#)
          #expect(budget.pointers == ["/name"])
          await #expect(throws: CommandError.self) {
            try await company.laurel.administration.create(
              .init(slug: "no-name", name: name, timeZone: "Europe/Berlin", allowance: 1))
          }
        }
      }
    }

    @Test("A handle ends with a letter or digit, has no two dots in a row, and is not me, wherever it comes from")
    func handles() async throws {
      try await Company.with { company in
        let admin = company["admin"]
        for handle in ["jo.", "jo-", "jo_", "j..o", "me", ".jo", "Jo", "0199f0c4-7a00-7000-8000-000000000001"] {
          #expect(try admin.post("/v1/people", #"{"handle": "\#(handle)", "name": "Jo"}"#).pointers == ["/handle"])
          await #expect(throws: ImportError.self) {
            try await company.laurel.administration.importPeople(
              Array("handle,name\n\(handle),Jo\n".utf8), organization: company.slug
            ) { _, _ in }
          }
          // And the schema, were somebody to forget.
          let intruder = try Session.intruder()
          if handle.count < 36 {
            #expect(throws: Session.Failed.self) {
              try intruder.run(
                "UPDATE people SET handle = '\(handle)' WHERE handle = 'bo' AND org_id = \(company.number)")
            }
          }
        }
        #expect(try admin.post("/v1/people", #"{"handle": "j.o--n_e", "name": "Jo"}"#).status == 201)
      }
    }

    @Test("An email holds nothing that cannot be seen")
    func emails() async throws {
      try await Company.with { company in
        for email in ["e\u{200B}ve@acme.example", "eve@acme.example\u{202E}", "eve", "e ve@acme.example", "a@b@c"] {
          let answer = try company["admin"].post(
            "/v1/people", #"{"handle": "eve", "name": "Eve", "email": "\#(email)"}"#)
          #expect(answer.pointers == ["/email"])
        }
      }
    }

    @Test("People are named with an @ or without, wherever a request names one")
    func persons() async throws {
      try await Company.with { company in
        let admin = company["admin"]
        #expect(try admin.get("/v1/people/@bo").json["handle"]?.text == "bo")
        #expect(
          try company["ann"].post("/v1/recognitions", #"{"to": ["@bo", "＠cy"], "message": "Thank you"}"#).status == 201)
        #expect(
          try admin.post("/v1/people", #"{"handle": "eve", "name": "Eve", "manager": "@mo"}"#).json["manager"]?[
            "handle"]?.text == "mo")
        let adjusted = try admin.post("/v1/adjustments", #"{"person": "@bo", "points": 1, "reason": "counted again"}"#)
        #expect(adjusted.json["person"]?["handle"]?.text == "bo")
        #expect(try company["ann"].get("/v1/recognitions?to=@bo").json["data"]?.list.count == 1)
      }
    }

    @Test("A time zone is a region's: none that is another on each machine")
    func zones() async throws {
      try await Company.with { company in
        for zone in [
          "localtime", "posixrules", "Factory", "posix/Europe/Berlin", "right/Europe/Berlin", "Europe/Nowhere",
          "berlin",
        ] {
          let answer = try company["admin"].post(
            "/v1/people", #"{"handle": "eve", "name": "Eve", "time_zone": "\#(zone)"}"#)
          #expect(answer.pointers == ["/time_zone"], "\(zone)")
          await #expect(throws: CommandError.self) {
            try await company.laurel.administration.create(
              .init(slug: "nowhere", name: "Nowhere", timeZone: zone, allowance: 1))
          }
        }
      }
    }

    @Test("A reason is seen, a picture is at one place, money has its currency's decimals, and null is no number")
    func particulars() async throws {
      try await Company.with { company in
        let admin = company["admin"]
        for (path, more) in [("adjustments", ""), ("earnings", #", "source": "lms""#)] {
          for reason in ["", "  ", "\u{A0}", "\u{200B}\u{FEFF}"] {
            let answer = try admin.post(
              "/v1/\(path)", #"{"person": "bo", "points": 1, "reason": "\#(reason)"\#(more)}"#)
            #expect(answer.pointers == ["/reason"])
          }
        }
        #expect(try admin.post("/v1/people/bo/top-ups", #"{"points": 1, "reason": " "}"#).pointers == ["/reason"])
        func reward(_ members: String) throws -> [String] {
          try admin.post("/v1/rewards", #"{"sku": "MUG", "name": "Mug", "price_points": 1, \#(members)}"#).pointers
        }
        for place in [
          "//evil.example/x", "/\\\\evil.example/x", "https:///x", "javascript:alert(1)", "https://a\u{202E}b/",
          "ftp://a/b", "/",
        ] {
          #expect(try reward(#""image_url": "\#(place)""#) == ["/image_url"], "\(place)")
        }
        for (amount, currency) in [("\"1.5\"", "JPY"), ("\"1.005\"", "EUR"), ("\"1.0005\"", "KWD"), ("0.05", "EUR")] {
          let cost = #""cost": {"amount": \#(amount), "currency": "\#(currency)"}"#
          #expect(try reward(cost) == ["/cost/amount"], "\(amount) \(currency)")
        }
        for place in ["/images/mug.png", "https://acme.example/mug.png?a=b", "http://acme.example"] {
          #expect(
            try reward(#""image_url": "\#(place)", "cost": {"amount": "1.5", "currency": "X"}"#) == ["/cost/currency"])
        }
        let thanks = #"{"to": ["bo"], "message": "Thank you", "points": null}"#
        #expect(try company["ann"].post("/v1/recognitions", thanks).pointers == ["/points"])
        let redemption = #"{"reward": "MUG", "quantity": null}"#
        #expect(try company["ann"].post("/v1/redemptions", redemption).pointers == ["/quantity"])
        let budget = #"{"name": "B", "owner": "mo", "period": {"from": "2026-01-01", "to": "soon"}}"#
        #expect(try admin.post("/v1/budgets", budget).pointers == ["/period/to"])
      }
    }

    @Test("A team is one team however it is written, in the directory, in the feed and on boards; so are places")
    func places() async throws {
      let people = """
        handle,name,team,department,location
        ann,Ann,Sales,José,Zürich
        bo,Bo,sales ,Jose\u{301},ZÜRICH
        cy,Cy,\u{A0}SALES,JOSÉ,Zu\u{308}rich
        di,Di,Support,Other,Bern
        ed,Ed,Straße,,
        eve,Eve,STRASSE,,

        """
      try await Company.with(people) { company in
        for to in [["bo"], ["cy"], ["di"], ["ed"], ["eve"]] {
          let body = #"{"to": ["\#(to[0])"], "message": "Thank you", "points": 1}"#
          #expect(try company["ann"].post("/v1/recognitions", body).status == 201)
        }
        func handles(_ path: String) throws -> [String] {
          let answer = try company["ann"].get(path).json
          return (answer["data"] ?? answer["entries"])?.list.compactMap { ($0["person"] ?? $0)["handle"]?.text } ?? []
        }
        for team in ["Sales", "sales", "SALES", "Sales%20", "%C2%A0Sales", "Sa%E2%80%8Bles"] {
          #expect(try handles("/v1/people?team=\(team)") == ["ann", "bo", "cy"], "\(team)")
          #expect(try company["ann"].get("/v1/recognitions?team=\(team)&limit=9").json["data"]?.list.count == 5)
          #expect(try handles("/v1/leaderboards/points_received?period=all&scope=team:\(team)") == ["bo", "cy"])
        }
        for department in ["Jos%C3%A9", "Jose%CC%81", "JOS%C3%89"] {
          let path = "/v1/leaderboards/points_received?period=all&scope=department:\(department)"
          #expect(try handles(path) == ["bo", "cy"], "\(department)")
        }
        for location in ["Z%C3%BCrich", "zu%CC%88rich"] {
          let path = "/v1/leaderboards/points_received?period=all&scope=location:\(location)"
          #expect(try handles(path) == ["bo", "cy"], "\(location)")
        }
        #expect(try handles("/v1/people?team=strasse") == ["ed", "eve"])
        // Support and Straße: two other teams, not five.
        let reached = try company["ann"].get("/v1/leaderboards/teams_reached?period=all").json
        #expect(reached["me"]?["score"]?.number == 2)
        let session = try Session(company.laurel.cluster.superuserURL)
        #expect(
          try session.run(
            "SELECT score FROM ranking_scores WHERE org_id = \(company.number) AND metric = 'teams_reached' AND period = 'all'"
          )
            == ["2"])
        // A colon with a mark on it is none.
        let odd = try company["ann"].get("/v1/leaderboards/points_received?scope=team:%CC%81Sales")
        #expect(odd.status != 200 || odd.json["entries"]?.list.isEmpty == true)
        // What is shown stays as it was written.
        #expect(try company["ann"].get("/v1/people/bo").json["team"]?.text == "sales")
      }
    }

    @Test("Texts are kept in normal form C without white space around, and asked for as they are kept")
    func texts() async throws {
      try await Company.with { company in
        let admin = company["admin"]
        let made = try admin.post(
          "/v1/people", "{\"handle\": \" eve \", \"name\": \"\u{A0}Jose\u{301} \", \"email\": \" eve@acme.example \"}")
        #expect(made.status == 201)
        #expect(made.json["name"]?.text.map { Array($0.utf8) } == Array("José".utf8))
        #expect(try admin.get("/v1/people?q=Jose%CC%81").json["data"]?.list.count == 1)
        let imported = "handle,name,team\nzoe , Zoe\u{308} ,\u{A0}Sales \n"
        _ = try await company.laurel.administration.importPeople(Array(imported.utf8), organization: company.slug) {
          _, _ in
        }
        let zoe = try admin.get("/v1/people/zoe").json
        #expect(zoe["name"]?.text.map { Array($0.utf8) } == Array("Zoë".utf8) && zoe["team"]?.text == "Sales")
      }
    }
  }
}
