import Ledger
import Testing

/// A second opinion: earning, spending and awarding in plain arrays, written without a look at the ledger's own code.
private struct Model {
  struct Purse {
    /// Every single point that can be spent, the oldest first: by when it was earned.
    var points: [Earned] = []
    var held: Int64 = 0
  }

  struct Earned: Comparable {
    let earning: Int
    let source: String
    static func < (one: Earned, other: Earned) -> Bool { one.earning < other.earning }
  }

  struct Request {
    let who: String
    let sku: String
    let quantity: Int64
    let paid: [Earned]
    var state: RedemptionState
  }

  struct Given {
    let giver: String
    let budget: String
    let to: [String]
    let points: Int64
    var state: AwardState
  }

  /// Of `MUG` and `SEED`, which is unlimited and instant, and `TRIP`, which needs approval.
  static let prices: [String: Int64] = ["MUG": 4, "SEED": 3, "TRIP": 9]
  var purses: [String: Purse] = [:]
  var stock: [String: Int64] = ["MUG": 25, "TRIP": 4]
  var budgets: [String: Int64] = ["Mo": 60, "Ann": 25]
  var pending: [String: Int64] = [:]
  var redeemed: Int64 = 0
  var requests: [ID: Request] = [:]
  var awards: [ID: Given] = [:]
  /// What somebody gave somebody from a budget, by the three of them.
  var given: [[String]: Int64] = [:]
  private var earnings = 0

  mutating func earn(_ who: String, _ points: Int64, from source: String) {
    earnings += 1
    purses[who, default: Purse()].points += (0..<points).map { _ in Earned(earning: earnings, source: source) }
  }

  mutating func redeem(_ id: ID, _ who: String, _ sku: String, _ quantity: Int64) -> Set<String> {
    let price = Self.prices[sku]! * quantity
    var reasons: Set<String> = []
    if stock[sku].map({ $0 < quantity }) == true { reasons.insert("out_of_stock") }
    if Int64(purses[who]?.points.count ?? 0) < price { reasons.insert("insufficient_points") }
    guard reasons.isEmpty else { return reasons }
    let paid = Array(purses[who]!.points.prefix(Int(price)))
    purses[who]!.points.removeFirst(paid.count)
    stock[sku]? -= quantity
    let isInstant = sku == "SEED"
    if isInstant { redeemed += price } else { purses[who]!.held += price }
    let state: RedemptionState = isInstant ? .fulfilled : sku == "TRIP" ? .pendingApproval : .approved
    requests[id] = Request(who: who, sku: sku, quantity: quantity, paid: paid, state: state)
    return ["accepted"]
  }

  mutating func move(_ id: ID, _ move: String, by who: String) -> Set<String> {
    guard let request = requests[id] else { return ["not_found"] }
    if move != "cancel", who == request.who { return ["own_redemption"] }
    if move == "cancel", who != request.who { return [who == "fay" ? "forbidden" : "not_found"] }
    let points = Int64(request.paid.count)
    switch (move, request.state) {
    case ("approve", .pendingApproval): requests[id]!.state = .approved
    case ("fulfil", .approved):
      requests[id]!.state = .fulfilled
      purses[request.who]!.held -= points
      redeemed += points
    case ("decline", .pendingApproval), ("cancel", .pendingApproval), ("cancel", .approved):
      requests[id]!.state = move == "cancel" ? .cancelled : .declined
      purses[request.who]!.held -= points
      stock[request.sku]? += request.quantity
      giveBack(request)
    case ("refund", .fulfilled):
      requests[id]!.state = .refunded
      redeemed -= points
      giveBack(request)
    default: return ["invalid_transition"]
    }
    return ["accepted"]
  }

  private mutating func giveBack(_ request: Request) {
    purses[request.who]!.points = (request.paid + purses[request.who]!.points).sorted()
  }

  mutating func award(_ id: ID, _ giver: String, _ budget: String, _ to: [String], _ points: Int64) -> Set<String> {
    let below = ["mo": ["ann", "bo"], "ann": ["bo"]][giver] ?? []
    let total = points * Int64(to.count)
    var reasons: Set<String> = []
    if budget.lowercased() != giver { reasons.insert("unknown_budget") }
    if to.contains(giver) { reasons.insert("self_recognition") }
    if Set(to).count < to.count { reasons.insert("duplicate_recipient") }
    if to.contains(where: { !below.contains($0) }) { reasons.insert("not_in_your_team") }
    if total > budgets[budget]! { reasons.insert("insufficient_budget") }
    guard reasons.isEmpty else { return reasons }
    let waits = to.contains { given[[giver, budget, $0], default: 0] + points > 10 }
    budgets[budget]! -= total
    if waits {
      pending[budget, default: 0] += total
    } else {
      for one in to { receive(one, points, from: budget, of: giver) }
    }
    awards[id] = Given(giver: giver, budget: budget, to: to, points: points, state: waits ? .pendingApproval : .granted)
    return ["accepted"]
  }

  mutating func decide(_ id: ID, _ isApproved: Bool, by who: String) -> Set<String> {
    let award = awards[id]!
    if who == award.giver || award.to.contains(who) { return ["own_award"] }
    if award.state != .pendingApproval { return ["invalid_transition"] }
    let total = award.points * Int64(award.to.count)
    pending[award.budget]! -= total
    awards[id]!.state = isApproved ? .granted : .declined
    if isApproved {
      for one in award.to { receive(one, award.points, from: award.budget, of: award.giver) }
    } else {
      budgets[award.budget]! += total
    }
    return ["accepted"]
  }

  private mutating func receive(_ who: String, _ points: Int64, from budget: String, of giver: String) {
    earn(who, points, from: "budget:\(budget)")
    given[[giver, budget, who], default: 0] += points
  }

  /// In the order in which the points were taken.
  func sources(of id: ID) -> String {
    var sums: [(source: String, points: Int)] = []
    for point in requests[id]!.paid {
      if let known = sums.firstIndex(where: { $0.source == point.source }) {
        sums[known].points += 1
      } else {
        sums.append((point.source, 1))
      }
    }
    return sums.map { "\($0.source):\($0.points)" }.joined(separator: ";")
  }
}

@Suite("Thousands of random redemptions and awards")
struct RedemptionModelTests {
  private static let moves: [RedemptionMove] = [.approve, .decline, .fulfil, .cancel, .refund]

  @Test(
    "The book and a naive model give the same answers, balances and sources", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func agreement(_ seed: UInt64) {
    var random = SeededGenerator(state: seed)
    var (model, ledger) = (Model(), RedemptionLedger())
    ledger.offer("MUG", price: 4, stock: 25, isInstant: false, needsApproval: false)
    ledger.offer("SEED", price: 3, stock: nil, isInstant: true, needsApproval: false)
    ledger.offer("TRIP", price: 9, stock: 4, isInstant: false, needsApproval: true)
    ledger.fund("Mo", owner: "mo", points: 60, approvalAbove: 10)
    ledger.fund("Ann", owner: "ann", points: 25, approvalAbove: 10)
    var outcomes: [String: Int] = [:]
    for step in 0..<1_000 {
      let (expected, outcome) = Self.step(&model, &ledger, &random)
      outcomes[outcome, default: 0] += 1
      guard expected.contains(outcome) else {
        Issue.record("step \(step): the model says \(expected), the book \(outcome)")
        return
      }
      Self.compare(model, ledger)
    }
    // The mixture reaches what it is meant to reach.
    for word in [
      "accepted", "insufficient_points", "out_of_stock", "invalid_transition", "not_found", "forbidden",
      "insufficient_budget",
      "not_in_your_team", "own_award", "own_redemption",
    ] { #expect(outcomes[word, default: 0] > 0, "\(word)") }
  }

  private static func step(
    _ model: inout Model, _ ledger: inout RedemptionLedger, _ random: inout SeededGenerator
  ) -> (Set<String>, String) {
    let who = RedemptionLedger.handles.randomElement(using: &random)!
    switch Int.random(in: 0..<10, using: &random) {
    case 0:
      let points = Int64.random(in: 1...9, using: &random)
      ledger.give(who, points)
      model.earn(who, points, from: "history")
      return (["accepted"], "accepted")
    case 1...3:
      let (sku, quantity) = (
        Model.prices.keys.sorted().randomElement(using: &random)!, Int32.random(in: 1...3, using: &random)
      )
      let redeemed = ledger.redeem(who, sku, quantity)
      return (model.redeem(redeemed.id, who, sku, Int64(quantity)), redeemed.outcome)
    case 4...6:
      let ids = model.requests.keys.sorted { $0.description < $1.description }
      guard let id = ids.randomElement(using: &random) else { return (["accepted"], "accepted") }
      let move = moves.randomElement(using: &random)!
      // Who may do more than cancel is the service's to check.
      let redeemer = model.requests[id]!.who
      let by = [redeemer, move == .cancel ? redeemer : "fay", who].randomElement(using: &random)!
      return (model.move(id, move.rawValue, by: by), ledger.move(id, move, by: by))
    case 7...8:
      let giver = ["mo", "ann", who].randomElement(using: &random)!
      let budget = giver == "ann" ? "Ann" : "Mo"
      let to = (0..<Int.random(in: 1...2, using: &random)).map { _ in
        ["ann", "bo", "bo", "cy"].randomElement(using: &random)!
      }
      let points = Int64.random(in: 1...8, using: &random)
      let awarded = ledger.award(giver, budget, to, points)
      return (model.award(awarded.id, giver, budget, to, points), awarded.outcome)
    default:
      let ids = model.awards.keys.sorted { $0.description < $1.description }
      guard let id = ids.randomElement(using: &random) else { return (["accepted"], "accepted") }
      let (isApproved, by) = (
        Int.random(in: 0..<3, using: &random) > 0, ["fay", "fay", "mo", who].randomElement(using: &random)!
      )
      return (
        model.decide(id, isApproved, by: by),
        ledger.play(by, .decideAward(DecideAward(id, isApproved: isApproved))).outcome
      )
    }
  }

  private static func compare(_ model: Model, _ ledger: RedemptionLedger) {
    for handle in RedemptionLedger.handles {
      #expect(ledger.points(handle) == Int64(model.purses[handle]?.points.count ?? 0), "\(handle)")
      #expect(ledger.held(handle) == model.purses[handle]?.held ?? 0, "\(handle)")
    }
    for (sku, units) in model.stock { #expect(ledger.stock(sku) == units, "\(sku)") }
    for (name, points) in model.budgets {
      #expect(ledger.book.balances[.budget(ledger.budget(name)!)] == points, "\(name)")
      #expect(ledger.book.balances[.budgetHeld(ledger.budget(name)!), default: 0] == model.pending[name, default: 0])
    }
    #expect(ledger.book.balances[.redeemed, default: 0] == model.redeemed)
    for (id, request) in model.requests {
      #expect(ledger.book.redemptions[id]?.state == request.state)
      #expect(ledger.book.redemptions[id]?.facts.sources.text == model.sources(of: id))
    }
    for (id, award) in model.awards { #expect(ledger.book.awards[id]?.state == award.state) }
  }
}
