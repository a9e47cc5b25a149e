import Testing

@testable import Postgres

@Suite("The pipeline's matching")
struct PipelineTests {
  typealias Matching = Pipeline<String, Int>

  /// Feeds a transcript of what libpq says and writes down what comes of it.
  private func run(
    _ exchanges: [Exchange<String, Int>], _ events: [Matching.Event]
  ) -> [String] {
    var pipeline = Matching()
    for exchange in exchanges { pipeline.append(exchange) }
    var lines: [String] = []
    for event in events {
      switch pipeline.receive(event) {
      case .proceed: break
      case .wait: lines.append("wait")
      case .broken: lines.append("broken")
      case .forget(let statement): lines.append("forget \(statement)")
      case .finished(let caller, .success(let values)): lines.append("\(caller): \(values.joined(separator: " "))")
      case .finished(let caller, .failure(let error)):
        lines.append("\(caller): \(error.sqlstate) at \(error.queryIndex ?? -1)")
      }
    }
    return lines
  }

  private func exchange(
    _ caller: Int, count: Int = 1, preparing: [(query: Int, statement: Int)] = [], commit: Int? = nil,
    mayCommit: Bool = true
  ) -> Exchange<String, Int> {
    Exchange(caller: caller, count: count, preparations: preparing, commitIndex: commit, mayCommit: mayCommit)
  }

  private let refusal = PostgresError(.refused, "refused", sqlstate: "23505")

  @Test("answers in the order of sending, each at its sync")
  func order() {
    let lines = run(
      [exchange(1), exchange(2)],
      [.value("a"), .end, .end, .sync, .value("b"), .end, .sync])
    #expect(lines == ["wait", "1: a", "2: b"])
  }

  @Test("does not take a preparation's success for a result")
  func preparation() {
    let lines = run(
      [exchange(1, count: 2, preparing: [(0, 7), (1, 8)])],
      [.value("parsed"), .end, .value("a"), .end, .value("parsed"), .end, .value("b"), .end, .sync])
    #expect(lines == ["1: a b"])
  }

  @Test("fails a batch by its first failure, and forgets statements that were not prepared")
  func failure() {
    let lines = run(
      [exchange(1, count: 3, preparing: [(2, 9)]), exchange(2)],
      [
        .value("a"), .end, .failure(refusal), .end, .skipped, .end, .skipped, .end, .sync, .value("b"), .end, .sync,
      ])
    #expect(lines == ["forget 9", "1: 23505 at 1", "2: b"])
  }

  @Test("fails the query whose preparation failed")
  func failedPreparation() {
    let lines = run(
      [exchange(1, count: 2, preparing: [(1, 9)])],
      [.value("a"), .end, .failure(refusal), .end, .skipped, .end, .sync])
    #expect(lines == ["forget 9", "1: 23505 at 1"])
  }

  @Test("fails what succeeded but could not be committed at the sync")
  func deferredFailure() {
    #expect(run([exchange(1)], [.value("a"), .end, .failure(refusal), .sync]) == ["1: 23505 at 0"])
    #expect(run([exchange(1)], [.value("a"), .end, .failure(refusal), .end, .sync]) == ["1: 23505 at 0"])
  }

  @Test("calls what fits no exchange out of step")
  func outOfStep() {
    let transcripts: [[Matching.Event]] = [
      [.sync], [.value("a"), .value("b")], [.skipped], [.value("a"), .end, .value("b")],
    ]
    for events in transcripts { #expect(run([exchange(1)], events).last == "broken") }
    #expect(run([], [.sync]) == ["broken"])
  }

  @Test("says of each exchange that a loss interrupts whether it may have been committed")
  func loss() {
    var pipeline = Matching()
    pipeline.append(exchange(1, mayCommit: true))
    pipeline.append(exchange(2, mayCommit: false))
    pipeline.append(exchange(3, count: 2))
    let loss = PostgresError(.connectionLost(outcomeUnknown: true), "gone")
    var ends: [PostgresError.Kind] = []
    for _ in 0..<2 { if let (_, error) = pipeline.abandonFirst(loss) { ends.append(error.kind) } }
    _ = pipeline.receive(.failure(refusal))
    while let (_, error) = pipeline.abandonFirst(loss) { ends.append(error.kind) }
    #expect(ends == [.connectionLost(outcomeUnknown: true), .connectionLost(outcomeUnknown: false), .refused])
  }

  @Test("knows a COMMIT's result when it comes")
  func commit() {
    var pipeline = Matching()
    pipeline.append(exchange(1, count: 2, preparing: [(1, 3)], commit: 1))
    var seen: [Bool] = []
    for event in [Matching.Event.value("a"), .end, .value("parsed"), .end, .value("b")] {
      seen.append(pipeline.isAtCommit)
      _ = pipeline.receive(event)
    }
    #expect(seen == [false, false, false, false, true])
  }

  @Test("keeps a queue's order while it wraps and grows")
  func queue() {
    var queue = Queue<Int>()
    var taken: [Int] = []
    for number in 0..<1_000 {
      queue.append(number)
      if number % 3 != 0, let first = queue.popFirst() { taken.append(first) }
    }
    while let first = queue.popFirst() { taken.append(first) }
    #expect(taken == Array(0..<1_000))
    #expect(queue.isEmpty)
  }
}

@Suite("The pool's bookkeeping")
struct LeasesTests {
  final class Thing {
    let name: String
    init(_ name: String) { self.name = name }
  }

  @Test("opens up to the limit, then lets wait up to a bound, then refuses")
  func bounds() {
    var leases = Leases<Thing, Thing>(limit: 2, waitersMax: 1)
    var answers: [String] = []
    for _ in 0..<4 {
      switch leases.request() {
      case .use: answers.append("use")
      case .open: answers.append("open")
      case .wait:
        answers.append("wait")
        leases.wait(Thing("waiter"))
      case .refuse: answers.append("refuse")
      }
    }
    #expect(answers == ["open", "open", "wait", "refuse"])
    #expect(leases.leasedCount == 2)
  }

  @Test("hands what is given back to whoever has waited longest, and keeps it otherwise")
  func order() throws {
    var leases = Leases<Thing, Thing>(limit: 1, waitersMax: 3)
    guard case .open = leases.request() else { throw PostgresError(.misuse, "expected a place") }
    let (first, second, third) = (Thing("first"), Thing("second"), Thing("third"))
    for waiter in [first, second, third] { leases.wait(waiter) }
    leases.leave(second)
    let connection = Thing("connection")
    let served = (0..<3).map { _ in leases.giveBack(connection)?.name }
    #expect(served == ["first", "third", nil])
    guard case .use(let idle) = leases.request() else { throw PostgresError(.misuse, "expected the idle one") }
    #expect(idle === connection)
  }

  @Test("gives a lost connection's place to a waiter, or frees it")
  func loss() throws {
    var leases = Leases<Thing, Thing>(limit: 1, waitersMax: 1)
    guard case .open = leases.request() else { throw PostgresError(.misuse, "expected a place") }
    let waiter = Thing("waiter")
    leases.wait(waiter)
    let heirs = (0..<2).map { _ in leases.lost()?.name }
    #expect(heirs == ["waiter", nil])
    #expect(leases.openCount == 0)
    guard case .open = leases.request() else { throw PostgresError(.misuse, "expected a place") }
    let connection = Thing("connection")
    _ = leases.giveBack(connection)
    let removals = (0..<2).map { _ in leases.remove(idle: connection) }
    #expect(removals == [true, false])
    #expect(leases.openCount == 0)
  }

  @Test("waits twice as long after each failure, up to a limit, and never in step with others")
  func backoff() {
    var low = Backoff()
    var high = Backoff()
    let lows = (0..<12).map { _ in low.next(random: 0) }
    let highs = (0..<12).map { _ in high.next(random: 0.999) }
    #expect(lows.prefix(3) == [.milliseconds(25), .milliseconds(50), .milliseconds(100)])
    #expect(zip(lows, highs).allSatisfy { $0 < $1 && $1 < $0 * 2 })
    #expect(lows.last == Backoff.limit / 2)
    low.reset()
    let first = low.next(random: 0)
    #expect(first == .milliseconds(25))
  }
}
