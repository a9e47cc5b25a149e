import Glibc
import HTTP
import Testing

/// fsync is on in a private PostgreSQL, so what was acknowledged must survive a kill of any process at any moment.
@Suite("Killed under load")
struct CrashTests {
  private static let killCount = 10

  @Test("A server killed ten times keeps what it acknowledged, and does nothing twice")
  func server() async throws {
    try await Siege.run("server killed") { siege in
      let (program, load) = (siege.programs[0], siege.loads[0])
      for _ in 0..<Self.killCount {
        try load.awaitLoad()
        program.stop(by: SIGKILL)
        try program.serve()
      }
    }
  }

  @Test("A PostgreSQL killed ten times is brought back by the server, with everything that was acknowledged")
  func database() async throws {
    try await Siege.run("PostgreSQL killed") { siege in
      for _ in 0..<Self.killCount {
        try siege.awaitLoad()
        try siege.programs[0].killPostmaster()
      }
    }
  }

  @Test("Two servers on one state folder keep one ledger, and each knows at once what the other has acknowledged")
  func two() async throws {
    try await Siege.run("two servers", programs: 2) { siege in
      let (programs, load) = (siege.programs, siege.loads[0])
      for round in 0..<20 {
        try load.awaitLoad()
        let (writer, reader) = (programs[round % 2], programs[1 - round % 2])
        let position = try load.thank(on: writer.port, turn: round)
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
}
