import EventLoop
import Ledger
import Testing

@testable import Postgres
@testable import Service

extension OnLaurel {
  @Suite("What shares a batch")
  struct TogetherTests {
    /// Two organisations, of the same people, live the same life: one takes everything that is wanted in a round as one batch,
    /// the other one operation after the other. Whatever a batch forgets to load for an operation that follows another makes a
    /// difference.
    @Test("Operations come to the same together as one by one")
    func same() async throws {
      try await ClockedPostgres.with { postgres in
        let database = try Database.open(
          url: postgres.url, ownerURL: postgres.url, state: "", acceptsClock: true, log: Laurel.log)
        let loop = try EventLoop(label: "together")
        let administration = try await Administration(database, on: loop, log: Laurel.log)
        let writer = LedgerWriter(database.runtime, on: [loop], log: Laurel.log)
        let result = await Result(asyncCatching: {
          var seen: Set<String> = []
          for seed in 1...3 as ClosedRange<UInt64> {
            seen.formUnion(try await live(seed, postgres, administration, writer))
          }
          // Lives in which nothing happens would prove nothing.
          let unseen = EntryKind.allCases.filter { !seen.contains($0.rawValue) }
          // What an organisation is called is the one thing that the two do not share.
          #expect(unseen == [.organizationCreated, .organizationChanged, .valueChanged])
        })
        await writer.close()
        await administration.close()
        loop.stop()
        try result.get()
      }
    }

    /// - Returns: the kinds of entries that were made.
    private func live(
      _ seed: UInt64, _ postgres: ClockedPostgres, _ administration: Administration, _ writer: LedgerWriter
    ) async throws -> Set<String> {
      func found(_ slug: String) async throws -> Int32 {
        _ = try await administration.create(.init(slug: slug, name: "Acme", timeZone: "Asia/Kathmandu", allowance: 60))
        return try await administration.number(of: slug)
      }
      // About noon there, so that no round sees two days.
      var clock = 21_600 - Timestamp.now.microseconds / 1_000_000 % 86_400
      postgres.set(clock)
      let (together, apart) = (try await found("together-\(seed)"), try await found("apart-\(seed)"))
      var life = SharedLife(seed: seed)
      var seen: Set<String> = []
      for round in 0..<40 {
        let operations = round == 0 ? life.beginning() : life.round()
        let answers = await writer.submit(operations, to: together)
        for (operation, answer) in zip(operations, answers) {
          let alone = await writer.submit([operation], to: apart)
          let (one, other) = (try Self.words(answer), try alone.map(Self.words).joined())
          try #require(one == other, "seed \(seed), round \(round): \(operation.action)")
          seen.formUnion(one.split(separator: "\n").map { String($0.prefix { $0 != "@" }) })
        }
        clock += life.days() * 86_400
        postgres.set(clock)
      }
      for (slug, number) in [("together-\(seed)", together), ("apart-\(seed)", apart)] {
        #expect(try await administration.verify(organization: slug).flatMap(\.report.findings) == [])
        try checkLots(number, postgres)
      }
      return seen
    }

    /// Whoever spends finds all lots with something left, though not all are looked at.
    private func checkLots(_ number: Int32, _ postgres: ClockedPostgres) throws {
      let session = try Session(postgres.url)
      let people = try session.run("SELECT person_id FROM people WHERE org_id = \(number) ORDER BY 1")
      let open = try session.run(
        """
        SELECT p.owner, p.position, p.line, p.amount - COALESCE(sum(u.amount), 0) FROM postings p
        JOIN entries e ON e.org_id = p.org_id AND e.position = p.position AND e.kind IN (
          'recognition', 'award_granted', 'award_approved', 'boost', 'earning', 'adjustment')
        LEFT JOIN lot_uses u ON u.org_id = p.org_id AND u.lot_position = p.position AND u.lot_line = p.line
        WHERE p.org_id = \(number) AND p.account = 'points' AND p.amount > 0
        GROUP BY p.owner, p.position, p.line, p.amount HAVING p.amount > COALESCE(sum(u.amount), 0)
        ORDER BY p.owner, p.position, p.line
        """)
      try session.run("PREPARE lots AS \(SQL.statement("load_lots").text)")
      let none = Array(repeating: "'{}'", count: 10).joined(separator: ", ")
      let numbers = Array(repeating: "\(number)", count: people.count).joined(separator: ",")
      let loaded = try session.run(
        "EXECUTE lots('{\(numbers)}', '{\(people.joined(separator: ","))}', \(none))"
      ).map { $0.split(separator: "|", omittingEmptySubsequences: false) }
      #expect(loaded.filter { $0[2] != "" }.map { $0[1...4].joined(separator: "|") } == open)
      #expect(!open.isEmpty)
    }

    /// All that there is to compare: what the two have of their own is times and hashes.
    private static func words(_ answer: Result<Written, WriteFailure>) throws -> String {
      switch try answer.get().decision {
      case .refused(let refusal): "\(refusal.code.rawValue): \(refusal.detail)"
      case .replayed(let earlier): "replayed \(earlier.position)"
      case .unchanged: "unchanged"
      case .accepted(let acceptance):
        acceptance.entries.map { entry in
          let postings = entry.postings.map { "\($0.account.kind) \($0.account.owner) \($0.amount) \($0.balanceAfter)" }
          let uses = entry.lotUses.map { "\($0.lotPosition).\($0.lotLine) \($0.amount)" }
          return "\(entry.kind.rawValue)@\(entry.position) \(entry.detail) \(postings) \(uses)"
        }.joined(separator: "\n")
      }
    }
  }
}
