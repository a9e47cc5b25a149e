import Ledger

/// Allowances, recognitions and boosts.
extension Model {
  func base(of person: Person) -> Int64 {
    if let own = person.allowancePoints { return own }
    var largest: Int64?
    for role in person.roles {
      if let points = program.allowanceByRole[AllowanceGroup(role)], points > largest ?? -1 { largest = points }
    }
    let isManager = members.values.contains { $0.person.manager == person.id }
    if isManager, let points = program.allowanceByRole[.manager], points > largest ?? -1 { largest = points }
    return largest ?? program.allowancePoints
  }

  var periodStart: Day { CivilDate(today).start(of: program.allowancePeriod) }

  func isCurrent(_ person: ID) -> Bool { periods[person].map { $0 >= periodStart } ?? false }

  func effectiveAllowance(_ person: Person) -> Int64 {
    isCurrent(person.id) ? balance(.allowance(person.id)) : base(of: person) + unspentTopUps(person.id)
  }

  /// The period's part is spent first, so top-ups are what is left in the end.
  private func unspentTopUps(_ person: ID) -> Int64 { min(carried[person, default: 0], balance(.allowance(person))) }

  /// A new period's allowance, where somebody's is not current.
  mutating func reset(_ person: Person) -> [ExpectedEntry] {
    if isCurrent(person.id) { return [] }
    let difference = effectiveAllowance(person) - balance(.allowance(person.id))
    carried[person.id] = unspentTopUps(person.id)
    periods[person.id] = periodStart
    touched.insert(.allowance(person.id))
    figures.resets += 1
    let entry = record(.allowanceReset, [.issued: -difference, .allowance(person.id): difference])
    resets[person.id] = position
    return [entry]
  }

  mutating func recognise(_ request: Recognise, _ operation: Operation) throws(No) -> [ExpectedEntry] {
    // What no organisation could allow is refused before anything is looked at.
    try checkLength(request.message)
    let isHistory = if case .history = request.source { true } else { false }
    guard let giver = member(operation.actor)?.person, giver.isActive || isHistory else { throw No(.inactiveCaller) }
    let recipients = try recipients(
      request.to, from: giver.id, most: isHistory ? Limits.recipientsMax : program.recipientsMax, isHistory: isHistory)
    let slugs = try slugs(request.values, hashtags: request.hashtags, isHistory: isHistory)
    if !isHistory { try checkSaid(request.message) }
    if request.visibility == .private && !program.isPrivateAllowed { throw No(.privateNotAllowed) }
    if request.points == 0 && !isHistory {
      for recipient in recipients where freeThanks(giver.id, recipient) >= program.freeThanksADay {
        throw No(.tooManyThanks)
      }
    }
    if request.points > 0 && !isHistory { try checkGiving(giver, recipients, request.points) }
    let facts = Recognition(
      recipients: recipients, points: request.points, values: slugs, visibility: request.visibility)
    var entries: [ExpectedEntry] = []
    if isHistory {
      entries = [
        record(
          .recognition, credits(recipients, request.points, from: .issued), source: .history,
          detail: .recognition(facts))
      ]
    } else {
      entries = give(giver, recipients, request.points, .recognition, .recognition(facts))
    }
    note(
      Gift(
        id: operation.id, kind: .recognition, giver: giver.id, recipients: recipients, points: request.points,
        payer: isHistory ? .nobody : .allowance, position: position, at: now, day: today,
        boosted: nil))
    return entries
  }

  mutating func boost(_ boost: Boost, _ operation: Operation) throws(No) -> [ExpectedEntry] {
    guard let giver = member(operation.actor)?.person, giver.isActive else { throw No(.inactiveCaller) }
    guard let gift = gift(boost.recognition), gift.kind == .recognition else { throw No(.notFound) }
    if gift.isReversed { throw No(.alreadyReversed) }
    for recipient in gift.recipients {
      if recipient == giver.id { throw No(.selfRecognition) }
      if members[recipient]?.person.isActive != true { throw No(.inactiveRecipient) }
    }
    let boosts = gifts.filter { $0.boosted == gift.id }
    if (boosts.count + 2) * gift.recipients.count > Limits.creditsMax { throw No(.tooManyBoosts) }
    // The largest number of points is for all that one giver gives by one recognition; history is outside of it.
    let own = ([gift] + boosts).filter { $0.giver == giver.id && $0.payer == .allowance }.reduce(0) { $0 + $1.points }
    try checkGiving(giver, gift.recipients, boost.points, beside: own)
    let facts = BoostFacts(recognitionPosition: gift.position, points: boost.points, recipients: gift.recipients)
    let entries = give(giver, gift.recipients, boost.points, .boost, .boost(facts))
    note(
      Gift(
        id: operation.id, kind: .boost, giver: giver.id, recipients: gift.recipients, points: boost.points,
        payer: .allowance, position: position, at: now, day: today, boosted: gift.id))
    return entries
  }

  private func checkGiving(
    _ giver: Person, _ recipients: [ID], _ points: Int64, beside own: Int64 = 0
  ) throws(No) {
    let mayGive =
      switch program.givers {
      case .everyone: true
      case .managers: members.values.contains { $0.person.manager == giver.id }
      case .nobody: false
      }
    if !mayGive { throw No(.givingNotAllowed) }
    if points * Int64(recipients.count) > effectiveAllowance(giver) { throw No(.insufficientAllowance) }
    if own + points > program.pointsMax { throw No(.tooManyPoints) }
    if program.recipientCap.mode == .block {
      let cap = base(of: giver) * Int64(program.recipientCap.share) / 10_000
      for recipient in recipients where given(giver.id, recipient) + points > cap { throw No(.recipientCapReached) }
    }
  }

  /// How often somebody sent somebody else thanks without points today, taken back or not.
  private func freeThanks(_ giver: ID, _ recipient: ID) -> Int {
    (givenPlaces[giver] ?? []).count { place in
      let gift = gifts[place]
      return gift.kind == .recognition && gift.payer == .allowance && gift.points == 0 && gift.day == today
        && gift.recipients.contains(recipient)
    }
  }

  /// What somebody gave somebody else in this period, from allowances.
  private func given(_ giver: ID, _ recipient: ID) -> Int64 {
    var sum: Int64 = 0
    for place in givenPlaces[giver] ?? [] {
      let gift = gifts[place]
      if gift.payer == .allowance, !gift.isReversed, gift.day >= periodStart, gift.recipients.contains(recipient) {
        sum += gift.points
      }
    }
    return sum
  }

  private mutating func give(
    _ giver: Person, _ recipients: [ID], _ points: Int64, _ kind: EntryKind, _ detail: Detail
  ) -> [ExpectedEntry] {
    let before = points > 0 ? reset(giver) : []
    let entry = record(
      kind, credits(recipients, points, from: .allowance(giver.id)), source: .allowance, detail: detail)
    return before + [entry]
  }

  func credits(_ recipients: [ID], _ points: Int64, from payer: Account) -> [Account: Int64] {
    var postings: [Account: Int64] = [payer: -points * Int64(recipients.count)]
    for recipient in recipients { postings[.points(recipient)] = points }
    return postings
  }

  func gift(_ id: ID) -> Gift? { giftPlaces[id].map { gifts[$0] } }

  // MARK: Earnings and corrections

  mutating func earn(_ earn: Earn, _ operation: Operation) throws(No) -> [ExpectedEntry] {
    guard let person = find(earn.person)?.person else { throw No(.unknownPerson) }
    if !person.isActive { throw No(.inactiveRecipient) }
    if person.id == operation.actor { throw No(.ownPoints) }
    if let key = earn.key { try credit(by: key, earn) }
    let entry = record(
      .earning, [.issued: -earn.points, .points(person.id): earn.points], source: .earning(earn.source),
      detail: .earning(source: earn.source, key: earn.key))
    note(
      Gift(
        id: operation.id, kind: .earning, giver: operation.actor, recipients: [person.id], points: earn.points,
        payer: .nobody, position: position, at: now, day: today, boosted: nil))
    return [entry]
  }

  /// A key credits from one system, so much at once and in a day.
  private mutating func credit(by key: ID, _ earn: Earn) throws(No) {
    guard keys[key] != nil, let bounds = bounds[key] else { throw No(.forbidden) }
    if earn.source != bounds.source { throw No(.wrongSource) }
    if earn.points > bounds.pointsMax { throw No(.tooManyPoints) }
    let before = (credits[key] ?? []).filter { $0.day == today }.map(\.points).reduce(0, +)
    if before + earn.points > bounds.pointsMaxDay { throw No(.keyLimitReached) }
    credits[key, default: []].append((today, earn.points))
  }

  mutating func adjust(_ adjust: Adjust, _ operation: Operation) throws(No) -> [ExpectedEntry] {
    guard let person = find(adjust.person)?.person else { throw No(.unknownPerson) }
    if case .allowance = adjust.target, !person.isActive { throw No(.inactiveRecipient) }
    if person.id == operation.actor { throw No(.ownPoints) }
    switch adjust.target {
    case .allowance:
      let before = reset(person)
      carried[person.id, default: 0] += adjust.points
      let postings = [Account.issued: -adjust.points, .allowance(person.id): adjust.points]
      return before + [record(.allowanceToppedUp, postings)]
    case .points where adjust.points > 0:
      let postings = [Account.adjusted: -adjust.points, .points(person.id): adjust.points]
      return [record(.adjustment, postings, source: .adjustment)]
    case .points:
      let points = -adjust.points
      if points > spendable(person.id) { throw No(.insufficientPoints) }
      let before = expireDue(person.id)
      let postings = [Account.adjusted: points, .points(person.id): -points]
      return before + [record(.adjustment, postings, uses: oldest(points, of: person.id))]
    }
  }
}
