import EventLoop
import Foundation
import Postgres
import Testing

extension OnPostgreSQL {
  /// `LAUREL_BENCH=1 swift test -c release -Xswiftc -enable-testing --filter Benchmark`
  @Suite("Benchmark", .enabled(if: ProcessInfo.processInfo.environment["LAUREL_BENCH"] != nil), .serialized)
  struct Benchmark {
    private static let select = Statement("SELECT abalance FROM pgbench_accounts WHERE aid = $1", .int4)

    @Test("reads of one row by its key, beside pgbench -S on the same server")
    func reads() async throws {
      let cluster = try #require(TestCluster.current)
      _ = try cluster.pgbench("-i", "-q", "-s", "1")
      for (clients, threads) in [(1, 1), (2, 2), (16, 1), (64, 1), (64, 2)] {
        let output = try cluster.pgbench(
          "-S", "-n", "-M", "prepared", "-T", "5", "-c", "\(clients)", "-j", "\(threads)")
        let line = output.split(separator: "\n").first { $0.hasPrefix("tps") } ?? "?"
        print("pgbench -S -M prepared, \(clients) clients, \(threads) threads: \(line)")
      }
      for (connections, tasks) in [(1, 1), (1, 16), (1, 64), (2, 64), (4, 64), (1, 256)] {
        let rate = try await measure(connections: connections, tasks: tasks, cluster.settings())
        print("one loop, \(connections) connections, \(tasks) tasks: \(Int(rate)) reads/s")
      }
    }

    private func measure(connections: Int, tasks: Int, _ settings: ConnectionSettings) async throws -> Double {
      try await onLoop { loop in
        var limits = PostgresPool.Limits()
        limits.sharedConnections = connections
        let pool = PostgresPool(settings, limits: limits, on: loop)
        _ = await pool.ready()
        await loop.sleep(for: .milliseconds(100))
        let start = monotonicNanoseconds()
        let end = start + 5_000_000_000
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
          for task in 0..<tasks {
            group.addTask {
              var count = 0
              var key = Int32(task)
              while loop.now < end {
                key = (key &* 7_919 &+ 13) & 0xFFFF
                let rows = try await pool.query(Self.select, Parameters { $0.int32(key + 1) })
                count += Int(try rows[0].int32(0)) + 1
              }
              return count
            }
          }
          return try await group.reduce(0, +)
        }
        let seconds = Double(monotonicNanoseconds() - start) / 1e9
        await pool.close()
        return Double(count) / seconds
      }
    }
  }
}

extension TestCluster {
  /// Runs pgbench and answers what it printed.
  func pgbench(_ arguments: String...) throws -> String {
    try Child("/usr/lib/postgresql/15/bin/pgbench", ["-h", folder, "-U", "postgres"] + arguments + ["postgres"])
      .finish()
  }
}
