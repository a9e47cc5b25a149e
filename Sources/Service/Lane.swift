import EventLoop
import Ledger
import Postgres

/// Collects operations while the previous batch commits, then commits them together: no timer, no linger. A commit thus
/// carries hundreds of operations when it is busy, and one when it is idle.
///
/// Invariants:
/// 1. an operation is answered once, and not before its batch is committed or known not to be;
/// 2. operations of one lane are decided in the order of their arrival;
/// 3. a batch that fails is tried again in halves with the same ids, so that a poisoned operation ends alone.
///
/// `@unchecked Sendable` holds because everything but `submit` and `close` runs on the loop's thread.
final class Lane: @unchecked Sendable {
  typealias Answer = Result<Written, WriteFailure>

  private struct Pending {
    let submission: Submission
    let answer: (Answer) -> Void
  }

  /// Operations in a transaction: beyond this a batch gains nothing and only delays whoever is in it.
  static let batchCountMax = 512
  /// Operations waiting: some seconds of work, after which a caller is better told to come back.
  static let waitingCountMax = 16_384

  /// How old a new connection's plans get, in nanoseconds, before they are made anew. A young ledger outgrows them faster than
  /// statistics follow; the interval doubles each time, so a grown one is hardly ever made to wait for planning.
  private static let planAgeFirst: UInt64 = 5_000_000_000

  private let loop: EventLoop
  private let settings: ConnectionSettings
  private let log: Log
  private var connection: PostgresConnection?
  /// A second at most, which the batch waits: whoever is in it then either has a connection or an answer.
  private var backoff = Backoff(limit: .seconds(1))
  /// Whether it was said that there is no connection: while PostgreSQL is away, each batch would say so again.
  private var isAbsenceNoted = false
  private var isLeapNoted = false
  /// Before this moment there is no other attempt to connect.
  private var connectAt: UInt64 = 0
  /// When the connection's plans were made, on the monotonic clock.
  private var plannedAt: UInt64 = 0
  private var planAgeMax = planAgeFirst
  private var waiting: [Pending] = []
  private var isRunning = false
  private var isClosed = false
  /// Those who wait for the lane to be closed.
  private var closers: [UnsafeContinuation<Void, Never>] = []

  init(_ settings: ConnectionSettings, on loop: EventLoop, log: Log) {
    var settings = settings
    // A lane looks rows up by key, few at a time: never by reading a table, whatever the statistics say of a new one.
    settings.parameters.append(("enable_seqscan", "off"))
    self.settings = settings
    self.loop = loop
    self.log = log
  }

  // MARK: From any thread

  func submit(_ submission: Submission) async -> Answer {
    await withUnsafeContinuation { continuation in
      let add: @Sendable () -> Void = { self.add(submission) { continuation.resume(returning: $0) } }
      if loop.isCurrent { add() } else { loop.execute(add) }
    }
  }

  /// Hands over several at once; the answers come in the same order.
  func submit(_ submissions: [Submission]) async -> [Answer] {
    if submissions.isEmpty { return [] }
    return await withUnsafeContinuation { continuation in
      loop.execute {
        let answers = AnswerList(count: submissions.count, continuation)
        for (index, submission) in submissions.enumerated() {
          self.add(submission) { answers.set(index, $0) }
        }
      }
    }
  }

  /// Waits for the batch under way, then closes the connection. What waits behind it, or comes later, is answered
  /// `unavailable`: a database that is silent just now would make each further batch wait as long as the first.
  func close() async {
    await withUnsafeContinuation { continuation in
      loop.execute {
        self.isClosed = true
        self.closers.append(continuation)
        let left = self.waiting[...]
        self.waiting = []
        self.answer(left, .failure(.unavailable))
        if !self.isRunning { self.becomeIdle() }
      }
    }
  }

  // MARK: On the loop

  private func add(_ submission: Submission, _ answer: @escaping (Answer) -> Void) {
    guard !isClosed else { return answer(.failure(.unavailable)) }
    guard waiting.count < Self.waitingCountMax else { return answer(.failure(.overloaded)) }
    waiting.append(Pending(submission: submission, answer: answer))
    guard !isRunning else { return }
    isRunning = true
    loop.spawn { await self.run() }
  }

  private func run() async {
    while !waiting.isEmpty {
      let batch = Array(waiting.prefix(Self.batchCountMax))
      waiting.removeFirst(batch.count)
      await commit(batch[...])
    }
    isRunning = false
    becomeIdle()
  }

  private func becomeIdle() {
    guard isClosed else { return }
    connection?.close()
    connection = nil
    for closer in closers { closer.resume() }
    closers = []
  }

  /// Commits `batch`, or finds out why not, and answers everyone in it.
  private func commit(_ batch: ArraySlice<Pending>, isSecondTry: Bool = false) async {
    let transaction = BatchTransaction(batch.map(\.submission))
    var phase = "connecting"
    do throws(PostgresError) {
      let connection = try await openConnection()
      phase = "committing"
      let written = try await transaction.commit(on: connection)
      note(transaction.clockLeap)
      for (pending, result) in zip(batch, written) { pending.answer(.success(result)) }
    } catch {
      let isNoted = phase == "connecting" && isAbsenceNoted
      isAbsenceNoted = phase == "connecting"
      if !isNoted {
        log.warning("a batch failed", ["phase": phase, "operations": "\(batch.count)", "error": "\(error)"])
      }
      await recover(batch, transaction, from: error, isSecondTry)
    }
  }

  private func recover(
    _ batch: ArraySlice<Pending>, _ transaction: BatchTransaction, from error: PostgresError, _ isSecondTry: Bool
  ) async {
    if error.kind == .replicationUnconfirmed {
      // It is in this log, but a failover may lose it: nobody may be told that it is durable.
      return answer(batch, .failure(.outcomeUnknown))
    }
    if error.outcomeUnknown, let written = transaction.written {
      return await settle(batch, written, isSecondTry)
    }
    await connection?.rollback()
    switch error.kind {
    case .refused, .misuse, .rolledBack:
      guard batch.count > 1 else {
        log.error(
          "an operation breaks the database's rules", ["entry": "\(batch.first?.submission.operation.id ?? .zero)"])
        return answer(batch, .failure(.defective))
      }
      let middle = batch.startIndex + batch.count / 2
      await commit(batch[..<middle])
      await commit(batch[middle...])
    case .connectionLost where !isSecondTry:
      // Nothing was sent that could have committed.
      await commit(batch, isSecondTry: true)
    default:
      answer(batch, .failure(.unavailable))
    }
  }

  /// The connection broke during COMMIT. Taking the head locks waits for a commit still under way; then the log itself says
  /// whether the operations are in it.
  private func settle(_ batch: ArraySlice<Pending>, _ written: [Written], _ isSecondTry: Bool) async {
    do throws(PostgresError) {
      let isCommitted = try await BatchTransaction(batch.map(\.submission)).isRecorded(on: openConnection())
      if isCommitted {
        for (pending, result) in zip(batch, written) { pending.answer(.success(result)) }
      } else if isSecondTry {
        answer(batch, .failure(.unavailable))
      } else {
        await commit(batch, isSecondTry: true)
      }
    } catch {
      await connection?.rollback()
      log.error("a commit's outcome is unknown", ["operations": "\(batch.count)", "error": "\(error)"])
      answer(batch, .failure(.outcomeUnknown))
    }
  }

  /// Says so once, until a batch finds the clocks agreeing.
  private func note(_ leap: Refusal?) {
    if let leap, !isLeapNoted { log.error(leap.code.rawValue, ["detail": leap.detail]) }
    isLeapNoted = leap != nil
  }

  private func answer(_ batch: ArraySlice<Pending>, _ answer: Answer) {
    for pending in batch { pending.answer(answer) }
  }

  private func openConnection() async throws(PostgresError) -> PostgresConnection {
    if let connection, connection.isOpen {
      if loop.now > plannedAt + planAgeMax {
        plannedAt = loop.now
        planAgeMax *= 2
        _ = try await connection.query(Self.discardPlans)
      }
      return connection
    }
    if loop.now < connectAt { await loop.sleep(for: .nanoseconds(Int64(connectAt - loop.now))) }
    do throws(PostgresError) {
      let opened = try await PostgresConnection.connect(settings, on: loop)
      connection = opened
      isAbsenceNoted = false
      backoff.reset()
      plannedAt = loop.now
      planAgeMax = Self.planAgeFirst
      return opened
    } catch {
      connectAt = loop.now + UInt64(backoff.next(random: .random(in: 0..<1)) / .nanoseconds(1))
      throw error
    }
  }

  private static let discardPlans = SQL.statement("discard_plans")
}

/// Collects the answers to several operations; confined to their lane's loop.
private final class AnswerList {
  private var answers: [Lane.Answer?]
  private var missing: Int
  private let continuation: UnsafeContinuation<[Lane.Answer], Never>

  init(count: Int, _ continuation: UnsafeContinuation<[Lane.Answer], Never>) {
    answers = Array(repeating: nil, count: count)
    missing = count
    self.continuation = continuation
  }

  func set(_ index: Int, _ answer: Lane.Answer) {
    answers[index] = answer
    missing -= 1
    if missing == 0 { continuation.resume(returning: answers.compactMap { $0 }) }
  }
}
