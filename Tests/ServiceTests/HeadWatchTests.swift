import EventLoop
import Postgres
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Waiting for a position")
  struct HeadWatchTests {
    private static func withWatch<T: Sendable>(
      _ company: Company, pause: Duration = .milliseconds(20),
      _ body: @escaping @Sendable (HeadWatch, PostgresPool) async throws -> T
    ) async throws -> T {
      let loop = try EventLoop(label: "watch")
      defer { loop.stop() }
      let settings = company.laurel.database.runtime
      return try await Task(executorPreference: loop) {
        let pool = PostgresPool(settings, on: loop)
        let result = await Result(asyncCatching: { try await body(HeadWatch(pool, pause: pause), pool) })
        await pool.close()
        return try result.get()
      }.value
    }

    /// Touched on one loop alone, which makes `@unchecked Sendable` hold.
    private final class News: @unchecked Sendable {
      var text: String?
    }

    @Test(
      "ends with the write that is waited for, for each at their own, and however many wait, the head is asked for by one"
    )
    func many() async throws {
      try await Company.with { company in
        let first = try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you"}"#)
        let head = try #require(first["Ledger-Position"].flatMap { Int64($0) })
        let (port, key, organization) = (company.laurel.port, company["ann"].key, company.number)
        try await Self.withWatch(company) { watch, _ in
          try await withThrowingTaskGroup(of: (Int64, Bool).self) { group in
            for index in 0..<1_000 {
              let position = head + Int64(index % 3)
              group.addTask { (position, try await watch.reach(position, of: organization)) }
            }
            // Those at the head end first; then one more is written, so that a third of them wait in vain.
            try await Task.sleep(for: .milliseconds(100))
            _ = try Client(port, key: key).post("/v1/recognitions", #"{"to": ["cy"], "message": "Thank you"}"#)
            for try await (position, isReached) in group { #expect(isReached == (position <= head + 1)) }
          }
          // 2 seconds by 20 milliseconds, and some.
          #expect(watch.questionCount < 150)
        }
      }
    }

    @Test("ends at once for whoever asks for what is there, also while others wait in vain")
    func newcomers() async throws {
      try await Company.with { company in
        let organization = company.number
        try await Self.withWatch(company, pause: .seconds(60)) { watch, pool in
          let vain = Task(executorPreference: pool.loop) { try await watch.reach(.max, of: organization) }
          while watch.questionCount == 0 { await pool.loop.sleep(for: .milliseconds(5)) }
          let news = News()
          let newcomer = Task(executorPreference: pool.loop) {
            let isReached = try await watch.reach(1, of: organization)
            news.text = isReached ? "reached" : "not reached"
          }
          for _ in 0..<400 where news.text == nil { await pool.loop.sleep(for: .milliseconds(50)) }
          #expect(news.text == "reached")
          try await newcomer.value
          // Once the other has waited for long enough, it hears so when somebody joins.
          await pool.loop.sleep(for: HeadWatch.patience)
          #expect(try await watch.reach(1, of: organization))
          #expect(try await vain.value == false)
        }
      }
    }

    @Test("ends at once where the database does not answer, for everybody who waits")
    func failing() async throws {
      try await Company.with { company in
        let organization = company.number
        try await Self.withWatch(company) { watch, pool in
          await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
              group.addTask { (try? await watch.reach(.max, of: organization)) == nil }
            }
            try? await Task.sleep(for: .milliseconds(50))
            await pool.close()
            for await isFailed in group { #expect(isFailed) }
          }
        }
      }
    }
  }
}
