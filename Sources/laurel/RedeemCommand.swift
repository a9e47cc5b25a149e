import HTTP

extension Command {
  static let redeem = Command(
    "redeem", words: "SKU", wordCount: 1...1, summary: "redeems points for a reward of the catalogue",
    options: [
      .init(name: "--quantity", value: "N", help: "how many; 1 unless given"),
      .init(name: "--note", value: "TEXT", help: "for whoever fulfils it"),
      .init(name: "--dry-run", value: nil, help: "says what would come, and records nothing"),
    ] + API.postOptions + [json]
  ) { arguments in
    let quantity = try arguments.integer("--quantity", in: 1...1_000, default: 1)
    let isDryRun = arguments.has("--dry-run")
    let reply = try API(arguments).post("/v1/redemptions", [("dry_run", isDryRun ? "true" : nil)]) { json in
      json.member("reward", arguments.words[0])
      json.member("quantity", quantity)
      if let note = arguments["--note"] { json.member("note", note) }
    }
    if arguments.has("--json") { return reply.print() }
    let answer = reply.json
    let what = (quantity == 1 ? "" : "\(quantity) × ") + (answer["reward"]?["name"]?.text ?? "")
    let points = answer["points"]?.number ?? 0
    if isDryRun {
      let left = answer["balances"]?["points"]?.number.map { "; \($0) would be left" } ?? ""
      return print("This would redeem \(points) points for \(what)\(left). Nothing is recorded.")
    }
    let again = reply.isReplayed ? " That was done already, and not again." : ""
    print("Redeemed \(points) points for \(what): \(answer["state"]?.text ?? "").\(again)")
    if let code = answer["code"]?.text { print("Its code: \(code)") }
  }
}
