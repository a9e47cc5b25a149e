import Ledger

/// What the demo company spends: its catalogue, two budgets with awards, and a redemption in every state. Each operation has
/// an id and a key of its own that never change, so that a second start adds nothing.
enum DemoSpending {
  static func operations(_ people: [Person], now: Timestamp) throws -> [Operation] {
    let ids = Dictionary(people.map { ($0.handle, $0.id) }) { $1 }
    let rewards = try catalogue()
    func by(_ handle: String, _ label: String, _ action: Action) -> Operation {
      Operation(
        id: id(label), actor: ids[handle],
        idempotency: Idempotency(key: digest("key", label), request: .sha256(Array("demo".utf8))),
        salt: Secrets.digest(), action: action)
    }
    func redeem(_ handle: String, _ sku: String, _ note: String? = nil) -> Operation {
      by(handle, "\(handle) redeems \(sku)", .redeem(Redeem(reward: sku, quantity: 1, note: note)))
    }
    func move(_ actor: String, _ handle: String, _ sku: String, _ move: RedemptionMove) -> Operation {
      let request = id("\(handle) redeems \(sku)")
      return by(actor, "\(handle)'s \(sku): \(move)", .moveRedemption(MoveRedemption(id: request, move: move)))
    }
    func award(_ handle: String, _ budget: String, _ to: [String], _ points: Int64, _ message: String) -> Operation {
      by(
        handle, "\(handle) awards \(to.joined(separator: " "))",
        .award(GiveAward(budget: id(budget), to: to, message: message, points: points, values: ["be-helpful"])))
    }
    // A day around it, so that they are open wherever it is another year already, or still.
    let years = [-1, 1].map { RFC3339.text(Timestamp(microseconds: now.microseconds + $0 * 86_400_000_000)).prefix(4) }
    guard let first = RFC3339.day("\(years[0])-01-01"), let last = RFC3339.day("\(years[1])-12-31") else { return [] }
    func budget(_ name: String, _ owner: String, _ costCentre: String, points: Int64) -> Operation {
      by(
        "admin", name,
        .createBudget(
          Budget(
            id: id(name), name: name, owner: ids[owner] ?? .zero, startsOn: first, endsOn: last, costCentre: costCentre,
            approvalAbove: 150, isTaxable: false), points: points))
    }
    return rewards.map { by("admin", $0.reward.sku, .putReward($0)) } + [
      budget("Warehouse spot awards", "mo", "CC-210", points: 1_000),
      budget("Support spot awards", "priya", "CC-110", points: 600),
      award(
        "mo", "Warehouse spot awards", ["bo", "rosa"], 60, "The storm night: every parcel that could still leave, left."
      ),
      award("mo", "Warehouse spot awards", ["kwame"], 40, "For the yellow bollard, and the drivers who now find us."),
      award("priya", "Support spot awards", ["yuki"], 200, "A whole year of Mondays answered as if they were Fridays."),
      by(
        "fay", "fay approves yuki",
        .decideAward(DecideAward(id("priya awards yuki"), isApproved: true, reason: "A year is a year."))),
      award("mo", "Warehouse spot awards", ["goran"], 180, "Nobody sees the night shift. I went and looked."),
      redeem("dasha", "MUG-ISLA", "For the tea that goes cold while I test."),
      move("fay", "dasha", "MUG-ISLA", .fulfil),
      redeem("mo", "COMPASS-SOUTH"),
      redeem("bo", "RIDE-GERTRUDE", "I have carried her parcels for years. I want to drive."),
      redeem("rosa", "CARD-CAKE"),
      move("fay", "rosa", "CARD-CAKE", .refund),
      redeem("rosa", "GIVE-LIFEBOAT"),
      redeem("kwame", "MUG-ISLA"),
      move("kwame", "kwame", "MUG-ISLA", .cancel),
      redeem("yuki", "RIDE-GERTRUDE"),
      move("fay", "yuki", "RIDE-GERTRUDE", .decline),
    ]
  }

  private static func catalogue() throws -> [PutReward] {
    let table = try ImportTable(
      EmbeddedFile.at("demo/rewards.csv").bytes,
      required: [
        "sku", "name", "description", "kind", "price_points", "cost_amount", "cost_currency", "stock", "fulfilment",
        "needs_approval", "taxable",
      ], optional: [])
    return try table.rows.map { row in
      guard let kind = Reward.Kind(rawValue: row["kind"]), let price = Int64(row["price_points"]),
        let cost = Money(amount: row["cost_amount"], currency: row["cost_currency"]),
        let fulfilment = Reward.Fulfilment(rawValue: row["fulfilment"])
      else { throw ImportError(mistakes: [.init(line: row.line, detail: "is no reward")]) }
      return PutReward(
        reward: Reward(
          id: id(row["sku"]), sku: row["sku"], name: row["name"], description: row["description"], kind: kind,
          pricePoints: price, cost: cost, isLimited: !row["stock"].isEmpty, fulfilment: fulfilment,
          needsApproval: row["needs_approval"] == "true", isTaxable: row["taxable"] == "true", isActive: true,
          imageURL: nil),
        stock: Int64(row["stock"]) ?? 0)
    }
  }

  private static func id(_ label: String) -> ID { .derived(from: digest("id", label)) }
  private static func digest(_ use: String, _ label: String) -> Digest { .sha256(Array("demo\0\(use)\0\(label)".utf8)) }
}
