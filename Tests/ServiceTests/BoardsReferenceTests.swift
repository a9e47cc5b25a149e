import Foundation
import HTTP
import Testing
import Text

@testable import Postgres
@testable import Service

extension OnLaurel {
  @Suite("Boards of git-thanks")
  struct BoardsReferenceTests {
    @Test(
      "Sixty boards over HTTP equal the reference view, and a count of the files themselves",
      .enabled(if: GitThanks.isThere, "git-thanks is not beside this checkout (../shared/data/git-thanks)"))
    func boards() async throws {
      let laurel = try #require(Laurel.current)
      let slug = "git-boards-\(UInt32.random(in: 0 ... .max))"
      let zone = "Europe/Berlin"
      let administration = laurel.administration
      let key = try await administration.create(.init(slug: slug, name: "Git", timeZone: zone, allowance: 100))
      let (people, recognitions) = (try GitThanks.bytes("people.csv"), try GitThanks.bytes("recognitions.csv"))
      _ = try await administration.importPeople(people, organization: slug) { _, _ in }
      _ = try await administration.importRecognitions(
        recognitions, organization: slug, points: Int64(BoardsCount.points), addsValues: true
      ) { _, _ in }
      let count = try BoardsCount(
        people: people, recognitions: recognitions, timeZone: #require(TimeZone(identifier: zone)))
      let number = try await administration.number(of: slug)
      let session = try Session(laurel.cluster.superuserURL)
      let head = try session.run("SELECT position FROM ledger_heads WHERE org_id = \(number)").first.flatMap {
        Int64($0)
      }
      // The reference is slow and plain on purpose, so its rows are computed once.
      try session.run(
        """
        CREATE TEMPORARY TABLE frozen AS SELECT * FROM ranking_scores WHERE org_id = \(number);
        ANALYZE frozen
        """)
      let reference = SQL.statement("reference_board").text.replacing("ranking_scores", with: "frozen")
      try session.run("PREPARE reference (integer, text, text, text, text) AS \(reference)")

      let client = Client(laurel.port, key: key)
      var random = Seeded(state: 20_261_122)
      var longest = 0
      for _ in 0..<60 {
        let (question, at) = Self.question(count, &random)
        let expected = count.board(question)
        longest = max(longest, expected.count)
        let team = question.team.map { "'\($0.folded)'" } ?? "NULL"
        let execute =
          "EXECUTE reference (\(number), '\(question.metric)', '\(question.period)', '\(question.id ?? "")', \(team))"
        #expect(try session.run(execute) == expected, "the view: \(question)")
        let limit = [50, 200, 1_000].randomElement(using: &random)!
        let answered = try Self.pages(of: question, at: at, limit: limit, client, head: head)
        #expect(answered == expected, "over HTTP: \(question), pages of \(limit)")
      }
      // The mixture reaches boards of several pages.
      #expect(longest > 200)
    }

    private static let metrics = [
      "points_received", "points_given", "recognitions_received", "recognitions_given", "colleagues_recognised",
      "teams_reached",
    ]

    /// - Returns: and the period as the client names it: by its id or by a date in it.
    private static func question(_ count: BoardsCount, _ random: inout Seeded) -> (BoardsCount.Question, at: String?) {
      let period = ["day", "week", "month", "quarter", "year", "all"].randomElement(using: &random)!
      let row = count.rows.randomElement(using: &random)!
      let id = row.periods[period]
      let teams = Set(count.teams.values).sorted()
      return (
        BoardsCount.Question(
          metric: metrics.randomElement(using: &random)!, period: period, id: id,
          team: Bool.random(using: &random) ? teams.randomElement(using: &random)! : nil),
        at: id.map { Bool.random(using: &random) ? $0 : row.day }
      )
    }

    private static func pages(
      of question: BoardsCount.Question, at: String?, limit: Int, _ client: Client, head: Int64?
    ) throws -> [String] {
      var path = "/v1/leaderboards/\(question.metric)?period=\(question.period)&limit=\(limit)"
      if let at { path += "&at=\(at)" }
      if let team = question.team {
        path += "&scope=team:\(team.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!)"
      }
      var lines: [String] = []
      var cursor: String? = ""
      while let after = cursor {
        let page = try client.get(after.isEmpty ? path : "\(path)&cursor=\(after)")
        try #require(page.status == 200, "\(path): \(page.text)")
        #expect(page.json["as_of_position"]?.number == head)
        #expect(page.json["period_id"]?.text == question.id ?? "all")
        let total = page.json["total"]?.number ?? -1
        for entry in page.json["entries"]?.list ?? [] {
          let numbers = ["rank", "dense_rank", "position", "tied_with", "score"].map { entry[$0]?.number ?? -1 }
          lines.append(
            (numbers.map(String.init) + [entry["person"]?["handle"]?.text ?? "", "\(total)"]).joined(separator: "|"))
        }
        cursor = page.json["next_cursor"]?.text
        #expect((page["Link"] != nil) == (cursor != nil))
        if lines.isEmpty { #expect(total == 0) }
      }
      return lines
    }
  }
}

/// Repeatable randomness (SplitMix64).
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
