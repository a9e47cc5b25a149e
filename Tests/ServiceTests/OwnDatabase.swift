import EventLoop
import Glibc
import Ledger
import Synchronization
import Testing

@testable import Postgres
@testable import Service

/// A database of a test's own in the shared cluster, for what would disturb others, and a server on it.
struct OwnDatabase: Sendable {
  let name: String
  /// As the tests see it: without the proxy.
  let database: Database
  let loops: [EventLoop]
  let administration: Administration
  let server: Server
  let superuserURL: String
  let runtimeURL: String

  var port: Int { Int(server.address.split(separator: ":").last!)! }

  /// - Parameter proxy: what the server's connections go through.
  static func with(_ proxy: PostgresProxy? = nil, _ body: (OwnDatabase) async throws -> Void) async throws {
    let cluster = try #require(Laurel.current).cluster
    try await Turnstile.pass {
      let own = try await OwnDatabase(cluster, proxy)
      let result = await Result(asyncCatching: { try await body(own) })
      await own.server.stop()
      await own.administration.close()
      for loop in own.loops { loop.stop() }
      try result.get()
    }
  }

  private init(_ cluster: PrivateCluster, _ proxy: PostgresProxy?) async throws {
    let name = "own_\(UInt32.random(in: 0 ... .max))"
    self.name = name
    func url(_ url: String) -> String { url.replacing("/laurel?", with: "/\(name)?") }
    superuserURL = url(cluster.superuserURL)
    try await onThread {
      _ = try Session(cluster.superuserURL).run("CREATE DATABASE \(name) OWNER laurel_owner")
    }
    runtimeURL = url(cluster.runtimeURL)
    let ownerURL = url(cluster.ownerURL)
    database = try Database.open(url: runtimeURL, ownerURL: ownerURL, state: "", log: Laurel.log)
    loops = [try EventLoop(label: "own-0"), try EventLoop(label: "own-1")]
    administration = try await Administration(database, on: loops[0], log: Laurel.log)
    let served =
      if let proxy {
        try Database.open(url: proxy.url(for: runtimeURL), ownerURL: ownerURL, state: "", log: Laurel.log)
      } else {
        database
      }
    server = try await Server(served, on: loops, listen: ("127.0.0.1", 0), log: Laurel.log)
  }

  /// An organisation with people `p0`, `p1`, … and everyone's key, the administrator's among them.
  func found(
    _ slug: String = "acme", people count: Int
  ) async throws -> (number: Int32, people: [Person], keys: [String: String]) {
    let adminKey = try await administration.create(
      .init(slug: slug, name: "Acme", timeZone: "UTC", allowance: 1_000_000))
    let csv = "handle,name\n" + (0..<count).map { "p\($0),P\n" }.joined()
    _ = try await administration.importPeople(Array(csv.utf8), organization: slug) { _, _ in }
    let keys = try await administration.createMissingKeys(organization: slug)
    let (number, people) = try await administration.directory(slug)
    let all = Dictionary(keys.map { ($0.handle, $0.key) }) { $1 }.merging(["admin": adminKey]) { $1 }
    return (number, people, all)
  }

  func isSound() async throws -> Bool {
    try await administration.verify(organization: nil).allSatisfy(\.report.isSound)
  }

  /// The positions of all recognitions.
  func recognitions() throws -> [String] {
    try Session(superuserURL).run("SELECT position FROM recognitions ORDER BY position")
  }

  // MARK: Load

  /// The database refuses words that begin with "poison", as it would an operation that breaks its rules.
  func refusePoison() throws {
    try Session(superuserURL).run("ALTER TABLE entry_texts ADD CHECK (text NOT LIKE 'poison%')")
  }

  /// So many thank-yous of one point from `p0` to `p1`, each with an idempotency key that its place gives.
  static func thanks(_ count: Int, from people: [Person], poisoned: [Int]) -> [Operation] {
    let giver = people.first { $0.handle == "p0" }
    return (0..<count).map { index in
      Operation(
        id: Secrets.id(), actor: giver?.id,
        idempotency: Idempotency(key: .sha256([UInt8(index >> 8), UInt8(index & 255)]), request: .zero),
        salt: Secrets.digest(),
        action: .recognise(
          Recognise(to: ["p1"], message: poisoned.contains(index) ? "poison" : "thanks \(index)", points: 1)))
    }
  }

  /// Thanks `p4` again and again, each time until it is acknowledged, and a few times however long that takes.
  /// - Returns: the positions.
  static func thank(_ client: Client, until isDone: Flag) throws -> [String] {
    var positions: [String] = []
    while !isDone.isSet || positions.count < 3 {
      let key = "k\(positions.count)"
      var answer = try client.post(
        "/v1/recognitions", #"{"to": ["p4"], "message": "Thank you", "points": 1}"#, key: key)
      while answer.status == 503, answer["Retry-After"] != nil {
        usleep(2_000)
        answer = try client.post("/v1/recognitions", #"{"to": ["p4"], "message": "Thank you", "points": 1}"#, key: key)
      }
      guard answer.status == 201 else { throw Unexpected(summary: answer.summary) }
      positions.append(answer["Ledger-Position"] ?? "")
    }
    return positions
  }

  struct Unexpected: Error { let summary: String }

  final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
  }
}
