import Foundation
import HTTP
import Testing

extension OnLaurel {
  @Suite("Me, people and values")
  struct MeTests {
    @Test("Me says who is calling, what they hold, and when their allowance starts anew")
    func me() async throws {
      try await Company.with { company in
        let answer = try company["fay"].get("/v1/me")
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "application/json")
        let person = try json(
          #"{"id": "\#(answer.json["id"]?.text ?? "")", "handle": "fay", "name": "Fay Fang"}"#)
        #expect(answer.json["person"] == person)
        #expect(answer.json["handle"]?.text == "fay")
        #expect(answer.json["name"]?.text == "Fay Fang")
        #expect(try answer.json["roles"] == json(#"["employee", "finance"]"#))
        #expect(try answer.json["balances"] == json(#"{"allowance": 100, "points": 0, "held": 0}"#))
        let resets = try #require(answer.json["allowance_resets_at"]?.text)
        // The first of a month at midnight in Berlin, in UTC.
        #expect(resets.wholeMatch(of: /\d{4}-\d\d-(?:28|29|30|31)T2[23]:00:00Z/) != nil, "\(resets)")
      }
    }

    @Test("The directory shows everyone by handle, with balances to oneself, finance and admins alone")
    func directory() async throws {
      try await Company.with { company in
        for (reader, shown) in [("ann", ["ann"]), ("fay", ["admin", "ann", "bo", "cy", "di", "fay", "mo"])] {
          let people = try #require(try company[reader].get("/v1/people").json["data"]?.list)
          #expect(people.compactMap { $0["handle"]?.text } == ["admin", "ann", "bo", "cy", "di", "fay", "mo"])
          #expect(people.filter { $0["balances"] != nil }.compactMap { $0["handle"]?.text } == shown)
        }
        let bo = try company["ann"].get("/v1/people/bo").json
        #expect(bo["email"]?.text == "bo@acme.example")
        #expect(bo["team"]?.text == "Sales")
        #expect(bo["manager"]?["handle"]?.text == "mo")
        #expect(try bo["roles"] == json(#"["employee"]"#))
        #expect(bo["active"]?.flag == true)
        #expect(bo["balances"] == nil)
      }
    }

    @Test("Someone is found by id, handle or email; nobody else's people are")
    func one() async throws {
      try await Company.with { company in
        let id = try company.id("bo")
        for name in [id, id.uppercased(), "bo", "BO", "bo@acme.example", "Bo%40Acme.example"] {
          #expect(try company["ann"].get("/v1/people/\(name)").json["id"]?.text == id, "\(name)")
        }
        #expect(try company["ann"].get("/v1/people/zoe").summary == "404 not_found")
        try await Company.with { (other) async throws in
          #expect(try other["ann"].get("/v1/people/\(id)").summary == "404 not_found")
        }
      }
    }

    @Test(
      "Filters choose people",
      arguments: [
        ("q=an", ["ann", "fay", "mo"]), ("q=BJ%C3%96", ["bo"]), ("q=%C3%BC", ["cy", "mo"]),
        ("q=acme.example&team=Sales", ["ann", "bo", "mo"]),
        ("team=Support", ["cy", "di"]), ("active=false", []), ("q=%25", []), ("q=_", []),
        ("active=true&team=Finance", ["fay"]),
      ])
    func filters(_ query: String, _ expected: [String]) async throws {
      try await Company.with { company in
        let answer = try company["di"].get("/v1/people?\(query)")
        #expect(answer.json["data"]?.list.compactMap { $0["handle"]?.text } == expected)
      }
    }

    @Test("Pages follow each other to the end, without gap or repeat, while people are being added")
    func paging() async throws {
      let header = "handle,name\n"
      let many = (0..<60).map { String(format: "p%03d,Person %d\n", $0 * 2, $0) }.joined()
      try await Company.with(header + many) { company in
        let client = company["p000"]
        var path = "/v1/people?limit=7&q=person"
        var seen: [String] = []
        for page in 0..<100 {
          let answer = try client.get(path)
          seen += answer.json["data"]?.list.compactMap { $0["handle"]?.text } ?? []
          guard let cursor = answer.json["next_cursor"]?.text else {
            #expect(answer["Link"] == nil)
            break
          }
          #expect(answer.json["data"]?.list.count == 7)
          path = "/v1/people?limit=7&q=person&cursor=\(cursor)"
          #expect(answer["Link"] == "<\(path)>; rel=\"next\"")
          // One before the end of the page, one behind it.
          let added = String(format: "p%03d,Person new\np%03d,Person new\n", page * 14 + 1, page * 14 + 15)
          _ = try await company.laurel.administration.importPeople(
            Array((header + added).utf8), organization: company.slug
          ) { _, _ in }
        }
        #expect(seen == seen.sorted())
        #expect(Set(seen).count == seen.count)
        #expect((0..<60).allSatisfy { seen.contains(String(format: "p%03d", $0 * 2)) })
      }
    }

    @Test("A page has 50 rows unless it is told otherwise, and 1,000 at most; less than one is refused")
    func limits() async throws {
      let many = "handle,name\n" + (0..<1_010).map { "p\($0),P\n" }.joined()
      try await Company.with(many) { company in
        let client = company["p0"]
        for (limit, count) in [("", 50), ("?limit=1", 1), ("?limit=1000", 1_000), ("?limit=1001", 1_000)] {
          #expect(try client.get("/v1/people\(limit)").json["data"]?.list.count == count, "\(limit)")
        }
        let huge = try client.get("/v1/people?limit=99999999999999999999999")
        #expect(huge.json["data"]?.list.count == 1_000)
        for limit in ["0", "-1", "", "ten", "1.5", "+5", "1%20", "%D9%A1", "00"] {
          let answer = try client.get("/v1/people?limit=\(limit)")
          #expect(answer.summary == "400 invalid_parameter", "\(limit)")
        }
      }
    }

    @Test("A cursor is good for the list, the filters and the organisation that gave it, and only whole")
    func cursors() async throws {
      try await Company.with { company in
        let client = company["ann"]
        let cursor = try #require(try client.get("/v1/people?limit=2").json["next_cursor"]?.text)
        #expect(try client.get("/v1/people?cursor=\(cursor)").status == 200)
        #expect(try company["bo"].get("/v1/people?cursor=\(cursor)").status == 200)
        var bad = ["", "x", "%00", "é", cursor + "A", String(cursor.dropLast()), "/v1/people"]
        for index in cursor.indices {
          var tampered = cursor
          tampered.replaceSubrange(index...index, with: cursor[index] == "A" ? "B" : "A")
          bad.append(tampered)
        }
        for cursor in bad {
          let text = cursor.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
          let answer = try client.get("/v1/people?cursor=\(cursor == "%00" ? cursor : text)")
          #expect(answer.status == 400, "\(cursor)")
        }
        for path in ["/v1/people?team=Sales&cursor=", "/v1/values?cursor=", "/v1/recognitions?cursor="] {
          #expect(try client.get(path + cursor).summary == "400 invalid_cursor", "\(path)")
        }
        try await Company.with { (other) async throws in
          #expect(try other["ann"].get("/v1/people?cursor=\(cursor)").summary == "400 invalid_cursor")
        }
      }
    }

    @Test("An organisation begins with values to thank for")
    func values() async throws {
      try await Company.with { company in
        let answer = try company["ann"].get("/v1/values?limit=3")
        #expect(
          answer.json["data"]?.list.compactMap { $0["slug"]?.text } == ["be-helpful", "be-polite", "communicate-often"])
        #expect(answer.json["data"]?.list.first?.names == ["slug", "name", "description", "active"])
        let cursor = try #require(answer.json["next_cursor"]?.text)
        let rest = try company["ann"].get("/v1/values?cursor=\(cursor)")
        #expect(rest.json["data"]?.list.count == 4)
        #expect(rest.json["next_cursor"] == nil)
      }
    }
  }
}
