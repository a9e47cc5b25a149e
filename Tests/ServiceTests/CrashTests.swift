import EventLoop
import Foundation
import Glibc
import HTTP
import Testing

@testable import Service

/// fsync is on in a private PostgreSQL, so what was acknowledged must survive a kill of any process at any moment.
@Suite("Killed under load")
struct CrashTests {
  private static let killCount = 10

  @Test("A server killed ten times keeps what it acknowledged, and does nothing twice")
  func server() async throws {
    try await Self.besiege { program, load in
      for _ in 0..<Self.killCount {
        try load.awaitLoad()
        program.stop(by: SIGKILL)
        try program.serve()
      }
    }
  }

  @Test("A PostgreSQL killed ten times is brought back by the server, with everything that was acknowledged")
  func database() async throws {
    try await Self.besiege { program, load in
      for _ in 0..<Self.killCount {
        try load.awaitLoad()
        try program.killPostmaster()
      }
    }
  }

  // MARK: The siege

  /// Runs `attack` while clients thank and redeem, and then looks at what is left.
  private static func besiege(_ attack: @escaping @Sendable (CrashProgram, CrashLoad) throws -> Void) async throws {
    let folder = try GuardedFolder()
    let result = await Result(asyncCatching: {
      let keys = try await found(folder.path)
      // It blocks, so it has a thread of its own.
      let thread = try EventLoop(label: "siege")
      defer { thread.stop() }
      try await thread.run { try play(CrashProgram(folder), keys, attack) }
    })
    await onThread { folder.remove() }
    try result.get()
  }

  private static func play(
    _ program: CrashProgram, _ keys: [String: String], _ attack: (CrashProgram, CrashLoad) throws -> Void
  ) throws {
    try program.serve()
    defer { program.stop(by: SIGTERM) }
    try stockUp(Client(program.port, key: keys["admin"]))
    let load = try CrashLoad(keys: keys) { program.port }
    load.start()
    let attacked = Result(catching: { try attack(program, load) })
    load.stop()
    try attacked.get()
    try load.settle()
    let verified = try program.command(["verify", "--json"])
    #expect(verified.status == 0, "\(verified.text)")
    #expect(try json(verified.text)["ok"]?.flag == true)
  }

  private static func stockUp(_ admin: Client) throws {
    let reward = #"{"sku": "MUG", "name": "Mug", "price_points": \#(CrashLoad.price), "stock": \#(CrashLoad.stock)}"#
    let made = try admin.post("/v1/rewards", reward)
    #expect(made.status == 201, "\(made.text)")
  }

  /// An organisation whose people can thank and redeem for long.
  private static func found(_ state: String) async throws -> [String: String] {
    let database = try await onThread { try Database.open(url: nil, ownerURL: nil, state: state, log: Laurel.log) }
    let loop = try EventLoop(label: "founding")
    let result = await Result(asyncCatching: { try await found(Administration(database, on: loop, log: Laurel.log)) })
    loop.stop()
    await onThread { database.close() }
    return try result.get()
  }

  private static func found(_ administration: Administration) async throws -> [String: String] {
    let result = await Result(asyncCatching: {
      let slug = "acme"
      let adminKey = try await administration.create(
        .init(slug: slug, name: "Acme", timeZone: "UTC", allowance: CrashLoad.allowance))
      let handles = CrashLoad.handles
      let people = "handle,name\n" + handles.map { "\($0),\($0)\n" }.joined()
      _ = try await administration.importPeople(Array(people.utf8), organization: slug) { _, _ in }
      let history = """
        occurred_at,from,to,value,message,ref
        2024-01-01T00:00:00Z,admin,\(handles.joined(separator: ";")),,To begin with,r1

        """
      _ = try await administration.importRecognitions(
        Array(history.utf8), organization: slug, points: CrashLoad.points, addsValues: false
      ) { _, _ in }
      let made = try await administration.createMissingKeys(organization: slug)
      return Dictionary(uniqueKeysWithValues: made.map { ($0.handle, $0.key) }).merging(["admin": adminKey]) { $1 }
    })
    await administration.close()
    return try result.get()
  }
}
