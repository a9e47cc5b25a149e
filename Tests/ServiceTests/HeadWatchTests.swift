import EventLoop
import Postgres
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Waiting for a position")
  struct HeadWatchTests {
    private static func withWatch<T: Sendable>(
      _ company: Company, _ body: @escaping @Sendable (HeadWatch) async throws -> T
    ) async throws -> T {
      let loop = try EventLoop(label: "watch")
      defer { loop.stop() }
      let settings = company.laurel.database.runtime
      return try await Task(executorPreference: loop) {
        let pool = PostgresPool(settings, on: loop)
        let result = await Result(asyncCatching: { try await body(HeadWatch(pool)) })
        await pool.close()
        return try result.get()
      }.value
    }

    @Test(
      "ends with the write that is waited for, for each at their own, and however many wait, the head is asked for by one"
    )
    func many() async throws {
      try await Company.with { company in
        let first = try company["ann"].post("/v1/recognitions", #"{"to": ["bo"]}"#)
        let head = try #require(first["Ledger-Position"].flatMap { Int64($0) })
        let (port, key, organization) = (company.laurel.port, company["ann"].key, company.number)
        try await Self.withWatch(company) { watch in
          try await withThrowingTaskGroup(of: (Int64, Bool).self) { group in
            for index in 0..<1_000 {
              let position = head + Int64(index % 3)
              group.addTask { (position, try await watch.reach(position, of: organization)) }
            }
            // Those at the head end first; then one more is written, so that a third of them wait in vain.
            try await Task.sleep(for: .milliseconds(100))
            _ = try Client(port, key: key).post("/v1/recognitions", #"{"to": ["cy"]}"#)
            for try await (position, isReached) in group { #expect(isReached == (position <= head + 1)) }
          }
          // 2 seconds by 20 milliseconds, and some.
          #expect(watch.questionCount < 150)
          let before = watch.questionCount
          #expect(try await watch.reach(head + 1, of: organization))
          #expect(watch.questionCount == before)
        }
      }
    }

    @Test("ends at once where the database does not answer, for everybody who waits")
    func failing() async throws {
      try await Company.with { company in
        let organization = company.number
        try await Self.withWatch(company) { watch in
          await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
              group.addTask { (try? await watch.reach(.max, of: organization)) == nil }
            }
            try? await Task.sleep(for: .milliseconds(50))
            await watch.closePool()
            for await isFailed in group { #expect(isFailed) }
          }
        }
      }
    }
  }
}

extension HeadWatch {
  fileprivate func closePool() async { await pool.close() }
}
