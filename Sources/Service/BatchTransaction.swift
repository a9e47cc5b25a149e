import Ledger
import Postgres

/// One batch of operations of one organisation and its transaction: read under the head's lock, decide, write, commit. Two round
/// trips.
final class BatchTransaction {
  /// How long PostgreSQL may let it wait.
  struct Waits {
    /// For the head; nil is what the session says.
    var head: Duration?
    /// For any other lock.
    var lock: Duration
    /// For a statement.
    var statement: Duration

    /// What is in force until the transaction's end, or until something else is said.
    static func query(lock: Duration, statement: Duration) -> (Statement, Parameters) {
      (
        boundWaits,
        Parameters {
          $0.text("\(Int(lock / .milliseconds(1)))")
          $0.text("\(Int(statement / .milliseconds(1)))")
        }
      )
    }

    private static let boundWaits = SQL.statement("bound_waits")
  }

  private let organization: Int32
  private let submissions: [Submission]
  /// What was decided, from the moment on when COMMIT may have been sent.
  private(set) var written: [Written]?
  /// Why nothing was decided: clocks that disagree.
  private(set) var clockLeap: Refusal?
  /// Whether the head is somebody else's, and was so for as long as it was waited for. Nothing was read then.
  private(set) var isHeadAway = false

  /// - Parameter submissions: at least one; all of one organisation.
  init(_ submissions: [Submission]) {
    precondition(submissions.allSatisfy { $0.organization == submissions[0].organization }, "a batch of several")
    organization = submissions[0].organization
    self.submissions = submissions
  }

  /// - Returns: what became of each operation, in order; by then it is durable.
  /// - Throws: after which nothing was recorded, unless the error's outcome is unknown.
  func commit(on connection: PostgresConnection, _ waits: Waits) async throws(PostgresError) -> [Written] {
    var pace = Pace(on: connection.loop)
    let reading = BookReading(for: submissions)
    var books = try await reading.books(from: read(reading, on: connection, waits), &pace)
    clockLeap = books[organization]?.clockLeap
    var writes = BatchWrites()
    let results = try await decide(&books, &writes, &pace)
    if writes.isEmpty {
      await connection.rollback()
      return results
    }
    let statements = await writes.statements(books, &pace)
    written = results
    _ = try await connection.batch(statements + [(Self.commit, .none)])
    return results
  }

  /// Begins the transaction, takes the head, and asks for what the operations need.
  private func read(
    _ reading: BookReading, on connection: PostgresConnection, _ waits: Waits
  ) async throws(PostgresError) -> ArraySlice<Rows> {
    var queries: [(Statement, Parameters)] = [(Self.begin, .none)]
    if let head = waits.head { queries.append(Waits.query(lock: head, statement: waits.statement)) }
    let headIndex = queries.count
    queries.append((Self.lockHeads, Parameters { $0.int32s([organization]) }))
    queries.append(Waits.query(lock: waits.lock, statement: waits.statement))
    let first = queries.count
    do throws(PostgresError) {
      return try await connection.batch(queries + reading.queries)[first...]
    } catch {
      isHeadAway = error.queryIndex == headIndex && error.kind == .timedOut
      throw error
    }
  }

  /// Whether the operations that were accepted are in the log; asked under the head's lock, so the answer is final.
  func isRecorded(on connection: PostgresConnection, _ waits: Waits) async throws(PostgresError) -> Bool {
    let answers = try await connection.batch([
      (Self.begin, .none),
      Waits.query(lock: waits.lock, statement: waits.statement),
      (Self.lockHeads, Parameters { $0.int32s([organization]) }),
      (
        Self.findEntries,
        Parameters {
          $0.int32s(submissions.map(\.organization))
          $0.uuids(submissions.map(\.operation.id.rawValue))
        }
      ),
      (Self.commit, .none),
    ])
    return !answers[3].isEmpty
  }

  private func decide(
    _ books: inout [Int32: Book], _ writes: inout BatchWrites, _ pace: inout Pace
  ) async throws(PostgresError) -> [Written] {
    // Taken out while it changes, so that its dictionaries are not copied.
    guard var book = books.removeValue(forKey: organization) else {
      throw PostgresError(.misuse, "there is no organisation \(organization)")
    }
    var results: [Written] = []
    results.reserveCapacity(submissions.count)
    for submission in submissions {
      let decision = book.decide(submission.operation)
      // A defect is its operation's own; the lane finds out which one it is by trying the batch in halves.
      if let defect = book.defect { throw PostgresError(.misuse, defect.description) }
      if case .accepted(let acceptance) = decision { writes.add(acceptance, of: submission, book) }
      results.append(Written(decision: decision, actor: submission.operation.actor, book))
      await pace.breathe()
    }
    books[organization] = book
    return results
  }

  private static let begin = SQL.statement("begin")
  private static let commit = SQL.statement("commit")
  private static let lockHeads = SQL.statement("lock_heads")
  private static let findEntries = SQL.statement("find_entries")
}
