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

  /// A change of many people whose outcome is settled.
  struct SettledDirectory {
    let request: DirectoryRequest
    let outcome: Result<[Acceptance], WholeDirectory.Faults>
    let book: Book
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

  // MARK: People as a whole

  /// One transaction beside the lanes, which nobody but whoever asked tries again.
  /// - Returns: whether somebody was told what became of it.
  mutating func take(
    _ request: DirectoryRequest, on store: inout Store, onSettled: (SettledDirectory, Store) throws -> Void
  ) throws -> Bool {
    do {
      try strike(.beforeLoading)
      var book = store.book(for: [], at: clock)
      try strike(.afterLoading)
      var accepted: [(Operation, Acceptance)] = []
      var outcome: Result<[Acceptance], WholeDirectory.Faults> = .success([])
      do throws(WholeDirectory.Faults) {
        let update = try DirectoryUpdate(store.draft(with: request.people, on: book.today))
        for index in 0..<update.count {
          let operation = request.operation(index, update[index].after)
          accepted.append((operation, book.enter(update, at: index, operation)))
        }
        outcome = .success(accepted.map(\.1))
      } catch {
        outcome = .failure(error)
      }
      try strike(.afterDeciding)
      if !accepted.isEmpty {
        try store.checkNames(of: accepted.map(\.0))
        try strike(.amidWrites)
        try strike(.duringCommit)
        store.commit(accepted, book)
      }
      try onSettled(SettledDirectory(request: request, outcome: outcome, book: book), store)
      try strike(.afterCommit)
      return true
    } catch is Failure {
      return false
    }
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
