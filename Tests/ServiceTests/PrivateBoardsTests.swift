import HTTP
import Testing

@testable import Postgres
@testable import Service

extension OnLaurel {
  @Suite("Private recognitions and boards")
  struct PrivateBoardsTests {
    /// What was given once, as this test remembers it.
    private struct Gift {
      let id: String
      let giver: String
      let recipients: [String]
      let points: Int
      let isPrivate: Bool
      var boosts: [(giver: String, points: Int)] = []
      var isReversed = false
    }

    private static let people = ["ann", "bo", "cy", "di", "mo", "fay"]
    private static let teams = ["mo": "S", "ann": "S", "bo": "S", "cy": "U", "di": "U", "fay": "F"]
    private static let metrics = [
      "points_received", "points_given", "recognitions_received", "recognitions_given", "colleagues_recognised",
      "teams_reached",
    ]

    /// What a board counts by the contract's words; nobody with nothing is on it.
    private static func scores(_ metric: String, _ gifts: [Gift]) -> [String: Int] {
      var scores: [String: Int] = [:]
      var met: [String: Set<String>] = [:]
      for gift in gifts where !gift.isReversed {
        let all = [(giver: gift.giver, points: gift.points)] + gift.boosts
        switch metric {
        case "points_received":
          for one in gift.recipients { scores[one, default: 0] += all.map(\.points).reduce(0, +) }
        case "points_given":
          for part in all { scores[part.giver, default: 0] += part.points * gift.recipients.count }
        case "recognitions_received": for one in gift.recipients { scores[one, default: 0] += 1 }
        case "recognitions_given": scores[gift.giver, default: 0] += 1
        default: met[gift.giver, default: []].formUnion(gift.recipients)
        }
      }
      if metric == "colleagues_recognised" { scores = met.mapValues(\.count) }
      if metric == "teams_reached" {
        for (giver, others) in met { scores[giver] = Set(others.map { teams[$0] }).subtracting([teams[giver]]).count }
      }
      return scores.filter { $0.value > 0 }
    }

    @Test(
      "Private recognitions, their boosts and their taking back move no place, no score and no total, but where the rules say so"
    )
    func boards() async throws {
      try await Company.with { (company) async throws in
        var random = Seeded(state: 20_261_201)
        var gifts: [Gift] = []
        var isCounted = false
        for round in 0..<5 {
          for _ in 0..<10 { try step(&gifts, company, &random) }
          try compare(gifts, isCounted, company)
          // Boards that are in memory follow the rules, there and back.
          isCounted = round % 2 == 0
          let patched = try company["admin"].call(
            "PATCH", "/v1/program", [("Content-Type", "application/json"), ("If-Match", "*")],
            body: Array(#"{"private_on_boards": \#(isCounted)}"#.utf8))
          #expect(patched.status == 200)
          try compare(gifts, isCounted, company)
        }
        #expect(
          gifts.contains { $0.isPrivate && !$0.boosts.isEmpty } && gifts.contains { $0.isPrivate && $0.isReversed })
      }
    }

    private func step(_ gifts: inout [Gift], _ company: Company, _ random: inout Seeded) throws {
      let giver = Self.people.randomElement(using: &random)!
      let known = gifts.indices.filter { !gifts[$0].isReversed }
      switch Int.random(in: 0..<6, using: &random) {
      case 0:
        // A private one is boosted by its giver, who may see it.
        guard let index = known.randomElement(using: &random) else { return }
        let booster = gifts[index].isPrivate || gifts[index].recipients.contains(giver) ? gifts[index].giver : giver
        let answer = try company[booster].post("/v1/recognitions/\(gifts[index].id)/boosts", #"{"points": 2}"#)
        #expect(answer.status == 201, "\(answer.text)")
        gifts[index].boosts.append((booster, 2))
      case 1:
        guard let index = known.randomElement(using: &random) else { return }
        #expect(try company["admin"].call("DELETE", "/v1/recognitions/\(gifts[index].id)").status == 200)
        gifts[index].isReversed = true
      default:
        let recipients = Self.people.filter { $0 != giver }.shuffled(using: &random).prefix(
          Int.random(in: 1...2, using: &random))
        let (points, isPrivate) = (Int.random(in: 1...3, using: &random), Bool.random(using: &random))
        let to = recipients.map { "\"\($0)\"" }.joined(separator: ",")
        let made = try company[giver].post(
          "/v1/recognitions",
          #"{"to": [\#(to)], "points": \#(points), "message": "Thank you.", "visibility": "\#(isPrivate ? "private" : "public")"}"#
        )
        let id = try #require(made.json["id"]?.text, "\(made.text)")
        gifts.append(
          Gift(id: id, giver: giver, recipients: Array(recipients), points: points, isPrivate: isPrivate))
      }
    }

    private func compare(_ gifts: [Gift], _ isCounted: Bool, _ company: Company) throws {
      let visible = gifts.filter { isCounted || !$0.isPrivate }
      let session = try Session(company.laurel.cluster.superuserURL)
      for metric in Self.metrics {
        let expected = Self.scores(metric, visible)
        for period in ["all", "month", "day"] {
          let board = try company["ann"].get("/v1/leaderboards/\(metric)?period=\(period)").json
          let lines = board["entries"]?.list.map { entry in
            (["rank", "dense_rank", "position", "tied_with", "score"].map { "\(entry[$0]?.number ?? -1)" }
              + [entry["person"]?["handle"]?.text ?? "", "\(board["total"]?.number ?? -1)"]).joined(separator: "|")
          }
          let scores = board["entries"]?.list.map {
            ($0["person"]?["handle"]?.text ?? "", Int($0["score"]?.number ?? -1))
          }
          #expect(Dictionary(uniqueKeysWithValues: scores ?? []) == expected, "\(metric) \(period) \(isCounted)")
          let id = period == "all" ? "" : board["period_id"]?.text ?? ""
          let values = ["\(company.number)", "'\(metric)'", "'\(period)'", "'\(id)'", "NULL"]
          let reference = SQL.statement("reference_board").text.replacing(/\$([1-5])/) { values[Int($0.1)! - 1] }
          #expect(try session.run(reference) == lines, "the view: \(metric) \(period) \(isCounted)")
        }
        for handle in Self.people {
          let mine = try company[handle].get("/v1/leaderboards/\(metric)?period=all").json["me"]
          #expect(mine?["score"]?.number == Int64(expected[handle] ?? 0), "\(metric) \(handle)")
        }
      }
    }
  }
}
