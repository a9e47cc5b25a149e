import Ledger
import Postgres

/// Brings a whole directory up to date in one transaction, under the head's lock: nothing changes between what is checked and what
/// is written, and all of it is recorded or nothing.
///
/// It is the only change that does not pass a lane: a lane's batch is short, and decides its operations one by one, while here
/// people may take each other's names. The lock is the same, so lanes and other imports wait for it.
struct DirectoryTransaction {
  /// Entries that go to PostgreSQL in one round trip, so that memory does not grow with the file.
  private static let pieceCount = 1_000

  let organization: Int32
  let file: PeopleImport
  let zones: Set<String>
  let progress: @Sendable (Int, Int) -> Void

  /// What the file would come to now. Takes no lock.
  func plan(on connection: PostgresConnection) async throws -> (plan: PeoplePlan, people: [Person]) {
    let answers = try await connection.batch(Array(reading.dropFirst(2)))
    let (book, people) = try Self.book(answers)
    return (try file.plan(people, today: book.today, zones: zones), people)
  }

  /// - Throws: after which nothing was recorded, unless a ``PostgresError`` says that the outcome is unknown; importing again is
  ///   safe then as well.
  func commit(on connection: PostgresConnection) async throws -> PeoplePlan {
    do {
      let answers = try await connection.batch(reading)
      var (book, people) = try Self.book(answers.dropFirst(2))
      let plan = try file.plan(people, today: book.today, zones: zones)
      people = []
      let update: DirectoryUpdate
      do throws(WholeDirectory.Fault) {
        update = try book.update(plan.changes.map(\.after))
      } catch {
        throw error.refusal { book.people[$0]?.handle ?? "\($0)" }
      }
      guard !update.people.isEmpty else {
        await connection.rollback()
        return plan
      }
      try await release(update, book, connection)
      try await write(update, &book, connection)
      _ = try await connection.query(Self.commit)
      progress(update.people.count, update.people.count)
      return plan
    } catch {
      await connection.rollback()
      throw error
    }
  }

  /// Takes from everybody who is called otherwise afterwards what they are called, since indexes compare row by row, and the
  /// order in which people take each other's names may be a circle.
  private func release(
    _ update: DirectoryUpdate, _ book: Book, _ connection: PostgresConnection
  ) async throws(PostgresError) {
    let renamed = update.people.filter { person in
      guard let before = book.people[person.id] else { return false }
      return before.handle != person.handle || before.email != person.email
    }
    for piece in Self.pieces(renamed.count) {
      _ = try await connection.query(
        Self.releaseNames,
        Parameters {
          $0.int32s(piece.map { _ in organization })
          $0.uuids(renamed[piece].map(\.id.rawValue))
        })
    }
  }

  private func write(
    _ update: DirectoryUpdate, _ book: inout Book, _ connection: PostgresConnection
  ) async throws(PostgresError) {
    for piece in Self.pieces(update.people.count) {
      var writes = BatchWrites()
      for index in piece {
        let operation = Operation(
          id: Secrets.id(), actor: nil, salt: Secrets.digest(), action: .putPerson(update.people[index]))
        let acceptance = book.enter(update, at: index, operation)
        writes.add(acceptance, of: Submission(organization: organization, operation: operation), book)
      }
      var pace = Pace(on: connection.loop)
      _ = try await connection.batch(writes.statements([organization: book], &pace))
      if piece.upperBound < update.people.count { progress(piece.upperBound, update.people.count) }
    }
  }

  private static func pieces(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: pieceCount).map { $0..<min($0 + pieceCount, count) }
  }

  private var reading: [(Statement, Parameters)] {
    let list = Parameters { $0.int32s([organization]) }
    return [
      (Self.begin, .none), (Self.lockHeads, list), (Self.loadBooks, list),
      (Self.allPeople, Parameters { $0.int32(organization) }),
    ]
  }

  private static func book(_ answers: some Sequence<Rows>) throws(PostgresError) -> (Book, [Person]) {
    var book: Book?
    var people: [Person] = []
    for (index, rows) in answers.enumerated() {
      for row in rows {
        if index == 0 { book = try BookReading.book(row) } else { people.append(try BookReading.person(row, from: 0)) }
      }
    }
    guard var book else { throw PostgresError(.misuse, "there is no such organisation") }
    for person in people { book.load(person) }
    return (book, people)
  }

  private static let begin = SQL.statement("begin")
  private static let commit = SQL.statement("commit")
  private static let lockHeads = SQL.statement("lock_heads")
  private static let loadBooks = SQL.statement("load_books")
  private static let allPeople = SQL.statement("all_people")
  private static let releaseNames = SQL.statement("release_names")
}
