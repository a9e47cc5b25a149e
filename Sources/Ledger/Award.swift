/// Points that a manager may award.
public struct Budget: Sendable, Equatable {
  public let id: ID
  public let name: String
  /// Who awards from it.
  public let owner: ID
  /// Inclusive, in the organisation's time zone.
  public let startsOn: Day
  public let endsOn: Day
  public let costCentre: String?
  /// What goes to one recipient beyond it, earlier awards of the same giver included, waits for approval; nil: nothing does.
  public let approvalAbove: Int64?
  public let isTaxable: Bool

  public init(
    id: ID, name: String, owner: ID, startsOn: Day, endsOn: Day, costCentre: String?, approvalAbove: Int64?,
    isTaxable: Bool
  ) {
    self.id = id
    self.name = name
    self.owner = owner
    self.startsOn = startsOn
    self.endsOn = endsOn
    self.costCentre = costCentre
    self.approvalAbove = approvalAbove
    self.isTaxable = isTaxable
  }
}

extension Budget {
  /// What an audit reads.
  var particulars: String {
    Particulars.line("name", name) + Particulars.line("owner", owner) + Particulars.line("starts_on", startsOn.number)
      + Particulars.line("ends_on", endsOn.number) + Particulars.line("cost_centre", costCentre ?? "")
      + Particulars.line("approval_above", approvalAbove.map(String.init) ?? "")
      + Particulars.line("taxable", isTaxable)
  }
}

/// What of an award its hash covers besides its words.
public struct AwardFacts: Sendable, Equatable {
  public let budget: ID
  /// For each recipient.
  public let points: Int64
  public let values: [String]
  public let recipients: [ID]

  public init(budget: ID, points: Int64, values: [String], recipients: [ID]) {
    self.budget = budget
    self.points = points
    self.values = values
    self.recipients = recipients
  }

  public var totalPoints: Int64 { points * Int64(recipients.count) }
}

public enum AwardState: String, Sendable, CaseIterable {
  case granted
  case pendingApproval = "pending_approval"
  case declined
}

public struct Award: Sendable, Equatable {
  public let id: ID
  public let giver: ID
  public let facts: AwardFacts
  public var state: AwardState

  public init(id: ID, giver: ID, facts: AwardFacts, state: AwardState) {
    self.id = id
    self.giver = giver
    self.facts = facts
    self.state = state
  }
}

/// An award as its giver put it.
public struct GiveAward: Sendable {
  public let budget: ID
  public let to: [String]
  public let message: String
  /// For each recipient.
  public let points: Int64
  /// Slugs that must exist.
  public let values: [String]
  /// Slugs that count where they exist and are plain text where they do not.
  public let hashtags: [String]

  public init(budget: ID, to: [String], message: String, points: Int64, values: [String], hashtags: [String] = []) {
    self.budget = budget
    self.to = to
    self.message = message
    self.points = points
    self.values = values
    self.hashtags = hashtags
  }
}

/// What somebody decides about an award that waits.
public struct DecideAward: Sendable {
  public let id: ID
  public let isApproved: Bool
  /// Why; words that can be erased.
  public let reason: String?

  public init(_ id: ID, isApproved: Bool, reason: String? = nil) {
    self.id = id
    self.isApproved = isApproved
    self.reason = reason
  }
}

extension Book {
  mutating func create(_ budget: Budget, points: Int64, _ operation: Operation) throws(Refusal) -> Acceptance {
    guard people[budget.owner] != nil else {
      throw Refusal(.unknownPerson, "The owner is not in the directory.", at: "/owner")
    }
    if budgets.values.contains(where: { $0.name == budget.name }) {
      throw Refusal(.duplicateBudget, "There is a budget \(budget.name) already.", at: "/name")
    }
    budgets[budget.id] = budget
    return append(
      operation, .budgetCreated, subject: budget.id,
      text: budget.particulars,
      moves: [(.issued, -points), (.budget(budget.id), points)])
  }

  mutating func fund(_ id: ID, points: Int64, _ operation: Operation) throws(Refusal) -> Acceptance {
    guard let budget = budgets[id] else { throw Refusal(.notFound, "There is no such budget.") }
    guard today <= budget.endsOn else { throw Refusal(.budgetClosed, "The period of \(budget.name) has ended.") }
    return append(
      operation, .budgetFunded, subject: id, moves: [(.issued, -points), (.budget(id), points)])
  }

  /// To people below the giver, from a budget of the giver's own; above its limit it waits with the points held.
  mutating func award(_ request: GiveAward, _ operation: Operation) throws(Refusal) -> Acceptance {
    guard let giver = operation.actor.flatMap({ people[$0] }), giver.isActive else {
      throw Refusal(.inactiveCaller, "Whoever this key belongs to has left the organisation.")
    }
    // Whose a budget is that is not the giver's, or whether there is one, is not theirs to know.
    guard let budget = budgets[request.budget], budget.owner == giver.id else {
      throw Refusal(.unknownBudget, "There is no such budget, or it is not yours to award from.", at: "/budget")
    }
    guard budget.startsOn <= today, today <= budget.endsOn else {
      throw Refusal(.budgetClosed, "\(budget.name) cannot be awarded from today.", at: "/budget")
    }
    let recipients = try recipients(named: request.to, from: giver, countMax: program.recipientsMax)
    for (index, id) in recipients.enumerated() where !reports(id, to: giver.id) {
      let handle = people[id]?.handle ?? ""
      throw Refusal(.notInYourTeam, "\(handle) does not report to you, directly or further down.", at: "/to/\(index)")
    }
    let facts = AwardFacts(
      budget: budget.id, points: request.points, values: try values(request.values, hashtags: request.hashtags),
      recipients: recipients)
    try checkSaid(request.message)
    let total = facts.totalPoints
    let available = balances[.budget(budget.id), default: 0]
    guard total <= available else {
      throw Refusal(
        .insufficientBudget, "This takes \(total) points, and \(available) are left in \(budget.name).", at: "/points")
    }
    let isPending = needsApproval(facts, from: budget, by: giver.id)
    let award = Award(
      id: operation.id, giver: giver.id, facts: facts, state: isPending ? .pendingApproval : .granted)
    awards[award.id] = award
    let credits =
      isPending ? [(Account.budgetHeld(budget.id), total)] : recipients.map { (.points($0), request.points) }
    let acceptance = append(
      operation, isPending ? .awardRequested : .awardGranted, subject: operation.id, text: request.message,
      detail: .award(facts), moves: [(.budget(budget.id), -total)] + credits,
      source: isPending ? nil : .budget(budget))
    if !isPending {
      noteGrant(acceptance.entry, .award, of: operation.id, to: recipients, facts.points)
      noteAwarded(facts.points, award)
    }
    return acceptance
  }

  /// Approving asks what awarding asked once more: the budget's last day may have passed, and people may have left or moved.
  mutating func decide(_ request: DecideAward, _ operation: Operation) throws(Refusal) -> Acceptance {
    let (id, isApproved) = (request.id, request.isApproved)
    guard var award = awards[id], let budget = budgets[award.facts.budget] else {
      throw Refusal(.notFound, "There is no such award.")
    }
    try checkDuty(of: operation.actor, on: award)
    guard award.state == .pendingApproval else {
      throw Refusal(.invalidTransition, "An award that is \(award.state.rawValue) is decided already.")
    }
    if isApproved { try checkStillDue(award, from: budget) }
    let facts = award.facts
    award.state = isApproved ? .granted : .declined
    awards[id] = award
    let held = (Account.budgetHeld(facts.budget), -facts.totalPoints)
    let moves =
      isApproved
      ? [held] + facts.recipients.map { (.points($0), facts.points) }
      : [held, (.budget(facts.budget), facts.totalPoints)]
    let acceptance = append(
      operation, isApproved ? .awardApproved : .awardDeclined, subject: id, text: request.reason, moves: moves,
      source: isApproved ? .budget(budget) : nil)
    if isApproved {
      noteGrant(acceptance.entry, .award, of: id, to: facts.recipients, facts.points)
      noteAwarded(facts.points, award)
    }
    return acceptance
  }

  private func checkStillDue(_ award: Award, from budget: Budget) throws(Refusal) {
    guard today <= budget.endsOn else {
      throw Refusal(.budgetClosed, "The period of \(budget.name) has ended; decline the award instead.")
    }
    for id in award.facts.recipients {
      guard let person = people[id], person.isActive else {
        throw Refusal(
          .inactiveRecipient, "\(people[id]?.handle ?? "") has left the organisation; decline the award instead.")
      }
      guard reports(id, to: award.giver) else {
        throw Refusal(
          .notInYourTeam, "\(person.handle) no longer reports to whoever awarded it; decline the award instead.")
      }
    }
  }

  /// After a budget's period, what is left in it goes back to where it came from.
  mutating func returnBudget(_ id: ID, _ operation: Operation) throws(Refusal) -> Acceptance? {
    guard let budget = budgets[id] else { throw Refusal(.notFound, "There is no such budget.") }
    let left = balances[.budget(id), default: 0]
    if left == 0 || today <= budget.endsOn { return nil }
    return append(operation, .budgetReturned, subject: id, moves: [(.budget(id), -left), (.issued, left)])
  }

  /// Whether a chain of managers leads from one to the other. Whoever may be on it was loaded.
  private func reports(_ person: ID, to manager: ID) -> Bool {
    var next = people[person]?.manager
    var seen: Set<ID> = []
    while let current = next, seen.insert(current).inserted {
      if current == manager { return true }
      next = people[current]?.manager
    }
    return false
  }
}
