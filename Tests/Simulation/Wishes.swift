import Ledger

/// The kinds of things that clients want.
enum Wish: CaseIterable {
  case thank, boost, history, redeem, moveRedemption, award, decideAward, makeBudget, fundBudget, giveBackBudget
  case earn, correct, topUp, reverse, changePerson, newPerson, makeKey, revokeKey, putValue, putReward, moveStock
  case changeRules, changeName, expire, resend, reuseKey

  /// How often, beside the others.
  var weight: Int {
    switch self {
    case .thank: 60
    case .redeem: 20
    case .boost, .moveRedemption, .reverse, .award: 12
    case .expire, .resend, .changePerson, .earn: 8
    case .decideAward, .correct, .moveStock: 6
    case .topUp, .reuseKey, .putReward, .history: 4
    case .makeBudget, .fundBudget, .giveBackBudget: 3
    case .newPerson, .makeKey, .revokeKey, .putValue: 1
    case .changeRules, .changeName: 1
    }
  }
}

extension Clients {
  mutating func action(_ wish: Wish, _ store: Store) -> Action {
    switch wish {
    case .thank, .resend, .reuseKey: thank(store)
    case .history: history(store)
    case .boost: .boost(Boost(recognition: recent(recognitions, awards), points: points(store)))
    case .redeem: rewards.isEmpty ? putReward(store) : redeem(store)
    case .moveRedemption:
      .moveRedemption(
        MoveRedemption(
          id: recent(redemptions, recognitions), move: chance.one(of: RedemptionMove.allCases) ?? .cancel,
          code: chance.once(in: 3) ? "CODE" : nil, reason: chance.any(nil, "So.")))
    case .award: budgets.isEmpty ? makeBudget(store) : award(store)
    case .decideAward:
      .decideAward(
        DecideAward(
          recent(awards, recognitions), isApproved: chance.number(1...3) > 1, reason: chance.any(nil, "So.")))
    case .makeBudget: makeBudget(store)
    case .fundBudget: .fundBudget(recent(budgets, rewards), points: chance.points(1...500))
    case .giveBackBudget: .returnBudget(recent(budgets, rewards))
    case .earn:
      .earn(
        Earn(
          person: name(anyone(), store), points: chance.points(1...40), reason: "Earned.",
          source: chance.any("wellness", "referrals"), key: chance.once(in: 2) ? recent(keys, people) : nil))
    case .correct:
      .adjust(
        Adjust(.points, of: name(anyone(), store), by: chance.any(1, -1, -1) * chance.points(1...40), reason: "So."))
    case .topUp: .adjust(Adjust(.allowance, of: name(anyone(), store), by: chance.points(1...60), reason: "More."))
    case .reverse: reverse(store)
    case .changePerson: changePerson(store)
    case .newPerson: newPerson(store)
    case .makeKey:
      makeKey()
    case .revokeKey: .revokeKey(recent(keys, people))
    case .putValue: putValue(store)
    case .putReward: putReward(store)
    case .moveStock:
      .moveStock(reward: recent(rewards, budgets), delta: chance.any(1, 1, 1, -1) * chance.points(1...20))
    case .changeRules: changeRules(store)
    case .changeName: changeName(store)
    case .expire: .expirePoints(anyone())
    }
  }

  /// Mostly whoever would; the service lets only admins through to some of these, the ledger does not ask.
  mutating func actor(of action: Action, _ store: Store) -> ID? {
    let fitting: ID? =
      switch action {
      case .award(let request): store.budgets[request.budget]?.owner
      case .moveRedemption(let request) where request.move == .cancel: store.redemptions[request.id]?.facts.person
      case .reverse(_, let id) where chance.once(in: 2): store.grants[id]?.giver
      case .recognise where isCapTried(store): people[people.count / 2]
      case .recognise, .boost, .redeem, .decideAward: colleague(store)
      default: admin(store)
      }
    return chance.once(in: 12) ? anyone() : fitting ?? anyone()
  }

  // MARK: Choices

  /// Somebody who is or will be in the directory; rarely, nobody.
  mutating func anyone() -> ID { chance.once(in: 100) ? chance.id(at: clock) : chance.one(of: people) ?? founder }

  /// Somebody who is probably still there.
  mutating func colleague(_ store: Store) -> ID {
    let first = anyone()
    return store.people[first]?.person.isActive == true || chance.once(in: 8) ? first : anyone()
  }

  mutating func admin(_ store: Store) -> ID {
    let admins = people.filter { store.people[$0]?.person.roles.contains(.admin) == true }
    return chance.once(in: 10) ? anyone() : chance.one(of: admins) ?? founder
  }

  /// One of the last; rarely something else altogether.
  mutating func recent(_ ids: [ID], _ others: [ID]) -> ID {
    if chance.once(in: 40) { return chance.one(of: others) ?? chance.id(at: clock) }
    return chance.one(of: Array(ids.suffix(chance.any(5, 40, 300)))) ?? chance.id(at: clock)
  }

  mutating func recentBudget(_ store: Store) -> Budget? {
    chance.one(of: Array(budgets.suffix(6))).flatMap { store.budgets[$0] }
  }

  /// What somebody is called: by handle, email or id, in either case; rarely by a name that was theirs once.
  mutating func name(_ id: ID, _ store: Store) -> String {
    guard let person = store.people[id]?.person, !chance.once(in: 40) else { return chance.one(of: names) ?? "nobody" }
    switch chance.number(1...8) {
    case 1: return id.description
    case 2: return person.email ?? person.handle
    case 3: return (person.email ?? person.handle).uppercased()
    case 4: return person.handle.uppercased()
    default: return person.handle
    }
  }

  mutating func names(_ most: Int, _ store: Store) -> [String] {
    var names: [String] = []
    let first = chance.number(0...people.count - 1)
    for step in 0..<min(chance.magnitude(upTo: most), people.count) {
      let isRepeated = chance.once(in: 100)
      let next = people[(first + step) % people.count]
      if store.people[next]?.person.isActive != true, !chance.once(in: 8) { continue }
      names.append(name(isRepeated ? anyone() : next, store))
    }
    return names.isEmpty ? [name(anyone(), store)] : names
  }

  /// Where a cap blocks, the same giver thanks the same recipient often enough to come up against it.
  mutating func isCapTried(_ store: Store) -> Bool {
    store.program.recipientCap.mode == .block && chance.once(in: 3)
  }

  mutating func points(_ store: Store) -> Int64 {
    let most = store.program.pointsMax
    if isCapTried(store) {
      // Just what may go to one recipient, or half of it.
      let cap = store.program.allowancePoints * Int64(store.program.recipientCap.share) / 10_000
      return max(1, min(most, chance.any(cap, cap / 2, cap + 1)))
    }
    switch chance.number(1...40) {
    case 1: return most + 1
    case 2...5: return most
    case 6...15: return chance.points(1...most)
    default: return chance.points(1...min(8, most))
    }
  }

  // MARK: One kind each

  mutating func thank(_ store: Store) -> Action {
    let isPlain = chance.once(in: 6)
    let length = chance.once(in: 300) ? chance.any(2_000, 2_001) : 0
    return .recognise(
      Recognise(
        to: isCapTried(store) ? [name(founder, store)] : names(chance.once(in: 5) ? 14 : 2, store),
        message: chance.once(in: 200)
          ? chance.any("", " \u{A0}\u{200B}", "\u{2060}\n")
          : length == 0 ? "Thank you." : String(repeating: "é", count: length),
        points: isPlain ? 0 : points(store), values: chance.once(in: 6) ? [chance.one(of: slugs) ?? "none"] : [],
        hashtags: chance.once(in: 6) ? [chance.one(of: slugs) ?? "none", "plain"] : [],
        visibility: chance.once(in: 8) ? .private : .public))
  }

  mutating func history(_ store: Store) -> Action {
    .recognise(
      Recognise(
        to: names(5, store), message: chance.any("Then.", ""), points: chance.any(0, chance.points(1...30)),
        values: chance.once(in: 4) ? [chance.one(of: slugs) ?? "none"] : [], source: .history))
  }

  mutating func redeem(_ store: Store) -> Action {
    let reward = recent(rewards, budgets)
    let text = chance.once(in: 4) ? reward.description : store.rewards[reward]?.sku ?? "NONE"
    let quantity = Int32(chance.any(1, 1, 1, 2, 5))
    let price = (store.rewards[reward]?.pricePoints ?? 0) * Int64(quantity)
    return .redeem(
      Redeem(
        reward: text, quantity: quantity, note: chance.once(in: 3) ? "Blue." : nil,
        expectedPoints: chance.any(nil, nil, price, price, chance.points(1...40))))
  }

  mutating func award(_ store: Store) -> Action {
    let budget = recentBudget(store)
    var below = people.filter { store.people[$0]?.person.manager == budget?.owner && budget != nil }
    if chance.once(in: 4) || below.isEmpty { below = people }
    let to = chance.one(of: below).map { [name($0, store)] } ?? []
    let more = chance.once(in: 3) ? names(2, store) : []
    // At times just what does not wait for approval yet.
    let limit = budget?.approvalAbove.flatMap { chance.once(in: 4) && $0 > 0 ? $0 : nil }
    return .award(
      GiveAward(
        budget: budget?.id ?? chance.id(at: clock), to: to + more,
        message: chance.once(in: 100) ? "\u{200D} " : "Well done.",
        points: limit ?? chance.points(1...60),
        values: chance.once(in: 5) ? [chance.one(of: slugs) ?? "none"] : [],
        hashtags: chance.once(in: 5) ? [chance.one(of: slugs) ?? "none", "plain"] : []))
  }

  mutating func makeBudget(_ store: Store) -> Action {
    let id = chance.id(at: clock)
    budgets.append(id)
    let today = calendar.calendar(at: clock).today.number
    let first = today + Int32(chance.number(-20...5))
    return .createBudget(
      Budget(
        id: id, name: chance.any("Spot \(budgets.count)", "Spot \(chance.number(1...9))"), owner: anyone(),
        startsOn: Day(number: first), endsOn: Day(number: first + Int32(chance.any(0, 10, 30, 90, 365))),
        costCentre: chance.any(nil, "CC-1"), approvalAbove: chance.any(nil, 0, 30, 60), isTaxable: chance.once(in: 2)),
      points: chance.any(0, chance.points(1...2_000)))
  }

  mutating func reverse(_ store: Store) -> Action {
    switch chance.number(1...8) {
    case 1: return .reverse(.earning, recent(earnings, recognitions))
    case 2: return .reverse(.award, recent(awards, earnings))
    default: return .reverse(.recognition, recent(recognitions, awards))
    }
  }

  mutating func makeKey() -> Action {
    let id = chance.id(at: clock)
    keys.append(id)
    let bounds = EarningBounds(
      source: chance.any("wellness", "referrals"), pointsMax: chance.points(1...60),
      pointsMaxDay: chance.points(1...200))
    return .createKey(
      APIKey(
        id: id, person: chance.one(of: people) ?? founder, digest: chance.digest(), expiresAt: nil,
        bounds: chance.once(in: 4) ? nil : bounds))
  }

  mutating func putValue(_ store: Store) -> Action {
    let isNew = chance.once(in: 3)
    let slug = isNew ? "value-\(chance.number(1...12))" : chance.one(of: slugs) ?? "be-kind"
    if !slugs.contains(slug) { slugs.append(slug) }
    return .putValue(
      Value(slug: slug, name: slug, description: chance.any("", "Why."), isActive: !chance.once(in: 3)),
      expected: isNew ? nil : seen(store.values[slug]?.position))
  }

  /// The position that somebody saw: mostly the present one.
  mutating func seen(_ position: Int64?) -> Int64 {
    guard let position, !chance.once(in: 8) else { return chance.points(1...1_000) }
    return position
  }

  mutating func putReward(_ store: Store) -> Action {
    let known = chance.once(in: 2) ? chance.one(of: rewards).flatMap { store.rewards[$0] } : nil
    let id = known?.id ?? chance.id(at: clock)
    if known == nil { rewards.append(id) }
    let isLimited = known?.isLimited ?? chance.once(in: 2)
    let sku = chance.once(in: 4) || known == nil ? "SKU-\(chance.number(1...20))" : known?.sku ?? ""
    let reward = Reward(
      id: id, sku: sku, name: "Mug", description: "", kind: .merchandise,
      pricePoints: known?.pricePoints ?? chance.points(1...40),
      cost: Money(tenThousandths: chance.any(0, 125_000), currency: "EUR"), isLimited: isLimited,
      fulfilment: chance.any(.manual, .instant), needsApproval: chance.once(in: 3), isTaxable: chance.once(in: 2),
      isActive: !chance.once(in: 6), imageURL: nil)
    let stock = isLimited && known == nil ? chance.points(0...100) : 0
    return .putReward(PutReward(reward: reward, stock: stock, expected: known == nil ? nil : seen(known?.position)))
  }

  mutating func changeRules(_ store: Store) -> Action {
    var program = store.program
    for _ in 0..<chance.number(0...3) { chance.vary(&program) }
    return .changeProgram(
      program, expected: chance.any(nil, store.program.version, store.program.version, store.program.version - 1))
  }

  mutating func changeName(_ store: Store) -> Action {
    var profile = store.profile?.profile ?? Profile(slug: "none", name: "None", calendar: "UTC")
    profile.name = chance.any("Acme", "Emca", profile.name)
    profile.publicURL = chance.any(nil, "https://acme.example", profile.publicURL)
    // As far from each other as there are, too.
    let zone = chance.one(of: Zone.names + ["Pacific/Kiritimati", "Etc/GMT+12"])
    return .changeOrganization(
      profile, zone: calendar.zoneCount < 8 && chance.once(in: 2) ? zone : nil,
      expected: seen(store.profile?.position))
  }

  mutating func newPerson(_ store: Store) -> Action {
    let id = chance.id(at: clock)
    let manager = chance.once(in: 3) ? nil : anyone()
    people.append(id)
    handleCount += 1
    let handle = "p\(handleCount)"
    names.append(handle)
    return .putPerson(
      Person(
        id: id, handle: handle, name: handle, email: chance.any(nil, "\(handle)@acme.example"),
        costCentre: chance.any(nil, "CC-\(people.count % 3)"), manager: manager,
        roles: chance.once(in: 8) ? [.finance] : chance.once(in: 20) ? [.admin] : [], isActive: !chance.once(in: 40)))
  }

  mutating func changePerson(_ store: Store) -> Action {
    // The last admin is one of many, so it is often an admin whom something happens to.
    let admins = people.filter { store.people[$0]?.person.isActiveAdmin == true }
    let id = chance.once(in: 4) ? chance.one(of: admins) : chance.one(of: people)
    guard let id, let row = store.people[id] else { return newPerson(store) }
    var person = row.person
    switch chance.number(1...12) {
    case 1:
      names.append(person.handle)
      person.handle = chance.once(in: 3) ? chance.one(of: names) ?? "x" : "q\(chance.number(1...500))"
      names.append(person.handle)
    case 2: person.email = chance.any(nil, "\(person.handle)@Acme.Example", "P\(chance.number(1...20))@acme.example")
    case 3...5: person.manager = chance.once(in: 4) ? nil : anyone()
    case 6: person.roles = chance.any([], [.finance], [.admin], [.finance, .admin], [.rewards])
    case 7...8: person.isActive = id == founder || !person.isActive || chance.once(in: 2)
    case 9: person.isActive = true
    case 10: person.allowancePoints = chance.any(nil, 0, chance.points(0...300))
    case 11: person.costCentre = chance.any(nil, "CC-1", "CC-2")
    default: person.isOptedOut = chance.once(in: 2)
    }
    // Callers do not know the day on which somebody left; the ledger sets it.
    if chance.once(in: 2) { person.leftOn = nil }
    return .putPerson(person, expected: chance.any(nil, seen(row.position), seen(row.position)))
  }
}
