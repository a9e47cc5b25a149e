import HTTP
import Ledger
import Service

/// Managers' spot points, and the budgets that they come from.
extension Command {
  static let award = Command(
    "award", words: "@PERSON… POINTS \"MESSAGE\"", wordCount: 2...Int.max,
    summary: "awards points of a budget to people who report to you",
    notes: """
        laurel award @bo 50 --budget "Spot" "The storm night: every parcel left."

      Points are for each of them. Above what the budget lets you give alone, the award waits for finance (laurel approve).
      """,
    options: [
      .init(
        name: "--budget", value: "NAME", help: "its name or ID; need not be said where there is one (laurel budgets)"),
      .init(name: "--value", value: "SLUG", help: "a value it stands for, as #SLUG in the message", isRepeatable: true),
      .init(name: "--dry-run", value: nil, help: "says what would come, and records nothing"),
    ] + API.postOptions + [json]
  ) { arguments in
    guard case .parts(let people, let points?, let message) = try Thanks(arguments.words), !message.isEmpty else {
      throw Arguments.UsageError(
        description: "say whom, how much and what for: laurel award @bo 50 \"You saved the day\"")
    }
    let api = try API(arguments)
    let isDryRun = arguments.has("--dry-run")
    let budget = try arguments["--budget"] ?? onlyBudget(api)
    let reply = try api.post("/v1/awards", [("dry_run", isDryRun ? "true" : nil)]) { json in
      json.member("budget", budget)
      json.member("to") { json in json.array { json in for name in people { json.string(name) } } }
      json.member("points", points)
      json.member("message", message)
      let values = arguments.all("--value")
      if !values.isEmpty {
        json.member("values") { json in json.array { json in for value in values { json.string(value) } } }
      }
    }
    if arguments.has("--json") { return reply.print() }
    let answer = reply.json
    let names = (answer["to"]?.list ?? []).compactMap { $0["person"]?.person }
    let gift = "\(Screen.points(points))\(names.count > 1 ? " each" : "") from \(answer["budget"]?["name"]?.text ?? "")"
    let waits = answer["state"]?.text == "pending_approval"
    if isDryRun {
      let left = answer["balances"]?["available"]?.number.map { "; \($0) would be left in it" } ?? ""
      print(
        "This would award \(names.joined(separator: ", ")) \(gift)\(left)\(waits ? ", once finance approves" : "")."
          + " Nothing is recorded.")
    } else {
      let end = reply.isReplayed ? ": that was done already, and not again" : waits ? ": it waits for finance" : ""
      print("Awarded \(names.joined(separator: ", ")) \(gift)\(end).")
    }
  }

  /// The budget of somebody who has one.
  private static func onlyBudget(_ api: API) throws -> String {
    let me = try api.get("/v1/me").json["id"]
    let budgets = try api.get("/v1/budgets", [("limit", "1000")]).json["data"]?.list ?? []
    let mine = budgets.filter { budget in
      let isOpen = budget["state"]?.text ?? "open" == "open"
      return isOpen && (budget["owner"]?["id"] == me || budget["members"]?.list.contains { $0["id"] == me } == true)
    }
    let names = mine.compactMap { $0["name"]?.text }
    guard names.count <= 1 else {
      throw Arguments.UsageError(description: "say which budget: --budget \"\(names.joined(separator: "\", or \""))\"")
    }
    guard let id = mine.first?["id"]?.text else {
      throw CommandError("you have no budget to award from; finance and admins make them")
    }
    return id
  }

  static let awards = Command(
    "awards", summary: "shows awards, the newest first: what you gave or got, or all for finance and admins",
    options: [
      .init(
        name: "--state", value: "STATE", help: AwardState.allCases.map(\.rawValue).joined(separator: ", "),
        choices: .words(AwardState.allCases.map(\.rawValue)))
    ] + Listing.options
  ) { arguments in
    try Listing(arguments).run("/v1/awards", arguments.query(["state"]), empty: "No award.") { page in
      for award in page.json["data"]?.list ?? [] { show(award: award) }
    }
  }

  /// When, who and how much; what for; and its ID, for whoever is to decide.
  static func show(award: JSONValue) {
    let screen = Screen.current
    let names = (award["to"]?.list ?? []).compactMap { $0["person"]?["name"]?.text }.joined(separator: ", ")
    let state = award["reversed"]?.flag == true ? "taken back" : award["state"]?.text ?? ""
    print(
      screen.quiet(award["created_at"]?.localTime ?? "") + "  "
        + screen.strong("\(award["from"]?["name"]?.text ?? "somebody") → \(names) +\(award["points"]?.number ?? 0)")
        + " from \(award["budget"]?["name"]?.text ?? ""), \(state.replacing("_", with: " "))")
    for line in screen.paragraph(award["message"]?.text ?? "", indent: 18) { print(line) }
    show(decisions: award)
    print(screen.quiet("                  \(award["id"]?.text ?? "")"))
  }

  static let budgets = Command(
    "budgets", summary: "shows what you may award from, or every budget for finance and admins",
    options: Listing.options
  ) { arguments in
    try Listing(arguments).run("/v1/budgets", empty: "No budget is yours.") { page in
      var table = Table(["LEFT", "WAITING", "UNTIL", "WHOSE", "BUDGET"], numbers: [0, 1])
      for budget in page.json["data"]?.list ?? [] {
        let state = budget["state"]?.text ?? "open"
        table.add([
          "\(budget["available"]?.number ?? 0)", "\(budget["held"]?.number ?? 0)",
          budget["period"]?["to"]?.text ?? "", "@\(budget["owner"]?["handle"]?.text ?? "")",
          (budget["name"]?.text ?? "") + (state == "open" ? "" : ", \(state)"),
        ])
      }
      for line in table.lines(on: .current) { print(line) }
    }
  }
}
