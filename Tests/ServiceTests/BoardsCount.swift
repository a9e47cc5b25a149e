import Foundation

@testable import Service

/// A second opinion on boards: counts the rows of the git-thanks files, and knows neither the ledger nor its views.
struct BoardsCount {
  struct Row {
    let giver: String
    let recipients: [String]
    /// The row's period of each kind.
    let periods: [String: String]
    let day: String
  }

  /// One board to ask for.
  struct Question: CustomStringConvertible {
    let metric: String
    let period: String
    /// The period's id; nil for all time.
    let id: String?
    let team: String?

    var description: String { "\(metric) \(period) \(id ?? "") \(team ?? "org")" }
  }

  static let points = 3
  let rows: [Row]
  let teams: [String: String]

  init(people: [UInt8], recognitions: [UInt8], timeZone: TimeZone) throws {
    let people = try CSV(people)
    let (handle, team) = (people.header.firstIndex(of: "handle")!, people.header.firstIndex(of: "team")!)
    teams = Dictionary(uniqueKeysWithValues: people.records.map { ($0.fields[handle], $0.fields[team]) })
    var calendar = Calendar(identifier: .iso8601)
    calendar.timeZone = timeZone
    let dates = ISO8601DateFormatter()
    rows = try CSV(recognitions).records.map { record in
      // The files' columns: occurred_at,from,to,…
      let date = dates.date(from: record.fields[0])!
      let parts = calendar.dateComponents([.year, .month, .day, .weekOfYear, .yearForWeekOfYear], from: date)
      let pad = { (number: Int?) in String(format: "%02d", number!) }
      let (year, month) = ("\(parts.year!)", pad(parts.month))
      let day = "\(year)-\(month)-\(pad(parts.day))"
      return Row(
        giver: record.fields[1], recipients: record.fields[2].components(separatedBy: ";"),
        periods: [
          "day": day, "week": "\(parts.yearForWeekOfYear!)-W\(pad(parts.weekOfYear))", "month": "\(year)-\(month)",
          "quarter": "\(year)-Q\((parts.month! + 2) / 3)", "year": year,
        ], day: day)
    }
  }

  /// `rank|dense_rank|position|tied_with|score|handle|total`, the first first.
  func board(_ question: Question) -> [String] {
    var scores: [String: (score: Int, changed: Int)] = [:]
    var met: Set<[String]> = []
    for (index, row) in rows.enumerated() where question.id == nil || row.periods[question.period] == question.id {
      let add = { (person: String, amount: Int) in
        scores[person] = (scores[person, default: (0, 0)].score + amount, index)
      }
      switch question.metric {
      case "points_received": for person in row.recipients { add(person, Self.points) }
      case "recognitions_received": for person in row.recipients { add(person, 1) }
      case "points_given": add(row.giver, Self.points * row.recipients.count)
      case "recognitions_given": add(row.giver, 1)
      case "colleagues_recognised":
        for person in row.recipients where met.insert([row.giver, person]).inserted { add(row.giver, 1) }
      default:
        for team in row.recipients.map({ teams[$0]! }) where team != teams[row.giver] {
          if met.insert([row.giver, team]).inserted { add(row.giver, 1) }
        }
      }
    }
    let listed = scores.filter { question.team == nil || teams[$0.key] == question.team }.sorted { one, other in
      if one.value.score != other.value.score { return one.value.score > other.value.score }
      if one.value.changed != other.value.changed { return one.value.changed < other.value.changed }
      return one.key.utf8.lexicographicallyPrecedes(other.key.utf8)
    }
    let ties = Dictionary(grouping: listed.map(\.value.score)) { $0 }.mapValues(\.count)
    var (rank, dense) = (0, 0)
    return listed.enumerated().map { index, line in
      if index == 0 || listed[index - 1].value.score != line.value.score { (rank, dense) = (index + 1, dense + 1) }
      let score = line.value.score
      return "\(rank)|\(dense)|\(index + 1)|\(ties[score]! - 1)|\(score)|\(line.key)|\(listed.count)"
    }
  }
}
