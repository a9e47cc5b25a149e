import HTTP
import Ledger
import Postgres

/// Names of time zones, as PostgreSQL knows them.
enum TimeZones {
  /// What to say of another name.
  static let mistake = "is a name such as Europe/Berlin"

  /// Whether one that a request may name is known.
  static func isKnown(_ zone: String?, _ exchange: Exchange) async throws -> Bool {
    guard let zone else { return true }
    let rows = try await exchange.worker.pool.query(known, Parameters { $0.text(zone) }, isIdempotent: true)
    return try rows.first?.bool(0) ?? false
  }

  private static let known = SQL.statement("known_time_zone")
}

/// The time zone that an organisation is to have, and the first day on which it does.
struct NextTimeZone: Sendable, Equatable {
  let timeZone: String
  let from: Day

  /// - Returns: nil where none is to come.
  init?(_ row: Row, from first: Int) throws(PostgresError) {
    guard let zone = try row.textOrNull(first) else { return nil }
    (timeZone, from) = (zone, Day(number: try row.date(first + 1)))
  }

  private init(timeZone: String, from: Day) { (self.timeZone, self.from) = (timeZone, from) }

  func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("time_zone", timeZone)
      json.member("from", RFC3339.text(from))
    }
  }

  static let schema = JSONSchema(
    .object([
      .init("time_zone", .text(example: "America/New_York")),
      .init("from", JSONSchema(.string(format: "date"), "The first day of a month.", example: "2026-12-01")),
    ]), "What `time_zone` is to be, and from which day on.", name: "NextTimeZone")

  static let member = Member(
    "next_time_zone",
    optional: JSONType<NextTimeZone>.object([zone, day], harmless: NextTimeZone(timeZone: "", from: Day(number: 0))) {
      NextTimeZone(timeZone: $0[zone], from: $0[day])
    }, "What a change of `time_zone` brought about may come along as it is; `null` takes it back.")

  private static let zone = Member("time_zone", .title, "", example: "America/New_York")
  private static let day = Member("from", .day, "", example: "2026-12-01")
}
