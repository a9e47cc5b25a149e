import Ledger

/// Where the ledger and the model are compared.
extension Model {
  /// Expects each request's outcome in turn, and compares it with what the ledger decided.
  mutating func check(_ settled: Lane.Settled, _ store: Store) throws(Discrepancy) {
    let today = store.calendar.calendar(at: settled.book.now).today
    for (request, decision) in zip(settled.requests, settled.decisions) {
      let expected = expect(request.operation, now: settled.book.now, today: today)
      do {
        try compare(decision, expected, request.operation, store)
      } catch {
        throw Discrepancy("operation \(request.operation.id): \(error.what)")
      }
    }
    for account in touched { try compare(account, store) }
    touched.removeAll(keepingCapacity: true)
  }

  private func compare(
    _ decision: Decision, _ expected: Expectation, _ operation: Operation, _ store: Store
  ) throws(Discrepancy) {
    switch (decision, expected) {
    case (.refused(let refusal), .refused(let code)) where refusal.code == code: return
    case (.unchanged, .unchanged): return
    case (.replayed(let effect), .replayed(let known)):
      let isSame = effect.position == known.position && effect.entry == known.entry && effect.request == known.request
      try require(isSame, "replayed \(effect.position), expected \(known.position)")
    case (.accepted(let acceptance), .accepted(let entries)):
      let isSame = acceptance.entries.map(\.kind) == entries.map(\.kind)
      try require(isSame, "decided \(Transcript.outcome(decision)), expected \(Transcript.outcome(expected))")
      for (entry, expected) in zip(acceptance.entries, entries) { try compare(entry, expected, operation, store) }
      try checkMain(acceptance, operation)
    default: throw Discrepancy("decided \(Transcript.outcome(decision)), expected \(Transcript.outcome(expected))")
    }
  }

  private func compare(
    _ entry: Entry, _ expected: ExpectedEntry, _ operation: Operation, _ store: Store
  ) throws(Discrepancy) {
    let what = "\(entry.kind.rawValue) at \(entry.position)"
    try require(entry.position == expected.position, "\(what): expected at \(expected.position)")
    let postings = Dictionary(entry.postings.map { ($0.account, $0.amount) }, uniquingKeysWith: +)
    // A lot is one posting.
    let credits = entry.postings.filter { $0.account.kind == .points }
    try require(Set(credits.map(\.account)).count == credits.count, "\(what) posts twice to somebody's points")
    try require(
      postings == expected.postings,
      "\(what) posts \(Transcript.words(postings)), expected \(Transcript.words(expected.postings))")
    let uses = Dictionary(
      entry.lotUses.map { use in
        let lot = store.entries[Int(use.lotPosition) - 1].postings[Int(use.lotLine)]
        return (LotKey(position: use.lotPosition, owner: lot.account.owner), use.amount)
      }, uniquingKeysWith: +)
    try require(
      uses == expected.uses, "\(what) uses lots \(Transcript.words(uses)), expected \(Transcript.words(expected.uses))")
    try require(entry.detail == expected.detail, "\(what) says \(entry.detail), expected \(expected.detail)")
    try require(entry.recordedAt == now, "\(what) is recorded at another time than now")
  }

  /// What only the entry that was asked for carries: the key, the words, the id of the operation.
  private func checkMain(_ acceptance: Acceptance, _ operation: Operation) throws(Discrepancy) {
    let main = acceptance.entry
    try require(main.id == operation.id, "the entry has another id than its operation")
    try require(main.actor == operation.actor, "the entry names another actor")
    try require(main.idempotency == operation.idempotency, "the entry has another key than its operation")
    try require(main.occurredAt == operation.occurredAt ?? now, "the entry occurred at another time")
    try require(acceptance.text?.digest == main.textDigest, "the entry has other words than it was given")
    for entry in acceptance.entries where entry.id != main.id {
      try require(entry.idempotency == nil, "\(entry.kind.rawValue) took the key of what it accompanies")
      try require(entry.occurredAt == entry.recordedAt, "\(entry.kind.rawValue) occurred at another time than now")
    }
  }

  private func compare(_ account: Account, _ store: Store) throws(Discrepancy) {
    let row = store.accounts[account] ?? Store.AccountRow()
    let balance = balance(account)
    try require(
      row.balance == balance, "\(Transcript.word(account)) is \(row.balance) in the store, expected \(balance)")
    guard account.kind == .allowance else { return }
    try require(
      row.periodStart == periods[account.owner],
      "\(Transcript.word(account)) is of \(Transcript.word(row.periodStart)), expected \(Transcript.word(periods[account.owner]))"
    )
    let carry = carried[account.owner, default: 0]
    try require(row.carried == carry, "\(Transcript.word(account)) carries \(row.carried), expected \(carry)")
  }

  /// Everything there is, whether it was just changed or not.
  func compareAll(_ store: Store) throws(Discrepancy) {
    for account in Set(movements.keys).union(store.accounts.keys) { try compare(account, store) }
    try require(store.head.position == position, "the head is at \(store.head.position), expected \(position)")
    try require(store.program == program, "other rules are in force")
    try require(
      store.people.mapValues { Pair(person: $0.person, position: $0.position) }
        == members.mapValues { Pair(person: $0.person, position: $0.position) }, "the directories differ")
    try require(store.keys == keys, "other keys work")
    try require(
      store.profile?.profile == profile?.profile && store.profile?.position == profile?.position,
      "the organisation is \(String(describing: store.profile)), expected \(String(describing: profile))")
    try require(
      store.values.mapValues(\.value) == values.mapValues(\.value)
        && store.values.mapValues(\.position) == values.mapValues(\.position), "the values differ")
    try require(store.rewards == rewards, "the catalogues differ")
    try require(store.budgets == budgets, "the budgets differ")
    try require(store.awards.mapValues(\.state) == awards.mapValues(\.state), "awards are in other states")
    try require(store.redemptions.mapValues(\.state) == requests.mapValues(\.state), "redemptions are in other states")
    for gift in gifts {
      try require(
        store.grants[gift.id]?.isReversed == gift.isReversed, "\(gift.kind) at \(gift.position): reversed or not?")
    }
    for person in members.keys {
      let rows = (store.lots[person] ?? []).map {
        [$0.position, $0.amount - $0.used, Int64($0.expiresOn?.number ?? -1)]
      }
      let known = (lots[person] ?? []).map { [$0.key.position, $0.remaining, Int64($0.lastDay?.number ?? -1)] }
      try require(rows == known, "the lots of \(person) differ: \(rows), expected \(known)")
    }
  }

  private struct Pair: Equatable {
    let person: Person
    let position: Int64
  }
}
