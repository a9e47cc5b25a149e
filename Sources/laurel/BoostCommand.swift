import HTTP
import Service

/// Adding to somebody's thanks, and taking one's own back.
extension Command {
  static let boost = Command(
    "boost", words: "@PERSON|ID POINTS", wordCount: 2...2,
    summary: "adds points of yours to the thanks that somebody got",
    notes: """
        laurel boost @bo 5

      Of @PERSON the newest thanks is meant, whoever gave it; an ID names another one (laurel feed --ids shows them). The points
      go to each of its recipients, from your allowance.
      """,
    options: [.init(name: "--dry-run", value: nil, help: "says what would come, and records nothing")]
      + API.postOptions + [json]
  ) { arguments in
    let points = try arguments.points(arguments.words[1])
    let api = try API(arguments)
    let thanks = try target(arguments.words[0], api)
    let isDryRun = arguments.has("--dry-run")
    let path = "/v1/recognitions/\(thanks["id"]?.text ?? "")/boosts"
    let reply = try api.post(path, [("dry_run", isDryRun ? "true" : nil)]) { $0.member("points", points) }
    if arguments.has("--json") { return reply.print() }
    let recipients = thanks["to"]?.list.compactMap { $0["person"]?.person } ?? []
    let from = thanks["from"]?.person ?? "somebody"
    let gift = "\(Screen.points(points))\(recipients.count > 1 ? " each" : "")"
    let what = "\(recipients.joined(separator: ", ")), whom \(from) had thanked"
    if isDryRun {
      let left = reply.json["balances"]?["allowance"]?.number.map { "; \($0) would be left to give" } ?? ""
      print("This would add \(gift) to \(what)\(left). Nothing is recorded.")
    } else {
      print("Added \(gift) to \(what)\(reply.isReplayed ? ": that was done already, and not again" : "").")
    }
    for line in quotation(thanks) { print(line) }
  }

  /// The thanks that a word names: by its id, or the newest one of somebody.
  private static func target(_ word: String, _ api: API) throws -> JSONValue {
    guard word.hasPrefix("@"), word.count > 1 else {
      let thanks = try api.get("/v1/recognitions/\(word.inPath)").json
      if thanks.isAward { throw CommandError("\(word) is an award; points can be added to thanks") }
      return thanks
    }
    let person = String(word.dropFirst())
    // Asked first, since a list of the thanks of nobody is as empty as that of somebody who was never thanked.
    guard let found = try api.find("/v1/people/\(person.inPath)") else {
      throw CommandError("nobody is called \(word); `laurel people` finds them")
    }
    guard let thanks = try newest(api, [("to", person)]) else {
      throw CommandError("nobody has thanked \(found.json.person) yet: be the first, by `laurel thank`")
    }
    return thanks
  }

  /// The newest that stands, of what a query of the feed finds; awards are not among them.
  static func newest(_ api: API, _ query: [(String, String?)]) throws -> JSONValue? {
    var cursor: String?
    repeat {
      let page = try api.get("/v1/recognitions", query + [("limit", "50"), ("cursor", cursor)]).json
      for thanks in page["data"]?.list ?? [] where thanks["reversed"]?.flag != true && !thanks.isAward { return thanks }
      cursor = page["next_cursor"]?.text
    } while cursor != nil
    return nil
  }

  /// The words of a recognition, to be recognised by.
  static func quotation(_ thanks: JSONValue) -> [String] {
    Screen.current.paragraph(thanks["message"]?.text ?? "", indent: 2)
  }
}
