import Foundation
import HTTP
import Synchronization
import Testing

@testable import Service

extension OnLaurel {
  @Suite("An organisation that moves to another time zone")
  struct ZoneChangeTests {
    /// As far from each other as there are, with midnights that come twice or not at all, and whatever is not a whole hour.
    private static let zones = [
      "UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Apia", "America/New_York", "Europe/Berlin", "Asia/Kathmandu",
      "Australia/Lord_Howe", "Atlantic/Azores", "America/Havana", "Asia/Beirut", "America/St_Johns", "Pacific/Chatham",
    ]
    /// First days, and those after them: on one Havana had its midnight twice, and Samoa left out a day before another.
    private static let months = [
      ("2020-11-01", "2020-12-01"), ("2012-01-01", "2012-02-01"), ("2026-11-01", "2026-12-01"),
      ("2027-02-01", "2027-03-01"),
    ]

    /// From 1970 on.
    private static func day(_ date: String) throws -> Int64 {
      Int64(try Date("\(date)T00:00:00Z", strategy: .iso8601).timeIntervalSince1970) / 86_400
    }

    @Test(
      "Days are the old zone's up to the first of a month and the new zone's from then on, and no instant is of two")
    func days() async throws {
      let url = try #require(Laurel.current).cluster.superuserURL
      let (count, wrong) = try await onThread {
        let session = try Session(url)
        let files = try Self.zones.map { try ZoneFile($0) }
        var (count, wrong): (Int, [String]) = (0, [])
        for (old, oldFile) in zip(Self.zones, files) {
          for (index, (new, newFile)) in zip(Self.zones, files).enumerated() where new != old {
            var questions: [String] = []
            for (month, next) in Self.months {
              let (first, second) = (try Self.day(month), try Self.day(next))
              let third = (index + 5) % Self.zones.count
              let moves: [(from: Int64, zone: ZoneFile)] = [(.min, oldFile), (first, newFile), (second, files[third])]
              let once = "-infinity \(old) \(month) \(new)"
              questions.append(Self.comparison(Array(moves.prefix(2)), around: first, once, &count))
              for day in [first, second] {
                questions.append(Self.comparison(moves, around: day, "\(once) \(next) \(Self.zones[third])", &count))
              }
            }
            wrong += try session.run(questions.joined(separator: " UNION ALL "))
          }
        }
        return (count, wrong)
      }
      #expect(wrong == [])
      #expect(count > 20_000, "\(count) cases")
    }

    /// What PostgreSQL says otherwise of the days around one and of the instants around their begins. By definition: a day begins
    /// by the zone that it is of, and not after a later zone has begun; an instant is of the day that began last.
    private static func comparison(
      _ zones: [(from: Int64, zone: ZoneFile)], around day: Int64, _ calendar: String, _ count: inout Int
    ) -> String {
      var starts: [(day: Int64, start: Int64)] = []
      for day in day - 5...day + 5 {
        guard let place = zones.lastIndex(where: { $0.from <= day }) else { continue }
        let later = zones[(place + 1)...].map { $0.zone.start(ofDay: $0.from) }
        starts.append((day, min(zones[place].zone.start(ofDay: day), later.min() ?? .max)))
      }
      let instants = starts[3...7].flatMap { [$0.start - 1, $0.start, $0.start + 1, $0.start + 7_200] }
      let days = instants.map { instant in starts.last { $0.start <= instant }?.day ?? .min }
      count += starts.count + instants.count
      func array(_ numbers: [Int64]) -> String { "'{\(numbers.map(String.init).joined(separator: ","))}'::bigint[]" }
      return """
        SELECT '\(calendar): ' || day || ' begins ' || day_start(day, '\(calendar)') || ', not ' || start
        FROM (SELECT DATE '1970-01-01' + d::integer AS day, to_timestamp(t) AS start
              FROM unnest(\(array(starts.map(\.day))), \(array(starts.map(\.start)))) AS q (d, t)) q
        WHERE day_start(day, '\(calendar)') <> start
        UNION ALL
        SELECT '\(calendar): ' || instant || ' is of ' || day_of(instant, '\(calendar)') || ', not ' || day
        FROM (SELECT DATE '1970-01-01' + d::integer AS day, to_timestamp(t) AS instant
              FROM unnest(\(array(days)), \(array(instants))) AS q (d, t)) q
        WHERE day_of(instant, '\(calendar)') <> day OR local_time(instant, '\(calendar)')::date <> day
        """
    }

    @Test("The month that a zone counts from has begun by neither zone, is the first such, and moves nothing before")
    func nextMonth() async throws {
      let names = Self.zones.map { "('\($0)')" }.joined(separator: ", ")
      let wrong = try Session(#require(Laurel.current).cluster.superuserURL).run(
        """
        WITH zones (name) AS (VALUES \(names)), cases AS MATERIALIZED (
          SELECT a.name AS old, b.name AS new, i AS instant, calendar_with(b.name, a.name, i) AS calendar
          FROM zones a CROSS JOIN zones b
          CROSS JOIN (VALUES ('2026-11-01Z'::timestamptz), ('2012-01-01Z')) AS m (month)
          CROSS JOIN generate_series(month - INTERVAL '30 hours', month + INTERVAL '30 hours', INTERVAL '130 minutes') AS i
          WHERE a.name <> b.name
        )
        SELECT calendar || ' at ' || instant FROM cases
        CROSS JOIN LATERAL next_zone(instant, calendar) AS n
        CROSS JOIN LATERAL (SELECT (n.first_day - INTERVAL '1 month')::date AS earlier) e
        WHERE (extract(day FROM n.first_day) = 1 AND n.zone = new AND zone_at(instant, calendar) = old
          AND LEAST(day_start(n.first_day, old), day_start(n.first_day, new)) > instant
          AND LEAST(day_start(earlier, old), day_start(earlier, new)) <= instant
          AND (SELECT bool_and(day_of(instant - back, calendar) = day_of(instant - back, old))
               FROM unnest('{0, 1 hour, 1 day, 40 days}'::interval[]) AS back)
          AND calendar_until(instant, calendar) = old
          AND calendar_with(old, calendar, instant) = old AND calendar_with(new, calendar, instant) = calendar
          AND (SELECT bool_and(calendar_with(z.name, calendar, instant) = calendar_with(z.name, old, instant))
               FROM zones z WHERE z.name <> new)) IS NOT TRUE
        UNION ALL
        -- Once it counts, it is history, and what comes after is later.
        SELECT calendar || ', later at ' || later FROM cases
        CROSS JOIN LATERAL next_zone(instant, calendar) AS n
        CROSS JOIN LATERAL (SELECT LEAST(day_start(n.first_day, old), day_start(n.first_day, new)) AS later) s
        CROSS JOIN LATERAL (SELECT calendar_with(old, calendar, later) AS back) b
        CROSS JOIN LATERAL next_zone(later, back) AS m
        WHERE (zone_at(later, calendar) = new AND calendar_until(later, calendar) = calendar
          AND starts_with(back, calendar) AND m.zone = old AND m.first_day > n.first_day) IS NOT TRUE
        LIMIT 20
        """)
      #expect(wrong == [])
    }

    @Test("An entry that would move days which were over is found, as is a calendar that no entry gave")
    func rewritten() async throws {
      try await Company.with(staysSound: false) { company in
        func findings() async throws -> [String] {
          try await company.laurel.administration.verify(organization: company.slug).flatMap(\.report.findings)
            .filter { $0.invariant == "particulars" }.map(\.detail)
        }
        func patch(_ body: String) throws {
          let answer = try company["admin"].call(
            "PATCH", "/v1/organization", [("Content-Type", "application/json"), ("If-Match", "*")],
            body: Array(body.utf8))
          #expect(answer.status == 200, "\(answer.text)")
        }
        try patch(#"{"time_zone": "America/New_York"}"#)
        try patch(#"{"time_zone": "Europe/Berlin"}"#)
        #expect(try await findings() == [])
        let intruder = try Session.intruder()
        try intruder.run("UPDATE organizations SET time_zone = 'Asia/Tokyo' WHERE org_id = \(company.number)")
        #expect(try await findings() == ["the organisation is not what its entry says"])
        try intruder.run(
          """
          UPDATE entry_texts t SET text = replace(text, E'\\ntime_zone\\tEurope/Berlin\\n', E'\\ntime_zone\\tAsia/Tokyo\\n')
          FROM organizations o WHERE o.org_id = t.org_id AND o.position = t.position AND o.org_id = \(company.number)
          """)
        #expect(try await findings() == ["the change of the time zone moves days that were over"])
      }
    }

    @Test(
      "What was recorded stays on its day; the next month begins by the new zone, to every server and all that goes by days"
    )
    func months() async throws {
      try await ClockedPostgres.with { postgres in
        try await postgres.serve { administration, server in
          try postgres.set(to: "2026-10-20T12:00:00Z")
          let town = try await ClockedTown(administration, server, timeZone: "Europe/Berlin")
          try await postgres.serve { _, other in
            try await move(postgres, administration, town, town.through(other))
          }
          #expect(try await administration.verify(organization: "town").flatMap(\.report.findings) == [])
        }
      }
    }

    /// - Parameter there: another server, which has seen none of the changes.
    private func move(
      _ postgres: ClockedPostgres, _ administration: Administration, _ town: ClockedTown, _ there: ClockedTown
    ) async throws {
      func exported(_ span: (String?, String?)) async throws -> String {
        let written = Mutex<[UInt8]>([])
        _ = try await administration.exportRedemptions(
          organization: "town", format: "csv", from: span.0, to: span.1
        ) { bytes in written.withLock { $0 += bytes } }
        return String(decoding: written.withLock { $0 }, as: UTF8.self)
      }
      func score(_ month: String, _ town: ClockedTown) throws -> Int64? {
        try town.ann.get("/v1/leaderboards/points_received?period=month&at=\(month)").json["entries"]?.list.first?[
          "score"]?
          .number
      }
      func zone(_ town: ClockedTown) throws -> [String?] {
        let organization = try town.admin.get("/v1/organization").json
        let next = organization["next_time_zone"]
        #expect(try town.ann.get("/v1/me").json["organization"]?["time_zone"] == organization["time_zone"])
        return [organization["time_zone"]?.text, next?["time_zone"]?.text, next?["from"]?.text]
      }
      try town.rule(#"{"expiry_months": 1}"#)
      try town.offer(#"{"sku": "pen", "name": "Pen", "price_points": 5, "fulfilment": "instant"}"#)
      try town.thank(30)
      #expect(try town.bo.post("/v1/redemptions", #"{"reward": "pen"}"#).status == 201)
      let before = try await exported((nil, "2026-10-20"))
      // Boards that are there when it comes, on either server.
      for town in [town, there] {
        #expect(try score("2026-10", town) == 30 && score("2026-11", town) == nil)
      }
      let tag = try town.admin.get("/v1/organization")["ETag"]
      try town.patch("/v1/organization", #"{"time_zone": "America/New_York"}"#)
      for town in [town, there] {
        #expect(try zone(town) == ["Europe/Berlin", "America/New_York", "2026-11-01"])
        #expect(try town.ann.get("/v1/me").json["allowance_resets_at"]?.text == "2026-11-01T04:00:00Z")
        // The thirty run out with the 20th of November, which ends by New York's clocks.
        #expect(
          try town.bo.get("/v1/me").json["balances"]?["next_expiry"]?["at"]?.text == "2026-11-21T05:00:00Z")
      }
      let coming = try town.admin.get("/v1/organization")["ETag"]

      // Half past midnight in Berlin; October is longer by five hours, and its last evening ends in New York.
      try postgres.set(to: "2026-10-31T23:30:00Z")
      try town.thank(7)
      #expect(try town.bo.post("/v1/redemptions", #"{"reward": "pen"}"#).status == 201)
      for town in [there, town] {
        #expect(try zone(town) == ["America/New_York", nil, nil])
        #expect(try score("2026-10", town) == 37 && score("2026-11", town) == nil && town.allowance() == 63)
      }
      let come = try town.admin.get("/v1/organization")["ETag"]
      #expect(Set([tag, coming, come]).count == 3, "what comes by itself is another representation")
      #expect(try await exported(("2026-11-01", nil)).split(separator: "\r\n").count == 1)

      try postgres.set(to: "2026-11-01T04:05:00Z")
      #expect(try there.allowance() == 100)
      try there.thank(11)
      #expect(try town.bo.post("/v1/redemptions", #"{"reward": "pen"}"#).status == 201)
      for town in [town, there] {
        #expect(try score("2026-10", town) == 37 && score("2026-11", town) == 11 && town.allowance() == 89)
        let board = try town.ann.get("/v1/leaderboards/points_received?period=month&at=2026-11").json
        #expect(board["starts_at"]?.text == "2026-11-01T04:00:00Z" && board["ends_at"]?.text == "2026-12-01T05:00:00Z")
      }
      try await postgres.serve { _, fresh in
        let fresh = try town.through(fresh)
        #expect(try score("2026-10", fresh) == 37 && score("2026-11", fresh) == 11, "boards built anew")
      }
      #expect(try await exported((nil, "2026-10-20")) == before, "byte for byte")
      let periods = try await CSV(Array(exported((nil, nil)).utf8)).records.map { $0.fields[2] }
      #expect(periods == ["2026-10", "2026-10", "2026-10", "2026-10", "2026-11", "2026-11"], "two lines each")

      // Far to the east: November ends 19 hours before it would have in New York, and a day earlier by the clocks of there.
      try postgres.set(to: "2026-11-20T12:00:00Z")
      try there.patch("/v1/organization", #"{"time_zone": "Pacific/Kiritimati"}"#)
      try postgres.set(to: "2026-11-30T09:59:00Z")
      try town.thank(13)
      try postgres.set(to: "2026-11-30T10:01:00Z")
      for town in [town, there] {
        #expect(try zone(town) == ["Pacific/Kiritimati", nil, nil] && town.allowance() == 100)
        #expect(try score("2026-11", town) == 24 && score("2026-12", town) == nil)
      }
      try town.thank(17)
      for town in [town, there] { #expect(try score("2026-12", town) == 17) }
      #expect(try await exported((nil, "2026-10-20")) == before, "byte for byte")
    }
  }
}
