import EventLoop
import Glibc
import Ledger
import Testing

@testable import Postgres
@testable import Service

extension OnLaurel {
  /// Two organisations share a lane here.
  @Suite("Organisations of a lane")
  struct LaneNeighbourTests {
    private struct Two {
      let writer: LedgerWriter
      let acme: (number: Int32, people: [Person], keys: [String: String])
      let other: (number: Int32, people: [Person], keys: [String: String])

      /// - Returns: how many of so many thanks in the other organisation, one after the other, were accepted.
      func thankInOther(_ count: Int) async -> Int {
        var accepted = 0
        for _ in 0..<count {
          let operations = LaneNeighbourTests.anew(OwnDatabase.thanks(1, from: other.people, poisoned: []))
          let answers = await writer.submit(operations, to: other.number)
          accepted += LaneNeighbourTests.positions(answers).count
        }
        return accepted
      }
    }

    /// - Parameter statementTimeout: of the lane's statements.
    private static func with(
      statementTimeout: Duration = .seconds(10), _ body: (OwnDatabase, Two) async throws -> Void
    ) async throws {
      try await OwnDatabase.with { own in
        var settings = own.database.runtime
        settings.statementTimeout = statementTimeout
        let two = Two(
          writer: LedgerWriter(settings, on: [own.loops[0]], log: Laurel.log),
          acme: try await own.found(people: 2), other: try await own.found("other", people: 2))
        let result = await Result(asyncCatching: { try await body(own, two) })
        await two.writer.close()
        try result.get()
        #expect(try await own.isSound())
      }
    }

    private static func positions(_ answers: [Result<Written, WriteFailure>]) -> [Int64] {
      answers.compactMap { answer in
        if case .success(let written) = answer, case .accepted(let acceptance) = written.decision {
          acceptance.entry.position
        } else {
          nil
        }
      }
    }

    @Test("Whoever's head somebody else holds waits alone, and is recorded as soon as it is free")
    func locked() async throws {
      try await Self.with { own, two in
        let intruder = try Session(own.superuserURL)
        try intruder.run("BEGIN; SELECT FROM ledger_heads WHERE org_id = \(two.acme.number) FOR UPDATE")
        let operations = OwnDatabase.thanks(64, from: two.acme.people, poisoned: [])
        let isAnswered = OwnDatabase.Flag()
        async let held = {
          let answers = await two.writer.submit(operations, to: two.acme.number)
          isAnswered.set()
          return answers
        }()
        #expect(await two.thankInOther(100) == 100)
        // Reads of both, and readiness.
        for (keys, path) in [(two.acme.keys, "/v1/me"), (two.other.keys, "/v1/me"), (two.acme.keys, "/readyz")] {
          #expect(try Client(own.port, key: keys["p0"]).get(path).status == 200)
        }
        #expect(!isAnswered.isSet)
        try intruder.run("ROLLBACK")
        let positions = Self.positions(await held)
        #expect(positions.count == 64)
        #expect(positions == positions.sorted())
      }
    }

    @Test("Whoever waits for a held head for too long is told that nothing was recorded, and so is whoever comes later")
    func patience() async throws {
      try await Self.with { own, two in
        let intruder = try Session(own.superuserURL)
        try intruder.run("BEGIN; SELECT FROM ledger_heads WHERE org_id = \(two.acme.number) FOR UPDATE")
        for _ in 0..<2 {
          let answers = await two.writer.submit(
            OwnDatabase.thanks(3, from: two.acme.people, poisoned: []), to: two.acme.number)
          #expect(answers.count == 3)
          for answer in answers { #expect(throws: WriteFailure.unavailable) { try answer.get() } }
        }
        try intruder.run("ROLLBACK")
        #expect(try own.recognitions() == [])
        let answers = await two.writer.submit(
          OwnDatabase.thanks(3, from: two.acme.people, poisoned: []), to: two.acme.number)
        #expect(Self.positions(answers).count == 3)
      }
    }

    /// Words that begin with "poison" take longer than any statement may.
    private static let slowPoison = """
      CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
      CREATE TRIGGER slow BEFORE INSERT ON entry_texts FOR EACH ROW WHEN (NEW.text LIKE 'poison%') EXECUTE FUNCTION slow()
      """

    @Test(
      "What takes too long ends alone, with everybody else's recorded, and another organisation does not wait for it",
      arguments: [[0], [31], [63], [7, 40]])
    func slow(_ poisoned: [Int]) async throws {
      try await Self.with(statementTimeout: .milliseconds(500)) { own, two in
        try Session(own.superuserURL).run(Self.slowPoison)
        let operations = OwnDatabase.thanks(64, from: two.acme.people, poisoned: poisoned)
        let isAnswered = OwnDatabase.Flag()
        async let slow = {
          let answers = await two.writer.submit(operations, to: two.acme.number)
          isAnswered.set()
          return answers
        }()
        #expect(await two.thankInOther(5) == 5)
        #expect(!isAnswered.isSet)
        let answers = await slow
        for (index, answer) in answers.enumerated() where poisoned.contains(index) {
          #expect(throws: WriteFailure.unavailable) { try answer.get() }
        }
        let positions = Self.positions(answers)
        #expect(positions.count == 64 - poisoned.count)
        #expect(positions == positions.sorted())
        let ids = try Session(own.superuserURL).run(
          "SELECT entry_id FROM entries WHERE org_id = \(two.acme.number) AND kind = 'recognition' ORDER BY position")
        let expected = operations.enumerated().filter { !poisoned.contains($0.offset) }.map { "\($0.element.id)" }
        #expect(ids == expected)
      }
    }

    @Test("Who floods an organisation by one key lets nobody else of it wait but for one batch")
    func flood() async throws {
      try await Self.with { own, two in
        let flood = OwnDatabase.thanks(Lane.waitingCountMaxOfOne - 1, from: two.acme.people, poisoned: [])
        async let flooded = two.writer.submit(flood, to: two.acme.number)
        // The lane has begun with it once the first batch is there.
        let session = try Session(own.superuserURL)
        while try session.run("SELECT count(*) FROM recognitions") == ["0"] { usleep(1_000) }
        let thanks = Operation(
          id: Secrets.id(), actor: two.acme.people.first { $0.handle == "p1" }?.id, salt: Secrets.digest(),
          action: .recognise(Recognise(to: ["p0"], message: "thanks", points: 1)))
        let written = try await two.writer.submit(
          Submission(organization: two.acme.number, operation: thanks, key: 1))
        let position = try #require(Self.positions([.success(written)]).first)
        let others = Self.positions(await flooded)
        #expect(others.count == flood.count)
        #expect(others == others.sorted())
        // Behind the batches under way then, and far before the flood's end.
        #expect(others.filter { $0 > position }.count > flood.count / 2)
      }
    }

    @Test("While hundreds of operations are decided, their loop has turns for others")
    func turns() async throws {
      try await Self.with { own, two in
        let operations = OwnDatabase.thanks(Lane.batchCountMax, from: two.acme.people, poisoned: [])
        let loop = own.loops[0]
        let isDone = OwnDatabase.Flag()
        async let turns = loop.run { await Self.longestTurn(of: loop, until: isDone) }
        // Several times, since the first batch also prepares statements.
        for _ in 0..<3 { _ = await two.writer.submit(Self.anew(operations), to: two.acme.number) }
        isDone.set()
        let (longest, sum) = await turns
        print("turns: longest \(longest / 1_000) µs of \(sum / 1_000) µs")
        #expect(longest < sum / 12)
      }
    }

    /// The same without their keys, as something new.
    private static func anew(_ operations: [Operation]) -> [Operation] {
      operations.map {
        Operation(id: Secrets.id(), actor: $0.actor, salt: Secrets.digest(), action: $0.action)
      }
    }

    /// What the loop's thread worked between two turns, in nanoseconds, so that whoever else uses the machine does not matter.
    private static func longestTurn(
      of loop: EventLoop, until isDone: OwnDatabase.Flag
    ) async -> (longest: UInt64, sum: UInt64) {
      var (longest, sum) = (UInt64(0), UInt64(0))
      while !isDone.isSet {
        let begin = worked()
        await loop.nextTurn()
        let turn = worked() - begin
        longest = max(longest, turn)
        // Turns in which nothing happens are no work.
        if turn > 50_000 { sum += turn }
      }
      return (longest, sum)
    }

    private static func worked() -> UInt64 {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
  }
}
