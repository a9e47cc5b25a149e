import EventLoop
import Foundation
import Glibc
import HTTP
import Ledger
import Synchronization
import Testing

@testable import Postgres
@testable import Service

extension OnLaurel {
  @Suite("Lanes")
  struct LaneTests {
    @Test(
      "Poisoned operations in a batch of 512 harm no neighbour, wherever they are",
      arguments: [
        [0], [255], [256], [511], [0, 511], [17, 18, 400], Set((0..<9).map { _ in Int.random(in: 0..<512) }).sorted(),
      ])
    func poison(_ poisoned: [Int]) async throws {
      try await OwnDatabase.with { own in
        let (number, people, _) = try await own.found(people: 2)
        try own.refusePoison()
        let operations = OwnDatabase.thanks(512, from: people, poisoned: poisoned)
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
        #expect(try await own.isSound())
      }
    }

    @Test("A lane that finds no database answers so, and knocks ever less often until one is there")
    func backoff() async throws {
      let door = try Door()
      defer { door.close() }
      let loop = try EventLoop(label: "lane")
      defer { loop.stop() }
      let settings = try ConnectionSettings("host=127.0.0.1 port=\(door.port) sslmode=disable gssencmode=disable")
      let writer = LedgerWriter(settings, on: [loop], log: Laurel.log)
      let begin = monotonicNanoseconds()
      for _ in 0..<8 {
        let answers = await writer.submit(OwnDatabase.thanks(1, from: [], poisoned: []), to: 1)
        guard case .failure(.unavailable) = answers[0] else {
          Issue.record("\(answers[0])")
          return
        }
      }
      let elapsed = monotonicNanoseconds() - begin
      await writer.close()
      // Pauses of at least 25, 50, 100, 200 and 400 ms, and half a second from then on, were between them.
      #expect((1...8).contains(door.knockCount))
      #expect(elapsed >= 25_000_000 * (1 << UInt64(min(door.knockCount, 6) - 1) - 1))
    }

    @Test("A lane that is closed answers everyone: what its last batch recorded, and that nothing of the rest was")
    func close() async throws {
      try await OwnDatabase.with { own in
        let (number, people, _) = try await own.found(people: 2)
        let writer = LedgerWriter(own.database.runtime, on: [own.loops[0]], log: Laurel.log)
        #expect(await writer.submit(OwnDatabase.thanks(1, from: people, poisoned: []), to: number).count == 1)
        let operations = OwnDatabase.thanks(8 * Lane.batchCountMax, from: people, poisoned: [])
        async let submitted = writer.submit(Array(operations.dropFirst()), to: number)
        await own.loops[0].run { await own.loops[0].sleep(for: .milliseconds(5)) }
        // Twice, as when two have the same idea.
        async let other: Void = writer.close()
        await writer.close()
        await other
        var accepted = 1
        for answer in await submitted {
          switch answer {
          case .success(let written): if case .accepted = written.decision { accepted += 1 }
          case .failure(let failure): #expect(failure == .unavailable)
          }
        }
        #expect(try own.recognitions().count == accepted)
        #expect(accepted < operations.count)
        let late = await writer.submit(OwnDatabase.thanks(1, from: people, poisoned: []), to: number)
        #expect(throws: WriteFailure.unavailable) { try late[0].get() }
        #expect(try await own.isSound())
      }
    }

    @Test("A poisoned request is answered 500 and logged; the next one is served")
    func poisonedRequest() async throws {
      try await OwnDatabase.with { own in
        let (_, _, keys) = try await own.found(people: 2)
        try own.refusePoison()
        let client = Client(own.port, key: keys["p0"])
        let answer = try client.post("/v1/recognitions", #"{"to": ["p1"], "message": "poison", "points": 1}"#)
        #expect(answer.summary == "500 internal_error")
        #expect(
          try client.post("/v1/recognitions", #"{"to": ["p1"], "message": "Thank you", "points": 1}"#).status == 201)
        #expect(try client.get("/v1/me").json["balances"]?["allowance"]?.number == 999_999)
        #expect(try await own.isSound())
      }
    }

    private static let terminate = """
      SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
      WHERE datname = current_database() AND usename = 'laurel_runtime'
      """

    @Test("Connections that end between requests are made anew")
    func betweenRequests() async throws {
      try await OwnDatabase.with { own in
        let (_, _, keys) = try await own.found(people: 2)
        let client = Client(own.port, key: keys["p0"])
        let session = try Session(own.superuserURL)
        for round in 1...5 {
          #expect(
            try client.post(
              "/v1/recognitions", #"{"to": ["p1"], "message": "Thank you", "points": 1}"#, key: "k\(round)"
            ).status == 201)
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
        #expect(try await own.isSound())
      }
    }

    @Test("Connections that end under load lose nothing acknowledged, and a retry doubles nothing")
    func underLoad() async throws {
      try await OwnDatabase.with { own in
        let (_, _, keys) = try await own.found(people: 5)
        let isDone = OwnDatabase.Flag()
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
            group.addTask { try await onThread { try OwnDatabase.thank(Client(port, key: key), until: isDone) } }
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
        #expect(try await own.isSound())
      }
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

/// A port of 127.0.0.1 where whoever knocks finds the door shut again at once.
private final class Door: Sendable {
  let port: UInt16
  private let listener: Int32
  private let knocks = Mutex(0)

  var knockCount: Int { knocks.withLock { $0 } }

  init() throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) == 0 && listen(listener, 16) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    try #require(isBound)
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in
      while true {
        let visitor = accept(listener, nil, nil)
        if visitor < 0 { break }
        knocks.withLock { $0 += 1 }
        _ = Glibc.close(visitor)
      }
      _ = Glibc.close(listener)
    }
  }

  func close() { _ = shutdown(listener, Int32(SHUT_RDWR)) }
}
