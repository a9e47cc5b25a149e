import EventLoop
import Glibc
import Synchronization
import Testing

@testable import Postgres

extension OnPostgreSQL {
  @Suite("A connection")
  struct ConnectionTests {
    private static let double = Statement("SELECT $1 * 2", .int8)
    private static let divide = Statement("SELECT 10 / $1", .int4)

    @Test("matches 10,000 pipelined queries of many tasks to their callers")
    func pipelining() async throws {
      let wrong = try await withConnection { connection in
        await withTaskGroup(of: Int.self) { group in
          for task in 0..<100 {
            group.addTask {
              var wrong = 0
              for number in 0..<100 {
                let value = Int64(task * 1_000 + number)
                let rows = try? await connection.query(Self.double, Parameters { $0.int64(value) })
                if (try? rows?[0].int64(0)) != value * 2 { wrong += 1 }
              }
              return wrong
            }
          }
          return await group.reduce(0, +)
        }
      }
      #expect(wrong == 0)
    }

    @Test("keeps an error in one pipelined query from its neighbours")
    func isolation() async throws {
      let (right, refused) = try await withConnection { connection in
        await withTaskGroup(of: String.self) { group in
          for number in 0..<1_000 {
            group.addTask {
              do {
                let divisor = Int32(number % 10)
                let rows = try await connection.query(Self.divide, Parameters { $0.int32(divisor) })
                return try rows[0].int32(0) == 10 / divisor ? "right" : "wrong"
              } catch {
                return (error as? PostgresError)?.sqlstate ?? "other"
              }
            }
          }
          var counts: [String: Int] = [:]
          for await outcome in group { counts[outcome, default: 0] += 1 }
          return (counts["right"], counts["22012"])
        }
      }
      #expect(right == 900)
      #expect(refused == 100)
    }

    @Test("runs a batch as one transaction and names the query that failed")
    func batch() async throws {
      try await withConnection { connection in
        try await connection.execute("CREATE TABLE batch_test (number int8 PRIMARY KEY)")
        let insert = Statement("INSERT INTO batch_test VALUES ($1)", .int8)
        let count = Statement("SELECT count(*) FROM batch_test")
        func row(_ number: Int64) -> (Statement, Parameters) { (insert, Parameters { $0.int64(number) }) }

        let error = try await failure { _ = try await connection.batch([row(1), row(2), row(1), row(3)]) }
        #expect(error.queryIndex == 2)
        #expect(error.sqlstate == SQLState.uniqueViolation)
        #expect(error.constraint == "batch_test_pkey")
        #expect(try await connection.query(count)[0].int64(0) == 0)

        let results = try await connection.batch([row(1), row(2), (count, .none)])
        #expect(results.map(\.affected) == [1, 1, 1])
        #expect(try results[2][0].int64(0) == 2)
      }
    }

    @Test("commits a transaction in a batch of its own, and rolls back what failed")
    func transactionInBatches() async throws {
      try await withConnection { connection in
        try await connection.execute("CREATE TABLE lane_test (number int8 PRIMARY KEY)")
        let insert = Statement("INSERT INTO lane_test VALUES ($1)", .int8)
        let count = Statement("SELECT count(*) FROM lane_test")
        func row(_ number: Int64) -> (Statement, Parameters) { (insert, Parameters { $0.int64(number) }) }

        _ = try await connection.batch([(.begin, .none), row(1)])
        #expect(connection.isInTransaction)
        _ = try await connection.batch([row(2), (.commit, .none)])
        #expect(!connection.isInTransaction)

        _ = try await connection.batch([(.begin, .none), row(3)])
        let error = try await failure { _ = try await connection.batch([row(4), row(1), (.commit, .none)]) }
        #expect(error.queryIndex == 1)
        #expect(!error.outcomeUnknown)
        #expect(connection.isInTransaction)
        await connection.rollback()
        #expect(!connection.isInTransaction)
        #expect(try await connection.query(count)[0].int64(0) == 2)
      }
    }

    @Test("tells the query whose deferred constraint fails at its Sync, and no other")
    func deferredConstraint() async throws {
      try await withConnection { connection in
        try await connection.execute(
          "CREATE TABLE deferred_test (number int8 UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let insert = Statement("INSERT INTO deferred_test VALUES ($1)", .int8)
        let outcomes = await withTaskGroup(of: (Int, String).self) { group in
          for (index, number) in [1, 2, 1, 3].enumerated() {
            group.addTask {
              do {
                _ = try await connection.query(insert, Parameters { $0.int64(Int64(number)) })
                return (index, "inserted")
              } catch {
                return (index, (error as? PostgresError)?.sqlstate ?? "other")
              }
            }
          }
          return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(outcomes.values.sorted() == ["23505", "inserted", "inserted", "inserted"])
        #expect(outcomes[1] == "inserted" && outcomes[3] == "inserted")
        #expect(connection.isOpen)
      }
    }

    @Test("prepares a statement again after it could not, also for queries sent meanwhile")
    func preparation() async throws {
      try await withConnection { connection in
        let statement = Statement("SELECT count(*) FROM later_test")
        async let first = failure { _ = try await connection.query(statement) }
        async let second = failure { _ = try await connection.query(statement) }
        #expect(try await [first.sqlstate, second.sqlstate] == [SQLState.undefinedTable, SQLState.undefinedTable])
        try await connection.execute("CREATE TABLE later_test ()")
        #expect(try await connection.query(statement)[0].int64(0) == 0)
      }
    }

    @Test("calls a COMMIT that PostgreSQL answers by ROLLBACK a failure")
    func commitOfFailedTransaction() async throws {
      try await withConnection { connection in
        _ = try await connection.query(.begin)
        _ = try await failure { _ = try await connection.query(Self.divide, Parameters { $0.int32(0) }) }
        let error = try await failure { _ = try await connection.query(.commit) }
        #expect(error.kind == .rolledBack)
        #expect(!connection.isInTransaction)
      }
    }

    @Test("calls a commit unconfirmed when the wait for the synchronous standby was cancelled")
    func unconfirmedReplication() async throws {
      let notices = Mutex<[String]>([])
      try await withConnection {
        $0.onNotice = { notice in notices.withLock { $0.append(notice.severity) } }
      } _: { connection in
        try await connection.execute("CREATE TABLE replica_test (number int8)")
        // The cluster names a standby that does not exist.
        try await connection.execute("SET synchronous_commit = on")
        let backend = connection.processID
        let insert = Statement("INSERT INTO replica_test VALUES (1)")
        _ = try await connection.batch([(.begin, .none), (insert, .none)])

        async let batch = failure { _ = try await connection.batch([(insert, .none), (.commit, .none)]) }
        try await signal("pg_cancel_backend", backend, when: "SyncRep")
        let unconfirmed = try await batch
        #expect(unconfirmed.kind == .replicationUnconfirmed)
        #expect(unconfirmed.outcomeUnknown)

        async let single = failure { _ = try await connection.query(insert) }
        try await signal("pg_cancel_backend", backend, when: "SyncRep")
        #expect(try await single.kind == .replicationUnconfirmed)

        async let script = failure { try await connection.execute("INSERT INTO replica_test VALUES (1)") }
        try await signal("pg_cancel_backend", backend, when: "SyncRep")
        #expect(try await script.kind == .replicationUnconfirmed)

        #expect(try await connection.query(Statement("SELECT count(*) FROM replica_test"))[0].int64(0) == 4)
      }
      #expect(notices.withLock { $0 } == ["WARNING", "WARNING", "WARNING"])
    }

    @Test("that is lost while it commits cannot say whether it did")
    func lossInCommit() async throws {
      try await withConnection { connection in
        try await connection.execute("SET synchronous_commit = on")
        let create = Statement("CREATE TABLE commit_test ()")
        async let commit = failure {
          _ = try await connection.batch([(.begin, .none), (create, .none), (.commit, .none)])
        }
        try await signal("pg_terminate_backend", connection.processID, when: "SyncRep")
        #expect(try await commit.kind == .connectionLost(outcomeUnknown: true))
      }
      // It did, in this case.
      let count = try await withConnection {
        try await $0.query(Statement("SELECT count(*) FROM pg_class WHERE relname = 'commit_test'"))[0].int64(0)
      }
      #expect(count == 1)
    }

    @Test("gives a slow statement up at the server's timeout, and goes on")
    func statementTimeout() async throws {
      try await withConnection {
        $0.statementTimeout = .milliseconds(100)
      } _: { connection in
        let error = try await failure { _ = try await connection.query(Statement("SELECT pg_sleep(30)")) }
        #expect(error.kind == .timedOut)
        #expect(error.sqlstate == SQLState.queryCanceled)
        #expect(try await connection.query(Self.double, Parameters { $0.int64(4) })[0].int64(0) == 8)
      }
    }

    @Test("gives itself up when the server stays silent beyond all timeouts")
    func silence() async throws {
      try await withConnection {
        $0.statementTimeout = .milliseconds(100)
        $0.silenceSlack = .milliseconds(100)
      } _: { connection in
        let backend = connection.processID
        #expect(kill(backend, SIGSTOP) == 0)
        defer { kill(backend, SIGCONT) }
        let error = try await failure { _ = try await connection.query(Self.double, Parameters { $0.int64(4) }) }
        #expect(error.kind == .connectionLost(outcomeUnknown: true))
        #expect(!connection.isOpen)
        let later = try await failure { _ = try await connection.query(Self.double, Parameters { $0.int64(4) }) }
        #expect(later.kind == .connectionLost(outcomeUnknown: false))
      }
    }

    @Test("that is lost says of each query in flight whether its outcome is unknown")
    func loss() async throws {
      try await withConnection { connection in
        _ = try await connection.query(.begin)
        async let inside = failure { _ = try await connection.query(Statement("SELECT pg_sleep(30)")) }
        try await signal("pg_terminate_backend", connection.processID, when: "PgSleep")
        let error = try await inside
        #expect(error.kind == .connectionLost(outcomeUnknown: false))
        #expect(error.sqlstate == "57P01")
      }
      try await withConnection { connection in
        async let alone = failure { _ = try await connection.query(Statement("SELECT pg_sleep(30)")) }
        try await signal("pg_terminate_backend", connection.processID, when: "PgSleep")
        #expect(try await alone.kind == .connectionLost(outcomeUnknown: true))
      }
      try await withConnection { connection in
        async let script = failure { try await connection.execute("SELECT pg_sleep(30)") }
        try await signal("pg_terminate_backend", connection.processID, when: "PgSleep")
        #expect(try await script.kind == .connectionLost(outcomeUnknown: true))
      }
    }

    /// Calls one of PostgreSQL's functions on a backend as soon as that waits for `event`.
    private func signal(_ function: String, _ processID: Int32, when event: String) async throws {
      try await withConnection { other in
        let statement = Statement(
          "SELECT \(function)($1) FROM pg_stat_activity WHERE pid = $1 AND wait_event = $2", .int4, .text)
        for _ in 0..<2_000 {
          let rows = try await other.query(
            statement,
            Parameters {
              $0.int32(processID)
              $0.text(event)
            })
          if !rows.isEmpty { return }
          await other.loop.sleep(for: .milliseconds(5))
        }
        Issue.record("no backend came to wait for \(event)")
      }
    }

    @Test("runs a script of several statements as one transaction")
    func script() async throws {
      try await withConnection { connection in
        try await connection.execute("CREATE TABLE script_test (number int8); INSERT INTO script_test VALUES (1), (2);")
        let error = try await failure {
          try await connection.execute(
            "INSERT INTO script_test VALUES (3); SELECT 1 / 0; INSERT INTO script_test VALUES (4)")
        }
        #expect(error.sqlstate == "22012")
        #expect(try await connection.query(Statement("SELECT count(*) FROM script_test"))[0].int64(0) == 2)
      }
    }

    @Test("refuses two uses at once that would mix")
    func mixing() async throws {
      try await withConnection { connection in
        // What the connection does lasts until the other one lets go of the lock.
        let (lock, unlock) = (Statement("SELECT pg_advisory_lock(4711)"), Statement("SELECT pg_advisory_unlock_all()"))
        let other = try await PostgresConnection.connect(connection.settings, on: connection.loop)
        defer { other.close() }
        _ = try await other.query(lock)
        async let pending = connection.query(lock)
        while connection.pendingCount == 0 { await Task.yield() }
        let script = try await failure { try await connection.execute("SELECT 1") }
        #expect(script.kind == .misuse)
        _ = try await other.query(unlock)
        _ = try await pending
        _ = try await connection.query(unlock)
        _ = try await other.query(lock)
        async let running: Void = connection.execute("SELECT pg_advisory_lock(4711)")
        while !connection.isOccupied { await Task.yield() }
        let begin = try await failure { _ = try await connection.query(.begin) }
        #expect(begin.kind == .misuse)
        _ = try await other.query(unlock)
        try await running
        try await connection.execute("SELECT 1")
      }
    }

    @Test("has the session settings and the role that were asked for")
    func session() async throws {
      try await withConnection { try await $0.execute("CREATE ROLE session_test") }
      let values = try await withConnection {
        $0.role = "session_test"
        $0.applicationName = "a name"
        $0.statementTimeout = .seconds(7)
        $0.lockTimeout = .milliseconds(1_500)
        $0.idleInTransactionTimeout = .zero
      } _: { connection in
        let names = [
          "TimeZone", "client_encoding", "application_name", "statement_timeout", "lock_timeout",
          "idle_in_transaction_session_timeout", "role",
        ]
        let statement = Statement("SELECT current_setting(name) FROM unnest($1) name", .textArray)
        return try await connection.query(statement, Parameters { $0.texts(names) }).map { try $0.text(0) }
      }
      #expect(values == ["UTC", "UTF8", "a name", "7s", "1500ms", "0", "session_test"])
    }

    @Test("that cannot be made says so in time, and never tells a password")
    func unavailable() async throws {
      let secret = "hunter2"
      let missing = try ConnectionSettings("host=/nonexistent user=postgres password=\(secret)")
      let closed = try ConnectionSettings("postgres://nobody:\(secret)@127.0.0.1:1/none")
      for settings in [missing, closed] {
        let error = try await failure {
          try await onLoop { try await PostgresConnection.connect(settings, on: $0).close() }
        }
        #expect(error.kind == .unavailable)
        #expect(!"\(error)\(settings)".contains(secret))
      }
      let unreadable = try await failure { _ = try ConnectionSettings("postgres://nobody:\(secret)@[::1") }
      #expect(!"\(unreadable)".contains(secret))
    }

    @Test("is given up when the server accepts and says nothing")
    func connectTimeout() async throws {
      var settings = try #require(TestCluster.current).settings()
      let backlog = try SilentListener()
      defer { backlog.close() }
      settings = try ConnectionSettings("host=\(backlog.folder) user=postgres dbname=postgres")
      settings.connectTimeout = .milliseconds(100)
      let error = try await failure { [settings] in
        try await onLoop { try await PostgresConnection.connect(settings, on: $0).close() }
      }
      #expect(error.kind == .unavailable)
      #expect(error.message.contains("not connected within"))
    }
  }
}
