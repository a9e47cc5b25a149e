import Testing

@testable import Postgres

@Suite("A migration plan")
struct MigrationPlanTests {
  private let known = (1...3).map { Migration(number: $0, name: "step \($0)", sql: "SELECT \($0)") }

  private func landed(_ migrations: some Sequence<Migration>) -> [LandedMigration] {
    migrations.map { LandedMigration(number: $0.number, name: $0.name, checksum: $0.checksum) }
  }

  @Test("runs what has not landed, in order")
  func pending() throws {
    #expect(try pendingMigrations(known: known.reversed(), landed: []) == known)
    #expect(try pendingMigrations(known: known, landed: landed(known[..<2])) == [known[2]])
    #expect(try pendingMigrations(known: known, landed: landed(known)) == [])
  }

  @Test("refuses a schema that is newer, changed or has a gap")
  func refusals() {
    #expect(throws: MigrationError.newerSchema(landed: 3, known: 2)) {
      try pendingMigrations(known: Array(known[..<2]), landed: landed(known))
    }
    #expect(throws: MigrationError.changedMigration(2, name: "step 2")) {
      var changed = known
      changed[1] = Migration(number: 2, name: "step 2", sql: "SELECT 'two'")
      _ = try pendingMigrations(known: changed, landed: landed(known))
    }
    #expect(throws: MigrationError.gap(2)) {
      try pendingMigrations(known: [known[0], known[2]], landed: [])
    }
    #expect(throws: MigrationError.gap(3)) {
      try pendingMigrations(known: known + [known[1]], landed: [])
    }
    #expect(throws: MigrationError.gap(1)) {
      try pendingMigrations(known: known, landed: landed(known[1...]))
    }
  }

  @Test("takes number and name from the file's name")
  func files() {
    let migration = Migration(file: "sql/migrations/0012_more_tables.sql", sql: "SELECT 1")
    #expect(migration == Migration(number: 12, name: "more_tables", sql: "SELECT 1"))
    for name in ["0012.sql", "x_y.sql", "0000_zero.sql", "0001_first.txt", "-1_x.sql", ""] {
      #expect(Migration(file: name, sql: "") == nil)
    }
  }

  @Test("has SHA-256 for checksum")
  func checksum() {
    let digest = Migration(number: 1, name: "abc", sql: "abc").checksum
    #expect(digest.prefix(4) == [0xBA, 0x78, 0x16, 0xBF])
    #expect(digest.count == 32)
  }
}

extension OnPostgreSQL {
  /// Each test has a schema of its own, and so a `schema_migrations` of its own; the lock is the database's, hence one by
  /// one.
  @Suite("Migrating", .serialized)
  struct MigratorTests {
    private let first = Migration(number: 1, name: "people", sql: "CREATE TABLE people (name text); SELECT 1;")
    private let second = Migration(number: 2, name: "ages", sql: "ALTER TABLE people ADD age int4")
    private let view = SchemaView(
      name: "adults", sql: "DROP VIEW IF EXISTS adults; CREATE VIEW adults AS SELECT name FROM people")

    @discardableResult
    private func inSchema<T: Sendable>(
      _ name: String, _ body: @escaping @Sendable (PostgresConnection) async throws -> T
    ) async throws -> T {
      try await withConnection {
        try await $0.execute("SET client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS \(name)")
        try await $0.execute("SET search_path = \(name)")
        return try await body($0)
      }
    }

    @Test("applies what is new, once, and then calls the schema current")
    func idempotence() async throws {
      try await inSchema("migrate_once") { connection in
        var status = try await Migrator.status(connection, [first])
        #expect(status == .behind)
        #expect(try await Migrator.run(connection, [first]) == Migrator.Applied(migrations: [first]))
        status = try await Migrator.status(connection, [first])
        #expect(status == .current)
        status = try await Migrator.status(connection, [first, second])
        #expect(status == .behind)
        #expect(try await Migrator.run(connection, [first, second]).migrations == [second])
        #expect(try await Migrator.run(connection, [first, second]) == Migrator.Applied())
        let timeout = Statement("SELECT current_setting('statement_timeout')")
        #expect(try await connection.query(timeout)[0].text(0) == "10s")
        let locks = Statement("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        #expect(try await connection.query(locks)[0].int64(0) == 0)
      }
    }

    @Test("leaves nothing of a migration that fails, and what came before it landed")
    func failure() async throws {
      let broken = Migration(number: 2, name: "broken", sql: "CREATE TABLE half (); SELECT 1 / 0")
      try await inSchema("migrate_broken") { connection in
        await #expect {
          try await Migrator.run(connection, [first, broken])
        } throws: {
          ($0 as? MigrationError)?.code == "migration_failed"
        }
        #expect(!connection.isOpen)
      }
      try await inSchema("migrate_broken") { connection in
        let tables = Statement("SELECT to_regclass('people') IS NOT NULL, to_regclass('half') IS NOT NULL")
        let row = try await connection.query(tables)[0]
        #expect(try row.bool(0))
        #expect(try !row.bool(1))
        #expect(try await Migrator.run(connection, [first, second]).migrations == [second])
      }
    }

    @Test("refuses a newer schema and a changed file, and changes nothing")
    func refusals() async throws {
      let changed = Migration(number: 1, name: "people", sql: "CREATE TABLE people (name text NOT NULL)")
      try await inSchema("migrate_refused") { try await Migrator.run($0, [first, second]) }
      let cases: [([Migration], MigrationError)] = [
        ([first], .newerSchema(landed: 2, known: 1)), ([changed, second], .changedMigration(1, name: "people")),
      ]
      for (migrations, error) in cases {
        try await inSchema("migrate_refused") { connection in
          let status = try await Migrator.status(connection, migrations)
          #expect(status == .refused(error))
          await #expect(throws: error) { try await Migrator.run(connection, migrations, views: [view]) }
        }
      }
    }

    @Test("refuses a migration that ends its own transaction")
    func ownCommit() async throws {
      let commit = Migration(number: 1, name: "commit", sql: "SELECT 1; COMMIT; SELECT 2")
      try await inSchema("migrate_commit") { connection in
        await #expect(throws: MigrationError.endsTransaction(1, name: "commit")) {
          try await Migrator.run(connection, [commit])
        }
      }
    }

    @Test("by two processes at once applies each migration once")
    func race() async throws {
      let slow = Migration(number: 3, name: "slow", sql: "SELECT pg_sleep(0.1)")
      try await inSchema("migrate_race") { _ in }
      let counts = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<2 {
          group.addTask {
            try await inSchema("migrate_race") { try await Migrator.run($0, [first, second, slow]).migrations.count }
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(counts.sorted() == [0, 3])
    }

    @Test("gives up waiting for another process")
    func busy() async throws {
      try await withConnection { holder in
        // The lock that a migrating process holds.
        _ = try await holder.query(Statement("SELECT pg_advisory_lock(7814362950174431)"))
        try await inSchema("migrate_busy") { connection in
          await #expect(throws: MigrationError.busy) {
            try await Migrator.run(connection, [first], patience: .milliseconds(150))
          }
        }
      }
    }

    @Test("re-creates the views when one changed or a migration ran, and only then")
    func views() async throws {
      let wider = SchemaView(
        name: "adults", sql: "DROP VIEW IF EXISTS adults; CREATE VIEW adults AS SELECT name, age FROM people")
      let dropping = Migration(number: 3, name: "drop", sql: "DROP VIEW adults")
      try await inSchema("migrate_views") { connection in
        #expect(try await Migrator.run(connection, [first, second], views: [view]).hasRecreatedViews)
        #expect(try await !Migrator.run(connection, [first, second], views: [view]).hasRecreatedViews)
        var status = try await Migrator.status(connection, [first, second], views: [wider])
        #expect(status == .behind)
        #expect(try await Migrator.run(connection, [first, second], views: [wider]).hasRecreatedViews)
        #expect(try await Migrator.run(connection, [first, second, dropping], views: [wider]).hasRecreatedViews)
        status = try await Migrator.status(connection, [first, second, dropping], views: [wider])
        #expect(status == .current)
        #expect(try await connection.query(Statement("SELECT name, age FROM adults")).isEmpty)
      }
    }
  }
}
