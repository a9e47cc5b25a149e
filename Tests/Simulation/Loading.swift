import Ledger

/// Whom and what the requests of a batch speak of: nothing else is loaded, as in the service.
struct Mentions {
  private(set) var people: Set<ID> = []
  private(set) var spenders: Set<ID> = []
  private(set) var scopes: [Book.IdempotencyScope] = []
  private(set) var keys: Set<ID> = []
  private(set) var needsAdmins = false
  private(set) var needsProfile = false
  private(set) var zones: Set<String> = []
  private(set) var rewards: Set<ID> = []
  private(set) var redemptions: Set<ID> = []
  private(set) var budgets: Set<ID> = []
  private(set) var awards: Set<ID> = []
  private(set) var grants: Set<ID> = []
  private(set) var pairs: Set<Pair> = []
  private(set) var awardPaths: Set<AwardPath> = []
  private(set) var thanks: Set<Pair> = []
  private(set) var needsValues = false
  private(set) var needsChains = false
  private(set) var changesProgram = false

  private let store: Store
  /// Whoever is or becomes known by a name in this batch.
  private var renamed: [String: [ID]] = [:]
  /// Whom the recognitions of this very batch name.
  private var named: [ID: Set<ID>] = [:]

  init(of requests: ArraySlice<Request>, in store: Store) {
    self.store = store
    for request in requests {
      guard case .putPerson(let person, _) = request.operation.action else { continue }
      renamed[person.handle, default: []].append(person.id)
      if let email = person.email { renamed[email.asciiLowercased, default: []].append(person.id) }
    }
    for request in requests { collect(request.operation) }
  }

  private mutating func collect(_ operation: Operation) {
    if let actor = operation.actor {
      people.insert(actor)
      if let key = operation.idempotency?.key { scopes.append(Book.IdempotencyScope(actor: actor, key: key)) }
    }
    switch operation.action {
    case .recognise(let request):
      let recipients = resolve(request.to)
      named[operation.id] = recipients
      needsValues = needsValues || !request.values.isEmpty || !request.hashtags.isEmpty
      if case .allowance = request.source {
        if request.points > 0 { pair(operation.actor, recipients) } else { thank(operation.actor, recipients) }
      }
    case .boost(let boost):
      pair(operation.actor, collect(grant: boost.recognition))
    case .putPerson(let person, _):
      needsAdmins = true
      people.insert(person.id)
      people.formUnion(resolve([person.handle] + (person.email.map { [$0] } ?? [])))
      if let manager = person.manager {
        people.insert(manager)
        needsChains = true
      }
    case .putValue: needsValues = true
    case .revokeKey(let key): keys.insert(key)
    case .putReward(let put):
      rewards.insert(put.reward.id)
      if let other = store.skus[put.reward.sku] { rewards.insert(other) }
    case .moveStock(let reward, _): rewards.insert(reward)
    case .redeem(let request):
      for id in [ID(request.reward), store.skus[request.reward]] { if let id { rewards.insert(id) } }
      if let actor = operation.actor { spenders.insert(actor) }
    case .moveRedemption(let request):
      redemptions.insert(request.id)
      if let redemption = store.redemptions[request.id] {
        people.insert(redemption.facts.person)
        rewards.insert(redemption.facts.reward)
      }
    case .createBudget(let budget, _):
      people.insert(budget.owner)
      if let other = store.budgetNames[budget.name] { budgets.insert(other) }
    case .fundBudget(let budget, _), .returnBudget(let budget): budgets.insert(budget)
    case .award(let request):
      budgets.insert(request.budget)
      let recipients = resolve(request.to)
      named[operation.id] = recipients
      if let giver = operation.actor {
        awardPaths.formUnion(recipients.map { AwardPath(budget: request.budget, giver: giver, recipient: $0) })
      }
      needsChains = true
      needsValues = needsValues || !request.values.isEmpty || !request.hashtags.isEmpty
    case .decideAward(let request):
      _ = collect(award: request.id)
      needsChains = needsChains || request.isApproved
    case .earn(let earn):
      named[operation.id] = resolve([earn.person])
      if let key = earn.key { keys.insert(key) }
    case .adjust(let adjust):
      let person = resolve([adjust.person])
      if case .points = adjust.target, adjust.points < 0 { spenders.formUnion(person) }
    case .reverse(let kind, let id):
      spenders.formUnion(collect(grant: id))
      if kind == .award { spenders.formUnion(collect(award: id)) }
    case .expirePoints(let person):
      people.insert(person)
      spenders.insert(person)
    case .changeProgram: changesProgram = true
    case .changeOrganization(_, let zone, _):
      needsProfile = true
      if let zone { zones.insert(zone) }
    case .createKey, .foundOrganization: break
    }
  }

  /// Everybody who may be meant: who has the name now, and who gets it in this batch.
  private mutating func resolve(_ names: [String]) -> Set<ID> {
    var found: Set<ID> = []
    for name in names {
      let name = name.asciiLowercased
      if let id = ID(name) ?? store.handles[name] ?? store.emails[name] { found.insert(id) }
      found.formUnion(renamed[name] ?? [])
    }
    people.formUnion(found)
    return found
  }

  /// - Returns: the recipients.
  private mutating func collect(grant id: ID) -> Set<ID> {
    var recipients = named[id] ?? []
    for id in [id] + (store.boosts[id] ?? []) {
      guard let grant = store.grants[id] else { continue }
      grants.insert(id)
      recipients.formUnion(grant.recipients)
      if let giver = grant.giver { people.insert(giver) }
      if grant.payer.kind == .budget || grant.payer.kind == .budgetHeld { budgets.insert(grant.payer.owner) }
    }
    people.formUnion(recipients)
    return recipients
  }

  /// - Returns: the recipients.
  private mutating func collect(award id: ID) -> Set<ID> {
    guard let award = store.awards[id] else { return named[id] ?? [] }
    awards.insert(id)
    budgets.insert(award.facts.budget)
    people.formUnion(award.facts.recipients)
    return Set(award.facts.recipients)
  }

  private mutating func thank(_ giver: ID?, _ recipients: Set<ID>) {
    if let giver { thanks.formUnion(recipients.map { Pair(giver, $0) }) }
  }

  private mutating func pair(_ giver: ID?, _ recipients: Set<ID>) {
    if let giver { pairs.formUnion(recipients.map { Pair(giver, $0) }) }
  }
}

extension Store {
  /// What the requests need of this store, as it stands under the lock of its head.
  func book(for requests: ArraySlice<Request>, at clock: Timestamp) -> Book {
    let mentions = Mentions(of: requests, in: self)
    let (today, starts) = calendar.calendar(at: max(clock, head.recordedAt))
    var book = Book(
      organization: organization, head: head, clock: clock, program: program, periodStarts: starts, today: today)
    for account in [Account.issued, .redeemed, .expired, .adjusted] { load(account, into: &book) }
    for scope in mentions.scopes { if let effect = effects[scope] { book.load(effect, of: scope) } }
    if mentions.needsProfile, let profile { book.load(profile.profile, position: profile.position) }
    for zone in mentions.zones {
      book.load(calendar: calendar.with(zone, at: max(clock, head.recordedAt)), with: zone)
    }
    if mentions.needsAdmins {
      for row in people.values where row.person.isActiveAdmin { book.load(admin: row.person.id) }
    }
    for key in mentions.keys {
      if let person = keys[key] { book.load(key: key, of: person, crediting: crediting[key]) }
    }
    if mentions.needsValues { for row in values.values { book.load(row.value, position: row.position) } }
    loadPeople(mentions, into: &book)
    loadLots(mentions, into: &book)
    for id in mentions.rewards {
      guard let reward = rewards[id] else { continue }
      book.load(reward)
      load(.stock(id), into: &book)
      load(.supply(id), into: &book)
    }
    for id in mentions.redemptions { if let redemption = redemptions[id] { book.load(redemption) } }
    for id in mentions.budgets {
      guard let budget = budgets[id] else { continue }
      book.load(budget)
      load(.budget(id), into: &book)
      load(.budgetHeld(id), into: &book)
    }
    for id in mentions.awards { if let award = awards[id] { book.load(award) } }
    for path in mentions.awardPaths { book.load(awarded: awarded[path] ?? 0, along: path) }
    for grant in mentions.grants.compactMap({ grants[$0] }).sorted(by: { $0.position < $1.position }) {
      book.load(grant)
    }
    if program.recipientCap.mode == .block || mentions.changesProgram {
      for pair in mentions.pairs { book.load(given: given(pair, starts), by: pair.giver, to: pair.recipient) }
    }
    for pair in mentions.thanks {
      let count = (freeThanks[pair] ?? []).count { $0 == today }
      book.load(freeThanks: Int64(count), by: pair.giver, to: pair.recipient)
    }
    return book
  }

  private func loadPeople(_ mentions: Mentions, into book: inout Book) {
    var wanted = mentions.people
    if mentions.needsChains {
      for id in mentions.people {
        var next = people[id]?.person.manager
        while let manager = next, wanted.insert(manager).inserted { next = people[manager]?.person.manager }
      }
    }
    for id in wanted {
      guard let row = people[id] else { continue }
      book.load(row.person)
      book.load(position: row.position, ofPerson: id)
      for account in [Account.allowance(id), .points(id), .held(id)] { load(account, into: &book) }
      let allowance = accounts[.allowance(id)]
      if let start = allowance?.periodStart { book.load(allowancePeriod: start, of: id) }
      if let carried = allowance?.carried, carried > 0 { book.load(carried: carried, of: id) }
    }
    if program.givers == .managers || program.allowanceByRole[.manager] != nil || mentions.changesProgram {
      for manager in wanted {
        book.load(reports: people.values.count { $0.person.manager == manager }, of: manager)
      }
    }
  }

  private func loadLots(_ mentions: Mentions, into book: inout Book) {
    for spender in mentions.spenders {
      book.loadSpender(spender)
      for row in lots[spender] ?? [] where row.amount > row.used || !mentions.redemptions.isEmpty {
        book.load(
          Lot(
            position: row.position, line: row.line, remaining: row.amount - row.used, source: row.source,
            expiresOn: row.expiresOn),
          of: spender)
      }
    }
  }

  private func given(_ pair: Pair, _ starts: PeriodStarts) -> GivenPoints {
    func sum(since start: Day) -> Int64 {
      (gifts[pair] ?? []).reduce(0) { $0 + ($1.day >= start && !reversed.contains($1.position) ? $1.points : 0) }
    }
    return GivenPoints(
      week: sum(since: starts.week), month: sum(since: starts.month), quarter: sum(since: starts.quarter))
  }

  private func load(_ account: Account, into book: inout Book) {
    if let row = accounts[account] { book.load(balance: row.balance, of: account) }
  }
}
