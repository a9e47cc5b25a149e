/// What of a redemption its hash covers: as it was when it was requested.
public struct RedemptionFacts: Sendable, Equatable {
  public let person: ID
  public let reward: ID
  public let sku: String
  public let name: String
  public let quantity: Int32
  /// In all.
  public let points: Int64
  /// Of one unit.
  public let unitCost: Money
  public let isTaxable: Bool
  public let costCentre: String?
  public let takesStock: Bool
  /// Where it stood once it was requested: waiting for approval, approved, or, of an instant reward, fulfilled.
  public let firstState: RedemptionState
  /// Where the points came from, the oldest first; they sum to ``points``.
  public let sources: [SourcePart]

  public init(
    person: ID, reward: ID, sku: String, name: String, quantity: Int32, points: Int64, unitCost: Money, isTaxable: Bool,
    costCentre: String?, takesStock: Bool, firstState: RedemptionState, sources: [SourcePart]
  ) {
    self.person = person
    self.reward = reward
    self.sku = sku
    self.name = name
    self.quantity = quantity
    self.points = points
    self.unitCost = unitCost
    self.isTaxable = isTaxable
    self.costCentre = costCentre
    self.takesStock = takesStock
    self.firstState = firstState
    self.sources = sources
  }
}

public enum RedemptionState: String, Sendable, CaseIterable {
  case pendingApproval = "pending_approval"
  case approved, fulfilled, declined, cancelled, refunded
}

/// The changes of a redemption's state after its request; each is one entry.
public enum RedemptionMove: String, Sendable, CaseIterable {
  case approve, decline, fulfil, cancel, refund

  /// The state it leads to, or nil where it cannot be made.
  public func state(after state: RedemptionState) -> RedemptionState? {
    switch (self, state) {
    case (.approve, .pendingApproval), (.decline, .pendingApproval), (.cancel, .pendingApproval), (.cancel, .approved),
      (.fulfil, .approved), (.refund, .fulfilled):
      result
    default: nil
    }
  }

  /// The state it always leads to.
  public var result: RedemptionState {
    switch self {
    case .approve: .approved
    case .decline: .declined
    case .fulfil: .fulfilled
    case .cancel: .cancelled
    case .refund: .refunded
    }
  }

  var kind: EntryKind {
    switch self {
    case .approve: .redemptionApproved
    case .decline: .redemptionDeclined
    case .fulfil: .redemptionFulfilled
    case .cancel: .redemptionCancelled
    case .refund: .redemptionRefunded
    }
  }
}

/// A redemption, and where it stands.
public struct Redemption: Sendable, Equatable {
  public let id: ID
  /// Of the entry that requested it.
  public let position: Int64
  public let facts: RedemptionFacts
  public var state: RedemptionState
  /// What it was paid with.
  public var lotUses: [LotUse]

  public init(id: ID, position: Int64, facts: RedemptionFacts, state: RedemptionState, lotUses: [LotUse]) {
    self.id = id
    self.position = position
    self.facts = facts
    self.state = state
    self.lotUses = lotUses
  }
}

public struct Redeem: Sendable {
  /// Id or SKU.
  public let reward: String
  public let quantity: Int32
  public let note: String?
  /// What whoever asks has seen it to cost in all; nil: whatever it costs.
  public let expectedPoints: Int64?

  public init(reward: String, quantity: Int32, note: String?, expectedPoints: Int64? = nil) {
    self.reward = reward
    self.quantity = quantity
    self.note = note
    self.expectedPoints = expectedPoints
  }
}

public struct MoveRedemption: Sendable {
  public let id: ID
  public let move: RedemptionMove
  /// What the redeemer gets with the fulfilment: a voucher's code.
  public let code: String?
  /// Why; words that can be erased.
  public let reason: String?

  public init(id: ID, move: RedemptionMove, code: String? = nil, reason: String? = nil) {
    self.id = id
    self.move = move
    self.code = code
    self.reason = reason
  }
}

extension Book {
  /// Holds the points and takes the stock in one entry; an instant reward is fulfilled by a second one.
  mutating func redeem(_ request: Redeem, _ operation: Operation) throws(Refusal) -> Acceptance {
    guard let person = operation.actor.flatMap({ people[$0] }), !isGone(person) else {
      throw Refusal(.inactiveCaller, "The time to redeem after leaving the organisation is over.")
    }
    guard
      let reward = ID(request.reward).flatMap({ rewards[$0] }) ?? rewardsBySKU[request.reward].flatMap({ rewards[$0] })
    else { throw Refusal(.unknownReward, "There is no reward \(request.reward).", at: "/reward") }
    guard reward.isActive else {
      throw Refusal(.inactiveReward, "\(reward.sku) can no longer be redeemed.", at: "/reward")
    }
    let quantity = Int64(request.quantity)
    let points = reward.pricePoints * quantity
    if let expected = request.expectedPoints, expected != points {
      throw Refusal(.priceChanged, "This takes \(points) points now, not \(expected).", at: "/expected_points")
    }
    if reward.isLimited, balances[.stock(reward.id), default: 0] < quantity {
      throw Refusal(
        .outOfStock, "Of \(reward.sku), \(balances[.stock(reward.id), default: 0]) are left.", at: "/quantity")
    }
    let available = spendablePoints(of: person.id)
    guard points <= available else {
      throw Refusal(.insufficientPoints, "This takes \(points) points, and you have \(available).")
    }
    let preceding = expireDue(of: person.id, for: operation)
    let uses = try take(points, from: person.id)
    let facts = RedemptionFacts(
      person: person.id, reward: reward.id, sku: reward.sku, name: reward.name, quantity: request.quantity,
      points: points, unitCost: reward.cost, isTaxable: reward.isTaxable, costCentre: person.costCentre,
      takesStock: reward.isLimited, firstState: reward.firstState, sources: sources(of: uses, by: person.id))
    let units = reward.isLimited ? quantity : 0
    var acceptance = append(
      operation, .redemptionRequested, subject: operation.id, text: request.note, detail: .redemption(facts),
      moves: [
        (.points(person.id), -points), (.held(person.id), points), (.stock(reward.id), -units),
        (.supply(reward.id), units),
      ], lotUses: uses, preceding: preceding.map { [$0] } ?? [])
    if facts.firstState == .fulfilled {
      acceptance.following = follow(operation, .redemptionFulfilled, subject: operation.id, fulfilment(of: facts))
    }
    redemptions[operation.id] = Redemption(
      id: operation.id, position: acceptance.entry.position, facts: facts, state: facts.firstState, lotUses: uses)
    return acceptance
  }

  /// Moves a redemption on, or back. Who may is the caller's to check, but that cancelling is its redeemer's, and all else is not.
  mutating func move(_ request: MoveRedemption, _ operation: Operation) throws(Refusal) -> Acceptance {
    guard var redemption = redemptions[request.id], let actor = operation.actor.flatMap({ people[$0] }) else {
      throw Refusal(.notFound, "There is no such redemption.")
    }
    if request.move == .cancel, actor.id != redemption.facts.person, !actor.roles.contains(.admin) {
      throw actor.roles.isEmpty
        ? Refusal(.notFound, "There is no such redemption.")
        : Refusal(.forbidden, "A redemption is cancelled by its redeemer or an admin.")
    }
    try checkDuty(of: actor.id, for: request.move, on: redemption)
    guard let state = request.move.state(after: redemption.state) else {
      throw Refusal(
        .invalidTransition,
        "A redemption that is \(redemption.state.rawValue) cannot be \(request.move.result.rawValue).")
    }
    let facts = redemption.facts
    let back = redemption.lotUses.map { LotUse(lotPosition: $0.lotPosition, lotLine: $0.lotLine, amount: -$0.amount) }
    let units = facts.takesStock ? Int64(facts.quantity) : 0
    let moves: [(Account, Int64)]
    switch request.move {
    case .approve: moves = []
    case .fulfil: moves = fulfilment(of: facts)
    case .decline, .cancel:
      moves = [
        (.held(facts.person), -facts.points), (.points(facts.person), facts.points), (.stock(facts.reward), units),
        (.supply(facts.reward), -units),
      ]
    case .refund: moves = [(.redeemed, -facts.points), (.points(facts.person), facts.points)]
    }
    let givesBack = request.move == .decline || request.move == .cancel || request.move == .refund
    if givesBack { giveBack(redemption.lotUses, to: facts.person) }
    redemption.state = state
    redemptions[redemption.id] = redemption
    return append(
      operation, request.move.kind, subject: redemption.id, text: request.reason, moves: moves,
      lotUses: givesBack ? back : [])
  }

  private func fulfilment(of facts: RedemptionFacts) -> [(Account, Int64)] {
    [(.held(facts.person), -facts.points), (.redeemed, facts.points)]
  }
}

extension Reward {
  /// Where a redemption of it begins.
  var firstState: RedemptionState {
    needsApproval ? .pendingApproval : fulfilment == .instant ? .fulfilled : .approved
  }
}
