/// Who gave whom points from which budget.
public struct AwardPath: Hashable, Sendable {
  public let budget: ID
  public let giver: ID
  public let recipient: ID

  public init(budget: ID, giver: ID, recipient: ID) {
    self.budget = budget
    self.giver = giver
    self.recipient = recipient
  }
}

extension Book {
  /// Whether an award waits: where what its giver gave one of its recipients from this budget in all, it included, is above the
  /// budget's limit. What was declined or taken back was not given, and neither is what still waits.
  mutating func needsApproval(_ facts: AwardFacts, from budget: Budget, by giver: ID) -> Bool {
    guard let limit = budget.approvalAbove else { return false }
    var waits = false
    for recipient in facts.recipients {
      guard let given = awarded[AwardPath(budget: budget.id, giver: giver, recipient: recipient)] else {
        note(Defect("what was awarded before is not loaded"))
        return true
      }
      if given + facts.points > limit { waits = true }
    }
    return waits
  }

  /// Counts what was awarded, where this batch asks for it; less than nothing when it was taken back.
  mutating func noteAwarded(_ points: Int64, _ award: Award) {
    for path in award.paths { awarded[path]? += points }
  }
}

extension Award {
  /// From its giver to each recipient.
  public var paths: [AwardPath] {
    facts.recipients.map { AwardPath(budget: facts.budget, giver: giver, recipient: $0) }
  }
}
