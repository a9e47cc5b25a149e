import Foundation
import Glibc
import HTTP
import Synchronization
import Testing

/// What takes long or a machine of one's own: `make faults`.
@Suite("Faults", .serialized)
struct FaultTests {
  @Test(
    "Four servers on one database keep one journal for each organisation, and a key has one effect through any of them")
  func processes() async throws {
    try await Siege.run("four servers", programs: 4, people: [32] + Array(repeating: 4, count: 7)) { siege in
      for round in 0..<12 {
        try siege.awaitLoad()
        // One at a time is killed, too.
        guard round % 4 == 3 else { continue }
        let program = siege.programs[round / 4]
        program.stop(by: SIGKILL)
        try program.serve()
      }
    } inspect: { siege in
      for number in 0..<200 { try Self.sendAtOnce(number, siege) }
    }
  }

  /// Sends one key through all servers at the same moment.
  private static func sendAtOnce(_ number: Int, _ siege: Siege) throws {
    let clients = siege.programs.map { siege.loads[0].client(on: $0.port) }
    let thanks = #"{"to": ["p1"], "points": 1, "message": "At once."}"#
    for client in clients { try client.sendPost("/v1/recognitions", thanks, key: "at-once-\(number)") }
    let answers = try clients.map { try $0.receive() }
    #expect(answers.map(\.status) == clients.map { _ in 201 })
    #expect(Set(answers.map { $0["Ledger-Position"] }).count == 1)
    #expect(answers.count { $0["Idempotent-Replayed"] == nil } == 1)
  }

  @Test(
    "A full disk loses nothing acknowledged; the service is back by itself as soon as there is room",
    .enabled(if: SmallDisk.isPermitted, "a disk of a few MiB is mounted, which takes root and the right to mount"),
    arguments: ["base", "pg_wal"])
  func fullDisk(_ part: String) async throws {
    let disk = try SmallDisk(megabytes: 192)
    defer { disk.remove() }
    try await Siege.run("no room for \(part)") { folder in
      try disk.take(part, of: "\(folder.path)/postgresql/data")
    } _: { siege in
      let program = siege.programs[0]
      for _ in 0..<3 {
        try siege.awaitLoad()
        let before = Self.shortages(of: program)
        try disk.fill()
        try Self.awaitShortage(program, after: before, isOfLog: part == "pg_wal")
        // Long enough for some vain attempts to bring it back.
        usleep(3_000_000)
        disk.free()
        let freed = ContinuousClock.now
        try program.awaitReady()
        try siege.awaitLoad()
        let took = ContinuousClock.now - freed
        print("faults: no room for \(part): under load again \(took) after there was room")
        #expect(took < .seconds(30))
      }
    }
  }

  /// How often the server or PostgreSQL said that there is no room.
  private static func shortages(of program: CrashProgram) -> Int {
    (program.log + program.databaseLog).ranges(of: "No space left on device").count
  }

  private static func awaitShortage(_ program: CrashProgram, after count: Int, isOfLog: Bool) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while shortages(of: program) == count {
      guard ContinuousClock.now < deadline else { throw CrashProgram.Failed(description: "there still is room") }
      // A segment of the log is 16 MiB, for which the load alone would take long. PostgreSQL may be away by now.
      if isOfLog, let url = program.superuserURL { _ = try? Session(url).run("SELECT pg_switch_wal()") }
      usleep(20_000)
    }
  }

  @Test("A clock that steps back an hour, over the first of a month, turns nothing back where it is accepted")
  func clock() async throws {
    try await ClockedPostgres.with { postgres in
      // Half an hour into the next month.
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = .gmt
      let month = try #require(
        calendar.nextDate(after: .now, matching: DateComponents(day: 1), matchingPolicy: .nextTime))
      let base = Int64(month.timeIntervalSinceNow) + 1_800
      let id = month.formatted(.iso8601.year().month())
      postgres.set(base)
      // Without, writes would wait until the clock has caught up.
      try await Siege.run(
        "clock set back", url: postgres.url, environment: postgres.environment, options: ["--accept-clock"]
      ) { siege in
        for step in [-3_600, 0, -3_600, 600, -1_200, -3_600] as [Int64] {
          try siege.awaitLoad()
          postgres.set(base + step)
        }
        try siege.awaitLoad()
      } inspect: { siege in
        // It is last month again, by the clock; by the journal it is not.
        let session = try Session(postgres.url)
        #expect(try session.run("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') < '\(id)'") == ["t"])
        let back = """
          SELECT count(*) FROM (
            SELECT recorded_at < lag(recorded_at) OVER (PARTITION BY org_id ORDER BY position) AS is_back FROM entries
          ) e WHERE is_back
          """
        #expect(try session.run(back) == ["0"])
        let months = "SELECT DISTINCT to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM') FROM entries"
        #expect(try session.run(months) == [id])
        let resets =
          "SELECT count(*) > 0, count(*) = count(DISTINCT subject) FROM entries WHERE kind = 'allowance_reset'"
        #expect(try session.run(resets) == ["t|t"])
        let client = siege.loads[0].client(on: siege.programs[0].port)
        let board = try client.get("/v1/leaderboards/points_received?period=month&at=\(id)&limit=1000")
        let given = try session.run(
          """
          SELECT sum(points) FROM recognitions r JOIN recognition_recipients USING (org_id, position)
          WHERE to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM') = '\(id)'
          """)
        let scores = board.json["entries"]?.list.compactMap { $0["score"]?.number } ?? []
        #expect(["\(scores.reduce(0, +))"] == given)
        let reset = try client.get("/v1/me").json["allowance_resets_at"]?.text
        #expect(try #require(reset) > "\(id)-28")
      }
    }
  }
}
