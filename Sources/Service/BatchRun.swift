import EventLoop
import Ledger
import Postgres

/// Commits what a lane took from one organisation's line, or finds out why not, and answers everyone in it.
///
/// Invariants:
/// 1. an operation is answered once, and not before its part is committed or known not to be; or it is handed back unanswered;
/// 2. a part that fails is tried again in halves with the same ids, the first one first, so that a poisoned operation ends alone;
/// 3. it ends: whatever waits for PostgreSQL has a limit, and so have vain attempts.
final class BatchRun {
  /// An operation that waits for its answer.
  struct Pending {
    let submission: Submission
    /// When it came, on the monotonic clock.
    let since: UInt64
    let answer: (Lane.Answer) -> Void
  }

  private struct Part {
    let operations: ArraySlice<Pending>
    /// Whether it is half of what failed: then it has less time, since somebody in it may take all that there is.
    var isHalf = false
    var isSecondTry = false
  }

  /// What a statement of a half may take, and of the last one, who stands alone.
  private static let halfMax = Duration.seconds(1)
  private static let lastMax = Duration.seconds(3)
  /// After so much time without a commit the rest is answered: it is PostgreSQL, and not one of the operations.
  private static let vainMax = Duration.seconds(30)
  /// Whoever is answered has something to do: so many in one turn of the loop.
  private static let answersATurn = 32

  private let connections: LaneConnections
  private let log: Log
  /// How long it waits for the head; nil is what the session says.
  private let headWait: Duration?
  /// The next one last.
  private var parts: [Part]
  private var lent: PostgresConnection?
  private var progressAt: UInt64
  /// Whether PostgreSQL gave up waiting or working at any part.
  private(set) var hasTimedOut = false
  /// Why nothing was decided in the last part: clocks that disagree.
  private(set) var clockLeap: Refusal?

  init(_ batch: [Pending], on connections: LaneConnections, headWait: Duration?, log: Log) {
    self.connections = connections
    self.headWait = headWait
    self.log = log
    parts = [Part(operations: batch[...])]
    progressAt = monotonicNanoseconds()
  }

  /// - Returns: those who are not answered, in their order, since somebody else holds the head.
  func run() async -> [Pending] {
    while let part = parts.popLast() {
      if Duration.nanoseconds(Int64(monotonicNanoseconds() &- progressAt)) > Self.vainMax {
        await answer(part, .failure(.unavailable))
      } else if await !attempt(part) {
        parts.append(part)
        break
      }
    }
    if let lent { connections.giveBack(lent) }
    return parts.reversed().flatMap(\.operations)
  }

  /// - Returns: false where it could not have the head.
  private func attempt(_ part: Part) async -> Bool {
    let transaction = BatchTransaction(part.operations.map(\.submission))
    var phase = "connecting"
    do throws(PostgresError) {
      let connection = try await openConnection()
      phase = "committing"
      let written = try await transaction.commit(on: connection, waits(of: part))
      clockLeap = transaction.clockLeap
      await succeed(part, written)
    } catch {
      if transaction.isHeadAway {
        hasTimedOut = true
        await lent?.rollback()
        return false
      }
      if phase == "committing" || connections.noteAbsence() {
        log.warning("a batch failed", ["phase": phase, "operations": "\(part.operations.count)", "error": "\(error)"])
      }
      await recover(part, transaction, from: error)
    }
    return true
  }

  private func waits(of part: Part) -> BatchTransaction.Waits {
    let settings = connections.settings
    guard part.isHalf else {
      return .init(head: headWait, lock: settings.lockTimeout, statement: settings.statementTimeout)
    }
    let most = part.operations.count == 1 ? Self.lastMax : Self.halfMax
    return .init(
      head: headWait, lock: min(most, settings.lockTimeout), statement: min(most, settings.statementTimeout))
  }

  private func recover(_ part: Part, _ transaction: BatchTransaction, from error: PostgresError) async {
    if error.kind == .replicationUnconfirmed {
      // It is in this log, but a failover may lose it: nobody may be told that it is durable.
      return await answer(part, .failure(.outcomeUnknown))
    }
    if error.outcomeUnknown, let written = transaction.written {
      return await settle(part, transaction, written)
    }
    await lent?.rollback()
    switch error.kind {
    case .refused, .misuse, .rolledBack, .timedOut:
      let hasTimedOut = error.kind == .timedOut
      self.hasTimedOut = self.hasTimedOut || hasTimedOut
      let operations = part.operations
      guard operations.count > 1 else {
        let entry = operations.first?.submission.operation.id ?? .zero
        log.error(
          hasTimedOut ? "an operation takes too long" : "an operation breaks the database's rules",
          ["entry": "\(entry)"])
        return await answer(part, .failure(hasTimedOut ? .unavailable : .defective))
      }
      let middle = operations.startIndex + operations.count / 2
      parts.append(Part(operations: operations[middle...], isHalf: part.isHalf || hasTimedOut))
      parts.append(Part(operations: operations[..<middle], isHalf: part.isHalf || hasTimedOut))
    case .connectionLost where !part.isSecondTry:
      // Nothing was sent that could have committed.
      tryAgain(part)
    default:
      await answer(part, .failure(.unavailable))
    }
  }

  private func tryAgain(_ part: Part) {
    var part = part
    part.isSecondTry = true
    parts.append(part)
  }

  /// The connection broke during COMMIT. Taking the head's lock waits for a commit still under way; then the log itself says
  /// whether the operations are in it.
  private func settle(_ part: Part, _ transaction: BatchTransaction, _ written: [Written]) async {
    do throws(PostgresError) {
      if try await transaction.isRecorded(on: openConnection(), waits(of: part)) {
        await succeed(part, written)
      } else if part.isSecondTry {
        await answer(part, .failure(.unavailable))
      } else {
        tryAgain(part)
      }
    } catch {
      await lent?.rollback()
      log.error("a commit's outcome is unknown", ["operations": "\(part.operations.count)", "error": "\(error)"])
      await answer(part, .failure(.outcomeUnknown))
    }
  }

  private func openConnection() async throws(PostgresError) -> PostgresConnection {
    if let lent, lent.isOpen { return lent }
    let lent = try await connections.lend()
    self.lent = lent
    return lent
  }

  // MARK: Answers

  private func succeed(_ part: Part, _ written: [Written]) async {
    progressAt = monotonicNanoseconds()
    for (index, (pending, result)) in zip(part.operations, written).enumerated() {
      pending.answer(.success(result))
      await rest(after: index)
    }
  }

  private func answer(_ part: Part, _ answer: Lane.Answer) async {
    for (index, pending) in part.operations.enumerated() {
      pending.answer(answer)
      await rest(after: index)
    }
  }

  private func rest(after index: Int) async {
    if index % Self.answersATurn == Self.answersATurn - 1 { await connections.loop.nextTurn() }
  }
}
