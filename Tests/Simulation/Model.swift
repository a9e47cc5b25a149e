import Ledger

/// A second opinion on everything that the ledger decides, from the rules as the documents say them: plain lists, sums
/// taken anew each time, whole organisation always at hand. It shares nothing with the ledger but the words for
/// what is asked and recorded.
struct Model {
  /// Points that came to somebody at once, and what became of them since.
  struct Lot {
    let key: LotKey
    let amount: Int64
    let source: PointsSource
    let lastDay: Day?
    var uses: [Int64] = []

    var remaining: Int64 { amount - uses.reduce(0, +) }
  }

  struct LotKey: Hashable {
    /// Of the entry.
    let position: Int64
    let owner: ID
  }

  /// Something that gave points and can be taken back.
  struct Gift {
    let id: ID
    let kind: Grant.Kind
    let giver: ID?
    let recipients: [ID]
    let points: Int64
    let payer: Payer
    let position: Int64
    let at: Timestamp
    let day: Day
    let boosted: ID?
    var isReversed = false
  }

  enum Payer: Equatable {
    case allowance
    case budget(ID)
    /// Newly issued.
    case nobody
  }

  struct Member {
    var person: Person
    var position: Int64
  }

  struct Request {
    let person: ID
    let reward: ID
    let quantity: Int64
    let points: Int64
    let takesStock: Bool
    let uses: [LotKey: Int64]
    var state: RedemptionState
  }

  struct Effect {
    let request: Digest
    let position: Int64
    let entry: ID
  }

  // MARK: What there is

  var program: Program
  var position: Int64 = 0
  var now = Timestamp(microseconds: 0)
  var today = Day(number: 0)
  var members: [ID: Member] = [:]
  var movements: [Account: [Int64]] = [:]
  var lots: [ID: [Lot]] = [:]
  /// The first day of the period that somebody's allowance was reset for.
  var periods: [ID: Day] = [:]
  /// The position at which it was.
  var resets: [ID: Int64] = [:]
  var carried: [ID: Int64] = [:]
  var effects: [Book.IdempotencyScope: Effect] = [:]
  var gifts: [Gift] = []
  /// Where in ``gifts``, by id and by giver.
  var giftPlaces: [ID: Int] = [:]
  var givenPlaces: [ID: [Int]] = [:]
  var profile: (profile: Profile, position: Int64)?
  /// The time zones that it had, has, and is to have, each with the first day of it.
  var zones: [(name: String, from: Day)] = []
  /// Whose they are.
  var keys: [ID: ID] = [:]
  /// What keys may credit, and what each credited when.
  var bounds: [ID: EarningBounds] = [:]
  var credits: [ID: [(day: Day, points: Int64)]] = [:]
  var values: [String: (value: Value, position: Int64)] = [:]
  var rewards: [ID: Reward] = [:]
  var requests: [ID: Request] = [:]
  var budgets: [ID: Budget] = [:]
  var awards: [ID: Award] = [:]
  /// Accounts moved, people and things changed since they were last compared.
  var touched: Set<Account> = []
  var figures = Figures()

  init(program: Program) { self.program = program }

  // MARK: What is to be expected

  enum Expectation {
    case refused(Refusal.Code)
    case replayed(Effect)
    case unchanged
    case accepted([ExpectedEntry])
  }

  struct ExpectedEntry {
    let kind: EntryKind
    let position: Int64
    let postings: [Account: Int64]
    /// Negative where points are given back.
    let uses: [LotKey: Int64]
    let detail: Detail
  }

  /// - Parameter now: when what is decided is recorded; its day in the organisation's zone is `today`.
  mutating func expect(_ operation: Operation, now: Timestamp, today: Day) -> Expectation {
    self.now = now
    self.today = today
    let scope = operation.actor.flatMap { actor in
      operation.idempotency.map { Book.IdempotencyScope(actor: actor, key: $0.key) }
    }
    if let scope, let effect = effects[scope] {
      return effect.request == operation.idempotency?.request ? .replayed(effect) : .refused(.idempotencyKeyReused)
    }
    let first = position
    do {
      let entries = try decide(operation)
      if entries.isEmpty { return .unchanged }
      if let scope, let request = operation.idempotency?.request {
        // What comes first and what follows at once are entries of their own.
        let main = entries.first { !$0.isPreceding(operation) } ?? entries[0]
        effects[scope] = Effect(request: request, position: main.position, entry: operation.id)
      }
      return .accepted(entries)
    } catch {
      precondition(position == first, "the model records nothing of what it refuses")
      return .refused(error.code)
    }
  }

  struct No: Error {
    let code: Refusal.Code
    init(_ code: Refusal.Code) { self.code = code }
  }

  private mutating func decide(_ operation: Operation) throws(No) -> [ExpectedEntry] {
    switch operation.action {
    case .foundOrganization(let wanted): found(wanted)
    case .changeOrganization(let wanted, let zone, let expected): try change(wanted, zone, expected)
    case .recognise(let request): try recognise(request, operation)
    case .boost(let boost): try self.boost(boost, operation)
    case .putPerson(let person, let expected): try put(person, expected, operation)
    case .createKey(let key): createKey(key)
    case .revokeKey(let key): try revokeKey(key)
    case .putValue(let value, let expected): try put(value, expected)
    case .putReward(let put): try self.put(put)
    case .moveStock(let reward, let delta): try moveStock(reward, delta)
    case .redeem(let request): try redeem(request, operation)
    case .moveRedemption(let request): try move(request, operation)
    case .createBudget(let budget, let points): try create(budget, points)
    case .fundBudget(let budget, let points): try fund(budget, points)
    case .award(let request): try award(request, operation)
    case .decideAward(let request): try decide(request, operation)
    case .earn(let earn): try self.earn(earn, operation)
    case .adjust(let adjust): try self.adjust(adjust, operation)
    case .reverse(let kind, let id): try reverse(kind, id, operation)
    case .changeProgram(let program, let expected): try change(program, expected)
    case .expirePoints(let person): try expire(person)
    case .returnBudget(let budget): try returnBudget(budget)
    }
  }

  // MARK: Recording

  /// Moves the points, keeps the lots, and counts the position.
  mutating func record(
    _ kind: EntryKind, _ postings: [Account: Int64] = [:], uses: [LotKey: Int64] = [:], source: PointsSource? = nil,
    detail: Detail = .none
  ) -> ExpectedEntry {
    position += 1
    let postings = postings.filter { $0.value != 0 }
    for (account, amount) in postings {
      movements[account, default: []].append(amount)
      touched.insert(account)
      if kind.makesLots, account.kind == .points, amount > 0, let source {
        let last = program.expiryMonths.map { CivilDate(today).adding(months: $0).number }
        lots[account.owner, default: []].append(
          Lot(key: LotKey(position: position, owner: account.owner), amount: amount, source: source, lastDay: last))
      }
    }
    for (key, amount) in uses {
      guard let index = lots[key.owner]?.firstIndex(where: { $0.key == key }) else {
        preconditionFailure("no such lot")
      }
      lots[key.owner]?[index].uses.append(amount)
    }
    return ExpectedEntry(kind: kind, position: position, postings: postings, uses: uses, detail: detail)
  }

  mutating func note(_ gift: Gift) {
    giftPlaces[gift.id] = gifts.count
    if let giver = gift.giver { givenPlaces[giver, default: []].append(gifts.count) }
    gifts.append(gift)
  }

  // MARK: Looking

  func balance(_ account: Account) -> Int64 { movements[account]?.reduce(0, +) ?? 0 }

  /// Somebody by handle, email in either case, or id.
  func find(_ name: String) -> Member? {
    let lower = name.asciiLowercased
    return members.values.first { $0.person.handle == lower || $0.person.email?.asciiLowercased == lower }
      ?? ID(name).flatMap { members[$0] }
  }

  func member(_ id: ID?) -> Member? { id.flatMap { members[$0] } }
}

extension Model.ExpectedEntry {
  /// Whether it had to come before what `operation` asked for.
  func isPreceding(_ operation: Operation) -> Bool {
    switch (kind, operation.action) {
    case (.allowanceReset, _): true
    case (.pointsExpired, .expirePoints): false
    case (.pointsExpired, _): true
    default: false
    }
  }
}
