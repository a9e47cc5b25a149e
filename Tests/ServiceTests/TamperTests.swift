import HTTP
import Testing

@testable import Service

extension OnLaurel {
  @Suite("What an intruder changes is found")
  struct TamperTests {
    /// A change by somebody whom no trigger stops, and what verification must say then. `N` is the organisation, `THIS`
    /// a thank-you from Ann to Bo and Cy of 5 points each, `NEXT` the one to Di after it, `LAST` the last entry. Findings are at `P`, the position of
    /// the one, or `H`, that of the other; `Q` comes behind the one, `G` before the other.
    struct Tampering: Sendable, CustomStringConvertible {
      let description: String
      let sql: String
      let found: [String]

      init(_ description: String, _ sql: String, _ found: String...) {
        self.description = description
        self.sql = sql
        self.found = found
      }
    }

    static let tamperings = [
      Tampering(
        "an amount", "UPDATE postings SET amount = amount + 1 WHERE THIS AND line = 1",
        "zero_sum@P", "hash_chain@P", "balance_after@P"),
      Tampering(
        "two amounts that still sum to zero",
        "UPDATE postings SET amount = amount + CASE line WHEN 0 THEN -1 ELSE 1 END WHERE THIS AND line < 2",
        "hash_chain@P", "balance_after@P"),
      Tampering(
        "whose points", "UPDATE postings SET owner = 'ffffffff-ffff-7fff-bfff-ffffffffffff' WHERE THIS AND line = 1",
        "hash_chain@P", "balances@0"),
      Tampering("a balance after", "UPDATE postings SET balance_after = 6 WHERE THIS AND line = 1", "balance_after@P"),
      Tampering("a posting taken away", "DELETE FROM postings WHERE THIS AND line = 2", "zero_sum@P", "hash_chain@P"),
      Tampering(
        "an entry taken away", "DELETE FROM entries WHERE THIS", "gapless_positions@Q", "no_orphans@P"),
      Tampering(
        "two entries swapped, with all that belongs to them",
        """
        DO $$
        DECLARE tab text;
        BEGIN
          FOREACH tab IN ARRAY '{entries,postings,recognitions,recognition_recipients,entry_texts}'::text[] LOOP
            EXECUTE format('UPDATE %I SET position = position + 1000000 WHERE THIS', tab);
            EXECUTE format('UPDATE %I SET position = position - 1 WHERE NEXT', tab);
            EXECUTE format('UPDATE %I SET position = position - 999999 WHERE org_id = N AND position > 1000000', tab);
          END LOOP;
        END $$
        """, "hash_chain@P", "balance_after@P", "hash_chain@Q", "balance_after@Q", "time_order@Q"),
      Tampering("the last entry taken away", "DELETE FROM entries WHERE LAST", "head@G", "no_orphans@H"),
      Tampering("a hash", "UPDATE entries SET hash = decode(repeat('ab', 32), 'hex') WHERE THIS", "hash_chain@P"),
      Tampering(
        "the hash of the last entry and of the head",
        """
        UPDATE entries SET hash = decode(repeat('ab', 32), 'hex') WHERE LAST;
        UPDATE ledger_heads SET hash = decode(repeat('ab', 32), 'hex') WHERE org_id = N
        """, "hash_chain@H"),
      Tampering("the head's position", "UPDATE ledger_heads SET position = position + 1 WHERE org_id = N", "head@H"),
      Tampering("words", "UPDATE entry_texts SET text = 'Thanks for nothing.' WHERE THIS", "words@P"),
      Tampering(
        "words and their digest",
        """
        UPDATE entry_texts SET text = 'Thanks for nothing.' WHERE THIS;
        UPDATE entries e SET text_digest = sha256(t.salt || convert_to(t.text, 'UTF8')) FROM entry_texts t
        WHERE t.org_id = e.org_id AND t.position = e.position AND e.entry_id = (SELECT entry_id FROM entries WHERE THIS)
        """, "hash_chain@P"),
      Tampering(
        "a balance",
        "UPDATE accounts SET balance = balance + 1 WHERE org_id = N AND account = 'points' AND balance = 5",
        "balances@0"),
      Tampering("an account taken away", "DELETE FROM accounts WHERE org_id = N AND account = 'points'", "balances@0"),
      Tampering(
        "a recipient",
        "UPDATE recognition_recipients SET person_id = (SELECT giver FROM recognitions WHERE THIS) WHERE THIS AND line = 0",
        "hash_chain@P"),
      Tampering("a recipient taken away", "DELETE FROM recognition_recipients WHERE THIS AND line = 1", "hash_chain@P"),
      Tampering(
        "the giver", "UPDATE recognitions SET giver = 'ffffffff-ffff-7fff-bfff-ffffffffffff' WHERE THIS",
        "recipients@P"),
      Tampering("points", "UPDATE recognitions SET points = 50 WHERE THIS", "hash_chain@P"),
      Tampering(
        "what the organisation is called", "UPDATE organizations SET name = 'Emca' WHERE org_id = N", "particulars@1"),
      Tampering(
        "where its days begin", "UPDATE organizations SET time_zone = 'Asia/Tokyo' WHERE org_id = N", "particulars@1"),
      Tampering("visibility", "UPDATE recognitions SET visibility = 'private' WHERE THIS", "hash_chain@P"),
      Tampering("values", "UPDATE recognitions SET \"values\" = '{be-polite}' WHERE THIS", "hash_chain@P"),
      Tampering("the feed's time", "UPDATE recognitions SET occurred_at = now() WHERE THIS", "recipients@P"),
      Tampering(
        "a recognition taken away", "DELETE FROM recognitions WHERE THIS", "hash_chain@P", "recipients@P"),
      Tampering(
        "who did it", "UPDATE entries SET actor = NULL, key_digest = NULL, request_digest = NULL WHERE THIS",
        "hash_chain@P"),
      Tampering(
        "when it was recorded", "UPDATE entries SET recorded_at = '2001-01-01Z' WHERE THIS", "time_order@P",
        "hash_chain@P"),
      Tampering("when it happened", "UPDATE entries SET occurred_at = '2001-01-01Z' WHERE THIS", "hash_chain@P"),
      Tampering("its kind", "UPDATE entries SET kind = 'key_created' WHERE THIS", "hash_chain@P", "recipients@P"),
      Tampering(
        "its id", "UPDATE entries SET entry_id = 'ffffffff-ffff-7fff-bfff-ffffffffffff' WHERE THIS", "hash_chain@P"),
      Tampering("its key", "UPDATE entries SET key_digest = sha256('x') WHERE THIS", "hash_chain@P"),
      Tampering("the rules that decided it", "UPDATE entries SET program_version = 2 WHERE THIS", "hash_chain@P"),
      Tampering(
        "a posting that belongs to no entry",
        "INSERT INTO postings VALUES (N, 999, 0, 'points', 'ffffffff-ffff-7fff-bfff-ffffffffffff', 1, 1)",
        "no_orphans@999"),
    ]

    @Test("Verification says what was changed, and where", arguments: tamperings)
    func tampering(_ tampering: Tampering) async throws {
      try await Company.with(staysSound: false) { company in
        let ann = company["ann"]
        #expect(try ann.post("/v1/recognitions", #"{"to": ["bo"], "points": 0, "message": "before"}"#).status == 201)
        let target = try ann.post(
          "/v1/recognitions",
          #"{"to": ["bo", "cy"], "points": 5, "message": "Thanks for all.", "values": ["be-helpful"]}"#, key: "k")
        let position = try #require(target.json["position"]?.number)
        var last: Int64 = 0
        for _ in 0..<3 {
          last =
            try ann.post("/v1/recognitions", #"{"to": ["di"], "message": "Thank you", "points": 1}"#).json["position"]?
            .number ?? 0
        }
        let finance = company["fay"]
        #expect(try finance.get("/v1/ledger/verify").json["ok"]?.flag == true)
        #expect(try await company.problems() == [])

        let sql = tampering.sql.replacing("THIS", with: "org_id = N AND position = \(position)")
          .replacing("NEXT", with: "org_id = N AND position = \(position + 1)")
          .replacing("LAST", with: "org_id = N AND position = \(last)").replacing(/\bN\b/, with: "\(company.number)")
        try Session.intruder().run(sql)
        let report = try finance.get("/v1/ledger/verify").json
        #expect(report["ok"]?.flag == false)
        let problems = report["problems"]?.list.map { "\($0["invariant"]?.text ?? "")@\($0["position"]?.number ?? 0)" }
        for found in tampering.found {
          let (invariant, place) = (found.prefix { $0 != "@" }, found.drop { $0 != "@" })
          let places = ["@P": position, "@Q": position + 1, "@H": last, "@G": last - 1]
          let number = places[String(place)] ?? Int64(place.dropFirst()) ?? -1
          #expect(problems?.contains("\(invariant)@\(number)") == true, "\(found) is not among \(problems ?? [])")
        }
        #expect(try await company.problems() == problems)
      }
    }

    /// What was changed of anything else; `N` as above, and the kind of the entry where
    /// that must show, or none.
    @Test(
      "So it does of boosts, reversals, earnings, top-ups, rules, what runs out, what is spent, budgets and the directory",
      arguments: [
        ("UPDATE boosts SET points = 4 WHERE org_id = N", "hash_chain", "boost"),
        ("UPDATE boosts SET giver = 'ffffffff-ffff-7fff-bfff-ffffffffffff' WHERE org_id = N", "recipients", "boost"),
        ("UPDATE earnings SET source = 'other' WHERE org_id = N", "hash_chain", "earning"),
        ("DELETE FROM earnings WHERE org_id = N", "hash_chain", "earning"),
        ("DELETE FROM reversals WHERE org_id = N", "hash_chain", "reversal"),
        (
          "UPDATE reversals SET reversed_position = reversed_position - 1 WHERE org_id = N AND reversed_position = (SELECT min(reversed_position) FROM reversals WHERE org_id = N)",
          "hash_chain", "reversal"
        ),
        (
          "UPDATE programs SET allowance_points = 101 WHERE org_id = N AND version = 2", "hash_chain", "program_changed"
        ),
        (
          "UPDATE programs SET recipient_cap_mode = 'off' WHERE org_id = N AND version = 2", "hash_chain",
          "program_changed"
        ),
        (
          "UPDATE programs SET allowance_points = 101 WHERE org_id = N AND version = 1", "particulars",
          "organization_created"
        ),
        (
          "UPDATE programs SET point_value = 0.2 WHERE org_id = N AND version = 1", "particulars",
          "organization_created"
        ),
        ("UPDATE accounts SET carried = carried - 1 WHERE org_id = N AND carried > 0", "balances", ""),
        ("UPDATE expiring_lots SET remaining = remaining - 1 WHERE org_id = N AND remaining > 0", "lots", "earning"),
        ("UPDATE expiring_lots SET expires_on = expires_on + 1 WHERE org_id = N AND remaining > 0", "lots", "earning"),
        ("DELETE FROM expiring_lots WHERE org_id = N AND remaining > 0", "lots", "earning"),
        (
          "INSERT INTO expiring_lots SELECT N, position, 7, owner, now(), 9 FROM postings WHERE org_id = N AND account = 'points' AND position = (SELECT max(position) FROM entries WHERE org_id = N AND kind = 'boost')",
          "no_orphans", "boost"
        ),
        (
          "INSERT INTO recognitions SELECT org_id, position, actor, 9, 'public', '{}', occurred_at FROM entries WHERE org_id = N AND kind = 'boost'",
          "no_orphans", "boost"
        ),
        (
          "UPDATE accounts SET period_start = period_start - 31 WHERE org_id = N AND account = 'allowance' AND carried > 0",
          "allowances", "allowance_reset"
        ),
        ("UPDATE lot_uses SET amount = amount + 1 WHERE org_id = N", "hash_chain", "redemption_requested"),
        ("UPDATE lot_uses SET lot_line = lot_line + 1 WHERE org_id = N", "hash_chain", "redemption_requested"),
        ("DELETE FROM lot_uses WHERE org_id = N", "hash_chain", "redemption_requested"),
        ("UPDATE redemptions SET unit_cost = 0 WHERE org_id = N", "hash_chain", "redemption_requested"),
        (
          "UPDATE redemption_sources SET kind = 'history', name = NULL WHERE org_id = N", "hash_chain",
          "redemption_requested"
        ),
        (
          "UPDATE redemption_sources SET name = 'lms;allowance:9' WHERE org_id = N", "hash_chain",
          "redemption_requested"
        ),
        ("UPDATE redemption_sources SET points = points + 1 WHERE org_id = N", "redemptions", "redemption_requested"),
        ("DELETE FROM redemption_sources WHERE org_id = N", "hash_chain", "redemption_requested"),
        (
          "INSERT INTO redemption_sources SELECT N, position, 0, 'history', NULL, NULL, false, 1 FROM entries WHERE org_id = N AND kind = 'boost'",
          "no_orphans", "boost"
        ),
        ("UPDATE redemptions SET first_state = 'approved' WHERE org_id = N", "hash_chain", "redemption_requested"),
        ("UPDATE redemptions SET state = 'approved' WHERE org_id = N", "redemptions", "redemption_requested"),
        (
          "UPDATE redemptions SET state = 'cancelled', state_position = state_position + 1 WHERE org_id = N",
          "redemptions", "redemption_requested"
        ),
        ("DELETE FROM redemptions WHERE org_id = N", "hash_chain", "redemption_requested"),
        ("UPDATE postings SET line = line + 1 WHERE org_id = N AND line = 3", "recipients", "redemption_requested"),
        ("UPDATE awards SET points = 1 WHERE org_id = N", "hash_chain", "award_requested"),
        ("UPDATE awards SET recipients = '{}' WHERE org_id = N", "hash_chain", "award_requested"),
        ("UPDATE awards SET state = 'granted' WHERE org_id = N", "awards", "award_requested"),
        ("DELETE FROM awards WHERE org_id = N", "recipients", "award_requested"),
        ("UPDATE budgets SET ends_on = ends_on + 1 WHERE org_id = N", "particulars", "budget_created"),
        ("UPDATE budgets SET approval_above = NULL WHERE org_id = N", "particulars", "budget_created"),
        ("UPDATE rewards SET price_points = 1 WHERE org_id = N", "particulars", "reward_created"),
        ("UPDATE rewards SET cost = cost + 1 WHERE org_id = N", "particulars", "reward_created"),
        (
          "UPDATE people SET roles = '{finance,admin}' WHERE org_id = N AND handle = 'fay'", "particulars",
          "person_created"
        ),
        (
          "UPDATE people SET allowance_points = 999 WHERE org_id = N AND handle = 'fay'", "particulars",
          "person_created"
        ),
        (
          "UPDATE recognition_values SET name = 'Be rich' WHERE org_id = N AND slug = 'be-helpful'", "particulars",
          "value_created"
        ),
      ])
    func others(_ sql: String, _ invariant: String, _ kind: String) async throws {
      try await Company.with(staysSound: false) { company in
        let admin = company["admin"]
        let id = try #require(
          try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 5}"#).json[
            "id"]?.text)
        #expect(try company["di"].post("/v1/recognitions/\(id)/boosts", #"{"points": 3}"#).status == 201)
        #expect(try company["ann"].call("DELETE", "/v1/recognitions/\(id)").status == 200)
        let rules = Array(#"{"expiry_months": 3, "allowance": {"points": 120}}"#.utf8)
        let headers = [("Content-Type", "application/json"), ("If-Match", "*")]
        #expect(try admin.call("PATCH", "/v1/program", headers, body: rules).status == 200)
        let earning = #"{"person": "cy", "points": 9, "reason": "Training", "source": "lms"}"#
        #expect(try admin.post("/v1/earnings", earning).status == 201)
        #expect(try admin.post("/v1/people/cy/top-ups", #"{"points": 5, "reason": "Fair"}"#).status == 201)
        let reward =
          #"{"sku": "MUG", "name": "Mug", "price_points": 4, "stock": 3, "needs_approval": true, "cost": {"amount": "4.5", "currency": "EUR"}}"#
        #expect(try admin.post("/v1/rewards", reward).status == 201)
        #expect(try company["cy"].post("/v1/redemptions", #"{"reward": "MUG"}"#).status == 201)
        let budget =
          #"{"name": "Spot", "owner": "mo", "points": 50, "period": {"from": "2020-01-01", "to": "2099-12-31"}, "#
        #expect(try admin.post("/v1/budgets", budget + #""approval_above": 5}"#).status == 201)
        #expect(
          try company["mo"].post(
            "/v1/awards", #"{"budget": "Spot", "to": ["bo"], "message": "Thank you", "points": 6}"#
          ).status == 201)
        #expect(try await company.problems() == [])
        let intruder = try Session.intruder()
        try intruder.run(sql.replacing(/\bN\b/, with: "\(company.number)"))
        let position = try intruder.run(
          "SELECT max(position) FROM entries WHERE org_id = \(company.number) AND kind = '\(kind)'")
        let found = "\(invariant)@\(kind.isEmpty ? "0" : position.first ?? "")"
        let problems = try await company.problems()
        #expect(problems.contains(found), "\(found) is not among \(problems)")
      }
    }

    @Test("A history rewritten with hashes that are right is found by a hash that was written down elsewhere")
    func rewriting() async throws {
      try await Company.with { company in
        let administration = company.laurel.administration
        func report(against witness: Verifier.Witness? = nil) async throws -> Verifier.Report {
          try #require(try await administration.verify(organization: company.slug, against: witness).first).report
        }
        let ann = company["ann"]
        let kept = try await report()
        let target = try ann.post("/v1/recognitions", #"{"to": ["bo"], "points": 5, "message": "Thanks."}"#)
        let position = try #require(target.json["position"]?.number)
        for _ in 0..<3 {
          #expect(
            try ann.post("/v1/recognitions", #"{"to": ["di"], "message": "Thank you", "points": 1}"#).status == 201)
        }
        let noted = try await report()

        // Bo's points become Cy's, and whoever does that knows how to compute a chain: verification says how, entry by entry.
        let intruder = try Session.intruder()
        let (bo, cy) = (try company.id("bo"), try company.id("cy"))
        for (table, column) in [("postings", "owner"), ("recognition_recipients", "person_id"), ("accounts", "owner")] {
          let place = table == "accounts" ? "account = 'points'" : "position = \(position)"
          try intruder.run(
            "UPDATE \(table) SET \(column) = '\(cy)' WHERE org_id = \(company.number) AND \(column) = '\(bo)' AND \(place)"
          )
        }
        while let finding = try await report().findings.first {
          try #require(["hash_chain", "head"].contains(finding.invariant), "\(finding)")
          let hash = finding.detail.firstMatch(of: /rows give ([0-9a-f]{64})/).map { String($0.1) }
          try intruder.run(
            hash.map {
              "UPDATE entries SET hash = '\\x\($0)' WHERE org_id = \(company.number) AND position = \(finding.position ?? 0)"
            }
              ?? """
              UPDATE ledger_heads h SET hash = e.hash FROM entries e
              WHERE e.org_id = h.org_id AND e.position = h.position AND h.org_id = \(company.number)
              """)
        }

        // Nothing in the database contradicts it; what was noted before still holds, and what was noted since does not.
        let before = try #require(Verifier.Witness("\(kept.position):\(kept.headHash)"))
        #expect(try await report(against: before).isSound)
        let after = try #require(Verifier.Witness("\(noted.position):\(noted.headHash)"))
        #expect(
          try await report(against: after).findings.map { "\($0.invariant)@\($0.position ?? 0)" }
            == ["witness@\(noted.position)"])
        let end = try await report()
        let trusted = try #require(Verifier.Witness("\(end.position):\(end.headHash)"))
        let since = try await administration.verify(organization: company.slug, since: trusted, against: after).first
        #expect(
          since?.report.findings.map { "\($0.invariant)@\($0.position ?? 0)" } == ["witness@\(noted.position)"],
          "what was noted lies before what is verified, and is compared all the same")
        let outcome = try await Program.run(
          "verify", "--org", company.slug, "--json", "--against", "\(noted.position):\(noted.headHash)")
        #expect(outcome.status == 1)
        #expect(outcome.json["ok"]?.flag == false)
      }
    }

    @Test("Words that were erased leave the chain whole")
    func erasure() async throws {
      try await Company.with { company in
        let ann = company["ann"]
        let written = try ann.post("/v1/recognitions", #"{"to": ["bo"], "message": "forget me"}"#, key: "k")
        let position = try #require(written.json["position"]?.number)
        try Session.intruder().run(
          "DELETE FROM entry_texts WHERE org_id = \(company.number) AND position = \(position)")
        let replayed = try ann.post("/v1/recognitions", #"{"to": ["bo"], "message": "forget me"}"#, key: "k")
        #expect(replayed.status == 201)
        #expect(replayed.json["message"] == .null)
        #expect(try ann.get("/v1/recognitions").json["data"]?.list.first?["message"] == .null)
      }
    }

    @Test("A sound report says where the log stands")
    func sound() async throws {
      try await Company.with { company in
        let written = try company["ann"].post(
          "/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 1}"#)
        let report = try company["fay"].get("/v1/ledger/verify").json
        #expect(report["ok"]?.flag == true)
        #expect(report["position"] == written.json["position"])
        #expect(report["problems"]?.list == [])
        let hash = try Session(company.laurel.cluster.superuserURL).run(
          "SELECT encode(hash, 'hex') FROM ledger_heads WHERE org_id = \(company.number)")
        #expect(report["head_hash"]?.text == hash.first)
      }
    }

    @Test(
      "Whoever serves cannot rewrite the log, and its owner is refused by triggers",
      arguments: ["entries", "postings"])
    func rights(_ table: String) async throws {
      try await Company.with { company in
        let statements = [
          "UPDATE \(table) SET position = position + 1000 WHERE org_id = \(company.number)",
          "DELETE FROM \(table) WHERE org_id = \(company.number)", "TRUNCATE \(table)",
        ]
        let cluster = company.laurel.cluster
        for (url, reason) in [(cluster.runtimeURL, "permission denied"), (cluster.ownerURL, "append-only")] {
          let session = try Session(url)
          for statement in statements {
            let error = #expect(throws: Session.Failed.self) { try session.run(statement) }
            #expect(error?.description.contains(reason) == true, "\(statement): \(error?.description ?? "")")
          }
        }
        let runtime = try Session(cluster.runtimeURL)
        for statement in [
          "ALTER TABLE \(table) DISABLE TRIGGER ALL", "DROP TABLE \(table)", "SET session_replication_role = replica",
          "DELETE FROM recognitions", "UPDATE recognitions SET points = 1", "DELETE FROM people",
          "UPDATE entry_texts SET text = ''", "UPDATE programs SET max_points = 1",
        ] {
          #expect(throws: Session.Failed.self, "\(statement)") { try runtime.run(statement) }
        }
      }
    }
  }
}
