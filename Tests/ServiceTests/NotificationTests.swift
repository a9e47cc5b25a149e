import HTTP
import Ledger
import Testing

@testable import Postgres
@testable import Service

extension OnLaurel {
  @Suite("Notifications")
  struct NotificationTests {
    /// `kind from points`, newest first.
    private func notifications(_ company: Company, _ handle: String) throws -> [String] {
      let answer = try company[handle].get("/v1/me/notifications")
      #expect(answer.status == 200)
      return (answer.json["data"]?.list ?? []).map { notice in
        let points = notice["points"]?.number.map { " \($0)" } ?? ""
        return "\(notice["kind"]?.text ?? "") \(notice["from"]?["handle"]?.text ?? "operator")\(points)"
      }
    }

    private func thank(_ company: Company, _ handle: String, _ body: String) throws -> String {
      let answer = try company[handle].post("/v1/recognitions", body)
      #expect(answer.status == 201, "\(answer.text)")
      return try #require(answer.json["id"]?.text)
    }

    @Test("tell who was thanked, by whom, with what and why, and lead to it")
    func thanked() async throws {
      try await Company.with { company in
        let id = try thank(company, "ann", #"{"to": ["bo", "cy"], "points": 5, "message": "For the boxes."}"#)
        _ = try thank(company, "cy", #"{"to": ["bo"], "message": "Plainly.", "visibility": "private"}"#)
        #expect(try notifications(company, "bo") == ["thanked cy 0", "thanked ann 5"])
        #expect(try notifications(company, "cy") == ["thanked ann 5"])
        #expect(try notifications(company, "ann") == [])
        let notice = try #require(try company["cy"].get("/v1/me/notifications").json["data"]?.list.first)
        #expect(notice.names == ["id", "position", "at", "kind", "from", "subject", "points", "message", "reversed"])
        #expect(notice["subject"] == (try json(#"{"type": "recognition", "id": "\#(id)"}"#)))
        #expect(notice["message"]?.text == "For the boxes.")
        #expect(notice["from"]?["name"]?.text == "Ann Ames")
        // Thanking writes no row more than it did.
        let count = "SELECT count(*) FROM notices WHERE org_id = \(company.number)"
        #expect(try Session(company.laurel.cluster.superuserURL).run(count) == ["0"])
      }
    }

    @Test("tell of boosts, and lead to what was boosted")
    func boosted() async throws {
      try await Company.with { company in
        let id = try thank(
          company, "ann", #"{"to": ["bo", "cy"], "message": "For the boxes.", "visibility": "private"}"#)
        let boost = try company["mo"].post("/v1/recognitions/\(id)/boosts", #"{"points": 3}"#)
        #expect(boost.status == 201, "\(boost.text)")
        for handle in ["bo", "cy"] { #expect(try notifications(company, handle) == ["boosted mo 3", "thanked ann 0"]) }
        #expect(try notifications(company, "ann") == [])
        let notice = try #require(try company["bo"].get("/v1/me/notifications").json["data"]?.list.first)
        #expect(notice["subject"] == (try json(#"{"type": "recognition", "id": "\#(id)"}"#)))
      }
    }

    @Test("tell who is mentioned in a public recognition of others, once")
    func mentioned() async throws {
      try await Company.with { company in
        _ = try thank(
          company, "ann", #"{"to": ["bo"], "message": "With @Cy, @bo, @ann and @cy. Ask di@acme.example, not @nobody"}"#
        )
        #expect(try notifications(company, "cy") == ["mentioned ann"])
        #expect(try notifications(company, "bo") == ["thanked ann 0"])
        #expect(try notifications(company, "ann") == [])
        #expect(try notifications(company, "di") == [])
        _ = try thank(company, "ann", #"{"to": ["bo"], "message": "Hush, @cy", "visibility": "private"}"#)
        #expect(try notifications(company, "cy") == ["mentioned ann"])
        // A dry run, or what is refused, mentions nobody.
        _ = try company["ann"].post("/v1/recognitions?dry_run=true", #"{"to": ["bo"], "message": "@di"}"#)
        _ = try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "message": "@di", "points": 5000}"#)
        #expect(try notifications(company, "di") == [])
        // History speaks of people elsewhere.
        let csv = "occurred_at,from,to,value,message,ref\n2024-01-01T00:00:00Z,ann,bo,,with @di,1\n"
        #expect(try await company.importRecognitions(csv) == 1)
        #expect(try notifications(company, "di") == [])
      }
    }

    @Test("are of who had the name when it was written, though two people of the same batch are renamed after it")
    func renamed() async throws {
      try await Company.with { company in
        let writer = company.laurel.server.firstWorker.writer
        let (_, people) = try await company.laurel.administration.directory(company.slug)
        let byHandle = Dictionary(people.map { ($0.handle, $0) }) { $1 }
        func operation(_ actor: String?, _ action: Action) -> Operation {
          Operation(id: Secrets.id(), actor: actor.flatMap { byHandle[$0]?.id }, salt: Secrets.digest(), action: action)
        }
        var (di, cy) = (try #require(byHandle["di"]), try #require(byHandle["cy"]))
        (di.handle, cy.handle) = ("di.new", "di")
        let thanks = Recognise(to: ["bo"], message: "As @di said.")
        let answers = await writer.submit(
          [
            operation("ann", .recognise(thanks)), operation(nil, .putPerson(di)), operation(nil, .putPerson(cy)),
            operation("ann", .recognise(thanks)),
          ], to: company.number)
        let positions = answers.compactMap { try? $0.get().position }
        #expect(positions.count == 4)
        let told = try Session(company.laurel.cluster.superuserURL).run(
          """
          SELECT n.position, p.handle FROM notices n JOIN people p USING (org_id, person_id)
          WHERE n.org_id = \(company.number) ORDER BY n.position
          """)
        #expect(told == ["\(positions[0])|di.new", "\(positions[3])|di"])
      }
    }

    @Test("tell of awards once they are granted, as from the awarder")
    func awarded() async throws {
      try await Company.with { company in
        let budget = try company.fund("mo", points: 500, #""approval_above": 50,"#)
        func award(_ points: Int, _ message: String) throws -> String {
          let body = #"{"budget": "\#(budget)", "to": ["ann", "bo"], "points": \#(points), "message": "\#(message)"}"#
          let answer = try company["mo"].post("/v1/awards", body)
          #expect(answer.status == 201, "\(answer.text)")
          return try #require(answer.json["id"]?.text)
        }
        let small = try award(20, "At once")
        let large = try award(100, "After a look")
        #expect(try notifications(company, "ann") == ["awarded mo 20"])
        #expect(try company["fay"].post("/v1/awards/\(large)/approve", "{}").status == 200)
        let declined = try award(100, "Too much")
        #expect(try company["fay"].post("/v1/awards/\(declined)/decline", #"{"reason": "Too much."}"#).status == 200)
        #expect(try notifications(company, "bo") == ["awarded mo 100", "awarded mo 20"])
        let data = try #require(try company["bo"].get("/v1/me/notifications").json["data"]?.list)
        #expect(data.map { $0["subject"]?["id"]?.text } == [large, small])
        #expect(data.map { $0["subject"]?["type"]?.text } == ["award", "award"])
        #expect(data.map { $0["message"]?.text } == ["After a look", "At once"])
        // Who awarded hears what became of it, with the reason; finance, what waits.
        #expect(try notifications(company, "mo") == ["award_declined fay 200", "award_approved fay 200"])
        #expect(try company["mo"].get("/v1/me/notifications").json["data"]?.list.first?["message"]?.text == "Too much.")
        #expect(try notifications(company, "fay") == ["approval_waiting mo 200", "approval_waiting mo 200"])
        #expect(try notifications(company, "admin") == [])
      }
    }

    @Test("tell the redeemer of each step that somebody else took")
    func redeemed() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 100)
        try company.offer(
          #"{"sku": "MUG", "name": "Mug", "price_points": 10, "needs_approval": true, "cost": {"amount": "1", "currency": "EUR"}}"#
        )
        try company.offer(
          #"{"sku": "SEED", "name": "Seeds", "price_points": 1, "fulfilment": "instant", "cost": {"amount": "1", "currency": "EUR"}}"#
        )
        for moves in [["approve", "fulfil", "refund"], ["decline"]] {
          let id = try company.redeem("MUG", by: "ann", quantity: 2)
          for move in moves { #expect(try company["fay"].post("/v1/redemptions/\(id)/\(move)", "{}").status == 200) }
        }
        let own = try company.redeem("MUG", by: "ann")
        #expect(try company["ann"].post("/v1/redemptions/\(own)/cancel", "{}").status == 200)
        let others = try company.redeem("MUG", by: "ann")
        #expect(try company["admin"].post("/v1/redemptions/\(others)/cancel", "{}").status == 200)
        _ = try company.redeem("SEED", by: "ann")
        #expect(
          try notifications(company, "ann") == [
            "redemption_cancelled admin 10", "redemption_declined fay 20", "redemption_refunded fay 20",
            "redemption_fulfilled fay 20", "redemption_approved fay 20", "thanked admin 100",
          ])
        #expect(
          try notifications(company, "fay")
            == [
              "approval_waiting ann 10", "approval_waiting ann 10", "approval_waiting ann 20",
              "approval_waiting ann 20",
            ])
        let subject = try company["ann"].get("/v1/me/notifications").json["data"]?.list.first?["subject"]
        #expect(subject == (try json(#"{"type": "redemption", "id": "\#(others)", "name": "Mug"}"#)))
      }
    }

    @Test("say what was taken back since, and tell of it whoever had it, gave it or added to it")
    func takenBack() async throws {
      try await Company.with { company in
        func flags(_ handle: String) throws -> [Bool?] {
          try company[handle].get("/v1/me/notifications").json["data"]?.list.map { $0["reversed"]?.flag } ?? []
        }
        let id = try thank(company, "ann", #"{"to": ["bo", "cy"], "points": 5, "message": "For the boxes, with @di."}"#)
        #expect(try company["mo"].post("/v1/recognitions/\(id)/boosts", #"{"points": 3}"#).status == 201)
        #expect(try flags("bo") == [false, false])
        #expect(try company["ann"].call("DELETE", "/v1/recognitions/\(id)").status == 200)
        for handle in ["bo", "cy"] {
          #expect(try notifications(company, handle) == ["taken_back ann 8", "boosted mo 3", "thanked ann 5"])
          #expect(try flags(handle) == [false, true, true])
        }
        #expect(try notifications(company, "mo") == ["taken_back ann"])
        #expect(try flags("di") == [true])
        #expect(try notifications(company, "ann") == [])
        let notice = try #require(try company["bo"].get("/v1/me/notifications").json["data"]?.list.first)
        #expect(notice["subject"] == (try json(#"{"type": "recognition", "id": "\#(id)"}"#)))
        #expect(notice["message"]?.text == "For the boxes, with @di.")

        // By an admin: the giver hears of it as well. Thanks without points can be taken back, too.
        let plain = try thank(company, "ann", #"{"to": ["di"], "message": "Plainly."}"#)
        #expect(try company["admin"].call("DELETE", "/v1/recognitions/\(plain)").status == 200)
        #expect(try notifications(company, "ann") == ["taken_back admin"])
        #expect(try notifications(company, "di") == ["taken_back admin", "thanked ann 0", "mentioned ann"])

        let budget = try company.fund("mo", points: 100)
        let award = try company["mo"].post(
          "/v1/awards", #"{"budget": "\#(budget)", "to": ["ann"], "points": 20, "message": "!"}"#)
        let awarded = try #require(award.json["id"]?.text)
        #expect(try company["admin"].call("DELETE", "/v1/awards/\(awarded)").status == 200)
        #expect(try notifications(company, "ann").prefix(2) == ["taken_back admin 20", "awarded mo 20"])
        #expect(try flags("ann").prefix(2) == [false, true])
        #expect(try notifications(company, "mo").first == "taken_back admin")

        let earning = #"{"person": "cy", "points": 9, "reason": "Course", "source": "lms"}"#
        let earned = try #require(try company["admin"].post("/v1/earnings", earning).json["id"]?.text)
        #expect(try company["admin"].call("DELETE", "/v1/earnings/\(earned)").status == 200)
        let last = try #require(try company["cy"].get("/v1/me/notifications").json["data"]?.list.first)
        #expect(last["kind"]?.text == "taken_back")
        #expect(last["subject"] == (try json(#"{"type": "earning", "id": "\#(earned)"}"#)))
        #expect(last["message"]?.text == "Course")
      }
    }

    @Test(
      "tell finance what waits for approval and where it stands, but nobody of their own, nor who is finance no longer")
    func waiting() async throws {
      try await Company.with { company in
        try await company.give(["ann", "fay"], points: 100)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 10, "needs_approval": true}"#)
        try company.offer(#"{"sku": "CAP", "name": "Cap", "price_points": 10}"#)
        _ = try company.redeem("MUG", by: "fay")
        _ = try company.redeem("CAP", by: "ann")
        let id = try company.redeem("MUG", by: "ann")
        func waiting() throws -> JSONValue? { try company["fay"].get("/v1/me/notifications").json["data"]?.list.first }
        #expect(try notifications(company, "fay").filter { $0.hasPrefix("approval") } == ["approval_waiting ann 10"])
        for (move, state) in [("", "pending_approval"), ("approve", "approved"), ("fulfil", "fulfilled")] {
          if !move.isEmpty { #expect(try company["fay"].post("/v1/redemptions/\(id)/\(move)", "{}").status == 200) }
          let subject = try json(#"{"type": "redemption", "id": "\#(id)", "name": "Mug", "state": "\#(state)"}"#)
          #expect(try waiting()?["subject"] == subject)
        }
        #expect(try notifications(company, "admin") == [])
        let headers = [("Content-Type", "application/json"), ("If-Match", "*")]
        let change = try company["admin"].call("PATCH", "/v1/people/fay", headers, body: Array(#"{"roles": []}"#.utf8))
        #expect(change.status == 200)
        #expect(try notifications(company, "fay") == ["thanked admin 100"])
      }
    }

    @Test("page to their end in both orders of what they come from, without a gap or a repeat")
    func pages() async throws {
      try await Company.with { company in
        for index in 1...9 {
          let body =
            index % 3 == 0
            ? #"{"to": ["cy"], "message": "see @bo", "points": 1}"#
            : #"{"to": ["bo"], "message": "\#(index)", "points": 1}"#
          _ = try thank(company, "ann", body)
        }
        for limit in [1, 2, 4] {
          var positions: [Int64] = []
          var path: String? = "/v1/me/notifications?limit=\(limit)"
          while let next = path {
            let answer = try company["bo"].get(next)
            positions += try #require(answer.json["data"]?.list).compactMap { $0["position"]?.number }
            path = answer.json["next_cursor"]?.text.map { "/v1/me/notifications?limit=\(limit)&cursor=\($0)" }
          }
          #expect(positions.count == 9)
          #expect(positions == positions.sorted(by: >))
          #expect(Set(positions).count == 9)
        }
        #expect(try company["bo"].get("/v1/me/notifications?cursor=AAAA").summary == "400 invalid_cursor")
        #expect(try Client(company.laurel.port, key: nil).get("/v1/me/notifications").status == 401)
      }
    }

    @Test("cost a look at two indexes, however much there is")
    func plan() async throws {
      try await Company.with(staysSound: false) { company in
        let session = try Session.intruder()
        let (organization, bo) = (company.number, try company.id("bo"))
        // As many entries as a very popular person has, and as many for others, in rows that only look like a ledger.
        try session.run(
          """
          INSERT INTO entries (org_id, position, entry_id, kind, recorded_at, occurred_at, actor, program_version, hash)
          SELECT \(organization), 1000 + n, gen_random_uuid(), 'recognition', now(), now(), '\(try company.id("ann"))', 1,
                 decode(repeat('00', 32), 'hex')
          FROM generate_series(1, 40000) AS n
          """)
        try session.run(
          """
          INSERT INTO recognition_recipients (org_id, position, line, person_id)
          SELECT \(organization), 1000 + n, 0, CASE WHEN n % 2 = 0 THEN '\(bo)'::uuid ELSE gen_random_uuid() END
          FROM generate_series(1, 40000) AS n
          """)
        let query = SQL.statement("notifications").text
        try session.run("SET plan_cache_mode = force_generic_plan")
        try session.run("PREPARE notifications (integer, uuid, bigint, integer, boolean) AS \(query)")
        for position in [Int64.max, 5_000] {
          let plan = try session.run(
            "EXPLAIN (ANALYZE, BUFFERS, SUMMARY OFF) EXECUTE notifications (\(organization), '\(bo)', \(position), 51, true)"
          )
          let text = plan.joined(separator: "\n")
          for table in ["entries", "recognition_recipients", "notices"] {
            #expect(!text.contains("Seq Scan on \(table)"), "\(text)")
          }
          // Some ten pages a row, never a walk through the forty thousand.
          let pages = try #require(text.firstMatch(of: /Buffers: shared hit=(\d+)/).flatMap { Int($0.1) })
          #expect(pages < 51 * 30, "\(text)")
        }
      }
    }
  }
}
