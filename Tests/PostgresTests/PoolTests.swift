import EventLoop
import Synchronization
import Testing

@testable import Postgres

/// Runs `body` with a pool of its own, on a loop of its own.
private func withPool<T: Sendable>(
  _ adjust: (inout PostgresPool.Limits) -> Void = { _ in },
  _ body: @escaping @Sendable (PostgresPool) async throws -> T
) async throws -> T {
  var limits = PostgresPool.Limits()
  adjust(&limits)
  let settings = try #require(TestCluster.current).settings()
  return try await onLoop { [limits] loop in
    let pool = PostgresPool(settings, limits: limits, on: loop)
    do {
      let value = try await body(pool)
      await pool.close()
      return value
    } catch {
      await pool.close()
      throw error
    }
  }
}

extension OnPostgreSQL {
  @Suite("A pool")
  struct PoolTests {
    private struct BodyFailure: Error {}
    private static let processID = Statement("SELECT pg_backend_pid()")
    private static let sleep = Statement("SELECT pg_sleep(30)")
    private static let nap = Statement("SELECT pg_sleep(0.2)")
    private static let closeGate = Statement("SELECT pg_advisory_xact_lock(815)")
    private static let passGate = Statement("SELECT pg_advisory_xact_lock(815) /* long */", types: [], .long)
    private static let atGate = Statement(
      "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%(815) /* long */'")
    private static let terminate = Statement("SELECT pg_terminate_backend($1)", .int4)

    @Test("is ready, answers many tasks, and is closed for good")
    func life() async throws {
      try await withPool { pool in
        #expect(await pool.ready())
        let sum = await withTaskGroup(of: Int64.self) { group in
          for number in 0..<500 {
            group.addTask {
              let rows = try? await pool.query(Statement("SELECT $1", .int8), Parameters { $0.int64(Int64(number)) })
              return (try? rows?[0].int64(0)) ?? -1
            }
          }
          return await group.reduce(0, +)
        }
        #expect(sum == 499 * 500 / 2)
        await pool.close()
        let query = try await failure { _ = try await pool.query(Self.processID) }
        #expect(query.kind == .closed)
        let lease = try await failure { try await pool.exclusive { _ in } }
        #expect(lease.kind == .closed)
        #expect(!(await pool.ready()))
      }
    }

    @Test("plans a statement anew once the table that it was planned for has grown, though no statistics say so")
    func plans() async throws {
      var settings = try #require(TestCluster.current).settings()
      settings.planAgeFirst = .milliseconds(1)
      settings.parameters = [("plan_cache_mode", "force_generic_plan"), ("enable_bitmapscan", "off")]
      var limits = PostgresPool.Limits()
      (limits.sharedConnections, limits.longConnections) = (1, 0)
      try await onLoop { [settings, limits] loop in
        let pool = PostgresPool(settings, limits: limits, on: loop)
        let look = Statement("SELECT note FROM grown WHERE id = $1", .int4)
        let explain = Statement("EXPLAIN EXECUTE \(look.name)(1)")
        func plan() async throws -> String {
          _ = try await pool.query(look, Parameters { $0.int32(1) })
          return try await pool.query(explain).map { try $0.text(0) }.joined(separator: "\n")
        }
        try await pool.exclusive { connection in
          try await connection.execute(
            "CREATE TABLE grown (id integer PRIMARY KEY, note text) WITH (autovacuum_enabled = off); ANALYZE grown")
        }
        let small = try await plan()
        #expect(small.contains("Seq Scan"), "\(small)")
        try await pool.exclusive { connection in
          try await connection.execute("INSERT INTO grown SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n")
        }
        await loop.sleep(for: .milliseconds(20))
        let large = try await plan()
        #expect(large.contains("Index Scan"), "\(large)")
        await pool.close()
      }
    }

    @Test("fails what was in flight on a lost connection, repeats what may be repeated, and reconnects")
    func terminated() async throws {
      try await withPool {
        $0.sharedConnections = 1
      } _: { pool in
        let backend = try await pool.query(Self.processID)[0].int32(0)
        let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
          for number in 0..<20 {
            group.addTask {
              do {
                if number == 19 {
                  return try await pool.query(Self.processID, isIdempotent: true)[0].int32(0) == backend ? "old" : "new"
                }
                _ = try await pool.query(number == 0 ? Self.sleep : Self.processID)
                return "answered"
              } catch let error as PostgresError {
                return "\(error.kind)"
              }
            }
          }
          await pool.loop.sleep(for: .milliseconds(20))
          _ = try await pool.exclusive { try await $0.query(Self.terminate, Parameters { $0.int32(backend) }) }
          return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(outcomes == ["connectionLost(outcomeUnknown: true)": 19, "new": 1])
        #expect(try await pool.query(Self.processID)[0].int32(0) != backend)
      }
    }

    @Test("recovers when the server stops and comes back")
    func restart() async throws {
      let cluster = try await TestCluster()
      var running: TestCluster? = cluster
      defer { running?.stop(removing: true) }
      let loop = try EventLoop(label: "test")
      defer { loop.stop() }
      let settings = try cluster.settings()
      let pool = await Task(executorPreference: loop) {
        var limits = PostgresPool.Limits()
        limits.patience = .milliseconds(200)
        return PostgresPool(settings, limits: limits, on: loop)
      }.value
      func ask() async throws -> Int32 {
        try await Task(executorPreference: loop) {
          try await pool.exclusive { _ = try await $0.query(Self.processID) }
          return try await pool.query(Self.processID, isIdempotent: true)[0].int32(0)
        }.value
      }
      _ = try await ask()
      cluster.stop(removing: false)
      running = nil
      let error = try await failure { _ = try await ask() }
      #expect(error.kind == .unavailable)
      let isReady = await Task(executorPreference: loop) { await pool.ready(within: .milliseconds(300)) }.value
      #expect(!isReady)
      running = try await TestCluster(reusing: cluster.folder)
      var answers = 0
      for _ in 0..<300 where answers == 0 {
        if (try? await ask()) != nil { answers += 1 } else { try await Task.sleep(for: .milliseconds(100)) }
      }
      #expect(answers == 1)
      await Task(executorPreference: loop) { await pool.close() }.value
    }

    @Test("refuses queries beyond its bound at once, and takes them again afterwards")
    func admission() async throws {
      try await withPool {
        $0.pendingQueriesMax = 4
      } _: { pool in
        #expect(await pool.ready())
        let kinds = await withTaskGroup(of: String.self) { group in
          for _ in 0..<10 {
            group.addTask {
              do throws(PostgresError) {
                _ = try await pool.query(Self.nap)
                return "answered"
              } catch {
                return "\(error.kind)"
              }
            }
          }
          return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(kinds == ["answered": 4, "overloaded": 6])
        _ = try await pool.query(Self.processID)
      }
    }

    @Test("lends exclusive connections up to a bound, lets a bounded number wait, and refuses the rest")
    func exclusiveBounds() async throws {
      try await withPool {
        $0.exclusiveConnections = 1
        $0.exclusiveWaitersMax = 1
        $0.patience = .milliseconds(150)
      } _: { pool in
        let gate = Pause()
        let taken = Pause()
        async let holder: Int32 = pool.exclusive { connection in
          taken.end()
          await gate.wait()
          return connection.processID
        }
        await taken.wait()
        // Longer than the pool's patience: this one waits in vain.
        let impatient = try await failure { try await pool.exclusive { _ in } }
        #expect(impatient.kind == .overloaded)
        async let waiter: Int32 = pool.exclusive { $0.processID }
        await pool.loop.sleep(for: .milliseconds(5))
        let refused = try await failure { try await pool.exclusive { _ in } }
        #expect(refused.kind == .overloaded)
        gate.end()
        let (first, second) = try await (holder, waiter)
        #expect(first == second)
        try await pool.exclusive { _ in }
      }
    }

    @Test("commits a transaction, and rolls back what fails, leaving a clean connection")
    func transactions() async throws {
      try await withPool {
        $0.exclusiveConnections = 1
      } _: { pool in
        try await pool.exclusive { try await $0.execute("CREATE TABLE pool_test (number int8 PRIMARY KEY)") }
        let insert = Statement("INSERT INTO pool_test VALUES ($1)", .int8)
        func count() async throws -> Int64 {
          try await pool.query(Statement("SELECT count(*) FROM pool_test"))[0].int64(0)
        }
        try await pool.transaction { _ = try await $0.query(insert, Parameters { $0.int64(1) }) }
        #expect(try await count() == 1)

        await #expect(throws: BodyFailure.self) {
          try await pool.transaction {
            _ = try await $0.query(insert, Parameters { $0.int64(2) })
            throw BodyFailure()
          }
        }
        let duplicate = try await failure {
          try await pool.transaction { _ = try await $0.query(insert, Parameters { $0.int64(1) }) }
        }
        #expect(duplicate.constraint == "pool_test_pkey")
        let swallowed = try await failure {
          try await pool.transaction {
            _ = try await $0.query(insert, Parameters { $0.int64(3) })
            _ = try? await $0.query(insert, Parameters { $0.int64(1) })
          }
        }
        #expect(swallowed.kind == .rolledBack)
        let cancelled = Task(executorPreference: pool.loop) {
          try await pool.transaction { transaction in
            _ = try await transaction.query(insert, Parameters { $0.int64(4) })
            try await Task.sleep(for: .seconds(60))
          }
        }
        await pool.loop.sleep(for: .milliseconds(10))
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        // A body that forgets its own transaction.
        try await pool.exclusive { _ = try await $0.batch([(.begin, .none), (insert, Parameters { $0.int64(5) })]) }
        try await pool.exclusive { #expect(!$0.isInTransaction) }
        #expect(try await count() == 1)
      }
    }

    @Test("replaces an exclusive connection that broke in its borrower's hands")
    func brokenExclusive() async throws {
      try await withPool {
        $0.exclusiveConnections = 1
      } _: { pool in
        let error = try await failure {
          try await pool.exclusive { connection in
            let backend = connection.processID
            _ = try await pool.query(Self.terminate, Parameters { $0.int32(backend) })
            _ = try await connection.query(Self.processID)
          }
        }
        guard case .connectionLost = error.kind else { throw error }
        #expect(try await pool.exclusive { try await $0.query(Self.processID)[0].int32(0) } > 0)
      }
    }

    @Test(
      "answers brief statements while long ones work, and no more of those at once than it has connections for them")
    func lengths() async throws {
      try await withPool {
        $0.sharedConnections = 1
        $0.longConnections = 1
      } _: { pool in
        let passing = try await pool.exclusive { connection in
          _ = try await connection.batch([(.begin, .none), (Self.closeGate, .none)])
          let passing = (0..<2).map { _ in Task(executorPreference: pool.loop) { try await pool.query(Self.passGate) } }
          // Both are on their way, and the second waits for the first.
          while try await pool.query(Self.atGate)[0].int64(0) == 0 { await pool.loop.sleep(for: .milliseconds(5)) }
          for _ in 0..<10 { #expect(try await pool.query(Self.atGate)[0].int64(0) == 1) }
          return passing
        }
        for pass in passing { _ = try await pass.value }
      }
    }

    @Test("keeps transactions off the connections that tasks share")
    func sharedConnections() async throws {
      try await withPool { pool in
        let error = try await failure { _ = try await pool.query(.begin) }
        #expect(error.kind == .misuse)
      }
    }
  }
}
