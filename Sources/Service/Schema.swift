import EventLoop
import Postgres

/// The schema: what is in `sql/`, run by the role that owns it.
enum Schema {
  static let migrations = EmbeddedFile.all(under: "sql/migrations/").compactMap {
    Migration(file: $0.path, sql: $0.text)
  }
  static let views = EmbeddedFile.all(under: "sql/views/").map { SchemaView(name: String($0.name), sql: $0.text) }

  /// Sees to it that the database has this program's schema: migrates where the login may, and otherwise only looks.
  /// - Returns: the migrations that it ran.
  /// - Throws: ``CommandError`` that says what to do, where the schema is behind and the login may not migrate; ``MigrationError``
  ///   when the database is newer or was changed; ``PostgresError``.
  static func prepare(_ database: Database, on loop: EventLoop) async throws -> [Migration] {
    if try await mayMigrate(database, on: loop) { return try await migrate(database, on: loop).migrations }
    let name = try await loop.run { try await login(of: database, on: loop) }
    let status = try await loop.run { () async throws -> Migrator.Status in
      var settings = database.runtime
      settings.role = nil
      let connection = try await PostgresConnection.connect(settings, on: loop)
      defer { connection.close() }
      return try await Migrator.status(connection, migrations, views: views)
    }
    switch status {
    case .current: return []
    case .refused(let error): throw error
    case .behind:
      throw CommandError(
        "the schema is not this program's, and the login \(name) may not migrate it: run `laurel migrate` with the login that "
          + "owns the schema (LAUREL_OWNER_URL or --owner-database), then this again")
    }
  }

  /// Whether the login that is to migrate could: it owns the schema, or may make it where it is not there yet.
  static func mayMigrate(_ database: Database, on loop: EventLoop) async throws -> Bool {
    try await loop.run {
      let connection = try await PostgresConnection.connect(database.owner, on: loop)
      defer { connection.close() }
      return try await connection.query(mayMigrate).first?.bool(0) ?? false
    }
  }

  /// Brings the database up to this program's schema. Several processes may try at once.
  /// - Throws: ``MigrationError`` when the database is newer or was changed; ``PostgresError``.
  static func migrate(_ database: Database, on loop: EventLoop) async throws -> Migrator.Applied {
    try await loop.run {
      let login = try await login(of: database, on: loop)
      var settings = database.owner
      // A migration may rewrite a large table.
      settings.statementTimeout = .zero
      settings.parameters.append(("laurel.login", login))
      let connection = try await PostgresConnection.connect(settings, on: loop)
      defer { connection.close() }
      try await connection.execute(EmbeddedFile.at("sql/roles.sql").text)
      let applied = try await Migrator.run(connection, migrations, views: views)
      try await connection.execute(EmbeddedFile.at("sql/grants.sql").text)
      _ = try await connection.query(insertInstallation, Parameters { $0.bytes(Secrets.bytes(32)) })
      return applied
    }
  }

  /// From so many new rows on the planner is told at once; of fewer, autovacuum tells it soon enough.
  private static let manyRows = 100

  /// Tells the planner what the tables hold now, after much was brought in at once. Only their owner can; where that is not known
  /// here, autovacuum does it later.
  static func analyze(_ database: Database, afterRows count: Int, on loop: EventLoop) async throws {
    guard count >= manyRows, try await mayMigrate(database, on: loop) else { return }
    try await loop.run {
      var settings = database.owner
      settings.statementTimeout = .zero
      // It waits for whoever else analyses, and for nothing that serves: what was imported is there already.
      settings.lockTimeout = .zero
      let connection = try await PostgresConnection.connect(settings, on: loop)
      defer { connection.close() }
      try await connection.execute(EmbeddedFile.at("sql/analyze.sql").text)
    }
  }

  /// Asked on a shared connection: those for one task's use may all be verifying ledgers, and the service is ready none the
  /// less.
  static func isCurrent(on pool: PostgresPool) async throws -> Bool {
    try await Migrator.status(pool, migrations, views: views) == .current
  }

  /// What signs cursors; the same for every process on this database.
  static func cursorSecret(_ database: Database, on loop: EventLoop) async throws -> [UInt8] {
    try await loop.run {
      let connection = try await PostgresConnection.connect(database.runtime, on: loop)
      defer { connection.close() }
      guard let row = try await connection.query(cursorSecret).first else {
        throw PostgresError(.misuse, "the database is not migrated")
      }
      return try row.bytes(0)
    }
  }

  /// Whom the service connects as, before it takes on its role.
  private static func login(of database: Database, on loop: EventLoop) async throws -> String {
    var settings = database.runtime
    settings.role = nil
    let connection = try await PostgresConnection.connect(settings, on: loop)
    defer { connection.close() }
    guard let row = try await connection.query(currentUser).first else { return "" }
    return try row.text(0)
  }

  private static let mayMigrate = SQL.statement("may_migrate")
  private static let insertInstallation = SQL.statement("insert_installation")
  private static let cursorSecret = SQL.statement("cursor_secret")
  private static let currentUser = SQL.statement("current_user")
}
