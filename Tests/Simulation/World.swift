import Ledger

/// One organisation's life, run from its history: the ledger in its lane on one side, the model on the other.
final class World {
  let charter: Charter
  private(set) var store: Store
  private var model: Model
  private var audit: Audit
  private var figures = Figures()
  private var acknowledged: [(position: Int64, entry: ID)] = []
  /// What was last answered to each key, and whether it ever had an effect.
  private var keys: [Book.IdempotencyScope: (isOpen: Bool, hadEffect: Bool)] = [:]
  /// What happened, where somebody wants to read it.
  private var lines: [String]?

  init(_ charter: Charter, isToldAll: Bool = false) throws {
    self.charter = charter
    store = Store(organization: charter.organization, zone: charter.zone, program: charter.program)
    model = Model(program: charter.program)
    audit = Audit(of: charter.organization)
    lines = isToldAll ? [] : nil
    _ = try perform(charter.founding().batch)
  }

  /// Takes a batch through the lane, and compares.
  func perform(_ batch: Batch) throws -> [Answer] {
    var answers: [Answer] = []
    defer { tell(batch, answers) }
    var lane = Lane(batch) { [self] settled, store in
      lastSettled = settled
      try audit.follow(store)
      try model.check(settled, store)
      figures.count(settled)
      lastSettled = nil
    }
    defer {
      for strike in lane.strikes {
        figures.faults["\(strike.victim.rawValue) lost \(strike.point.rawValue)", default: 0] += 1
      }
      figures.poisons += lane.poisonCount
    }
    if let request = batch.directory { try take(request, &lane) }
    answers = try lane.work(batch, on: &store)
    for (request, answer) in zip(batch.requests, answers) { try note(request.operation, answer) }
    return answers
  }

  private func take(_ request: DirectoryRequest, _ lane: inout Lane) throws {
    var positions: [(Int64, ID)] = []
    let isAnswered = try lane.take(request, on: &store) { settled, store in
      try audit.follow(store)
      try model.check(settled, store)
      figures.count(settled)
      if case .success(let acceptances) = settled.outcome {
        positions = acceptances.map { ($0.entry.position, $0.entry.id) }
      }
    }
    lines?.append("\(request.people.count) people as a whole: \(isAnswered ? "answered" : "no answer")")
    if isAnswered { acknowledged += positions }
  }

  /// Whatever takes a look at everything.
  func finish() throws -> Figures {
    try model.compareAll(store)
    try audit.finish(store)
    for (position, entry) in acknowledged { try checkRecorded(position, entry) }
    for (scope, state) in keys where !state.isOpen {
      let count = audit.count(of: scope)
      try require(count == (state.hadEffect ? 1 : 0), "a key had \(count) effects")
    }
    figures += model.figures
    figures.worlds = 1
    return figures
  }

  private func note(_ operation: Operation, _ answer: Answer) throws(Discrepancy) {
    var hadEffect = false
    if case .decided(let decision) = answer {
      switch decision {
      case .accepted(let acceptance):
        hadEffect = true
        acknowledged.append((acceptance.entry.position, operation.id))
        try checkRecorded(acceptance.entry.position, operation.id)
      case .replayed(let effect):
        hadEffect = true
        try checkRecorded(effect.position, effect.entry)
      case .refused(let refusal): hadEffect = refusal.code == .idempotencyKeyReused
      case .unchanged: break
      }
    }
    guard let actor = operation.actor, let key = operation.idempotency?.key else { return }
    let scope = Book.IdempotencyScope(actor: actor, key: key)
    keys[scope] = (answer.leavesOpen, hadEffect || keys[scope]?.hadEffect == true)
  }

  private func checkRecorded(_ position: Int64, _ entry: ID) throws(Discrepancy) {
    try require(
      store.entries.indices.contains(Int(position) - 1) && store.entries[Int(position) - 1].id == entry,
      "what was answered is not at \(position) of the log")
  }

  // MARK: Telling

  private var lastSettled: Lane.Settled?

  /// One line an operation, with what it was decided to be where it was not answered.
  var transcript: String { (lines ?? []).joined(separator: "\n") }

  private func tell(_ batch: Batch, _ answers: [Answer]) {
    guard lines != nil else { return }
    let local = Int64(store.calendar.offset(at: batch.clock)) + batch.clock.wholeSeconds
    let day = Transcript.word(Day(number: Int32(local / 86_400)))
    let time = "\(local / 3_600 % 24):\(local / 60 % 60):\(local % 60)"
    let fault = batch.fault.map { ", \($0.victim.rawValue) lost \($0.point.rawValue) \($0.count) times" } ?? ""
    lines?.append("batch of \(batch.requests.count), \(day) \(time) \(store.calendar.text)\(fault)")
    let failed = lastSettled.map { Array($0.decisions.map(Answer.decided)) } ?? []
    for (index, request) in batch.requests.enumerated() {
      let answer = index < answers.count ? answers[index] : index < failed.count ? failed[index] : .nothing
      let poison = request.isPoison ? " (poison)" : ""
      lines?.append(Transcript.line(request.operation, answer, store) + poison)
    }
  }
}
