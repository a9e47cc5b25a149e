import HTTP
import Ledger
import Rankings

/// Commands that show what the server knows.
extension Command {
  static let me = Command("me", summary: "shows who you are, and your points", options: API.options + [json]) {
    arguments in
    let reply = try API(arguments).get("/v1/me")
    if arguments.has("--json") { return reply.print() }
    let (me, screen) = (reply.json, Screen.current)
    let roles = (me["roles"]?.list ?? []).compactMap(\.text).filter { $0 != "employee" }
    print(([screen.strong(me.person), me["team"]?.text].compactMap { $0 } + roles).joined(separator: ", "))
    func line(_ account: String, _ meaning: String) {
      let points = Screen.fit("\(me["balances"]?[account]?.number ?? 0)", 8, toTheRight: true)
      print("\(screen.strong(points))  \(meaning)")
    }
    line("allowance", "to give, until \(me["allowance_resets_at"]?.localTime ?? "")")
    line("points", "to redeem")
    line("held", "held for what you redeemed")
  }

  static let feed = Command(
    "feed", summary: "shows who was thanked, the newest first",
    options: [
      .init(name: "--from", value: "PERSON", help: "by this person; me is you"),
      .init(name: "--to", value: "PERSON", help: "to this person; me is you"),
      .init(name: "--team", value: "TEAM", help: "by or to somebody of this team"),
      .init(name: "--value", value: "SLUG", help: "for this value"),
      .init(
        name: "--since", value: "WHEN",
        help: "a date such as 2026-11-22 or a month such as 2026-11, inclusive, or a time"),
      .init(name: "--until", value: "WHEN", help: "a date or a month, inclusive, or a time, exclusive"),
      .init(name: "--ids", value: nil, help: "with the IDs that boost and undo take"),
    ] + Listing.options
  ) { arguments in
    let names = ["from", "to", "team", "value", "since", "until"]
    try Listing(arguments).run("/v1/recognitions", arguments.query(names), empty: "Nobody was thanked yet.") { page in
      for thanks in page.json["data"]?.list ?? [] { show(thanks, withID: arguments.has("--ids")) }
    }
  }

  private static func show(_ thanks: JSONValue, withID: Bool) {
    let screen = Screen.current
    let names = (thanks["to"]?.list ?? []).compactMap { $0["person"]?["name"]?.text }.joined(separator: ", ")
    let points = thanks["points"]?.number ?? 0
    let marks = [
      points > 0 ? "+\(points)" : nil, thanks["visibility"]?.text == "private" ? "(private)" : nil,
      thanks.isAward ? "(award)" : nil, thanks["reversed"]?.flag == true ? "(taken back)" : nil,
    ]
    let from = thanks["from"]?["name"]?.text ?? "somebody"
    print(
      screen.quiet(thanks["created_at"]?.localTime ?? "") + "  "
        + screen.strong(([from, "→", names] + marks.compactMap { $0 }).joined(separator: " ")))
    for line in screen.paragraph(thanks["message"]?.text ?? "", indent: 18) { print(line) }
    if withID { print(screen.quiet("                  \(thanks["id"]?.text ?? "")")) }
  }

  static let notifications = Command(
    "notifications", summary: "shows what happened to you, the newest first", options: Listing.options
  ) { arguments in
    try Listing(arguments).run("/v1/me/notifications", empty: "Nothing happened to you yet.") { page in
      let screen = Screen.current
      for notice in page.json["data"]?.list ?? [] {
        let from = notice["from"]?["name"]?.text
        print(
          screen.quiet(notice["at"]?.localTime ?? "") + "  "
            + screen.strong(
              sentence(
                notice["kind"]?.text ?? "", from, notice["points"]?.number, notice["subject"]?["name"]?.text ?? ""))
            + (notice["reversed"]?.flag == true ? " (taken back since)" : ""))
        for line in screen.paragraph(notice["message"]?.text ?? "", indent: 18) { print(line) }
      }
    }
  }

  private static func sentence(_ kind: String, _ from: String?, _ points: Int64?, _ name: String) -> String {
    let who = from ?? "The operator"
    let gift = points.map { $0 == 0 ? "" : ": +\($0)" } ?? ""
    switch kind {
    case "thanked": return "\(who) thanked you\(gift)"
    case "awarded": return "\(who) awarded you points\(gift)"
    case "taken_back":
      // Whoever gave it or added to it hears of it, too.
      return
        "\(who) took back what \(points == nil ? "was" : "you had been") given\(points.map { $0 == 0 ? "" : ": −\(abs($0))" } ?? "")"
    case "approval_waiting": return "\(who) waits for approval\(name.isEmpty ? "" : ": \(name)")"
    case "award_approved", "award_declined": return "\(who) \(kind.dropFirst(6)) the award that you gave"
    case "boosted": return "\(who) added to what you were thanked for\(gift)"
    case "mentioned": return "\(who) mentioned you"
    default:
      let words = kind.split(separator: "_").map(String.init)
      if words.count == 2, words[0] == "redemption" { return "\(who) \(words[1]) what you redeemed: \(name)" }
      // A kind that a newer server knows.
      return "\(who) \(words.joined(separator: " ")) you\(gift)"
    }
  }

  static let board = Command(
    "board", words: "[METRIC]", wordCount: 0...1, choices: .words(Metric.allCases.map(\.rawValue)),
    summary: "shows where everybody stands",
    notes: "METRIC is \(Metric.pointsReceived.rawValue) unless given, or one of\n"
      + Metric.allCases.dropFirst().map { "  \($0.rawValue)" }.joined(separator: "\n"),
    options: [
      .init(
        name: "--period", value: "PERIOD",
        help: "\(Period.Kind.allCases.map(\.rawValue).joined(separator: ", ")); month unless given",
        choices: .words(Period.Kind.allCases.map(\.rawValue))),
      .init(name: "--at", value: "WHEN", help: "which one: 2026-11-22, 2026-W47, 2026-11, 2026-Q4, 2026"),
      .init(
        name: "--scope", value: "SCOPE", help: "org, or team:, department:, location:, value: or manager: with a name"),
      .init(name: "--around-me", value: nil, help: "your neighbours, not the top"),
      .init(name: "--radius", value: "N", help: "how many neighbours above and below; 5 unless given"),
    ] + Listing.options
  ) { arguments in
    let metric = arguments.words.first ?? Metric.pointsReceived.rawValue
    guard Metric(rawValue: metric) != nil else {
      throw Arguments.unknown("metric", metric, among: Metric.allCases.map(\.rawValue))
    }
    let around = [("around", arguments.has("--around-me") ? "me" : nil)]
    let query = arguments.query(["period", "at", "scope", "radius"]) + around
    try Listing(arguments).run("/v1/leaderboards/\(metric)", query) { show(board: $0.json) }
  }

  private static func show(board: JSONValue) {
    let screen = Screen.current
    let title = ["metric", "period_id", "scope"].compactMap { board[$0]?.text }.joined(separator: ", ")
    print(screen.strong(title) + screen.quiet("  \(board["total"]?.number ?? 0) people"))
    var table = Table(["RANK", "SCORE", "WHO"], numbers: [0, 1])
    let mine = board["me"]?["position"]?.number
    for entry in board["entries"]?.list ?? [] {
      let isMine = entry["position"]?.number == mine
      table.add([
        "\(entry["rank"]?.number ?? 0)", "\(entry["score"]?.number ?? 0)",
        (entry["person"]?.person ?? "") + (isMine ? "  ← you" : ""),
      ])
    }
    if board["entries"]?.list.isEmpty == false { for line in table.lines(on: screen) { print(line) } }
    if let rank = board["me"]?["rank"]?.number {
      print("You are number \(rank), with \(board["me"]?["score"]?.number ?? 0).")
    }
  }

  static let rewards = Command(
    "rewards", summary: "shows what points can be redeemed for",
    options: [
      .init(name: "--max-points", value: "N", help: "that cost at most so many"),
      .init(
        name: "--kind", value: "KIND", help: Reward.Kind.allCases.map(\.rawValue).joined(separator: ", "),
        choices: .words(Reward.Kind.allCases.map(\.rawValue))),
      .init(name: "--q", value: "WORDS", help: "whose name, description or SKU has these"),
    ] + Listing.options
  ) { arguments in
    try Listing(arguments).run("/v1/rewards", arguments.query(["max_points", "kind", "q"]), empty: "No reward.") {
      page in
      var table = Table(["SKU", "POINTS", "LEFT", "WHAT"], numbers: [1, 2])
      for reward in page.json["data"]?.list ?? [] {
        table.add([
          reward["sku"]?.text ?? "", "\(reward["price_points"]?.number ?? 0)",
          reward["stock"]?.number.map(String.init) ?? "any", reward["name"]?.text ?? "",
        ])
      }
      for line in table.lines(on: .current) { print(line) }
    }
  }

  static let redemptions = Command(
    "redemptions", summary: "shows what was redeemed, the newest first: your own, or all for finance and admins",
    options: [
      .init(
        name: "--state", value: "STATE", help: "\(RedemptionState.allCases.map(\.rawValue).joined(separator: ", "))",
        choices: .words(RedemptionState.allCases.map(\.rawValue))),
      .init(name: "--person", value: "PERSON", help: "by this person; me is you"),
      .init(
        name: "--from", value: "WHEN",
        help: "a date such as 2026-11-22 or a month such as 2026-11, inclusive, or a time"),
      .init(name: "--to", value: "WHEN", help: "a date or a month, inclusive, or a time, exclusive"),
    ] + Listing.options
  ) { arguments in
    let query = arguments.query(["state", "person", "from", "to"])
    try Listing(arguments).run("/v1/redemptions", query, empty: "Nothing was redeemed yet.") { page in
      var table = Table(["WHEN", "STATE", "POINTS", "WHO", "WHAT"], numbers: [2])
      for redemption in page.json["data"]?.list ?? [] {
        let quantity = redemption["quantity"]?.number ?? 1
        let code = redemption["code"]?.text.map { ", code \($0)" } ?? ""
        table.add([
          redemption["created_at"]?.localTime ?? "", redemption["state"]?.text ?? "",
          "\(redemption["points"]?.number ?? 0)", "@\(redemption["person"]?["handle"]?.text ?? "")",
          (quantity == 1 ? "" : "\(quantity) × ") + (redemption["reward"]?["name"]?.text ?? "") + code,
        ])
      }
      for line in table.lines(on: .current) { print(line) }
    }
  }
}
