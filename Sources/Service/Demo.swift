import Ledger
import Postgres

/// The demo company: some forty people who sell maps, and three months of their thank-yous, from the files in `demo/`.
public struct Demo: Sendable {
  /// Whom the tour plays.
  public enum Part: String, Sendable, CaseIterable {
    case employee, manager, finance, admin

    var handle: String {
      switch self {
      case .employee: "ann"
      case .manager: "mo"
      case .finance: "fay"
      case .admin: "admin"
      }
    }
  }

  public struct Key: Sendable {
    public let part: Part
    public let handle: String
    public let key: String
  }

  public let name: String
  public let keys: [Key]

  /// Demo keys are printed on a terminal, so they end soon; every start gives new ones.
  private static let keyDaysMax: Int64 = 7

  /// Makes the company if it is not there, and keys for the tour.
  public static func prepare(_ administration: Administration, progress: @escaping Administration.Progress) async throws
    -> Demo
  {
    let company = Company()
    if try await administration.find(company.slug) == nil {
      _ = try await administration.create(
        .init(slug: company.slug, name: company.name, timeZone: company.timeZone, allowance: 100))
    }
    try await fill(company, administration, progress)
    var keys: [Key] = []
    let expiresAt = Timestamp(microseconds: Timestamp.now.microseconds + keyDaysMax * 86_400_000_000)
    for part in Part.allCases {
      let key = try await administration.createKey(
        organization: company.slug, handle: part.handle, expiresAt: expiresAt)
      keys.append(Key(part: part, handle: part.handle, key: key))
    }
    return Demo(name: company.name, keys: keys)
  }

  /// People and history, unless they are there already: what somebody changed meanwhile stays changed.
  private static func fill(
    _ company: Company, _ administration: Administration, _ progress: @escaping Administration.Progress
  ) async throws {
    if try await administration.directory(company.slug).people.count <= 1 {
      _ = try await administration.importPeople(
        EmbeddedFile.at("demo/people.csv").bytes, organization: company.slug, progress: progress)
    }
    let (number, people) = try await administration.directory(company.slug)
    let story = try history(people, now: .now, monthStart: await administration.monthStart(number))
    let operations = try story + DemoSpending.operations(people, now: .now)
    try await administration.run(operations, on: number, progress)
  }

  /// Days of the story that the present month always holds: a board of it is never empty.
  private static let lastWeek: Int64 = 6

  /// The rows of `demo/recognitions.csv`, each told apart by its place in the file, so that a second start adds nothing.
  ///
  /// Where the month is younger than a week, the story's last week is told faster, from the month's beginning until now, so that
  /// a month's board has as much to show on its first day as on any other.
  static func history(_ people: [Person], now: Timestamp, monthStart: Timestamp) throws -> [Operation] {
    let table = try ImportTable(
      EmbeddedFile.at("demo/recognitions.csv").bytes,
      required: ["days_ago", "time", "from", "to", "points", "values", "message", "visibility"], optional: [])
    let ids = Dictionary(people.map { ($0.handle, $0.id) }) { $1 }
    let day: Int64 = 86_400_000_000
    let midnight = now.microseconds - now.microseconds % day
    let recent = table.rows.filter { Int64($0["days_ago"]) ?? 0 <= lastWeek }.map(\.line)
    let isYoung = monthStart.microseconds > midnight - lastWeek * day
    return table.rows.map { row in
      let time = row["time"].split(separator: ":").compactMap { Int64($0) }
      let minutes = time.count == 2 ? time[0] * 60 + time[1] : 0
      var occurredAt = midnight - (Int64(row["days_ago"]) ?? 0) * day + minutes * 60_000_000
      if isYoung, let place = recent.firstIndex(of: row.line) {
        let step = (now.microseconds - monthStart.microseconds) / Int64(recent.count)
        occurredAt = monthStart.microseconds + step * Int64(place + 1)
      }
      let identity = Idempotency(
        key: .sha256(Array("demo\0\(row.line)".utf8)), request: .sha256(Array("demo".utf8)))
      return Operation(
        id: Secrets.id(), actor: ids[row["from"]], idempotency: identity,
        occurredAt: Timestamp(microseconds: min(occurredAt, now.microseconds)), salt: Secrets.digest(),
        action: .recognise(
          Recognise(
            to: row["to"].split(separator: ";").map(String.init), message: row["message"],
            points: Int64(row["points"]) ?? 0, values: row["values"].split(separator: ";").map(String.init),
            visibility: Recognition.Visibility(rawValue: row["visibility"]) ?? .public, source: .history)))
    }
  }

  /// The calls that tell the story, to paste into a shell.
  public func tour(address: String) -> String {
    let base = "http://\(address)"
    let exports = keys.map { "export \($0.part.rawValue.uppercased())=\($0.key)" }.joined(separator: "\n")
    return """

      \(name) is open for thanks at \(base)

      Paste these keys first (\(keys.map { "\($0.handle): \($0.part.rawValue)" }.joined(separator: ", ")); they end after \(Self.keyDaysMax) days):

      \(exports)

      Then tell the story:

      # Ann thanks Bo, with ten points of her allowance
      curl -sw '\\n' \(base)/v1/recognitions -H "Authorization: Bearer $EMPLOYEE" -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s%N)" -d '{"text": "+10 @bo you ran the map to the last van, in slippers #be-helpful"}'

      # What she has left to give, and what she has earned
      curl -sw '\\n' \(base)/v1/me -H "Authorization: Bearer $EMPLOYEE"

      # Where everybody stands, exact to the thank-you above (period=month, or week: this one)
      curl -sw '\\n' '\(base)/v1/leaderboards/points_received?period=all&limit=5' -H "Authorization: Bearer $MANAGER"

      # Ann redeems a mug
      curl -sw '\\n' \(base)/v1/redemptions -H "Authorization: Bearer $EMPLOYEE" -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s%N)" -d '{"reward": "MUG-ISLA", "note": "The one with the stain, please."}'

      # Finance exports the redemption ledger
      curl -sw '\\n' '\(base)/v1/exports/redemptions?format=csv' -H "Authorization: Bearer $FINANCE"

      Ctrl-C ends it; the next `make run` finds everything again.

      """
  }

  private struct Company {
    let slug: String
    let name: String
    let timeZone: String

    init() {
      var members: [String: String] = [:]
      for line in EmbeddedFile.at("demo/company.txt").text.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2 { members[String(parts[0])] = String(parts[1].drop { $0 == " " }) }
      }
      slug = members["slug"] ?? ""
      name = members["name"] ?? ""
      timeZone = members["time_zone"] ?? ""
    }
  }
}
