import Foundation
import Ledger
import Testing

@testable import Service

extension OnLaurel {
  @Suite("A connection cut at its COMMIT")
  struct CutTests {
    private static let thanks = #"{"to": ["p1"], "message": "Thank you", "points": 1}"#

    @Test(
      "once is the server's own affair: the caller is answered, and the key has one effect",
      arguments: [.beforeCommit, .beforeAnswer, .lateCommit, .afterAnswer] as [PostgresProxy.Cut])
    func once(_ cut: PostgresProxy.Cut) async throws {
      try await PostgresProxy.with { proxy in
        try await OwnDatabase.with(proxy) { own in
          let client = Client(own.port, key: try await own.found(people: 2).keys["p0"])
          proxy.arm(cut, count: 1)
          let answer = try client.post("/v1/recognitions", Self.thanks, key: "k")
          #expect(answer.summary == "201")
          #expect(answer["Idempotent-Replayed"] == nil)
          #expect(proxy.cutCount == 1)
          #expect(try client.post("/v1/recognitions", Self.thanks, key: "l").status == 201)
          let again = try client.post("/v1/recognitions", Self.thanks, key: "k")
          #expect(again["Idempotent-Replayed"] == "true")
          #expect(again["Ledger-Position"] == answer["Ledger-Position"])
          #expect(try own.recognitions().count == 2)
          #expect(try await own.isSound())
        }
      }
    }

    @Test("twice before PostgreSQL had it is answered 503: nothing was recorded, and the same key may come again")
    func twice() async throws {
      try await PostgresProxy.with { proxy in
        try await OwnDatabase.with(proxy) { own in
          let client = Client(own.port, key: try await own.found(people: 2).keys["p0"])
          proxy.arm(.beforeCommit, count: 2)
          let answer = try client.post("/v1/recognitions", Self.thanks, key: "k")
          #expect(answer.summary == "503 database_unavailable")
          #expect(answer["Retry-After"] != nil)
          #expect(proxy.cutCount == 2)
          #expect(try own.recognitions() == [])
          try await expectOneEffect(client, own, isReplayed: nil)
        }
      }
    }

    @Test("by a PostgreSQL that stays away leaves the outcome unknown: it was recorded, and the key says so later")
    func gone() async throws {
      try await PostgresProxy.with { proxy in
        try await OwnDatabase.with(proxy) { own in
          let client = Client(own.port, key: try await own.found(people: 2).keys["p0"])
          // The lane has a connection now; only what it opens anew is refused.
          #expect(try client.post("/v1/recognitions", Self.thanks, key: "first").status == 201)
          proxy.arm(.beforeAnswer, count: 1)
          proxy.refuse(true)
          #expect(try client.post("/v1/recognitions", Self.thanks, key: "k").summary == "503 outcome_unknown")
          #expect(try own.recognitions().count == 2)
          proxy.refuse(false)
          try await expectOneEffect(client, own, isReplayed: "true", others: 1)
        }
      }
    }

    @Test("whose transaction PostgreSQL keeps open leaves the outcome unknown for as long as it holds the locks")
    func kept() async throws {
      try await PostgresProxy.with { proxy in
        try await OwnDatabase.with(proxy) { own in
          let client = Client(own.port, key: try await own.found(people: 2).keys["p0"])
          proxy.arm(.neverCommit, count: 1)
          #expect(try client.post("/v1/recognitions", Self.thanks, key: "k").summary == "503 outcome_unknown")
          #expect(proxy.cutCount == 1)
          proxy.letGo()
          #expect(try own.recognitions() == [])
          try await expectOneEffect(client, own, isReplayed: nil)
        }
      }
    }

    @Test("that takes the readers along is no reason to say that nothing was recorded")
    func readers() async throws {
      try await PostgresProxy.with { proxy in
        try await OwnDatabase.with(proxy) { own in
          let client = Client(own.port, key: try await own.found(people: 2).keys["p0"])
          let id = try #require(try client.post("/v1/recognitions", Self.thanks, key: "k").json["id"]?.text)
          // Whoever reads loses its connection while the entry is written, and finds no other for its answer.
          try Session(own.superuserURL).run(
            """
            CREATE FUNCTION laurel.end_readers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
              PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid();
              RETURN NULL;
            END $$;
            CREATE TRIGGER end_readers AFTER INSERT ON laurel.entries FOR EACH STATEMENT
            EXECUTE FUNCTION laurel.end_readers()
            """)
          proxy.refuse(true)
          let undo = [("Idempotency-Key", "u")]
          let answer = try client.call("DELETE", "/v1/recognitions/\(id)", undo)
          #expect(answer.summary == "503 outcome_unknown")
          proxy.refuse(false)
          let again = try client.call("DELETE", "/v1/recognitions/\(id)", undo)
          #expect(again.status == 200)
          #expect(again["Idempotent-Replayed"] == "true")
          #expect(again.json["reversed"]?.flag == true)
        }
      }
    }

    /// Sends the key twice more, and looks what there is.
    private func expectOneEffect(
      _ client: Client, _ own: OwnDatabase, isReplayed: String?, others: Int = 0
    ) async throws {
      let first = try client.post("/v1/recognitions", Self.thanks, key: "k")
      #expect(first.summary == "201")
      #expect(first["Idempotent-Replayed"] == isReplayed)
      let second = try client.post("/v1/recognitions", Self.thanks, key: "k")
      #expect(second["Idempotent-Replayed"] == "true")
      #expect(second["Ledger-Position"] == first["Ledger-Position"])
      #expect(try own.recognitions().count == 1 + others)
      #expect(try await own.isSound())
    }

    @Test(
      "again and again under load loses nothing acknowledged, and a retry doubles nothing",
      arguments: [.beforeCommit, .beforeAnswer, .lateCommit, .afterAnswer] as [PostgresProxy.Cut], [1, 3])
    func underLoad(_ cut: PostgresProxy.Cut, every: Int) async throws {
      try await PostgresProxy.with { proxy in
        try await OwnDatabase.with(proxy) { own in
          let keys = try await own.found(people: 5).keys
          let isDone = OwnDatabase.Flag()
          let port = own.port
          proxy.arm(cut, count: 20, every: every)
          let positions = try await withThrowingTaskGroup(of: [String].self) { group in
            for person in 0..<4 {
              let key = keys["p\(person)"]
              group.addTask { try await onThread { try OwnDatabase.thank(Client(port, key: key), until: isDone) } }
            }
            group.addTask {
              await onThread {
                let deadline = ContinuousClock.now + .seconds(60)
                while proxy.cutCount < 20, ContinuousClock.now < deadline { usleep(5_000) }
              }
              isDone.set()
              return []
            }
            return try await group.reduce([], +)
          }
          #expect(proxy.cutCount == 20)
          #expect(Set(positions).count == positions.count, "two keys have one effect")
          #expect(try Set(own.recognitions()) == Set(positions))
          #expect(try own.recognitions().count == positions.count)
          #expect(try await own.isSound())
        }
      }
    }

    @Test(
      "of 512 operations, some of them poisoned, ends in one effect for each of the others, whatever had to be sent again",
      arguments: [.beforeCommit, .beforeAnswer, .lateCommit] as [PostgresProxy.Cut])
    func batch(_ cut: PostgresProxy.Cut) async throws {
      try await PostgresProxy.with { proxy in
        try await OwnDatabase.with { own in
          let (number, people, _) = try await own.found(people: 2)
          try own.refusePoison()
          let poisoned = [0, 300, 511]
          let served = try Database.open(
            url: proxy.url(for: own.runtimeURL), ownerURL: nil, state: "", log: Laurel.log)
          let writer = LedgerWriter(served.runtime, on: [own.loops[0]], log: Laurel.log)
          proxy.arm(cut, every: 4)
          var effects: [Set<Int64>] = Array(repeating: [], count: 512)
          // Each time with ids of their own, as clients that only know their keys send them.
          for round in 0..<3 {
            if round == 2 { proxy.disarm() }
            let operations = OwnDatabase.thanks(512, from: people, poisoned: poisoned)
            for (index, answer) in await writer.submit(operations, to: number).enumerated() {
              switch answer {
              case .success(let written):
                switch written.decision {
                case .accepted(let acceptance): effects[index].insert(acceptance.entry.position)
                case .replayed(let earlier): effects[index].insert(earlier.position)
                default: Issue.record("\(index): \(written.decision)")
                }
              case .failure(.defective): #expect(poisoned.contains(index))
              case .failure(let failure): #expect(round < 2 && failure != .overloaded, "\(index): \(failure)")
              }
            }
          }
          await writer.close()
          #expect(proxy.cutCount > 0)
          for (index, positions) in effects.enumerated() {
            #expect(positions.count == (poisoned.contains(index) ? 0 : 1), "\(index): \(positions)")
          }
          #expect(try own.recognitions().count == 512 - poisoned.count)
          #expect(try await own.isSound())
        }
      }
    }
  }
}
