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
    try await Self.besiege { programs, load in
      let program = programs[0]
      for _ in 0..<Self.killCount {
        try load.awaitLoad()
        program.stop(by: SIGKILL)
        try program.serve()
      }
    }
  }

  @Test("A PostgreSQL killed ten times is brought back by the server, with everything that was acknowledged")
  func database() async throws {
    try await Self.besiege { programs, load in
      for _ in 0..<Self.killCount {
        try load.awaitLoad()
        try programs[0].killPostmaster()
      }
    }
  }

  @Test("Two servers on one state folder keep one ledger, and each knows at once what the other has acknowledged")
  func two() async throws {
    try await Self.besiege(programCount: 2) { programs, load in
      for round in 0..<20 {
        try load.awaitLoad()
        let (writer, reader) = (programs[round % 2], programs[1 - round % 2])
        let position = try load.thank(on: writer.port)
        let board = try load.client(on: reader.port).get(Self.boards[round % 6])
        #expect(try #require(board.json["as_of_position"]?.number) >= position)
      }
      load.stop()
      for board in Self.boards {
        let answers = try programs.map { try load.client(on: $0.port).get(board) }
        #expect(answers[0].status == 200)
        #expect(answers[0].body == answers[1].body, "\(board)")
      }
    }
  }

  private static let boards = [
    "points_received", "points_given", "recognitions_received", "recognitions_given", "colleagues_recognised",
    "teams_reached",
  ].map { "/v1/leaderboards/\($0)?period=all" }

  // MARK: The siege

  /// Runs `attack` while clients thank and redeem, and then looks at what is left.
  private static func besiege(
    programCount: Int = 1, _ attack: @escaping @Sendable ([CrashProgram], CrashLoad) throws -> Void
  ) async throws {
    let folder = try GuardedFolder()
    let result = await Result(asyncCatching: {
      let keys = try await found(folder.path)
      // It blocks, so it has a thread of its own.
      let thread = try EventLoop(label: "siege")
      defer { thread.stop() }
      try await thread.run { try play((0..<programCount).map { _ in CrashProgram(folder) }, keys, attack) }
    })
    await onThread { folder.remove() }
    try result.get()
  }

  private static func play(
    _ programs: [CrashProgram], _ keys: [String: String], _ attack: ([CrashProgram], CrashLoad) throws -> Void
  ) throws {
    defer { for program in programs { program.stop(by: SIGTERM) } }
    for program in programs { try program.serve() }
    try stockUp(Client(programs[0].port, key: keys["admin"]))
    // Not empty.
    let load = try CrashLoad(keys: keys) { programs.randomElement()!.port }
    load.start()
    let attacked = Result(catching: { try attack(programs, load) })
    load.stop()
    try attacked.get()
    try load.settle()
    let verified = try programs[0].command(["verify", "--json"])
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
