import Ledger

/// What must hold of any log, whatever was decided: from the entries and rows alone.
struct Audit {
  private let organization: ID
  private var head = Book.Head(position: 0, hash: .zero, recordedAt: Timestamp(microseconds: 0))
  private var balances: [Account: Int64] = [:]
  private var ids: Set<ID> = []
  private var effects: [Book.IdempotencyScope: Int64] = [:]

  init(of organization: ID) { self.organization = organization }

  /// Follows the log to its end; to be asked after each commit.
  mutating func follow(_ store: Store) throws(Discrepancy) {
    for entry in store.entries[Int(head.position)...] { try follow(entry) }
    try require(store.head == head, "the head is not the last entry")
  }

  func count(of scope: Book.IdempotencyScope) -> Int { effects[scope] == nil ? 0 : 1 }

  private mutating func follow(_ entry: Entry) throws(Discrepancy) {
    let what = "\(entry.kind.rawValue) at \(entry.position)"
    try require(entry.position == head.position + 1, "\(what) leaves a gap")
    try require(entry.recordedAt >= head.recordedAt, "\(what) goes back in time")
    try require(entry.hash == Chain.hash(entry, of: organization, after: head.hash), "\(what) has another hash")
    try require(ids.insert(entry.id).inserted, "\(what) has the id of another entry")
    if let actor = entry.actor, let key = entry.idempotency?.key {
      let earlier = effects.updateValue(entry.position, forKey: Book.IdempotencyScope(actor: actor, key: key))
      try require(earlier == nil, "\(what) and \(earlier ?? 0) have one key")
    }
    var sums: [Account.Unit: Int64] = [:]
    for posting in entry.postings {
      let balance = balances[posting.account, default: 0] + posting.amount
      balances[posting.account] = balance
      sums[posting.account.unit, default: 0] += posting.amount
      try require(posting.amount != 0, "\(what) posts nothing to \(Transcript.word(posting.account))")
      try require(
        posting.balanceAfter == balance,
        "\(what) says that \(Transcript.word(posting.account)) is \(posting.balanceAfter), not \(balance)")
      try require(
        balance >= 0 || posting.account.kind.mayBeNegative, "\(what) overdraws \(Transcript.word(posting.account))")
    }
    try require(sums.values.allSatisfy { $0 == 0 }, "\(what) does not sum to zero")
    head = Book.Head(position: entry.position, hash: entry.hash, recordedAt: entry.recordedAt)
  }

  /// What takes a look at everything; to be asked once in a while.
  func finish(_ store: Store) throws(Discrepancy) {
    for (account, row) in store.accounts {
      try require(
        row.balance == balances[account, default: 0], "\(Transcript.word(account)) is not the sum of its postings")
      try require(
        row.carried >= 0 && (row.carried == 0 || account.kind == .allowance),
        "\(Transcript.word(account)) carries what it cannot")
    }
    for (account, balance) in balances where balance != 0 {
      try require(store.accounts[account] != nil, "\(Transcript.word(account)) has no row")
    }
    var sums: [Account.Unit: Int64] = [:]
    for (account, balance) in balances { sums[account.unit, default: 0] += balance }
    try require(sums.values.allSatisfy { $0 == 0 }, "the accounts of a unit do not sum to zero")
    try checkHeld(store)
    try checkLots(store)
    try checkClosings(store)
  }

  private func checkHeld(_ store: Store) throws(Discrepancy) {
    var held: [Account: Int64] = [:]
    for redemption in store.redemptions.values
    where redemption.state == .pendingApproval || redemption.state == .approved {
      held[.held(redemption.facts.person), default: 0] += redemption.facts.points
    }
    for award in store.awards.values where award.state == .pendingApproval {
      held[.budgetHeld(award.facts.budget), default: 0] += award.facts.totalPoints
    }
    for (account, balance) in balances where account.kind == .held || account.kind == .budgetHeld {
      try require(balance == held[account, default: 0], "\(Transcript.word(account)) is not what awaits a decision")
    }
  }

  private func checkLots(_ store: Store) throws(Discrepancy) {
    var left: [Store.LotKey: Int64] = [:]
    for entry in store.entries where entry.kind.makesLots {
      for (line, posting) in entry.postings.enumerated() where posting.account.kind == .points && posting.amount > 0 {
        left[Store.LotKey(position: entry.position, line: Int32(line))] = posting.amount
      }
    }
    let lots = left
    for use in store.entries.flatMap(\.lotUses) {
      let key = Store.LotKey(position: use.lotPosition, line: use.lotLine)
      guard let before = left[key], let amount = lots[key] else { throw Discrepancy("a use of what is no lot") }
      left[key] = before - use.amount
      try require((0...amount).contains(before - use.amount), "the lot at \(key.position) has more or less than it can")
    }
    var owned: [ID: Int64] = [:]
    for (key, amount) in left {
      owned[store.entries[Int(key.position) - 1].postings[Int(key.line)].account.owner, default: 0] += amount
    }
    for (account, balance) in balances where account.kind == .points {
      try require(
        owned[account.owner, default: 0] == balance, "the lots of \(Transcript.word(account)) are not its balance")
    }
  }

  /// Each redemption ends once, and each gift is taken back at most once.
  private func checkClosings(_ store: Store) throws(Discrepancy) {
    var moves: [ID: Int] = [:]
    var taken: Set<Int64> = []
    for entry in store.entries {
      switch entry.kind {
      case .redemptionDeclined, .redemptionCancelled, .redemptionFulfilled:
        guard let subject = entry.subject else {
          throw Discrepancy("\(entry.kind.rawValue) at \(entry.position) has no subject")
        }
        moves[subject, default: 0] += 1
      case .reversal:
        guard case .reversal(let positions) = entry.detail else { throw Discrepancy("a reversal of nothing") }
        for position in positions { try require(taken.insert(position).inserted, "\(position) is reversed twice") }
      default: break
      }
    }
    try require(moves.values.allSatisfy { $0 == 1 }, "a redemption ends twice")
    let ended = store.redemptions.filter { $0.value.state != .pendingApproval && $0.value.state != .approved }
    try require(Set(moves.keys) == Set(ended.keys), "what ended is not what has an end in the log")
  }
}
