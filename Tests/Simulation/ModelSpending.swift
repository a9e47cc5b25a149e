import Ledger

/// Lots, rewards and redemptions.
extension Model {
  func isDue(_ lot: Lot) -> Bool { lot.lastDay.map { $0 < today } ?? false }

  func spendable(_ person: ID) -> Int64 {
    (lots[person] ?? []).reduce(0) { isDue($1) ? $0 : $0 + $1.remaining }
  }

  func isGone(_ person: Person) -> Bool {
    guard !person.isActive, let leftOn = person.leftOn else { return !person.isActive }
    return today.number > leftOn.number + program.leaverGraceDays
  }

  /// Which lots `points` come from, the oldest first.
  func oldest(_ points: Int64, of person: ID) -> [LotKey: Int64] {
    take(points, from: (lots[person] ?? []).filter { !isDue($0) })
  }

  func take(_ points: Int64, from lots: [Lot]) -> [LotKey: Int64] {
    var left = points
    var uses: [LotKey: Int64] = [:]
    for lot in lots where left > 0 && lot.remaining > 0 {
      let part = min(left, lot.remaining)
      uses[lot.key] = part
      left -= part
    }
    precondition(left == 0, "the model spends what is not there")
    return uses
  }

  /// Points whose last day has passed leave first.
  mutating func expireDue(_ person: ID) -> [ExpectedEntry] {
    expire((lots[person] ?? []).filter(isDue), of: person)
  }

  mutating func expire(_ person: ID) throws(No) -> [ExpectedEntry] {
    guard let member = members[person] else { throw No(.notFound) }
    let all = lots[person] ?? []
    return expire(isGone(member.person) ? all : all.filter(isDue), of: person)
  }

  private mutating func expire(_ lots: [Lot], of person: ID) -> [ExpectedEntry] {
    var uses: [LotKey: Int64] = [:]
    for lot in lots where lot.remaining > 0 { uses[lot.key] = lot.remaining }
    let points = uses.values.reduce(0, +)
    if points == 0 { return [] }
    figures.expiries += 1
    return [record(.pointsExpired, [.points(person): -points, .expired: points], uses: uses)]
  }

  // MARK: Rewards

  mutating func put(_ put: PutReward) throws(No) -> [ExpectedEntry] {
    var reward = put.reward
    let earlier = rewards[reward.id]
    if let expected = put.expected {
      guard let earlier else { throw No(.notFound) }
      if earlier.position != expected { throw No(.precondition) }
    }
    if rewards.values.contains(where: { $0.id != reward.id && $0.sku == reward.sku }) { throw No(.duplicateSKU) }
    let stock = earlier == nil ? put.stock : 0
    let entry = record(
      earlier == nil ? .rewardCreated : .rewardChanged, [.stock(reward.id): stock, .supply(reward.id): -stock])
    reward.position = entry.position
    rewards[reward.id] = reward
    return [entry]
  }

  mutating func moveStock(_ id: ID, _ delta: Int64) throws(No) -> [ExpectedEntry] {
    guard let reward = rewards[id] else { throw No(.notFound) }
    if !reward.isLimited { throw No(.unlimitedStock) }
    if balance(.stock(id)) + delta < 0 { throw No(.outOfStock) }
    return [record(.stockMoved, [.stock(id): delta, .supply(id): -delta])]
  }

  // MARK: Redemptions

  mutating func redeem(_ request: Redeem, _ operation: Operation) throws(No) -> [ExpectedEntry] {
    guard let person = member(operation.actor)?.person, !isGone(person) else { throw No(.inactiveCaller) }
    guard
      let reward = ID(request.reward).flatMap({ rewards[$0] })
        ?? rewards.values.first(where: { $0.sku == request.reward })
    else { throw No(.unknownReward) }
    if !reward.isActive { throw No(.inactiveReward) }
    let quantity = Int64(request.quantity)
    let points = reward.pricePoints * quantity
    if let expected = request.expectedPoints, expected != points { throw No(.priceChanged) }
    if reward.isLimited && balance(.stock(reward.id)) < quantity { throw No(.outOfStock) }
    if spendable(person.id) < points { throw No(.insufficientPoints) }

    let before = expireDue(person.id)
    let uses = oldest(points, of: person.id)
    let facts = RedemptionFacts(
      person: person.id, reward: reward.id, sku: reward.sku, name: reward.name, quantity: request.quantity,
      points: points, unitCost: reward.cost, isTaxable: reward.isTaxable, costCentre: person.costCentre,
      takesStock: reward.isLimited,
      firstState: reward.needsApproval ? .pendingApproval : reward.fulfilment == .instant ? .fulfilled : .approved,
      sources: sources(uses, of: person.id))
    var postings: [Account: Int64] = [.points(person.id): -points, .held(person.id): points]
    if reward.isLimited {
      postings[.stock(reward.id)] = -quantity
      postings[.supply(reward.id)] = quantity
    }
    var entries = before + [record(.redemptionRequested, postings, uses: uses, detail: .redemption(facts))]
    var state = reward.needsApproval ? RedemptionState.pendingApproval : .approved
    if reward.fulfilment == .instant && !reward.needsApproval {
      entries.append(record(.redemptionFulfilled, [.held(person.id): -points, .redeemed: points]))
      state = .fulfilled
    }
    requests[operation.id] = Request(
      person: person.id, reward: reward.id, quantity: quantity, points: points, takesStock: reward.isLimited,
      uses: uses,
      state: state)
    return entries
  }

  /// In the order of the lots, each source once.
  private func sources(_ uses: [LotKey: Int64], of person: ID) -> [SourcePart] {
    var sums: [SourcePart] = []
    for lot in lots[person] ?? [] {
      guard let points = uses[lot.key] else { continue }
      if let index = sums.firstIndex(where: { $0.source == lot.source }) {
        sums[index] = SourcePart(lot.source, sums[index].points + points)
      } else {
        sums.append(SourcePart(lot.source, points))
      }
    }
    return sums
  }

  mutating func move(_ move: MoveRedemption, _ operation: Operation) throws(No) -> [ExpectedEntry] {
    guard let request = requests[move.id], let caller = member(operation.actor)?.person else { throw No(.notFound) }
    if move.move == .cancel, caller.id != request.person, !caller.roles.contains(.admin) {
      // Finance sees it, but may not; others do not even see it.
      throw No(caller.roles.isEmpty ? .notFound : .forbidden)
    }
    if move.move != .cancel, caller.id == request.person, program.separatesDuties { throw No(.ownRedemption) }
    let (kind, next, from): (EntryKind, RedemptionState, [RedemptionState]) =
      switch move.move {
      case .approve: (.redemptionApproved, .approved, [.pendingApproval])
      case .decline: (.redemptionDeclined, .declined, [.pendingApproval])
      case .cancel: (.redemptionCancelled, .cancelled, [.pendingApproval, .approved])
      case .fulfil: (.redemptionFulfilled, .fulfilled, [.approved])
      case .refund: (.redemptionRefunded, .refunded, [.fulfilled])
      }
    if !from.contains(request.state) { throw No(.invalidTransition) }
    requests[move.id]?.state = next
    let points = request.points
    var postings: [Account: Int64] = [:]
    switch move.move {
    case .approve: return [record(kind)]
    case .fulfil: return [record(kind, [.held(request.person): -points, .redeemed: points])]
    case .refund: postings[.redeemed] = -points
    case .decline, .cancel:
      postings[.held(request.person)] = -points
      if request.takesStock {
        postings[.stock(request.reward)] = request.quantity
        postings[.supply(request.reward)] = -request.quantity
      }
    }
    postings[.points(request.person)] = points
    return [record(kind, postings, uses: request.uses.mapValues { -$0 })]
  }
}
