import HTTP
import Testing

extension OnLaurel {
  @Suite("Redemptions from state to state")
  struct SpendingTests {
    private static let states = ["pending_approval", "approved", "fulfilled", "declined", "cancelled", "refunded"]
    private static let moves = ["approve", "decline", "fulfil", "cancel", "refund"]
    private static let slow =
      #"{"sku": "SLOW", "name": "A day off", "price_points": 10, "stock": 100, "needs_approval": true}"#

    /// How each state is reached from the request on.
    private static let ways: [String: [String]] = [
      "pending_approval": [], "approved": ["approve"], "fulfilled": ["approve", "fulfil"], "declined": ["decline"],
      "cancelled": ["cancel"], "refunded": ["approve", "fulfil", "refund"],
    ]

    /// What each allowed move leads to, and what it does to points, held, redeemed and stock.
    private static let allowed: [String: (state: String, change: [Int64])] = [
      "pending_approval approve": ("approved", [0, 0, 0, 0]),
      "pending_approval decline": ("declined", [10, -10, 0, 1]),
      "pending_approval cancel": ("cancelled", [10, -10, 0, 1]),
      "approved cancel": ("cancelled", [10, -10, 0, 1]),
      "approved fulfil": ("fulfilled", [0, -10, 10, 0]),
      "fulfilled refund": ("refunded", [10, 0, -10, 0]),
    ]

    @Test("Every move in every state changes exactly what it should, or is refused and changes nothing")
    func table() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 1_000)
        try company.offer(Self.slow)
        for state in Self.states {
          for move in Self.moves {
            let id = try company.redeem("SLOW", by: "ann")
            for step in Self.ways[state]! { #expect(try company.move(id, step).status == 200) }
            let before = try company.purse("ann", "SLOW")
            let answer = try company.move(id, move)
            let after = try company.purse("ann", "SLOW")
            let change = zip(after, before).map { $0 - $1 }
            if let (state, expected) = Self.allowed["\(state) \(move)"] {
              #expect(answer.status == 200, "\(state) \(move)")
              #expect(answer.json["state"]?.text == state)
              #expect(answer["Ledger-Position"] == answer.json["position"]?.number.map { "\($0)" })
              #expect(change == expected, "\(state) \(move)")
            } else {
              #expect(answer.summary == "409 invalid_transition", "\(state) \(move)")
              #expect(change == [0, 0, 0, 0], "\(state) \(move)")
              #expect(try company["ann"].get("/v1/redemptions/\(id)").json["state"]?.text == state)
            }
            #expect(after[0] + after[1] + after[2] == 1_000)
          }
        }
      }
    }

    @Test("Finance and admins move redemptions on; cancelling is the redeemer's, or an admin's")
    func whoMay() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 1_000)
        try company.offer(Self.slow)
        for (move, state) in [
          ("approve", "pending_approval"), ("decline", "pending_approval"), ("fulfil", "approved"),
          ("cancel", "approved"), ("refund", "fulfilled"),
        ] {
          let isCancel = move == "cancel"
          for (handle, expected) in [
            ("bo", isCancel ? "404 not_found" : "403 forbidden"), ("ann", isCancel ? "200" : "403 forbidden"),
            ("fay", isCancel ? "403 forbidden" : "200"), ("admin", "200"),
          ] {
            let id = try company.redeem("SLOW", by: "ann")
            for step in Self.ways[state]! { #expect(try company.move(id, step).status == 200) }
            let answer = try company[handle].post("/v1/redemptions/\(id)/\(move)", "{}")
            #expect(answer.summary == expected, "\(handle) \(move)")
          }
        }
      }
    }

    @Test("A redemption is its redeemer's, finance's and the admins' to see, and its code the redeemer's alone")
    func code() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 100)
        try company.offer(#"{"sku": "CARD", "name": "Gift card", "kind": "gift_card", "price_points": 10}"#)
        let id = try company.redeem("CARD", by: "ann")
        let fulfilled = try company["fay"].post("/v1/redemptions/\(id)/fulfil", #"{"code": "SECRET-42"}"#)
        #expect(fulfilled.status == 200)
        #expect(!fulfilled.text.contains("SECRET-42"))
        #expect(try company["ann"].get("/v1/redemptions/\(id)").json["code"]?.text == "SECRET-42")
        #expect(try company["ann"].get("/v1/redemptions").json["data"]?.list.first?["code"]?.text == "SECRET-42")
        for handle in ["fay", "admin"] {
          for path in ["/v1/redemptions/\(id)", "/v1/redemptions"] {
            let answer = try company[handle].get(path)
            #expect(answer.text.contains(id))
            #expect(!answer.text.contains("SECRET-42"), "\(handle) \(path)")
          }
        }
        #expect(try company["bo"].get("/v1/redemptions/\(id)").status == 404)
        #expect(try company["bo"].get("/v1/redemptions").json["data"]?.list.isEmpty == true)
      }
    }

    @Test("An instant reward is fulfilled at once, by an entry of its own")
    func instant() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 12)
        try company.offer(#"{"sku": "SEED", "name": "Seeds", "price_points": 5, "fulfilment": "instant"}"#)
        let verified = try company["admin"].get("/v1/ledger/verify")
        let head = try #require(verified.json["position"]?.number)
        let answer = try company["ann"].post(
          "/v1/redemptions", #"{"reward": "SEED", "quantity": 2, "note": "Thanks!"}"#)
        #expect(answer.status == 201)
        #expect(answer.json["state"]?.text == "fulfilled")
        #expect(answer.json["points"]?.number == 10)
        #expect(answer.json["note"]?.text == "Thanks!")
        #expect(answer["Ledger-Position"] == "\(head + 2)")
        #expect(try company.purse("ann", "SEED") == [2, 0, 10, 0])
        let kinds = try Session(company.laurel.cluster.superuserURL).run(
          "SELECT kind FROM entries WHERE org_id = \(company.number) AND position > \(head) ORDER BY position")
        #expect(kinds == ["redemption_requested", "redemption_fulfilled"])
        #expect(try company["ann"].post("/v1/redemptions", #"{"reward": "SEED"}"#).summary == "409 insufficient_points")
      }
    }

    @Test("What cannot be redeemed is refused, and moves nothing")
    func refusals() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 100)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 30, "stock": 2}"#)
        try company.offer(#"{"sku": "OLD", "name": "Old", "price_points": 1, "active": false}"#)
        for (body, expected) in [
          (#"{"reward": "NONE"}"#, "422 unknown_reward"), (#"{"reward": "OLD"}"#, "422 inactive_reward"),
          (#"{"reward": "MUG", "quantity": 3}"#, "409 out_of_stock"), (#"{"reward": "MUG", "quantity": 0}"#, "400"),
          (#"{"reward": "MUG", "person": "bo"}"#, "400"), ("{}", "400"),
        ] {
          #expect(try company["ann"].post("/v1/redemptions", body).summary.hasPrefix(expected), "\(body)")
        }
        #expect(try company["bo"].post("/v1/redemptions", #"{"reward": "MUG"}"#).summary == "409 insufficient_points")
        #expect(try company.purse("ann", "MUG") == [100, 0, 0, 2])
        let seen = try company["ann"].get("/v1/rewards").json["data"]?.list.compactMap { $0["sku"]?.text }
        #expect(seen == ["MUG"])
      }
    }

    @Test("A dry run says what would come and records nothing; a replay says what came")
    func dryRunAndReplay() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 50)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 20, "stock": 5}"#)
        let ann = company["ann"]
        let body = #"{"reward": "MUG", "quantity": 2}"#
        let dry = try ann.post("/v1/redemptions?dry_run=true", body, key: "k")
        #expect(dry.status == 200)
        #expect(dry.json["dry_run"]?.flag == true)
        #expect(dry.json["state"]?.text == "approved")
        #expect(dry.json["balances"]?["points"]?.number == 10)
        #expect(dry.json["balances"]?["held"]?.number == 40)
        #expect(try company.purse("ann", "MUG") == [50, 0, 0, 5])
        let first = try ann.post("/v1/redemptions", body, key: "k")
        let again = try ann.post("/v1/redemptions", body, key: "k")
        #expect(first["Idempotent-Replayed"] == nil)
        #expect(again["Idempotent-Replayed"] == "true")
        #expect(again.status == 201)
        #expect(again.body == first.body)
        #expect(try company.purse("ann", "MUG") == [10, 40, 0, 3])

        let id = try #require(first.json["id"]?.text)
        let dryCancel = try ann.post("/v1/redemptions/\(id)/cancel?dry_run=true", "{}")
        #expect(dryCancel.status == 200)
        #expect(dryCancel.json["state"]?.text == "cancelled")
        #expect(dryCancel.json["balances"]?["points"]?.number == 50)
        #expect(try company.purse("ann", "MUG") == [10, 40, 0, 3])
        for isReplayed in [false, true] {
          let cancelled = try ann.post("/v1/redemptions/\(id)/cancel", "{}", key: "c")
          #expect(cancelled.status == 200)
          #expect((cancelled["Idempotent-Replayed"] == "true") == isReplayed)
        }
        #expect(try company.purse("ann", "MUG") == [50, 0, 0, 5])
      }
    }

    @Test("A new price touches no redemption that is under way")
    func price() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 100)
        try company.offer(Self.slow)
        let id = try company.redeem("SLOW", by: "ann", quantity: 2)
        let tag = try #require(try company["admin"].get("/v1/rewards/SLOW")["ETag"])
        let change = #"{"price_points": 45, "cost": {"amount": "99.00", "currency": "EUR"}, "needs_approval": false}"#
        let changed = try company["admin"].call(
          "PATCH", "/v1/rewards/SLOW", [("If-Match", tag), ("Content-Type", "application/json")],
          body: Array(change.utf8))
        #expect(changed.status == 200)
        #expect(try company.move(id, "approve").json["points"]?.number == 20)
        #expect(try company.move(id, "fulfil").json["cost"]?["amount"]?.text == "0.00")
        #expect(try company.purse("ann", "SLOW") == [80, 0, 20, 98])
        #expect(try company.move(id, "refund").status == 200)
        #expect(try company.purse("ann", "SLOW") == [100, 0, 0, 98])
      }
    }

    @Test("Points are spent the oldest first, and a refund gives back to where they came from")
    func lots() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 10)
        #expect(
          try company["bo"].post("/v1/recognitions", #"{"to": ["ann"], "message": "Thank you", "points": 5}"#).status
            == 201)
        try company.fund("mo", points: 50)
        #expect(
          try company["mo"].post(
            "/v1/awards", #"{"budget": "Spot", "to": ["ann"], "message": "Thank you", "points": 20}"#
          ).status == 201)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 12, "fulfilment": "instant"}"#)
        let first = try company.redeem("MUG", by: "ann")
        _ = try company.redeem("MUG", by: "ann")
        #expect(try company.move(first, "refund").status == 200)
        _ = try company.redeem("MUG", by: "ann")
        let sources = try Session(company.laurel.cluster.superuserURL).run(
          """
          SELECT string_agg(kind || COALESCE(' ' || name, '') || ' ' || points, ', ' ORDER BY line)
          FROM redemption_sources WHERE org_id = \(company.number) GROUP BY position ORDER BY position
          """)
        #expect(sources == ["history 10, allowance 2", "allowance 3, budget Spot 9", "history 10, allowance 2"])
        #expect(try company.wallet("ann") == Wallet(points: 11, held: 0))
      }
    }

    @Test("Who changes a reward must have seen it as it is; its stock moves by deltas alone")
    func rewards() async throws {
      try await Company.with { company in
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 12, "stock": 3}"#)
        try company.offer(#"{"sku": "AIR", "name": "Air", "price_points": 1}"#)
        let admin = company["admin"]
        let patch = { (body: String, tag: String?) in
          try admin.call(
            "PATCH", "/v1/rewards/MUG", [("Content-Type", "application/json")] + (tag.map { [("If-Match", $0)] } ?? []),
            body: Array(body.utf8))
        }
        let seen = try admin.get("/v1/rewards/MUG")
        let tag = try #require(seen["ETag"])
        #expect(try patch(#"{"name": "Cup"}"#, nil).status == 428)
        #expect(try patch(#"{"name": "Cup"}"#, "\"0\"").status == 412)
        #expect(try patch(#"{"stock": 9}"#, tag).status == 400)
        let unchanged = try admin.get("/v1/rewards/MUG", [("If-None-Match", tag)])
        #expect(unchanged.status == 304)
        #expect(unchanged.body.isEmpty)
        let changed = try patch(#"{"name": "Cup"}"#, tag)
        #expect(changed.json["name"]?.text == "Cup")
        #expect(changed["ETag"] != tag)
        #expect(try patch(#"{"name": "Jug"}"#, tag).status == 412)
        #expect(try admin.get("/v1/rewards/MUG", [("If-None-Match", tag)]).status == 200)

        for (delta, stock) in [(5, 8), (-8, 0)] as [(Int, Int64)] {
          let moved = try admin.post("/v1/rewards/MUG/stock", #"{"delta": \#(delta)}"#)
          #expect(moved.json["stock"]?.number == stock)
          #expect(moved["ETag"] == changed["ETag"], "the stock is no editable field")
        }
        #expect(try patch(#"{"name": "Pot"}"#, changed["ETag"]).status == 200)
        #expect(try admin.post("/v1/rewards/MUG/stock", #"{"delta": -1}"#).summary == "409 out_of_stock")
        #expect(try admin.post("/v1/rewards/MUG/stock", #"{"delta": 0}"#).status == 400)
        #expect(try admin.post("/v1/rewards/AIR/stock", #"{"delta": 1}"#).summary == "422 unlimited_stock")
        #expect(try admin.get("/v1/rewards/AIR").json["stock"] == .null)
        for handle in ["ann", "fay"] {
          #expect(try company[handle].post("/v1/rewards/MUG/stock", #"{"delta": 1}"#).summary == "403 forbidden")
        }
      }
    }
  }
}

extension Company {
  /// Moves a redemption as whoever may: its redeemer is Ann.
  fileprivate func move(_ id: String, _ move: String) throws -> Answer {
    try self[move == "cancel" ? "ann" : "fay"].post("/v1/redemptions/\(id)/\(move)", "{}")
  }

  /// Points, held, redeemed in all, and what of the reward is in stock (0 where unlimited).
  fileprivate func purse(_ handle: String, _ sku: String) throws -> [Int64] {
    let wallet = try wallet(handle)
    return [wallet.points, wallet.held, try balance("redeemed"), try stock(sku) ?? 0]
  }
}
