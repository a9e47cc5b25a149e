/// Brings a schema up to the binary's and says whether it is there. Rows of `schema_migrations` tell what has landed.
///
/// Invariants:
/// 1. one process migrates at a time: it holds an advisory lock of its session;
/// 2. a migration and its row are one transaction, so after a crash the next run goes on exactly where this one ended;
/// 3. row 0 is the views' checksum. A migration deletes it, as views may have fallen with what they stood on, and it
///    comes back in the transaction that re-creates them.
public enum Migrator {
  public struct Applied: Sendable, Equatable {
    /// Run now, in order.
    public var migrations: [Migration] = []
    public var hasRecreatedViews = false
  }

  public enum Status: Sendable, Equatable {
    /// Exactly this binary's.
    case current
    /// Migrations or views are still to be run.
    case behind
    /// Not to be migrated by this binary.
    case refused(MigrationError)
  }

  /// Runs what has not landed yet, then re-creates the views if they changed.
  /// - Parameters:
  ///   - connection: used by nobody else meanwhile. Its `statement_timeout` is lifted for the run, `lock_timeout` is not.
  ///   - patience: how long to wait for another process that migrates.
  /// - Throws: ``MigrationError``, or ``PostgresError`` where the fault is not a migration's. The connection is closed
  ///   then, unless the error is ``MigrationError/busy``.
  public static func run(
    _ connection: PostgresConnection, _ migrations: [Migration], views: [SchemaView] = [],
    patience: Duration = .seconds(300)
  ) async throws -> Applied {
    try await lock(connection, patience)
    do {
      let limit = connection.silenceLimit
      connection.silenceLimit = nil
      _ = try await connection.query(Statements.setTimeout, Parameters { $0.text("0") })
      let applied = try await apply(migrations, views, connection)
      let timeout = connection.settings.statementTimeout.milliseconds
      _ = try await connection.batch([
        (Statements.setTimeout, Parameters { $0.text(String(timeout)) }), (Statements.unlock, .none),
      ])
      connection.silenceLimit = limit
      return applied
    } catch {
      // The lock and the timeout are the session's, and so they end with it.
      connection.close()
      throw error
    }
  }

  /// Compares the schema with the binary's; changes nothing.
  public static func status(
    _ connection: PostgresConnection, _ migrations: [Migration], views: [SchemaView] = []
  ) async throws(PostgresError) -> Status {
    do {
      return try compare(migrations, views, with: await connection.query(Statements.landed))
    } catch {
      return try statusWithoutTable(error)
    }
  }

  /// Compares the schema with the binary's; changes nothing.
  public static func status(
    _ pool: PostgresPool, _ migrations: [Migration], views: [SchemaView] = []
  ) async throws(PostgresError) -> Status {
    do {
      return try compare(migrations, views, with: await pool.query(Statements.landed, isIdempotent: true))
    } catch {
      return try statusWithoutTable(error)
    }
  }

  private static func statusWithoutTable(_ error: PostgresError) throws(PostgresError) -> Status {
    guard error.sqlstate == SQLState.undefinedTable else { throw error }
    return .behind
  }

  private static func compare(
    _ migrations: [Migration], _ views: [SchemaView], with rows: Rows
  ) throws(PostgresError) -> Status {
    let (landed, viewsChecksum) = try read(rows)
    do throws(MigrationError) {
      let pending = try pendingMigrations(known: migrations, landed: landed)
      return pending.isEmpty && viewsChecksum == checksum(views) ? .current : .behind
    } catch {
      return .refused(error)
    }
  }

  private static func apply(
    _ migrations: [Migration], _ views: [SchemaView], _ connection: PostgresConnection
  ) async throws -> Applied {
    try await connection.execute(Statements.createTable)
    var (landed, viewsChecksum) = try read(await connection.query(Statements.landed))
    var applied = Applied()
    for migration in try pendingMigrations(known: migrations, landed: landed) {
      try await apply(migration, connection)
      applied.migrations.append(migration)
      viewsChecksum = nil
    }
    if viewsChecksum != checksum(views) {
      try await recreate(views, connection)
      applied.hasRecreatedViews = !views.isEmpty
    }
    return applied
  }

  private static func apply(_ migration: Migration, _ connection: PostgresConnection) async throws {
    do {
      _ = try await connection.query(.begin)
      try await connection.execute(migration.sql)
      guard connection.isInTransaction else {
        throw MigrationError.endsTransaction(migration.number, name: migration.name)
      }
      _ = try await connection.batch([
        (Statements.insert, row(migration.number, migration.name, migration.checksum)),
        (Statements.forgetViews, .none), (.commit, .none),
      ])
    } catch let error as PostgresError {
      throw MigrationError.failed(migration.number, name: migration.name, error)
    }
  }

  private static func recreate(_ views: [SchemaView], _ connection: PostgresConnection) async throws {
    _ = try await connection.query(.begin)
    for view in views {
      do {
        try await connection.execute(view.sql)
      } catch {
        throw MigrationError.failed(0, name: view.name, error)
      }
      guard connection.isInTransaction else { throw MigrationError.endsTransaction(0, name: view.name) }
    }
    var queries = [(Statements.forgetViews, Parameters.none)]
    if let checksum = checksum(views) { queries.append((Statements.insert, row(0, "views", checksum))) }
    _ = try await connection.batch(queries + [(.commit, .none)])
  }

  /// Asks again and again instead of waiting in the server: a waiting session would hold a snapshot, which blocks
  /// `CREATE INDEX CONCURRENTLY` of the session it waits for.
  private static func lock(_ connection: PostgresConnection, _ patience: Duration) async throws {
    let step = Duration.milliseconds(100)
    var waited = Duration.zero
    while try await !connection.query(Statements.lock)[0].bool(0) {
      guard waited < patience else { throw MigrationError.busy }
      await connection.loop.sleep(for: step)
      waited += step
    }
  }

  private static func read(_ rows: Rows) throws(PostgresError) -> ([LandedMigration], viewsChecksum: [UInt8]?) {
    var landed: [LandedMigration] = []
    var viewsChecksum: [UInt8]?
    for row in rows {
      let number = Int(try row.int32(0))
      let checksum = try row.bytes(2)
      if number == 0 {
        viewsChecksum = checksum
      } else {
        landed.append(LandedMigration(number: number, name: try row.text(1), checksum: checksum))
      }
    }
    return (landed, viewsChecksum)
  }

  /// Without views there is no row 0.
  private static func checksum(_ views: [SchemaView]) -> [UInt8]? {
    views.isEmpty ? nil : SchemaView.checksum(views)
  }

  private static func row(_ number: Int, _ name: String, _ checksum: [UInt8]) -> Parameters {
    Parameters {
      $0.int32(Int32(number))
      $0.text(name)
      $0.bytes(checksum)
    }
  }

  private enum Statements {
    /// Readable by every role: the runtime role checks it.
    static let createTable = """
      DO $$ BEGIN
        IF to_regclass('schema_migrations') IS NULL THEN
          CREATE TABLE schema_migrations (
            number int4 PRIMARY KEY,
            name text NOT NULL,
            checksum bytea NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
          );
          GRANT SELECT ON schema_migrations TO PUBLIC;
        END IF;
      END $$
      """
    static let landed = Statement("SELECT number, name, checksum FROM schema_migrations ORDER BY number")
    static let insert = Statement(
      "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)", .int4, .text, .bytea)
    static let forgetViews = Statement("DELETE FROM schema_migrations WHERE number = 0")
    static let setTimeout = Statement("SELECT set_config('statement_timeout', $1, false)", .text)
    /// Any number will do, as long as all versions of this program use the same; `sql/roles.sql` and `sql/grants.sql` do.
    static let lock = Statement("SELECT pg_try_advisory_lock(7814362950174431)")
    static let unlock = Statement("SELECT pg_advisory_unlock(7814362950174431)")
  }
}
