import Ledger

/// The database: rows as the service would have them, and nothing that it would have to work out.
struct Store {
  struct AccountRow {
    var balance: Int64 = 0
    /// Of allowances.
    var periodStart: Day?
    var carried: Int64 = 0
  }

  struct LotRow {
    let position: Int64
    let line: Int32
    let amount: Int64
    let source: PointsSource
    let expiresOn: Day?
    var used: Int64 = 0
  }

  struct GiftRow {
    let position: Int64
    let day: Day
    let points: Int64
  }

  struct LotKey: Hashable {
    let position: Int64
    let line: Int32
  }

  let organization: ID
  private(set) var calendar: ZoneCalendar
  private(set) var head: Book.Head
  private(set) var entries: [Entry] = []
  private(set) var entryIDs: Set<ID> = []
  private(set) var programs: [Program]
  private(set) var people: [ID: (person: Person, position: Int64)] = [:]
  private(set) var handles: [String: ID] = [:]
  private(set) var emails: [String: ID] = [:]
  private(set) var accounts: [Account: AccountRow] = [:]
  private(set) var profile: (profile: Profile, position: Int64)?
  private(set) var keys: [ID: ID] = [:]
  private(set) var crediting: [ID: CreditingKey] = [:]
  private(set) var values: [String: (value: Value, position: Int64)] = [:]
  private(set) var effects: [Book.IdempotencyScope: Book.Recorded] = [:]
  private(set) var rewards: [ID: Reward] = [:]
  private(set) var skus: [String: ID] = [:]
  private(set) var redemptions: [ID: Redemption] = [:]
  private(set) var budgets: [ID: Budget] = [:]
  private(set) var budgetNames: [String: ID] = [:]
  private(set) var awards: [ID: Award] = [:]
  private(set) var grants: [ID: Grant] = [:]
  private(set) var boosts: [ID: [ID]] = [:]
  private(set) var reversed: Set<Int64> = []
  private(set) var awarded: [AwardPath: Int64] = [:]
  private(set) var lots: [ID: [LotRow]] = [:]
  private(set) var gifts: [Pair: [GiftRow]] = [:]
  /// The days of thanks without points.
  private(set) var freeThanks: [Pair: [Day]] = [:]
  private var lotPlaces: [LotKey: (person: ID, index: Int)] = [:]
  private var grantsByPosition: [Int64: ID] = [:]

  /// Before its first entry.
  init(organization: ID, zone: String, program: Program) {
    self.organization = organization
    calendar = ZoneCalendar(zone)
    head = Book.Head(position: 0, hash: .zero, recordedAt: Timestamp(microseconds: 0))
    programs = [program]
  }

  var program: Program { programs[programs.count - 1] }

  /// Writes what was accepted. Nobody sees any of it before COMMIT, so a crash amid the writes leaves the store as it was.
  /// - Parameter book: after the decisions, for the balances and states.
  mutating func commit(_ accepted: [(Operation, Acceptance)], _ book: Book) {
    for (operation, acceptance) in accepted {
      for entry in acceptance.entries { insert(entry, operation) }
      write(operation, acceptance, book)
    }
    for account in Set(accepted.flatMap { $0.1.entries }.flatMap(Self.touched)) {
      accounts[account] = AccountRow(
        balance: book.balances[account] ?? 0,
        periodStart: account.kind == .allowance ? book.allowancePeriods[account.owner] : nil,
        carried: account.kind == .allowance ? book.carried[account.owner] ?? 0 : 0)
    }
    head = book.head
  }

  /// What an entry moves, and the allowance that it resets.
  private static func touched(by entry: Entry) -> [Account] {
    let reset = entry.kind == .allowanceReset ? entry.subject.map { [Account.allowance($0)] } : nil
    return entry.postings.map(\.account) + (reset ?? [])
  }

  private mutating func insert(_ entry: Entry, _ operation: Operation) {
    entries.append(entry)
    entryIDs.insert(entry.id)
    if let idempotency = entry.idempotency, let actor = entry.actor {
      effects[Book.IdempotencyScope(actor: actor, key: idempotency.key)] = Book.Recorded(
        position: entry.position, entry: entry.id, request: idempotency.request)
    }
    if entry.kind.makesLots { insertLots(of: entry, operation) }
    for use in entry.lotUses {
      guard let place = lotPlaces[LotKey(position: use.lotPosition, line: use.lotLine)] else {
        preconditionFailure("a use of a lot that is not there")
      }
      lots[place.person]?[place.index].used += use.amount
    }
    if let grant = grant(of: entry, operation) { insert(grant) }
    if case .recognise(let request) = operation.action, case .recognition(let facts) = entry.detail, facts.points == 0,
      case .allowance = request.source, let giver = entry.actor
    {
      let day = calendar.calendar(at: entry.recordedAt).today
      for recipient in facts.recipients { freeThanks[Pair(giver, recipient), default: []].append(day) }
    }
    if entry.kind == .allowanceReset, let person = entry.subject {
      for (id, grant) in grants where grant.payer == .allowance(person) { grants[id]?.isBeforeReset = true }
    }
    switch entry.detail {
    case .reversal(let positions):
      reversed.formUnion(positions)
      for position in positions {
        if let id = grantsByPosition[position] { grants[id]?.isReversed = true }
      }
    case .program(let program): programs.append(program)
    default: break
    }
  }

  private mutating func insertLots(of entry: Entry, _ operation: Operation) {
    let rules = programs.first { $0.version == entry.programVersion } ?? program
    let day = calendar.calendar(at: entry.recordedAt).today
    let last = rules.expiryMonths.map { calendar.day(day, plusMonths: $0) }
    for (index, posting) in entry.postings.enumerated() where posting.account.kind == .points && posting.amount > 0 {
      let key = LotKey(position: entry.position, line: Int32(index))
      let row = LotRow(
        position: key.position, line: key.line, amount: posting.amount, source: source(of: entry, operation),
        expiresOn: last)
      lotPlaces[key] = (posting.account.owner, lots[posting.account.owner, default: []].count)
      lots[posting.account.owner, default: []].append(row)
    }
  }

  private func source(of entry: Entry, _ operation: Operation) -> PointsSource {
    func budget(_ id: ID?) -> PointsSource {
      guard let budget = id.flatMap({ budgets[$0] }) else { preconditionFailure("points of no budget") }
      return .budget(budget)
    }
    switch (entry.detail, operation.action) {
    case (.earning(let source, _), _): return .earning(source)
    case (_, .award(let request)): return budget(request.budget)
    case (_, .decideAward(let request)): return budget(awards[request.id]?.facts.budget)
    case (_, .adjust): return .adjustment
    default: return entry.postings.contains { $0.account == .issued } ? .history : .allowance
    }
  }

  private func grant(of entry: Entry, _ operation: Operation) -> Grant? {
    let payer = entry.postings.first { $0.amount < 0 }?.account ?? .issued
    let day = calendar.calendar(at: entry.recordedAt).today
    func grant(_ kind: Grant.Kind, _ id: ID, _ recipients: [ID], _ points: Int64, boosted: ID? = nil) -> Grant {
      Grant(
        id: id, position: entry.position, kind: kind, giver: entry.actor, recipients: recipients, points: points,
        payer: payer, recordedAt: entry.recordedAt, day: day, boosted: boosted)
    }
    switch (entry.kind, entry.detail, operation.action) {
    case (.recognition, .recognition(let facts), _):
      return grant(.recognition, entry.id, facts.recipients, facts.points)
    case (.boost, .boost(let facts), .boost(let request)):
      return grant(.boost, entry.id, facts.recipients, facts.points, boosted: request.recognition)
    case (.awardGranted, .award(let facts), _): return grant(.award, operation.id, facts.recipients, facts.points)
    case (.awardApproved, _, .decideAward(let request)):
      guard let facts = awards[request.id]?.facts else { preconditionFailure("an award approved that is not there") }
      return grant(.award, request.id, facts.recipients, facts.points)
    case (.earning, _, _):
      guard let credit = entry.postings.first(where: { $0.amount > 0 }) else { return nil }
      return grant(.earning, entry.id, [credit.account.owner], credit.amount)
    default: return nil
    }
  }

  private mutating func insert(_ grant: Grant) {
    grants[grant.id] = grant
    grantsByPosition[grant.position] = grant.id
    if let boosted = grant.boosted { boosts[boosted, default: []].append(grant.id) }
    guard let giver = grant.giver, grant.payer.kind == .allowance else { return }
    for recipient in grant.recipients {
      gifts[Pair(giver, recipient), default: []].append(
        GiftRow(position: grant.position, day: grant.day, points: grant.points))
    }
  }

  private mutating func write(_ operation: Operation, _ acceptance: Acceptance, _ book: Book) {
    let position = acceptance.entry.position
    switch operation.action {
    case .putPerson(let wanted, _):
      if let earlier = people[wanted.id]?.person {
        if handles[earlier.handle] == wanted.id { handles[earlier.handle] = nil }
        if let email = earlier.email?.asciiLowercased, emails[email] == wanted.id { emails[email] = nil }
      }
      // The day on which somebody left is the ledger's to say.
      people[wanted.id] = (book.people[wanted.id] ?? wanted, position)
      if let person = acceptance.endsKeysOf { keys = keys.filter { $0.value != person } }
      handles[wanted.handle] = wanted.id
      if let email = wanted.email { emails[email.asciiLowercased] = wanted.id }
    case .createKey(let key):
      keys[key.id] = key.person
      crediting[key.id] = key.bounds.map { CreditingKey($0) }
    case .earn(let earn): if let key = earn.key { crediting[key] = book.creditingKeys[key] }
    case .revokeKey(let key): keys[key] = nil
    case .putValue(let value, _): values[value.slug] = (value, position)
    case .putReward(let put):
      if let earlier = rewards[put.reward.id] { skus[earlier.sku] = nil }
      rewards[put.reward.id] = put.reward
      rewards[put.reward.id]?.position = position
      skus[put.reward.sku] = put.reward.id
    case .redeem:
      guard case .redemption(let facts) = acceptance.entry.detail, let state = book.redemptions[operation.id]?.state
      else { preconditionFailure("a redemption without facts or state") }
      redemptions[operation.id] = Redemption(
        id: operation.id, position: position, facts: facts, state: state, lotUses: acceptance.entry.lotUses)
    case .moveRedemption(let request):
      guard let state = book.redemptions[request.id]?.state else { preconditionFailure("a redemption without state") }
      redemptions[request.id]?.state = state
    case .createBudget(let budget, _):
      budgets[budget.id] = budget
      budgetNames[budget.name] = budget.id
    case .award:
      guard case .award(let facts) = acceptance.entry.detail, let giver = operation.actor else {
        preconditionFailure("an award without facts or giver")
      }
      let isGranted = acceptance.entry.kind == .awardGranted
      awards[operation.id] = Award(
        id: operation.id, giver: giver, facts: facts, state: isGranted ? .granted : .pendingApproval)
      if isGranted { note(awards[operation.id], 1) }
    case .decideAward(let request):
      guard let state = book.awards[request.id]?.state else { preconditionFailure("an award without state") }
      awards[request.id]?.state = state
      if request.isApproved { note(awards[request.id], 1) }
    case .reverse(.award, let id): note(awards[id], -1)
    case .foundOrganization(let wanted): profile = (wanted, position)
    case .changeOrganization:
      // What the calendar becomes is the ledger's to say.
      guard let wanted = book.profile?.profile else { preconditionFailure("a change of nothing") }
      profile = (wanted, position)
      if wanted.calendar != calendar.text { calendar = ZoneCalendar(wanted.calendar) }
    case .recognise, .moveStock, .fundBudget, .boost, .adjust, .reverse, .changeProgram,
      .expirePoints, .returnBudget:
      break
    }
  }

  private mutating func note(_ award: Award?, _ sign: Int64) {
    guard let award else { preconditionFailure("an award that is not there") }
    for path in award.paths { awarded[path, default: 0] += sign * award.facts.points }
  }
}
