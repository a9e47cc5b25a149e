import Dispatch
import EventLoop
import Glibc
import Testing

@testable import Postgres
@testable import Service

extension OnLaurel {
  @Suite("When PostgreSQL cannot")
  struct TimeoutTests {
    @Test("The service is ready as long as it can answer, however many ledgers are being verified")
    func readiness() async throws {
      try await OwnDatabase.with { own in
        let pool = own.server.firstWorker.pool
        let taken = DispatchSemaphore(value: 0)
        let isDone = OwnDatabase.Flag()
        let holders = (0..<pool.limits.exclusiveConnections).map { _ in
          pool.loop.spawn {
            try? await pool.exclusive { _ in
              taken.signal()
              while !isDone.isSet { await pool.loop.sleep(for: .milliseconds(5)) }
            }
          }
        }
        await onThread { for _ in holders { taken.wait() } }
        // One connection on each of the two loops.
        let clients = [Client(own.port, key: nil), Client(own.port, key: nil)]
        for client in clients {
          let answer = try client.get("/readyz")
          #expect(answer.status == 200)
        }
        isDone.set()
        for holder in holders { await holder.value }
      }
    }

    private static let thanks = #"{"to": ["p1"], "message": "Thank you", "points": 1}"#

    /// What stands in the way, and how it goes away again.
    struct Trouble: Sendable, CustomStringConvertible {
      let description: String
      let begin: String
      let end: String
    }

    private static func onInsert(_ body: String) -> String {
      """
      CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(body); RETURN NEW; END $$;
      CREATE TRIGGER trouble BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION trouble()
      """
    }
    private static func raise(_ state: String) -> String {
      onInsert("RAISE EXCEPTION 'trouble' USING ERRCODE = '\(state)'")
    }
    private static let drop = "DROP FUNCTION trouble CASCADE"

    static let troubles = [
      Trouble(
        description: "a lock held by another session", begin: "BEGIN; SELECT FROM ledger_heads FOR UPDATE",
        end: "ROLLBACK"),
      Trouble(description: "a statement that takes too long", begin: onInsert("PERFORM pg_sleep(60)"), end: drop),
      Trouble(description: "a full disk", begin: raise("53100"), end: drop),
      Trouble(description: "a disk that fails", begin: raise("58030"), end: drop),
      Trouble(description: "a deadlock", begin: raise("40P01"), end: drop),
      Trouble(description: "a server that became a standby", begin: raise("25006"), end: drop),
    ]

    @Test(
      "the caller is told 503, nothing is recorded, and the same key is good as soon as it can", arguments: troubles)
    func trouble(_ trouble: Trouble) async throws {
      try await OwnDatabase.with { own in
        let client = Client(own.port, key: try await own.found(people: 2).keys["p0"])
        #expect(try client.post("/v1/recognitions", Self.thanks).status == 201)
        let intruder = try Session(own.superuserURL)
        try intruder.run(trouble.begin)
        let refused = try client.post("/v1/recognitions", Self.thanks, key: "k")
        #expect(refused.summary == "503 database_unavailable")
        #expect(refused["Retry-After"] != nil)
        // What only reads goes on.
        #expect(try client.get("/v1/me").json["balances"]?["allowance"]?.number == 999_999)
        try intruder.run(trouble.end)
        #expect(try own.recognitions().count == 1)
        let accepted = try client.post("/v1/recognitions", Self.thanks, key: "k")
        #expect(accepted.status == 201)
        #expect(accepted["Idempotent-Replayed"] == nil)
        #expect(try own.recognitions().count == 2)
        #expect(try await own.isSound())
      }
    }
  }
}
