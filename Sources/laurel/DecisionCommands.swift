import HTTP
import Ledger
import Service

/// What finance and admins decide on awards and redemptions, and what people still can about their own.
extension Command {
  static let approve = decision(
    "approve", done: "Approved", waiting: .pendingApproval, ofAwards: true,
    summary: "approves an award or a redemption; without an ID it shows what waits")
  static let decline = decision(
    "decline", done: "Declined", waiting: .pendingApproval, ofAwards: true,
    summary: "declines an award or a redemption; without an ID it shows what waits")
  static let fulfil = decision(
    "fulfil", done: "Handed out", waiting: .approved, ofAwards: false,
    summary: "says that a redemption was handed out; without an ID it shows what waits",
    options: [.init(name: "--code", value: "CODE", help: "of a gift card, for whoever redeemed it")])
  static let refund = decision(
    "refund", done: "Refunded", waiting: .fulfilled, ofAwards: false,
    summary: "gives back the points of what was handed out; without an ID it shows that")
  static let cancel = decision(
    "cancel", done: "Cancelled", waiting: nil, ofAwards: false,
    summary: "cancels what you redeemed; without an ID it shows what you still can")

  /// - Parameters:
  ///   - word: the last part of the call's path, and the command's name.
  ///   - waiting: the state of what it is for; nil for one's own redemptions that are open.
  private static func decision(
    _ word: String, done: String, waiting: RedemptionState?, ofAwards: Bool, summary: String,
    options: [Arguments.Option] = []
  ) -> Command {
    Command(
      word, words: "[ID…]", wordCount: 0...100, summary: summary,
      options: options + [
        .init(name: "--reason", value: "TEXT", help: "why, for whom it concerns and for the record"),
        .init(name: "--dry-run", value: nil, help: "says what would come, and records nothing"),
      ] + API.postOptions + [json]
    ) { arguments in
      if arguments.words.isEmpty { return try showWaiting(word, waiting, ofAwards: ofAwards, arguments) }
      if arguments.words.count > 1, arguments.has("--idempotency-key") {
        throw Arguments.UsageError(description: "--idempotency-key goes with one ID")
      }
      let api = try API(arguments)
      var replies: [Reply] = []
      for id in arguments.words {
        let path = try path(of: id, ofAwards: ofAwards, api)
        let isDryRun = arguments.has("--dry-run")
        let reply = try api.post("\(path)/\(word)", [("dry_run", isDryRun ? "true" : nil)]) { json in
          if let reason = arguments["--reason"] { json.member("reason", reason) }
          if let code = arguments["--code"] { json.member("code", code) }
        }
        replies.append(reply)
        if arguments.has("--json") { continue }
        let what = described(reply.json)
        if isDryRun {
          print("This would be \(done.lowercased()): \(what). Nothing is recorded.")
        } else {
          print("\(done): \(what).\(reply.isReplayed ? " That was done already, and not again." : "")")
        }
      }
      guard arguments.has("--json") else { return }
      if replies.count == 1 { return replies[0].print() }
      printJSON { json in
        json.member("data") { json in json.array { json in for reply in replies { json.value(reply.json) } } }
      }
    }
  }

  /// Of a redemption or, where there can be one, an award.
  private static func path(of id: String, ofAwards: Bool, _ api: API) throws -> String {
    for list in ["/v1/redemptions"] + (ofAwards ? ["/v1/awards"] : []) {
      let path = "\(list)/\(id.inPath)"
      if try api.find(path) != nil { return path }
    }
    throw CommandError(
      "there is no redemption\(ofAwards ? " and no award" : "") with the ID \(id), or none that you may see")
  }

  /// `Zeca Vilarinho (@zeca) +50 from Spot`, or `Isla Café mug for Ann Ames (@ann), 60 points`
  private static func described(_ answer: JSONValue) -> String {
    guard answer["reward"] == nil else {
      let quantity = answer["quantity"]?.number ?? 1
      return (quantity == 1 ? "" : "\(quantity) × ") + (answer["reward"]?["name"]?.text ?? "")
        + " for \(answer["person"]?.person ?? ""), \(Screen.points(answer["points"]?.number ?? 0))"
    }
    let names = (answer["to"]?.list ?? []).compactMap { $0["person"]?.person }.joined(separator: ", ")
    return "\(names) +\(answer["points"]?.number ?? 0) from \(answer["budget"]?["name"]?.text ?? "")"
  }

  // MARK: What waits

  private static func showWaiting(
    _ word: String, _ state: RedemptionState?, ofAwards: Bool, _ arguments: Arguments
  ) throws {
    let api = try API(arguments)
    let awards = ofAwards ? try list(api, "/v1/awards", [("state", AwardState.pendingApproval.rawValue)]) : []
    let redemptions =
      if let state {
        try list(api, "/v1/redemptions", [("state", state.rawValue)])
      } else {
        try [RedemptionState.pendingApproval, .approved].flatMap {
          try list(api, "/v1/redemptions", [("person", "me"), ("state", $0.rawValue)])
        }
      }
    if arguments.has("--json") {
      return printJSON { json in
        json.member("awards") { json in json.array { json in for award in awards { json.value(award) } } }
        json.member("redemptions") { json in
          json.array { json in for redemption in redemptions { json.value(redemption) } }
        }
      }
    }
    for award in awards { show(award: award) }
    for redemption in redemptions { show(redemption: redemption) }
    if awards.isEmpty, redemptions.isEmpty {
      print("Nothing is there to \(word).")
    } else {
      print(Screen.current.quiet("To \(word) one: laurel \(word) ID"))
    }
  }

  private static func list(_ api: API, _ path: String, _ query: [(String, String?)]) throws -> [JSONValue] {
    var (found, cursor): ([JSONValue], String?) = ([], nil)
    repeat {
      let page = try api.get(path, query + [("limit", "1000"), ("cursor", cursor)]).json
      found += page["data"]?.list ?? []
      cursor = page["next_cursor"]?.text
    } while cursor != nil
    return found
  }

  private static func show(redemption: JSONValue) {
    let screen = Screen.current
    let state = (redemption["state"]?.text ?? "").replacing("_", with: " ")
    print(
      "\(screen.quiet(redemption["created_at"]?.localTime ?? ""))  \(screen.strong(described(redemption))), \(state)")
    for line in screen.paragraph(redemption["note"]?.text ?? "", indent: 18) { print(line) }
    show(decisions: redemption)
    print(screen.quiet("                  \(redemption["id"]?.text ?? "")"))
  }

  /// Who decided, when, and why.
  static func show(decisions subject: JSONValue) {
    for decision in subject["decisions"]?.list ?? [] {
      let reason = decision["reason"]?.text.map { ": \($0)" } ?? ""
      let words =
        "\(decision["decision"]?.text ?? "") by \(decision["by"]?.person ?? ""), \(decision["at"]?.localTime ?? "")\(reason)"
      for line in Screen.current.paragraph(words, indent: 18) { print(line) }
    }
  }
}
