import Ledger
import Postgres

/// Brings a whole directory up to date in one transaction, under the head's lock: nothing changes between what is checked and what
/// is written, and all of it is recorded or nothing.
///
/// It is the only change that does not pass a lane: a lane's batch is short, and decides its operations one by one, while here
/// people may take each other's names. The lock is the same, so lanes and other imports wait for it. Therefore the directory is
/// read, and the file held against it, before the lock is taken; that is done once more under the lock where somebody changed
/// people meanwhile.
struct DirectoryTransaction {
  /// Entries that go to PostgreSQL in one round trip, and people that come in one, so that neither takes much memory.
  private static let pieceCount = 1_000

  let organization: Int32
  let file: PeopleImport
  let zones: Set<String>
  let progress: @Sendable (Int, Int) -> Void

  /// What the file would come to now. Takes no lock.
  func plan(on connection: PostgresConnection) async throws -> PeoplePlan { try await planned(on: connection).plan }

  /// - Throws: after which nothing was recorded, unless a ``PostgresError`` says that the outcome is unknown; importing again is
  ///   safe then as well.
  func commit(on connection: PostgresConnection) async throws -> PeoplePlan {
    let (before, seen) = try await planned(on: connection)
    if before.update.count == 0 { return before }
    do {
      let answers = try await connection.batch([
        (Self.begin, .none), (Self.lockHeads, listed), (Self.loadBooks, listed),
      ])
      var book = try Self.book(answers[2])
      if let leap = book.clockLeap { throw leap }
      let isOutdated = try await haveChanged(since: seen, book, on: connection)
      let plan = try await isOutdated ? self.plan(people(on: connection), book) : before
      if plan.update.count > 0 {
        try await release(plan.update, on: connection)
        try await write(plan.update, &book, on: connection)
      }
      _ = try await connection.query(Self.commit)
      progress(plan.update.count, plan.update.count)
      return plan
    } catch {
      await connection.rollback()
      throw error
    }
  }

  // MARK: Reading

  /// A plan, and the organisation that it is made for, as it stood.
  private func planned(on connection: PostgresConnection) async throws -> (plan: PeoplePlan, seen: Book) {
    let (people, seen) = try await snapshot(on: connection)
    return (try plan(people, seen), seen)
  }

  /// Everybody, and the organisation, at one instant.
  private func snapshot(
    on connection: PostgresConnection
  ) async throws(PostgresError) -> (people: [Person], book: Book) {
    do throws(PostgresError) {
      let answers = try await connection.batch([
        (Self.begin, .none), (Self.beSnapshot, .none), (Self.loadBooks, listed),
      ])
      let book = try Self.book(answers[2])
      let people = try await people(on: connection)
      _ = try await connection.query(Self.commit)
      return (people, book)
    } catch {
      await connection.rollback()
      throw error
    }
  }

  private func plan(_ people: [Person], _ book: Book) throws -> PeoplePlan {
    var draft = DirectoryDraft(people, today: book.today)
    return try file.plan(&draft, today: book.today, zones: zones)
  }

  /// Everybody. What PostgreSQL answers takes twice as much memory as people do, so it comes in pieces.
  private func people(on connection: PostgresConnection) async throws(PostgresError) -> [Person] {
    var people: [Person] = []
    while true {
      let last = people.last?.id ?? .zero
      let rows = try await connection.query(
        Self.peoplePage,
        Parameters {
          $0.int32(organization)
          $0.uuid(last.rawValue)
          $0.int64(Int64(Self.pieceCount))
        })
      for row in rows { people.append(try BookReading.person(row, from: 0)) }
      if rows.count < Self.pieceCount { return people }
    }
  }

  /// Whether somebody was changed since, or another day has begun, by which leavers are told.
  private func haveChanged(
    since seen: Book, _ book: Book, on connection: PostgresConnection
  ) async throws(PostgresError) -> Bool {
    let rows = try await connection.query(
      Self.peopleChanged,
      Parameters {
        $0.int32(organization)
        $0.int64(seen.head.position)
      })
    return try rows.first?.bool(0) != false || seen.today != book.today
  }

  private var listed: Parameters { Parameters { $0.int32s([organization]) } }

  private static func book(_ rows: Rows) throws(PostgresError) -> Book {
    guard let row = rows.first else { throw PostgresError(.misuse, "there is no such organisation") }
    return try BookReading.book(row)
  }

  // MARK: Writing

  /// Takes from everybody who is called otherwise afterwards what they are called, since indexes compare row by row, and the
  /// order in which people take each other's names may be a circle.
  private func release(_ update: DirectoryUpdate, on connection: PostgresConnection) async throws(PostgresError) {
    for piece in Self.pieces(update.count) {
      let renamed = piece.compactMap { index -> ID? in
        let (before, after) = update[index]
        guard let before, before.handle != after.handle || before.email != after.email else { return nil }
        return after.id
      }
      if renamed.isEmpty { continue }
      _ = try await connection.query(
        Self.releaseNames,
        Parameters {
          $0.int32s(renamed.map { _ in organization })
          $0.uuids(renamed.map(\.rawValue))
        })
    }
  }

  private func write(
    _ update: DirectoryUpdate, _ book: inout Book, on connection: PostgresConnection
  ) async throws(PostgresError) {
    for piece in Self.pieces(update.count) {
      var writes = BatchWrites()
      for index in piece {
        let operation = Operation(
          id: Secrets.id(), actor: nil, salt: Secrets.digest(), action: .putPerson(update[index].after))
        let acceptance = book.enter(update, at: index, operation)
        writes.add(acceptance, of: Submission(organization: organization, operation: operation), book)
      }
      var pace = Pace(on: connection.loop)
      _ = try await connection.batch(writes.statements([organization: book], &pace))
      if piece.upperBound < update.count { progress(piece.upperBound, update.count) }
    }
  }

  private static func pieces(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: pieceCount).map { $0..<min($0 + pieceCount, count) }
  }

  private static let begin = SQL.statement("begin")
  private static let commit = SQL.statement("commit")
  private static let beSnapshot = SQL.statement("snapshot")
  private static let lockHeads = SQL.statement("lock_heads")
  private static let loadBooks = SQL.statement("load_books")
  private static let peoplePage = SQL.statement("people_page")
  private static let peopleChanged = SQL.statement("people_changed")
  private static let releaseNames = SQL.statement("release_names")
}
