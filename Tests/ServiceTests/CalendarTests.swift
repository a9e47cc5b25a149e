import Foundation
import HTTP
import Synchronization
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Days")
  struct CalendarTests {
    @Test(
      "A day begins with the first instant of its date, in every zone, beside every change of its clocks from 1970 to 2037"
    )
    func changes() async throws {
      let url = try #require(Laurel.current).cluster.superuserURL
      let (zones, count, wrong) = try await onThread {
        let session = try Session(url)
        // Where a zone is called as an abbreviation is, PostgreSQL takes the abbreviation, which knows no change.
        let names = try session.run(
          """
          SELECT name FROM pg_timezone_names n
          WHERE NOT EXISTS (SELECT FROM pg_timezone_abbrevs a WHERE a.abbrev = upper(n.name)) ORDER BY name
          """)
        var known: Set<Data> = []
        var count = 0
        var wrong: [String] = []
        for name in names {
          let zone = try ZoneFile(name)
          guard known.insert(zone.bytes).inserted else { continue }
          let cases = Self.cases(of: zone)
          count += cases.days.count + cases.instants.count
          wrong += try session.run(Self.comparison(cases, name))
        }
        return (known.count, count, wrong)
      }
      #expect(wrong == [])
      #expect(zones > 300 && count > 200_000, "\(zones) zones, \(count) cases")
    }

    private struct Cases {
      /// Days from 1970 on, and when they begin.
      var days: [(Int64, Int64)] = []
      /// Instants, and the days that they fall on.
      var instants: [(Int64, Int64)] = []
    }

    private static func cases(of zone: ZoneFile) -> Cases {
      var cases = Cases()
      for (before, after) in zip(zone.stretches, zone.stretches.dropFirst()) {
        // 2038-01-01.
        guard (0..<2_145_916_800).contains(after.start) else { continue }
        let day = (after.start + min(before.offset, after.offset)) / 86_400
        for day in day - 1...day + 2 { cases.days.append((day, zone.start(ofDay: day))) }
        for seconds in [-86_400, -1, 0, 59, 3_599, 3_600, 86_399] as [Int64] {
          cases.instants.append((after.start + seconds, zone.day(of: after.start + seconds)))
        }
      }
      return cases
    }

    /// What PostgreSQL says otherwise.
    private static func comparison(_ cases: Cases, _ zone: String) -> String {
      func array(_ numbers: [Int64]) -> String { "'{\(numbers.map(String.init).joined(separator: ","))}'::bigint[]" }
      return """
        SELECT '\(zone): ' || day || ' begins ' || day_start(day, '\(zone)') || ', not ' || start
        FROM (SELECT DATE '1970-01-01' + d::integer AS day, to_timestamp(t) AS start
              FROM unnest(\(array(cases.days.map(\.0))), \(array(cases.days.map(\.1)))) AS q (d, t)) q
        WHERE day_start(day, '\(zone)') <> start
        UNION ALL
        SELECT '\(zone): ' || instant || ' is of ' || day_of(instant, '\(zone)') || ', not ' || day
        FROM (SELECT DATE '1970-01-01' + d::integer AS day, to_timestamp(t) AS instant
              FROM unnest(\(array(cases.instants.map(\.1))), \(array(cases.instants.map(\.0)))) AS q (d, t)) q
        WHERE day_of(instant, '\(zone)') <> day OR local_time(instant, '\(zone)')::date <> day
        """
    }

    @Test("A day that is left out begins with the next, and evenings that come again are of the day that had begun")
    func examples() async throws {
      let session = try Session(#require(Laurel.current).cluster.superuserURL)
      for (question, answer) in [
        // Samoa had no 30 December 2011.
        ("day_start('2011-12-30', 'Pacific/Apia')", "2011-12-30 10:00:00+00"),
        ("day_start('2011-12-31', 'Pacific/Apia')", "2011-12-30 10:00:00+00"),
        ("day_of('2011-12-30T09:59:59Z', 'Pacific/Apia')", "2011-12-29"),
        ("day_of('2011-12-30T10:00:00Z', 'Pacific/Apia')", "2011-12-31"),
        // Newfoundland set its clocks back at a minute past midnight.
        ("day_start('2010-11-07', 'America/St_Johns')", "2010-11-07 02:30:00+00"),
        ("day_of('2010-11-07T02:45:00Z', 'America/St_Johns')", "2010-11-07"),
        // Toronto left out the hour around midnight.
        ("day_start('1919-03-31', 'America/Toronto')", "1919-03-31 04:30:00+00"),
        ("day_start('2026-10-25', 'Atlantic/Azores')", "2026-10-25 00:00:00+00"),
        ("day_start('2026-11-22', 'Europe/Berlin')", "2026-11-21 23:00:00+00"),
        ("local_time('2010-11-07T02:45:00Z', 'America/St_Johns')", "2010-11-07 00:00:00"),
        ("local_time('2010-11-07T03:31:00Z', 'America/St_Johns')", "2010-11-07 00:01:00"),
        ("local_time('2026-11-22T09:30:00Z', 'Europe/Berlin')", "2026-11-22 10:30:00"),
      ] {
        #expect(try session.run("SET TimeZone = 'UTC'; SELECT \(question)") == [answer], "\(question)")
      }
    }

    /// In Havana, the first of November 2020 had its midnight at 04:00 and 05:00 UTC.
    @Test(
      "A midnight that comes twice begins one day and one month, for the feed and for boards, followed or built anew")
    func history() async throws {
      try await Company.with(timeZone: "America/Havana") { company in
        let ann = company["ann"]
        let cases = [
          ("day", "2020-11-01", 3 as Int64), ("day", "2020-10-31", 1), ("month", "2020-11", 3), ("month", "2020-10", 1),
          ("quarter", "2020-Q4", 4),
        ]
        func score(_ period: String, _ at: String, of client: Client) throws -> Int64? {
          let board = try client.get("/v1/leaderboards/points_received?period=\(period)&at=\(at)").json
          return board["entries"]?.list.first?["score"]?.number
        }
        // Boards that are there when it comes.
        for (period, at, _) in cases { #expect(try score(period, at, of: ann) == nil) }
        let times = ["2020-11-01T03:59:59Z", "2020-11-01T04:00:00Z", "2020-11-01T04:30:00Z", "2020-11-01T05:30:00Z"]
        let rows = times.enumerated().map { "\($1),ann,bo,,\($0),\($0)" }.joined(separator: "\n")
        #expect(
          try await company.importRecognitions("occurred_at,from,to,value,message,ref\n\(rows)\n", points: 1) == 4)
        for (period, at, points) in cases { #expect(try score(period, at, of: ann) == points, "\(at)") }
        // Another process, which builds its own.
        try await company.laurel.beside { (port) async throws in
          let client = Client(port, key: company.keys["ann"] ?? "")
          for (period, at, points) in cases {
            #expect(try score(period, at, of: client) == points, "\(at), built anew")
          }
        }
        let board = try ann.get("/v1/leaderboards/points_received?period=month&at=2020-11").json
        #expect(board["starts_at"]?.text == "2020-11-01T04:00:00Z" && board["ends_at"]?.text == "2020-12-01T05:00:00Z")
        for (span, messages) in [
          ("since=2020-11-01", "3210".dropLast()), ("until=2020-10-31", "0"), ("since=2020-11&until=2020-11", "321"),
          ("since=2020-10&until=2020-10", "0"), ("since=2020-11-01T05:00:00Z", "3"),
          ("since=2020-11-01&until=2020-11-01T05:00:00Z", "21"), ("since=2020-11-01T04:30:00Z&until=2020-11", "32"),
        ] as [(String, Substring)] {
          let feed = try ann.get("/v1/recognitions?\(span)").json["data"]?.list ?? []
          #expect(feed.compactMap { $0["message"]?.text }.joined() == messages, "\(span)")
        }
      }
    }

    /// In Havana, the first of November 2026 has its midnight at 04:00 and 05:00 UTC.
    @Test("It begins one day and one month for allowances, statements, exports and what runs out, too")
    func present() async throws {
      try await ClockedPostgres.with { postgres in
        try await postgres.serve { administration, server in
          try postgres.set(to: "2026-10-31T12:00:00Z")
          let town = try await ClockedTown(administration, server, timeZone: "America/Havana")
          try town.rule(#"{"expiry_months": 1}"#)
          try town.offer(#"{"sku": "pen", "name": "Pen", "price_points": 5, "fulfilment": "instant"}"#)
          #expect(try town.ann.get("/v1/me").json["allowance_resets_at"]?.text == "2026-11-01T04:00:00Z")

          try postgres.set(to: "2026-11-01T03:30:00Z")
          try town.thank(30)
          #expect(try town.allowance() == 70)
          let lapsing = try town.bo.get("/v1/me").json["balances"]?["next_expiry"]
          #expect(lapsing?["at"]?.text == "2026-12-01T05:00:00Z" && lapsing?["points"]?.number == 30)

          try postgres.set(to: "2026-11-01T04:05:00Z")
          #expect(try town.allowance() == 100)
          #expect(try town.ann.get("/v1/me").json["allowance_resets_at"]?.text == "2026-12-01T05:00:00Z")
          try town.thank(5)
          #expect(try town.bo.post("/v1/redemptions", #"{"reward": "pen"}"#).status == 201)

          // The second one begins nothing.
          try postgres.set(to: "2026-11-01T05:05:00Z")
          #expect(try town.allowance() == 95)
          try town.thank(5)
          #expect(try town.allowance() == 90)
          #expect(try town.bo.get("/v1/me").json["balances"]?["next_expiry"]?["points"]?.number == 25)

          func periods(from: String? = nil, to: String? = nil) async throws -> [String] {
            let written = Mutex<[UInt8]>([])
            _ = try await administration.exportRedemptions(organization: "town", format: "csv", from: from, to: to) {
              bytes in
              written.withLock { $0 += bytes }
            }
            return try CSV(written.withLock { $0 }).records.map { $0.fields[2] }
          }
          func lines(_ path: String) throws -> Int? { try town.admin.get(path).json["data"]?.list.count }
          #expect(try await periods() == ["2026-11", "2026-11"])
          for (from, to, exported, redeemed, stated) in [
            ("2026-11-01", nil, 2, 1, 3), ("2026-11", "2026-11", 2, 1, 3), (nil, "2026-10-31", 0, 0, 2),
            (nil, "2026-10", 0, 0, 2), ("2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z", 2, 1, 2),
          ] as [(String?, String?, Int, Int, Int)] {
            let span = [from.map { "from=\($0)" }, to.map { "to=\($0)" }].compactMap { $0 }.joined(separator: "&")
            #expect(try await periods(from: from, to: to).count == exported, "\(span)")
            #expect(try lines("/v1/redemptions?\(span)") == redeemed, "\(span)")
            // Ann's: three gifts, and a reset before the first of each month.
            #expect(try lines("/v1/people/ann/statement?\(span)") == stated, "\(span)")
          }
          #expect(try await administration.verify(organization: "town").flatMap(\.report.findings) == [])
        }
      }
    }

    @Test(
      "What ends before it begins is refused, wherever a span of time is asked for",
      arguments: [
        ("2026-11-02", "2026-11-01", true), ("2026-11", "2026-10", true), ("2026-11-02", "2026-11", false),
        ("2026-11", "2026-11-01", false), ("2026-11-01", "2026-11-01", false),
        ("2026-11-01T00:00:01Z", "2026-11-01T00:00:00Z", true), ("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", false),
        // In Berlin, the second began at 23:00.
        ("2026-11-02", "2026-11-01T22:59:59Z", true), ("2026-11-02", "2026-11-01T23:00:00Z", false),
        ("2026-11-01T23:00:01Z", "2026-11-01", true), ("2026-11-01T23:00:00Z", "2026-11-01", false),
      ])
    func backwards(_ from: String, _ to: String, _ isRefused: Bool) async throws {
      try await Company.with { company in
        let takesSpan = Routes.all.filter { endpoint in
          endpoint.query.contains { $0.name == "from" || $0.name == "since" }
        }
        for endpoint in takesSpan where endpoint.query.contains(where: { ["to", "until"].contains($0.name) }) {
          let isFeed = endpoint.query.contains { $0.name == "since" }
          let path = endpoint.pattern.replacing("{id}", with: "ann")
          let query = isFeed ? "since=\(from)&until=\(to)" : "from=\(from)&to=\(to)"
          let answer = try company["admin"].get("\(path)?\(query)")
          #expect(answer.summary == (isRefused ? "400 invalid_parameter" : "200"), "\(path)?\(query)")
        }
        let exported = try await Program.run("export", "redemptions", "--org", company.slug, "--from", from, "--to", to)
        #expect((exported.status != 0) == isRefused, "\(exported.errors)")
      }
    }
  }
}

/// An organisation of Ann and Bo on a PostgreSQL whose clock is set.
struct ClockedTown {
  private let keys: [String: String]
  let admin: Client
  let ann: Client
  let bo: Client

  init(_ administration: Administration, _ server: Server, timeZone: String) async throws {
    let adminKey = try await administration.create(
      .init(slug: "town", name: "Town", timeZone: timeZone, allowance: 100))
    let people = Array("handle,name\nann,Ann\nbo,Bo\n".utf8)
    _ = try await administration.importPeople(people, organization: "town") { _, _ in }
    let made = try await administration.createMissingKeys(organization: "town")
    let keys = Dictionary(uniqueKeysWithValues: made.map { ($0.handle, $0.key) } + [("admin", adminKey)])
    try self.init(keys, server)
  }

  private init(_ keys: [String: String], _ server: Server) throws {
    self.keys = keys
    let port = try #require(server.address.split(separator: ":").last.flatMap { Int($0) })
    admin = Client(port, key: keys["admin"])
    ann = Client(port, key: keys["ann"])
    bo = Client(port, key: keys["bo"])
  }

  /// The same, seen through another server.
  func through(_ server: Server) throws -> ClockedTown { try ClockedTown(keys, server) }

  /// Changes the programme.
  func rule(_ change: String) throws { try patch("/v1/program", change) }

  func patch(_ path: String, _ change: String) throws {
    let changed = try admin.call(
      "PATCH", path, [("Content-Type", "application/json"), ("If-Match", "*")], body: Array(change.utf8))
    #expect(changed.status == 200, "\(changed.text)")
  }

  func offer(_ reward: String) throws { #expect(try admin.post("/v1/rewards", reward).status == 201) }

  /// Ann thanks Bo.
  func thank(_ points: Int) throws {
    let thanks = try ann.post("/v1/recognitions", #"{"to": ["bo"], "points": \#(points), "message": "Thanks"}"#)
    #expect(thanks.status == 201, "\(thanks.text)")
  }

  /// Ann's.
  func allowance() throws -> Int64? { try ann.get("/v1/me").json["balances"]?["allowance"]?.number }
}
