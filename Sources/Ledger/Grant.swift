/// Something that gave points to people and can be taken back: a recognition, a boost, an award, an earning.
public struct Grant: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case recognition, boost, award, earning
  }

  /// Of the entry; of an award, its own.
  public let id: ID
  public let position: Int64
  public let kind: Kind
  public let giver: ID?
  public let recipients: [ID]
  /// For each recipient.
  public let points: Int64
  /// The account that paid.
  public let payer: Account
  public let recordedAt: Timestamp
  /// The day of `recordedAt` in the organisation's time zone.
  public let day: Day
  /// Of a boost: the recognition that it boosts.
  public let boosted: ID?
  public var isReversed: Bool
  /// Whether the giver's allowance has begun anew since: then what it came from is no longer there.
  public var isBeforeReset: Bool

  public init(
    id: ID, position: Int64, kind: Kind, giver: ID?, recipients: [ID], points: Int64, payer: Account,
    recordedAt: Timestamp, day: Day, boosted: ID? = nil, isReversed: Bool = false, isBeforeReset: Bool = false
  ) {
    self.id = id
    self.position = position
    self.kind = kind
    self.giver = giver
    self.recipients = recipients
    self.points = points
    self.payer = payer
    self.recordedAt = recordedAt
    self.day = day
    self.boosted = boosted
    self.isReversed = isReversed
    self.isBeforeReset = isBeforeReset
  }
}

extension Book {
  /// Remembers what was just given, so that it can be boosted or reversed in the same batch.
  mutating func noteGrant(
    _ entry: Entry, _ kind: Grant.Kind, of grant: ID, to recipients: [ID], _ points: Int64, boosted: ID? = nil
  ) {
    // What paid is the first posting; gifts of nothing have none.
    let payer = entry.postings.first?.account ?? .issued
    load(
      Grant(
        id: grant, position: entry.position, kind: kind, giver: entry.actor, recipients: recipients,
        points: points, payer: payer, recordedAt: entry.recordedAt, day: today, boosted: boosted))
  }

  public mutating func load(_ grant: Grant) {
    let isNew = grants.updateValue(grant, forKey: grant.id) == nil
    if isNew, let boosted = grant.boosted { boosts[boosted, default: []].append(grant.id) }
  }

  // MARK: Taking back

  /// Takes back what was given, a recognition with all its boosts: from its own lots first, then from the newest. Points
  /// go back to where they came from while that is open, else to `expired`.
  mutating func reverse(_ kind: Grant.Kind, _ id: ID, _ operation: Operation) throws(Refusal) -> Acceptance {
    if kind == .award, let award = awards[id], award.state != .granted {
      throw Refusal(.invalidTransition, "An award that is \(award.state.rawValue) gave nothing to take back.")
    }
    guard let grant = grants[id], grant.kind == kind, let actor = operation.actor.flatMap({ people[$0] }) else {
      throw Refusal(.notFound, "There is nothing like this to reverse.")
    }
    try checkReverser(actor, of: grant)
    if let award = awards[id], kind == .award { try checkDuty(of: actor.id, on: award) }
    if kind == .earning { for person in grant.recipients { try checkDuty(of: actor.id, onPointsOf: person) } }
    if grant.isReversed { throw Refusal(.alreadyReversed, "It was reversed already.") }
    let parts = [grant] + (boosts[id] ?? []).compactMap { grants[$0] }.filter { !$0.isReversed }
    // Of at most as many boosts as there may be, of at most as many points as one may have.
    let points = parts.reduce(0) { $0 + $1.points }
    for recipient in grant.recipients where points > spendablePoints(of: recipient) {
      throw Refusal(.pointsAlreadySpent, "\(people[recipient]?.handle ?? "") has spent points of it already.")
    }
    let preceding = grant.recipients.compactMap { points == 0 ? nil : expireDue(of: $0, for: operation) }
    let positions = Set(parts.map(\.position))
    var uses: [LotUse] = []
    for recipient in grant.recipients { uses += try take(points, from: recipient, preferring: positions) }
    let debits = grant.recipients.map { (Account.points($0), -points) }
    let credits = parts.map { (returnAccount(of: $0), $0.points * Int64($0.recipients.count)) }
    if let award = awards[id], kind == .award { noteAwarded(-award.facts.points, award) }
    for part in parts {
      grants[part.id]?.isReversed = true
      if let giver = part.giver, part.payer.kind == .allowance {
        noteGift(of: -part.points, to: part.recipients, by: giver, on: part.day)
      }
    }
    return append(
      operation, .reversal, subject: id, detail: .reversal(parts.map(\.position)), moves: debits + credits,
      lotUses: uses, preceding: preceding)
  }

  private func checkReverser(_ actor: Person, of grant: Grant) throws(Refusal) {
    if actor.roles.contains(.admin) { return }
    guard grant.kind == .recognition, grant.giver == actor.id else {
      throw Refusal(.forbidden, "Only its giver and admins can reverse it.")
    }
    guard grant.payer != .issued || grant.points == 0 else {
      throw Refusal(.forbidden, "It was brought in as history; only admins can reverse it.")
    }
    guard now.microseconds - grant.recordedAt.microseconds <= Limits.reversalMicroseconds else {
      throw Refusal(.forbidden, "Its giver can reverse it within 24 hours; after that, an admin can.")
    }
  }

  /// Where the points of a reversed grant go.
  private func returnAccount(of grant: Grant) -> Account {
    switch grant.payer.kind {
    case .allowance:
      guard !grant.isBeforeReset, let giver = people[grant.payer.owner], currentAllowancePeriod(of: giver) != nil
      else { return .expired }
      return grant.payer
    case .budget, .budgetHeld:
      guard let budget = budgets[grant.payer.owner], today <= budget.endsOn else { return .expired }
      return .budget(budget.id)
    default:
      return grant.payer
    }
  }
}
