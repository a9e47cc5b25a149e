import HTTP
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Query parameters of every read")
  struct ParameterTests {
    /// Requests of one endpoint, and what their answers show. An empty `cursor=` stands for that of the page before.
    private struct Case {
      let name: String
      let handle: String
      let path: String
      /// The members that are looked at; `*` are the elements of a list.
      let shown: String
      let requests: [(query: String, answer: String)]

      init(
        _ name: String, by handle: String = "admin", _ path: String, _ shown: String,
        _ requests: (query: String, answer: String)...
      ) {
        (self.name, self.handle, self.path, self.shown, self.requests) = (name, handle, path, shown, requests)
      }
    }

    private static let (yesterday, tomorrow) = (Company.today(plus: -1), Company.today(plus: 1))
    private static let otherHash = "1:\(String(repeating: "0", count: 64))"

    /// Every GET that has parameters. Of each request every parameter matters: without it, the answer is another one.
    private static let cases = [
      Case(
        "listPeople", "/v1/people", "data.*.handle", ("limit=2", "admin ann"), ("limit=2&cursor=", "bo cy"),
        ("q=ames", "ann"), ("team=Support", "cy di"), ("active=false", "eve"), ("q=o&team=Sales", "bo mo"),
        ("department=Care", "di"), ("location=Lima", "di"), ("manager=mo", "ann bo")),
      Case(
        "listOwnKeys", by: "bo", "/v1/me/keys", "data.*.scopes.*", ("limit=2", "read"), ("limit=1&cursor=", "read")),
      Case("listKeys", "/v1/people/bo/keys", "data.*.scopes.*", ("limit=2", "read"), ("limit=1&cursor=", "read")),
      Case(
        "getStatement", by: "bo", "/v1/people/bo/statement", "data.*.balance_after", ("limit=2", "10 3"),
        ("limit=1&cursor=", "3"), ("from=\(tomorrow)", ""), ("to=\(yesterday)", "")),
      Case(
        "getBalances", "/v1/people/bo/balances", "balances.points", ("position=1", "0"),
        ("at=2020-01-01T00:00:00Z", "0")),
      Case(
        "listNotifications", by: "ann", "/v1/me/notifications", "data.*.points", ("limit=1", "7"),
        ("limit=1&cursor=", "5")),
      Case("listValues", "/v1/values", "data.*.slug", ("limit=1", "be-helpful"), ("limit=1&cursor=", "be-polite")),
      Case(
        "listRecognitions", "/v1/recognitions", "data.*.message", ("limit=3", "Award Award tiny"),
        ("limit=3&cursor=", "much thanks old"), ("from=mo", "Award Award much"), ("to=bo", "thanks old"),
        ("team=Support", "tiny older"), ("value=be-polite", "old"),
        ("since=2024-05", "Award Award tiny much thanks old"), ("until=2024-05-01", "older"),
        ("to=bo&since=2025-01-01", "thanks"),
        ("from=ann&until=2024-12", "old")),
      Case(
        "listEarnings", by: "fay", "/v1/earnings", "data.*.points", ("limit=1", "9"), ("limit=1&cursor=", "4"),
        ("person=di", "4"), ("from=\(tomorrow)", ""), ("to=\(yesterday)", "")),
      Case(
        "listAdjustments", by: "fay", "/v1/adjustments", "data.*.points", ("limit=1", "8"), ("limit=1&cursor=", "3"),
        ("person=di", "3"), ("from=\(tomorrow)", ""), ("to=\(yesterday)", "")),
      Case("listCapWarnings", "/v1/program/warnings", "data.*.recipient.handle", ("at=2024-03-10", "")),
      Case(
        "listRewards", "/v1/rewards", "data.*.sku", ("limit=1", "CARD"), ("limit=1&cursor=", "MUG"),
        ("kind=gift_card", "CARD"), ("max_points=5", "PEN"), ("q=writes", "PEN"), ("kind=merchandise&limit=1", "MUG")),
      Case(
        "listRedemptions", by: "fay", "/v1/redemptions", "data.*.reward.sku", ("limit=1", "MUG"),
        ("limit=1&cursor=", "PEN"),
        ("state=approved", "PEN PEN"), ("person=bo", "MUG"), ("from=\(tomorrow)", ""), ("to=\(yesterday)", "")),
      Case("listBudgets", "/v1/budgets", "data.*.name", ("limit=1", "Alpha"), ("limit=1&cursor=", "Beta")),
      Case(
        "listAwards", "/v1/awards", "data.*.points", ("limit=1", "7"), ("limit=1&cursor=", "6"),
        ("state=pending_approval", "6")),
      Case(
        "getLeaderboard", by: "bo", "/v1/leaderboards/points_received", "entries.*.score", ("limit=1", "72"),
        ("limit=1&cursor=", "10"), ("period=all", "72 13 4"), ("at=2024-05", "3"), ("scope=team:Support", "1"),
        ("around=me&radius=0", "10"), ("period=all&scope=team:Support", "4"), ("period=year&at=2024", "3 3")),
      // How it begins, and how many lines it has.
      Case(
        "exportRedemptions", by: "fay", "/v1/exports/redemptions", "",
        ("from=\(tomorrow)", "position,r 1"), ("to=\(yesterday)", "position,r 1"),
        ("format=ndjson", "{\"position 3"), ("format=ndjson&to=\(yesterday)", " 0"),
        ("dialect=excel", "\u{FEFF}position; 4"), ("dialect=excel&locale=en", "\u{FEFF}position, 4"),
        ("dialect=excel&locale=en&to=\(yesterday)", "\u{FEFF}position, 1")),
      Case(
        "verifyLedger", by: "fay", "/v1/ledger/verify", "ok", ("since=\(otherHash)", "false"),
        ("against=\(otherHash)", "false")),
    ]

    @Test("Whatever it is, leaving one out of a request gives another answer")
    func matter() async throws {
      let reads = Routes.all.filter { $0.method == .get && !$0.query.isEmpty }
      #expect(Set(reads.map(\.name)) == Set(Self.cases.map(\.name)), "a read has no case here")
      try await Company.with(Company.people + "eve,Eve Evans,eve@acme.example,Sales,,\n") { (company) async throws in
        try await fill(company)
        for one in Self.cases {
          let known = reads.first { $0.name == one.name }?.query.map(\.name) ?? []
          let tried = one.requests.flatMap { $0.query.split(separator: "&").map { String($0.prefix { $0 != "=" }) } }
          #expect(Set(tried) == Set(known), "\(one.name): a parameter has no request here")
          for (query, expected) in one.requests {
            let parts = query.split(separator: "&").map(String.init)
            let whole = try Self.answer(one, parts, company)
            #expect(whole == expected, "\(one.name)?\(query)")
            for index in parts.indices {
              var others = parts
              let left = others.remove(at: index)
              #expect(try Self.answer(one, others, company) != whole, "\(one.name)?\(query) without \(left)")
            }
          }
        }
      }
    }

    /// What the answer shows, or how it refuses.
    private static func answer(_ one: Case, _ parts: [String], _ company: Company) throws -> String {
      let client = company[one.handle]
      var query = parts.joined(separator: "&")
      if parts.contains("cursor=") {
        let before = parts.filter { $0 != "cursor=" }.joined(separator: "&")
        // Without a limit there is no further page; then the first one of one line has the cursor.
        let page = try client.get("\(one.path)?\(before.contains("limit") ? before : before + "&limit=1")")
        query = query.replacing("cursor=", with: "cursor=\(page.json["next_cursor"]?.text ?? "none")")
      }
      if one.shown.isEmpty {
        guard let export = try Export.ask(company, one.handle, query.isEmpty ? "" : "?\(query)") else {
          return "refused"
        }
        return "\(export.text.prefix(10)) \(export.text.split(whereSeparator: \.isNewline).count)"
      }
      let answer = try client.get(query.isEmpty ? one.path : "\(one.path)?\(query)")
      guard answer.status == 200 else { return answer.summary }
      return words(answer.json, one.shown.split(separator: ".")[...]).joined(separator: " ")
    }

    private static func words(_ value: JSONValue?, _ path: ArraySlice<Substring>) -> [String] {
      guard let name = path.first else {
        switch value {
        case .string(let text): return [text]
        case .integer(let number): return ["\(number)"]
        case .bool(let isTrue): return ["\(isTrue)"]
        default: return []
        }
      }
      if name == "*" { return (value?.list ?? []).flatMap { words($0, path.dropFirst()) } }
      return words(value?[String(name)], path.dropFirst())
    }

    /// Of everything enough that each parameter has something to leave out.
    private func fill(_ company: Company) async throws {
      let (admin, mo, ann, bo) = (company["admin"], company["mo"], company["ann"], company["bo"])
      func post(_ client: Client, _ path: String, _ body: String) throws {
        let answer = try client.post(path, body)
        #expect(answer.status == 201, "\(path): \(answer.text)")
      }
      let left = try admin.call(
        "PATCH", "/v1/people/eve", [("Content-Type", "application/json"), ("If-Match", "*")],
        body: Array(#"{"active": false}"#.utf8))
      #expect(left.status == 200)
      let moved = try admin.call(
        "PATCH", "/v1/people/di", [("Content-Type", "application/json"), ("If-Match", "*")],
        body: Array(#"{"department": "Care", "location": "Lima"}"#.utf8))
      #expect(moved.status == 200)
      for scope in ["read", "recognitions"] { try post(admin, "/v1/people/bo/keys", #"{"scopes": ["\#(scope)"]}"#) }
      let history = """
        occurred_at,from,to,value,message,ref
        2024-03-10T12:00:00Z,cy,di,,older,1
        2024-05-05T12:00:00Z,ann,bo,be-polite,old,2

        """
      #expect(try await company.importRecognitions(history, points: 3) == 2)
      try post(ann, "/v1/recognitions", #"{"to": ["bo"], "points": 10, "message": "thanks"}"#)
      try post(mo, "/v1/recognitions", #"{"to": ["ann"], "points": 60, "message": "much"}"#)
      try post(company["cy"], "/v1/recognitions", #"{"to": ["di"], "points": 1, "message": "tiny"}"#)
      for (person, earned, adjusted) in [("mo", 2, 1), ("di", 4, 3), ("cy", 9, 8)] {
        let of = #""person": "\#(person)", "reason": "Because""#
        try post(admin, "/v1/earnings", #"{\#(of), "points": \#(earned), "source": "lms"}"#)
        try post(admin, "/v1/adjustments", #"{\#(of), "points": \#(adjusted)}"#)
      }
      for (name, more) in [("Alpha", ""), ("Beta", #""approval_above": 0,"#), ("Gamma", "")] {
        try company.fund("mo", points: 100, name: name, more)
      }
      for (budget, points) in [("Alpha", 5), ("Beta", 6), ("Alpha", 7)] {
        try post(
          mo, "/v1/awards", #"{"budget": "\#(budget)", "to": ["ann"], "points": \#(points), "message": "Award"}"#)
      }
      try company.offer(#"{"sku": "CARD", "name": "Voucher", "kind": "gift_card", "price_points": 500}"#)
      try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 10, "needs_approval": true}"#)
      try company.offer(#"{"sku": "PEN", "name": "Pen", "description": "It writes.", "price_points": 2}"#)
      for _ in 0..<2 { try post(ann, "/v1/redemptions", #"{"reward": "PEN"}"#) }
      try post(bo, "/v1/redemptions", #"{"reward": "MUG"}"#)
    }
  }
}
