import Ledger

/// Works as the service's lane does: load, decide in order, write, commit, answer. A batch that the store refuses is
/// tried again in halves, a lost connection is tried once more, and when it was lost during a commit, the log says what
/// became of it.
struct Lane {
  /// Requests whose outcome is settled, in their order, and the book that they were decided by.
  struct Settled {
    let requests: ArraySlice<Request>
    let decisions: [Decision]
    let book: Book
  }

  private enum Failure: Error {
    case connectionLost
    /// With what would be answered if the log has the entries.
    case lostDuringCommit([Decision])
    case refused
    case serverDied
  }

  private var fault: Fault?
  private var clock: Timestamp
  private let onSettled: (Settled, Store) throws -> Void
  private(set) var strikes: [Fault] = []
  private(set) var poisonCount = 0

  init(_ batch: Batch, onSettled: @escaping (Settled, Store) throws -> Void) {
    fault = batch.fault
    clock = batch.clock
    self.onSettled = onSettled
  }

  /// - Returns: what each request is answered.
  mutating func work(_ batch: Batch, on store: inout Store) throws -> [Answer] {
    var answers: [Answer] = []
    do {
      try commit(batch.requests[...], on: &store, &answers)
    } catch Failure.serverDied {
      answers += Array(repeating: .nothing, count: batch.requests.count - answers.count)
    }
    return answers
  }

  private mutating func commit(
    _ requests: ArraySlice<Request>, on store: inout Store, _ answers: inout [Answer], isSecondTry: Bool = false
  ) throws {
    do {
      answers += try attempt(requests, on: &store).map(Answer.decided)
    } catch Failure.refused {
      guard requests.count > 1 else {
        poisonCount += 1
        return answers.append(.defective)
      }
      let middle = requests.startIndex + requests.count / 2
      try commit(requests[..<middle], on: &store, &answers)
      try commit(requests[middle...], on: &store, &answers)
    } catch Failure.connectionLost {
      if isSecondTry {
        answers += Array(repeating: .unavailable, count: requests.count)
      } else {
        try commit(requests, on: &store, &answers, isSecondTry: true)
      }
    } catch Failure.lostDuringCommit(let decisions) {
      // The second strike hits the look-up.
      if fault != nil {
        fault = nil
        answers += Array(repeating: .outcomeUnknown, count: requests.count)
      } else if requests.contains(where: { store.entryIDs.contains($0.operation.id) }) {
        answers += decisions.map(Answer.decided)
      } else if isSecondTry {
        answers += Array(repeating: .unavailable, count: requests.count)
      } else {
        try commit(requests, on: &store, &answers, isSecondTry: true)
      }
    }
  }

  /// One transaction.
  private mutating func attempt(_ requests: ArraySlice<Request>, on store: inout Store) throws -> [Decision] {
    try strike(.beforeLoading)
    var book = store.book(for: requests, at: clock)
    // The next transaction, if there is one, is later.
    clock = clock.advanced(bySeconds: 1)
    try strike(.afterLoading)
    let decisions = requests.map { book.decide($0.operation) }
    try require(book.defect == nil, "\(book.defect?.description ?? "")")
    try strike(.afterDeciding)
    var accepted: [(Operation, Acceptance)] = []
    for (request, decision) in zip(requests, decisions) {
      guard case .accepted(let acceptance) = decision else { continue }
      if request.isPoison { throw Failure.refused }
      accepted.append((request.operation, acceptance))
    }
    if !accepted.isEmpty {
      try strike(.amidWrites)
      try strike(.duringCommit, decisions)
      store.commit(accepted, book)
    }
    try onSettled(Settled(requests: requests, decisions: decisions, book: book), store)
    if !accepted.isEmpty { try strike(.afterCommit, decisions) }
    return decisions
  }

  private mutating func strike(_ point: Fault.Point, _ decisions: [Decision] = []) throws {
    guard let due = fault, due.point == point else { return }
    strikes.append(due)
    fault = due.count > 1 ? Fault(point: point, victim: due.victim, count: due.count - 1) : nil
    switch (due.victim, point) {
    case (.server, _): throw Failure.serverDied
    case (.connection, .duringCommit), (.connection, .afterCommit): throw Failure.lostDuringCommit(decisions)
    case (.connection, _): throw Failure.connectionLost
    }
  }
}
