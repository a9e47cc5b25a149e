import Ledger
import Testing

/// A book with a catalogue and budgets, whose every decision is audited: entries sum to zero in each unit, no account goes where
/// it must not, the chain closes, and a refusal leaves no trace.
///
/// Mo leads Ann, who leads Bo; Cy and Fay report to nobody. All who spend start with nothing.
struct RedemptionLedger {
  private(set) var book: Book
  private var head: Book.Head
  private var balances: [Account: Int64] = [:]
  private var operationCount = 0

  static let handles = ["mo", "ann", "bo", "cy", "fay"]

  init() {
    var book = Book(
      organization: id(0), head: Book.Head(position: 0, hash: .zero, recordedAt: Timestamp(microseconds: 1_000)),
      clock: Timestamp(microseconds: 2_000), program: Program(version: 1, allowancePoints: 0),
      periodStarts: .all(Day(number: 1)), today: Day(number: 10))
    let managers = ["ann": "mo", "bo": "ann"]
    for (index, handle) in Self.handles.enumerated() {
      let manager = managers[handle].flatMap { book.person(named: $0)?.id }
      let roles: Set<Role> = handle == "fay" ? [.finance] : []
      book.load(Person(id: id(100 + index), handle: handle, name: handle, manager: manager, roles: roles))
      book.loadSpender(id(100 + index))
    }
    self.book = book
    head = book.head
  }

  func person(_ handle: String) -> ID { book.person(named: handle)!.id }
  func budget(_ name: String) -> ID? { book.budgets.values.first { $0.name == name }?.id }

  /// The same ledger on another day, with the people, budgets and awards that there are.
  mutating func reopen(onDay day: Int32) {
    var next = book.reopened(periodStart: Day(number: day))
    for budget in book.budgets.values { next.load(budget) }
    for award in book.awards.values { next.load(award) }
    for (path, points) in book.awarded { next.load(awarded: points, along: path) }
    book = next
  }

  /// - Returns: the entry's id and `accepted`, or the word of the refusal.
  mutating func play(
    _ actor: String, _ action: Action, key: String? = nil, _ location: SourceLocation = #_sourceLocation
  ) -> (id: ID, outcome: String) {
    operationCount += 1
    let operation = Operation(
      id: id(1_000 + operationCount), actor: person(actor),
      idempotency: key.map { Idempotency(key: digest($0), request: digest("\(action)")) },
      salt: digest("salt \(operationCount)"), action: action)
    let before = Traces(book)
    switch book.decide(operation) {
    case .accepted(let acceptance):
      for entry in acceptance.entries { follow(entry, location) }
      #expect(book.head == head, sourceLocation: location)
      #expect(book.balances.filter { $0.value != 0 } == balances.filter { $0.value != 0 }, sourceLocation: location)
      return (operation.id, "accepted")
    case .refused(let refusal):
      #expect(Traces(book) == before, "\(refusal.code) left a trace", sourceLocation: location)
      return (operation.id, refusal.code.rawValue)
    case .replayed(let earlier):
      #expect(Traces(book) == before, sourceLocation: location)
      return (earlier.entry, "replayed")
    case .unchanged:
      return (operation.id, "unchanged")
    }
  }

  private mutating func follow(_ entry: Entry, _ location: SourceLocation) {
    #expect(entry.position == head.position + 1, sourceLocation: location)
    #expect(entry.hash == Chain.hash(entry, of: book.organization, after: head.hash), sourceLocation: location)
    let sums = Dictionary(entry.postings.map { ($0.account.unit, $0.amount) }, uniquingKeysWith: +)
    #expect(sums.values.allSatisfy { $0 == 0 }, "\(entry.kind) sums to zero in each unit", sourceLocation: location)
    for posting in entry.postings {
      let balance = balances[posting.account, default: 0] + posting.amount
      #expect(posting.balanceAfter == balance, sourceLocation: location)
      #expect(balance >= 0 || posting.account.kind.mayBeNegative, "\(posting.account)", sourceLocation: location)
      balances[posting.account] = balance
    }
    head = Book.Head(position: entry.position, hash: entry.hash, recordedAt: entry.recordedAt)
  }

  /// What a refusal must leave as it was.
  private struct Traces: Equatable {
    let contents: Contents
    let rewards: [ID: Reward]
    let redemptions: [ID: Redemption]
    let lots: [ID: [Lot]]
    let budgets: [ID: Budget]
    let awards: [ID: Award]

    init(_ book: Book) {
      contents = Contents(book)
      rewards = book.rewards
      redemptions = book.redemptions
      lots = book.lots
      budgets = book.budgets
      awards = book.awards
    }
  }
}

extension RedemptionLedger {
  mutating func offer(
    _ sku: String, price: Int64, stock: Int64?, isInstant: Bool, needsApproval: Bool, isActive: Bool = true
  ) {
    let reward = Reward(
      id: id(300 + book.rewards.count), sku: sku, name: sku, description: "", kind: .merchandise, pricePoints: price,
      cost: Money(tenThousandths: 10_000, currency: "EUR"), isLimited: stock != nil,
      fulfilment: isInstant ? .instant : .manual, needsApproval: needsApproval, isTaxable: false, isActive: isActive,
      imageURL: nil)
    #expect(play("fay", .putReward(PutReward(reward: reward, stock: stock ?? 0))).outcome == "accepted")
  }

  mutating func fund(
    _ name: String, owner: String, points: Int64, approvalAbove: Int64?, days: ClosedRange<Int32> = 1...20
  ) {
    let budget = Budget(
      id: id(400 + book.budgets.count), name: name, owner: person(owner), startsOn: Day(number: days.lowerBound),
      endsOn: Day(number: days.upperBound), costCentre: nil, approvalAbove: approvalAbove, isTaxable: false)
    #expect(play("fay", .createBudget(budget, points: points)).outcome == "accepted")
    for giver in Self.handles {
      for recipient in Self.handles {
        book.load(
          awarded: 0, along: AwardPath(budget: budget.id, giver: person(giver), recipient: person(recipient)))
      }
    }
  }

  /// Points out of history.
  mutating func give(_ handle: String, _ points: Int64) {
    let giver = handle == "fay" ? "cy" : "fay"
    let thanks = Recognise(to: [handle], message: "Thanks.", points: points, source: .history)
    #expect(play(giver, .recognise(thanks)).outcome == "accepted")
  }

  mutating func redeem(_ handle: String, _ sku: String, _ quantity: Int32 = 1, key: String? = nil) -> (
    id: ID, outcome: String
  ) {
    play(handle, .redeem(Redeem(reward: sku, quantity: quantity, note: nil)), key: key)
  }

  mutating func move(_ redemption: ID, _ move: RedemptionMove, by handle: String) -> String {
    play(handle, .moveRedemption(MoveRedemption(id: redemption, move: move))).outcome
  }

  mutating func award(_ handle: String, _ budget: String, _ to: [String], _ points: Int64) -> (id: ID, outcome: String)
  {
    play(
      handle,
      .award(
        GiveAward(budget: self.budget(budget) ?? id(999), to: to, message: "Well done.", points: points, values: [])))
  }

  func points(_ handle: String) -> Int64 { book.balances[.points(person(handle)), default: 0] }
  func held(_ handle: String) -> Int64 { book.balances[.held(person(handle)), default: 0] }
  func stock(_ sku: String) -> Int64 { book.balances[.stock(book.rewardsBySKU[sku]!), default: 0] }
}
