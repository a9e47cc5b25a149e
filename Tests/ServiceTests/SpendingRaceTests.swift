import Glibc
import HTTP
import Testing

extension OnLaurel {
  @Suite("Spending at the same moment")
  struct SpendingRaceTests {
    @Test("Of five hundred clients that redeem the last ten items at once, exactly ten succeed")
    func lastItems() async throws {
      try Self.allowManyConnections()
      try await Company.with { company in
        try await company.give(["ann", "bo", "cy", "di"], points: 1_000)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 5, "stock": 10}"#)
        let names = ["ann", "bo", "cy", "di"]
        let clients = (0..<500).map { company[names[$0 % 4]] }
        for client in clients { try client.sendPost("/v1/redemptions", #"{"reward": "MUG"}"#) }
        let answers = try clients.map { try $0.receive() }
        #expect(answers.count { $0.status == 201 } == 10)
        #expect(answers.count { $0.summary == "409 out_of_stock" } == 490)
        #expect(try company["ann"].get("/v1/rewards/MUG").json["stock"]?.number == 0)
        let spent = try names.map { try company.wallet($0).held }.reduce(0, +)
        #expect(spent == 50)
      }
    }

    @Test("Nobody spends one point twice, however many ask at once")
    func points() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 23)
        try company.offer(#"{"sku": "SEED", "name": "Seeds", "price_points": 5, "fulfilment": "instant"}"#)
        let clients = (0..<64).map { _ in company["ann"] }
        for client in clients { try client.sendPost("/v1/redemptions", #"{"reward": "SEED"}"#) }
        let summaries = try clients.map { try $0.receive().summary }
        #expect(summaries.count { $0 == "201" } == 4)
        #expect(summaries.count { $0 == "409 insufficient_points" } == 60)
        #expect(try company.wallet("ann") == Wallet(points: 3, held: 0))
      }
    }

    @Test("Sixty-four awards at once take a budget to its end and never below")
    func budget() async throws {
      try await Company.with { company in
        let budget = try company.fund("mo", points: 30)
        let clients = (0..<64).map { _ in company["mo"] }
        for (index, client) in clients.enumerated() {
          try client.sendPost(
            "/v1/awards", #"{"budget": "\#(budget)", "to": ["ann"], "message": "Thank you", "points": 4}"#,
            key: "award-\(index)")
        }
        let summaries = try clients.map { try $0.receive().summary }
        #expect(summaries.count { $0 == "201" } == 7)
        #expect(summaries.count { $0 == "409 insufficient_budget" } == 57)
        #expect(try company["mo"].get("/v1/budgets/\(budget)").json["available"]?.number == 2)
        #expect(try company.wallet("ann") == Wallet(points: 28, held: 0))
      }
    }

    /// Both ends of every connection are this process's.
    private static func allowManyConnections() throws {
      var limit = rlimit()
      try #require(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
      if limit.rlim_cur < 4_096 {
        limit.rlim_cur = min(4_096, limit.rlim_max)
        try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
      }
    }
  }
}
