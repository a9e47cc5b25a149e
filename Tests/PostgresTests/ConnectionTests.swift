import EventLoop
import Postgres
import Testing

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
  }
}
