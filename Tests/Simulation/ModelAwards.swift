import Ledger

/// Budgets and awards, and taking back what was given.
extension Model {
  mutating func create(_ budget: Budget, _ points: Int64) throws(No) -> [ExpectedEntry] {
    if members[budget.owner] == nil { throw No(.unknownPerson) }
    if budgets.values.contains(where: { $0.name == budget.name }) { throw No(.duplicateBudget) }
    budgets[budget.id] = budget
    return [record(.budgetCreated, [.issued: -points, .budget(budget.id): points])]
  }

  mutating func fund(_ id: ID, _ points: Int64) throws(No) -> [ExpectedEntry] {
    guard let budget = budgets[id] else { throw No(.notFound) }
    if today > budget.endsOn { throw No(.budgetClosed) }
    return [record(.budgetFunded, [.issued: -points, .budget(id): points])]
  }

  mutating func returnBudget(_ id: ID) throws(No) -> [ExpectedEntry] {
    guard let budget = budgets[id] else { throw No(.notFound) }
    let left = balance(.budget(id))
    if today <= budget.endsOn || left == 0 { return [] }
    return [record(.budgetReturned, [.budget(id): -left, .issued: left])]
  }

  mutating func award(_ request: GiveAward, _ operation: Operation) throws(No) -> [ExpectedEntry] {
    try checkLength(request.message)
    guard let giver = member(operation.actor)?.person, giver.isActive else { throw No(.inactiveCaller) }
    // Somebody else's is none.
    guard let budget = budgets[request.budget], budget.owner == giver.id else { throw No(.unknownBudget) }
    if today < budget.startsOn || today > budget.endsOn { throw No(.budgetClosed) }
    let recipients = try recipients(request.to, from: giver.id, most: program.recipientsMax)
    for recipient in recipients where !isBelow(recipient, giver.id) { throw No(.notInYourTeam) }
    let slugs = try slugs(request.values, hashtags: request.hashtags)
    try checkSaid(request.message)
    let total = request.points * Int64(recipients.count)
    if total > balance(.budget(budget.id)) { throw No(.insufficientBudget) }

    let facts = AwardFacts(budget: budget.id, points: request.points, values: slugs, recipients: recipients)
    let waits = recipients.contains { recipient in
      budget.approvalAbove.map { awarded(giver.id, recipient, budget.id) + request.points > $0 } ?? false
    }
    awards[operation.id] = Award(
      id: operation.id, giver: giver.id, facts: facts, state: waits ? .pendingApproval : .granted)
    if waits {
      return [
        record(.awardRequested, [.budget(budget.id): -total, .budgetHeld(budget.id): total], detail: .award(facts))
      ]
    }
    let entry = record(
      .awardGranted, credits(recipients, request.points, from: .budget(budget.id)), source: .budget(budget),
      detail: .award(facts))
    note(operation.id, facts, giver.id)
    return [entry]
  }

  mutating func decide(_ request: DecideAward, _ operation: Operation) throws(No) -> [ExpectedEntry] {
    let (id, isApproved) = (request.id, request.isApproved)
    guard let award = awards[id], let budget = budgets[award.facts.budget] else { throw No(.notFound) }
    try checkNotOwn(award, operation)
    if award.state != .pendingApproval { throw No(.invalidTransition) }
    let facts = award.facts
    if isApproved {
      if today > budget.endsOn { throw No(.budgetClosed) }
      for recipient in facts.recipients {
        if members[recipient]?.person.isActive != true { throw No(.inactiveRecipient) }
        if !isBelow(recipient, award.giver) { throw No(.notInYourTeam) }
      }
    }
    awards[id]?.state = isApproved ? .granted : .declined
    guard isApproved else {
      let total = facts.points * Int64(facts.recipients.count)
      return [record(.awardDeclined, [.budgetHeld(facts.budget): -total, .budget(facts.budget): total])]
    }
    let entry = record(
      .awardApproved, credits(facts.recipients, facts.points, from: .budgetHeld(facts.budget)),
      source: .budget(budget))
    note(id, facts, award.giver)
    return [entry]
  }

  /// Neither from nor to whoever decides, but where the programme lets them.
  private func checkNotOwn(_ award: Award, _ operation: Operation) throws(No) {
    guard program.separatesDuties, let actor = operation.actor else { return }
    if ([award.giver] + award.facts.recipients).contains(actor) { throw No(.ownAward) }
  }

  /// What somebody gave somebody from a budget, and did not take back.
  private func awarded(_ giver: ID, _ recipient: ID, _ budget: ID) -> Int64 {
    (givenPlaces[giver] ?? []).map { gifts[$0] }.reduce(0) { sum, gift in
      let counts = gift.payer == .budget(budget) && !gift.isReversed && gift.recipients.contains(recipient)
      return counts ? sum + gift.points : sum
    }
  }

  private mutating func note(_ id: ID, _ facts: AwardFacts, _ giver: ID) {
    note(
      Gift(
        id: id, kind: .award, giver: giver, recipients: facts.recipients, points: facts.points,
        payer: .budget(facts.budget), position: position, at: now, day: today, boosted: nil))
  }

  // MARK: Taking back

  mutating func reverse(_ kind: Grant.Kind, _ id: ID, _ operation: Operation) throws(No) -> [ExpectedEntry] {
    if kind == .award, let state = awards[id]?.state, state != .granted { throw No(.invalidTransition) }
    guard let caller = member(operation.actor)?.person, let gift = gift(id), gift.kind == kind else {
      throw No(.notFound)
    }
    if !caller.roles.contains(.admin) {
      let isOwn = kind == .recognition && gift.giver == caller.id && !(gift.payer == .nobody && gift.points > 0)
      let isFresh = now.microseconds - gift.at.microseconds <= 24 * 60 * 60 * 1_000_000
      if !isOwn || !isFresh { throw No(.forbidden) }
    }
    if kind == .award, let award = awards[id] { try checkNotOwn(award, operation) }
    if kind == .earning, gift.recipients.contains(caller.id) { throw No(.ownPoints) }
    if gift.isReversed { throw No(.alreadyReversed) }
    let parts = [gift] + gifts.filter { $0.boosted == id }
    let each = parts.reduce(0) { $0 + $1.points }
    for recipient in gift.recipients where each > spendable(recipient) { throw No(.pointsAlreadySpent) }

    var entries: [ExpectedEntry] = []
    var uses: [LotKey: Int64] = [:]
    var postings: [Account: Int64] = [:]
    if each > 0 {
      for recipient in gift.recipients {
        entries += expireDue(recipient)
        uses.merge(take(each, from: ownThenNewest(of: recipient, parts))) { $0 + $1 }
        postings[.points(recipient), default: 0] -= each
      }
    }
    for part in parts {
      postings[returns(part), default: 0] += part.points * Int64(part.recipients.count)
      if let place = giftPlaces[part.id] { gifts[place].isReversed = true }
    }
    return entries + [record(.reversal, postings, uses: uses, detail: .reversal(parts.map(\.position)))]
  }

  private func ownThenNewest(of person: ID, _ parts: [Gift]) -> [Lot] {
    let all = (lots[person] ?? []).filter { !isDue($0) }
    let positions = parts.map(\.position)
    return all.filter { positions.contains($0.key.position) }
      + all.reversed().filter { !positions.contains($0.key.position) }
  }

  /// Where the points of a gift go back to: where they came from, while that is open.
  private func returns(_ gift: Gift) -> Account {
    switch gift.payer {
    case .nobody: return .issued
    case .budget(let id):
      guard let budget = budgets[id], today <= budget.endsOn else { return .expired }
      return .budget(id)
    case .allowance:
      guard let giver = gift.giver, isCurrent(giver), gift.position > resets[giver, default: 0] else { return .expired }
      return .allowance(giver)
    }
  }
}
