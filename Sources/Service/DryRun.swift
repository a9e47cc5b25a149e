import Ledger
import Postgres

/// What an operation would come to: the same reading and deciding as in a lane, on a snapshot. It takes no lane and no lock, so it
/// neither waits for anybody nor lets anybody wait; of each key one is at work at a time.
enum DryRun {
  static func decide(_ submission: Submission, _ exchange: Exchange) async throws(WriteFailure) -> Written {
    let worker = exchange.worker
    await worker.gateway.turns.begin(submission.key, rows: Turns.rowsMax)
    defer { worker.gateway.turns.end(submission.key, rows: Turns.rowsMax) }
    do throws(PostgresError) {
      return try await decide(submission, on: worker.pool)
    } catch {
      throw failure(error, submission, worker.log)
    }
  }

  private static func decide(
    _ submission: Submission, on pool: PostgresPool
  ) async throws(PostgresError) -> Written {
    let reading = BookReading(for: [submission])
    let answers = try await pool.batch([(beginSnapshot, .none)] + reading.queries + [(commit, .none)])
    var pace = Pace(on: pool.loop)
    let books = try await reading.books(from: answers.dropFirst().dropLast(), &pace)
    guard var book = books[submission.organization] else {
      throw PostgresError(.misuse, "there is no organisation \(submission.organization)")
    }
    let decision = book.decide(submission.operation)
    if let defect = book.defect { throw PostgresError(.misuse, defect.description) }
    return Written(decision: decision, actor: submission.operation.actor, book)
  }

  /// The same as a lane says of the operation itself.
  private static func failure(_ error: PostgresError, _ submission: Submission, _ log: Log) -> WriteFailure {
    switch error.kind {
    case .overloaded: return .overloaded
    case .refused, .misuse, .rolledBack:
      log.error("a dry run breaks the database's rules", ["error": "\(error)"])
      return .defective
    default: return .unavailable
    }
  }

  private static let beginSnapshot = SQL.statement("begin_snapshot")
  private static let commit = SQL.statement("commit")
}
