import Ledger
import Postgres

/// One batch of operations and its transaction: read under the head locks, decide, write, commit. Two round trips.
final class BatchTransaction {
  private let submissions: [Submission]
  /// What was decided, from the moment on when COMMIT may have been sent.
  private(set) var written: [Written]?
  /// Why nothing was decided for one of the organisations: clocks that disagree.
  private(set) var clockLeap: Refusal?

  init(_ submissions: [Submission]) { self.submissions = submissions }

  /// - Returns: what became of each operation, in order; by then it is durable.
  /// - Throws: after which nothing was recorded, unless the error's outcome is unknown.
  func commit(on connection: PostgresConnection) async throws(PostgresError) -> [Written] {
    let reading = BookReading(for: submissions)
    let answers = try await connection.batch([(Self.begin, .none)] + reading.queries)
    var books = try reading.books(from: answers.dropFirst())
    clockLeap = books.values.lazy.compactMap(\.clockLeap).first
    var writes = BatchWrites()
    let results = try decide(&books, &writes)
    if writes.isEmpty {
      await connection.rollback()
      return results
    }
    written = results
    _ = try await connection.batch(writes.statements(books) + [(Self.commit, .none)])
    return results
  }

  /// Whether the operations that were accepted are in the log; asked under the head locks, so the answer is final.
  func isRecorded(on connection: PostgresConnection) async throws(PostgresError) -> Bool {
    let organizations = BookReading.organizations(of: submissions)
    let answers = try await connection.batch([
      (Self.begin, .none),
      (Self.lockHeads, Parameters { $0.int32s(organizations) }),
      (
        Self.findEntries,
        Parameters {
          $0.int32s(submissions.map(\.organization))
          $0.uuids(submissions.map(\.operation.id.rawValue))
        }
      ),
      (Self.commit, .none),
    ])
    return !answers[2].isEmpty
  }

  private func decide(_ books: inout [Int32: Book], _ writes: inout BatchWrites) throws(PostgresError) -> [Written] {
    var results: [Written] = []
    results.reserveCapacity(submissions.count)
    for submission in submissions {
      // Taken out while it changes, so that its dictionaries are not copied.
      guard var book = books.removeValue(forKey: submission.organization) else {
        throw PostgresError(.misuse, "there is no organisation \(submission.organization)")
      }
      if submission.isDryRun {
        var copy = book
        let decision = copy.decide(submission.operation)
        try Self.check(copy)
        results.append(Written(decision: decision, actor: submission.operation.actor, copy))
      } else {
        let decision = book.decide(submission.operation)
        try Self.check(book)
        if case .accepted(let acceptance) = decision { writes.add(acceptance, of: submission, book) }
        results.append(Written(decision: decision, actor: submission.operation.actor, book))
      }
      books[submission.organization] = book
    }
    return results
  }

  /// A defect is its operation's own; the lane finds out which one it is by trying the batch in halves.
  private static func check(_ book: Book) throws(PostgresError) {
    if let defect = book.defect { throw PostgresError(.misuse, defect.description) }
  }

  private static let begin = SQL.statement("begin")
  private static let commit = SQL.statement("commit")
  private static let lockHeads = SQL.statement("lock_heads")
  private static let findEntries = SQL.statement("find_entries")
}
