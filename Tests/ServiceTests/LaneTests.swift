import EventLoop
import Foundation
import HTTP
import Ledger
import Synchronization
import Testing

@testable import Postgres
@testable import Service

/// A database of a test's own in the shared cluster, for what would disturb others, and a server on it.
private struct OwnDatabase: Sendable {
  let name: String
  let database: Database
  let loops: [EventLoop]
  let administration: Administration
  let server: Server
  let superuserURL: String

  var port: Int { Int(server.address.split(separator: ":").last!)! }

  static func with(_ body: (OwnDatabase) async throws -> Void) async throws {
    let cluster = try #require(Laurel.current).cluster
    try await Turnstile.pass {
      let own = try await OwnDatabase(cluster)
      let result = await Result(asyncCatching: { try await body(own) })
      await own.server.stop()
      await own.administration.close()
      for loop in own.loops { loop.stop() }
      try result.get()
    }
  }

  private init(_ cluster: PrivateCluster) async throws {
    let name = "own_\(UInt32.random(in: 0 ... .max))"
    self.name = name
    func url(_ url: String) -> String { url.replacing("/laurel?", with: "/\(name)?") }
    superuserURL = url(cluster.superuserURL)
    try await onThread {
      _ = try Session(cluster.superuserURL).run("CREATE DATABASE \(name) OWNER laurel_owner")
    }
    database = try Database.open(
      url: url(cluster.runtimeURL), ownerURL: url(cluster.ownerURL), state: "", log: Laurel.log)
    loops = [try EventLoop(label: "own-0"), try EventLoop(label: "own-1")]
    administration = try await Administration(database, on: loops[0], log: Laurel.log)
    server = try await Server(database, on: loops, listen: ("127.0.0.1", 0), log: Laurel.log)
  }
}

extension OnLaurel {
  @Suite("Lanes")
  struct LaneTests {
    /// An organisation with people `p0`, `p1`, … and everyone's key.
    private func found(
      _ own: OwnDatabase, people count: Int
    ) async throws -> (number: Int32, people: [Person], keys: [String: String]) {
      let administration = own.administration
      _ = try await administration.create(.init(slug: "acme", name: "Acme", timeZone: "UTC", allowance: 1_000_000))
      let csv = "handle,name\n" + (0..<count).map { "p\($0),P\n" }.joined()
      _ = try await administration.importPeople(Array(csv.utf8), organization: "acme") { _, _ in }
      let keys = try await administration.createMissingKeys(organization: "acme")
      let (number, people) = try await administration.directory("acme")
      return (number, people, Dictionary(uniqueKeysWithValues: keys.map { ($0.handle, $0.key) }))
    }

    private func isSound(_ own: OwnDatabase) async throws -> Bool {
      try await own.administration.verify(organization: nil).allSatisfy(\.report.isSound)
    }

    @Test("A poisoned operation in a batch of 512 harms no neighbour", arguments: [[0], [200], [511], [17, 18, 400]])
    func poison(_ poisoned: [Int]) async throws {
      try await OwnDatabase.with { own in
        let (number, people, _) = try await found(own, people: 2)
        try Session(own.superuserURL).run("ALTER TABLE entry_texts ADD CHECK (text NOT LIKE 'poison%')")
        let giver = try #require(people.first { $0.handle == "p0" })
        let operations = (0..<512).map { index in
          Operation(
            id: Secrets.id(), actor: giver.id,
            idempotency: Idempotency(key: .sha256([UInt8(index >> 8), UInt8(index & 255)]), request: .zero),
            salt: Secrets.digest(),
            action: .recognise(
              Recognise(to: ["p1"], message: poisoned.contains(index) ? "poison" : "thanks \(index)", points: 1)))
        }
        let writer = LedgerWriter(own.database.runtime, on: [own.loops[0]], log: Laurel.log)
        let answers = await writer.submit(operations, to: number)
        await writer.close()
        var positions: [Int64] = []
        for (index, answer) in answers.enumerated() {
          switch answer {
          case .success(let written):
            guard case .accepted(let acceptance) = written.decision else {
              Issue.record("\(index): \(written.decision)")
              continue
            }
            #expect(acceptance.entry.id == operations[index].id)
            positions.append(acceptance.entry.position)
          case .failure(let failure):
            #expect(poisoned.contains(index) && failure == .defective, "\(index): \(failure)")
          }
        }
        #expect(answers.count == 512)
        #expect(positions.count == 512 - poisoned.count)
        #expect(positions == positions.sorted())
        let texts = try Session(own.superuserURL).run(
          "SELECT count(DISTINCT text) FROM entry_texts WHERE text LIKE 'thanks%'")
        #expect(texts == ["\(512 - poisoned.count)"])
        #expect(try await isSound(own))
      }
    }

    @Test("A poisoned request is answered 500 and logged; the next one is served")
    func poisonedRequest() async throws {
      try await OwnDatabase.with { own in
        let (_, _, keys) = try await found(own, people: 2)
        try Session(own.superuserURL).run("ALTER TABLE entry_texts ADD CHECK (text NOT LIKE 'poison%')")
        let client = Client(own.port, key: keys["p0"])
        let answer = try client.post("/v1/recognitions", #"{"to": ["p1"], "message": "poison", "points": 1}"#)
        #expect(answer.summary == "500 internal_error")
        #expect(try client.post("/v1/recognitions", #"{"to": ["p1"], "points": 1}"#).status == 201)
        #expect(try client.get("/v1/me").json["balances"]?["allowance"]?.number == 999_999)
        #expect(try await isSound(own))
      }
    }

    private static let terminate = """
      SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
      WHERE datname = current_database() AND usename = 'laurel_runtime'
      """

    @Test("Connections that end between requests are made anew")
    func betweenRequests() async throws {
      try await OwnDatabase.with { own in
        let (_, _, keys) = try await found(own, people: 2)
        let client = Client(own.port, key: keys["p0"])
        let session = try Session(own.superuserURL)
        for round in 1...5 {
          #expect(try client.post("/v1/recognitions", #"{"to": ["p1"], "points": 1}"#, key: "k\(round)").status == 201)
          #expect(try session.run(Self.terminate) != ["0"])
          // A read may meet the loss before the pool does, and says then that it may be tried again.
          var read = try client.get("/v1/recognitions")
          for _ in 0..<100 where read.status == 503 {
            #expect(read["Retry-After"] != nil)
            try await Task.sleep(for: .milliseconds(20))
            read = try client.get("/v1/recognitions")
          }
          #expect(read.json["data"]?.list.count == round)
        }
        #expect(try await isSound(own))
      }
    }

    @Test("Connections that end under load lose nothing acknowledged, and a retry doubles nothing")
    func underLoad() async throws {
      try await OwnDatabase.with { own in
        let (_, _, keys) = try await found(own, people: 5)
        let isDone = Flag()
        let port = own.port
        async let killed = onThread { [url = own.superuserURL] in
          defer { isDone.set() }
          let session = try Session(url)
          var count = 0
          for _ in 0..<8 {
            usleep(UInt32.random(in: 50_000...250_000))
            count += Int(try session.run(Self.terminate)[0]) ?? 0
          }
          return count
        }
        let positions = try await withThrowingTaskGroup(of: [String].self) { group in
          for person in 0..<4 {
            let key = keys["p\(person)"]
            group.addTask { try await onThread { try Self.load(Client(port, key: key), until: isDone) } }
          }
          var all: [String] = []
          for try await positions in group { all += positions }
          return all
        }
        #expect(try await killed > 0)
        #expect(positions.count > 8)
        #expect(Set(positions).count == positions.count, "two keys have one effect")
        let session = try Session(own.superuserURL)
        let sums = try session.run("SELECT count(*), sum(points) FROM recognitions")
        #expect(sums == ["\(positions.count)|\(positions.count)"])
        let recorded = try session.run("SELECT position FROM recognitions ORDER BY position")
        #expect(Set(recorded) == Set(positions))
        #expect(try await isSound(own))
      }
    }

    /// Thanks again and again, each time until it is acknowledged.
    /// - Returns: the positions.
    private static func load(_ client: Client, until isDone: Flag) throws -> [String] {
      var positions: [String] = []
      while !isDone.isSet {
        let key = "k\(positions.count)"
        var answer = try client.post("/v1/recognitions", #"{"to": ["p4"], "points": 1}"#, key: key)
        while answer.status == 503, answer["Retry-After"] != nil {
          usleep(2_000)
          answer = try client.post("/v1/recognitions", #"{"to": ["p4"], "points": 1}"#, key: key)
        }
        guard answer.status == 201 else { throw Unexpected(summary: answer.summary) }
        positions.append(answer["Ledger-Position"] ?? "")
      }
      return positions
    }

    private struct Unexpected: Error { let summary: String }

    private final class Flag: Sendable {
      private let value = Atomic(false)
      var isSet: Bool { value.load(ordering: .relaxed) }
      func set() { value.store(true, ordering: .relaxed) }
    }
  }

  @Suite("Statements")
  struct StatementTests {
    @Test("Every statement in sql/queries prepares against the schema, with the parameter types that its casts say")
    func prepares() async throws {
      let laurel = try #require(Laurel.current)
      let session = try Session(laurel.cluster.runtimeURL)
      #expect(SQL.names.count > 30)
      for name in SQL.names {
        let statement = SQL.statement(name)
        #expect(try session.parameterTypes(of: statement.text) == statement.parameters.map(\.rawValue), "\(name)")
      }
    }

    @Test("Many may migrate at once")
    func atOnce() async throws {
      let database = try #require(Laurel.current).database
      try await withThrowingTaskGroup { group in
        for _ in 0..<12 {
          group.addTask {
            let loop = try EventLoop(label: "test")
            defer { loop.stop() }
            _ = try await Schema.migrate(database, on: loop)
          }
        }
        try await group.waitForAll()
      }
    }

    @Test("Migrating again changes nothing")
    func again() async throws {
      let laurel = try #require(Laurel.current)
      let loop = try EventLoop(label: "test")
      defer { loop.stop() }
      #expect(try await Schema.migrate(laurel.database, on: loop).migrations.isEmpty)
    }
  }
}
