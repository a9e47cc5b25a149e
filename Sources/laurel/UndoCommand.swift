import Glibc
import HTTP
import Service

extension Command {
  static let undo = Command(
    "undo", words: "[ID]", wordCount: 0...1, summary: "takes back the last thanks that you gave",
    notes: """
      It says which one, and on a terminal asks before. An ID names another one of yours (laurel feed --from me --ids). You can within
      24 hours; admins can take back anybody's, and awards, by their IDs. The points come back to your allowance while its period lasts.
      """,
    options: [
      .init(name: "--yes", value: nil, help: "does not ask"),
      .init(name: "--dry-run", value: nil, help: "says which one it is, and takes nothing back"),
    ] + API.postOptions + [json]
  ) { arguments in
    let api = try API(arguments)
    let (thanks, path) = try meant(arguments.words.first, api)
    let points = thanks["points"]?.number ?? 0
    let names = (thanks["to"]?.list ?? []).compactMap { $0["person"]?.person }
    let gift = points == 0 ? "" : ", with \(Screen.points(points))\(names.count > 1 ? " each" : "")"
    let whose = thanks.isAward ? "award" : "thanks"
    let giver = arguments.words.isEmpty ? "your" : "\(thanks["from"]?.person ?? "somebody")'s"
    let what = "\(giver) \(whose) to \(names.joined(separator: ", "))\(gift)"
    let quotation = quotation(thanks).map { "\n\($0)" }.joined()
    if arguments.has("--dry-run") {
      if arguments.has("--json") { return print(String(decoding: thanks.canonicalBytes, as: UTF8.self)) }
      return print(
        "This would take back \(what), of \(thanks["created_at"]?.localTime ?? ""). Nothing is recorded.\(quotation)")
    }
    if !arguments.has("--yes"), isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 {
      guard confirm("Take back \(what), of \(thanks["created_at"]?.localTime ?? "")?\(quotation)\n[y/N] ") else {
        throw Found()
      }
    }
    let id = thanks["id"]?.text ?? ""
    let reply = try api.delete("\(path)/\(id.inPath)", again: "laurel undo \(id)")
    if arguments.has("--json") { return reply.print() }
    print("Took back \(what)\(reply.isReplayed ? ": that was done already, and not again" : "").\(quotation)")
  }

  /// What is to be taken back, and the list that it belongs to.
  private static func meant(_ id: String?, _ api: API) throws -> (JSONValue, path: String) {
    guard let id else {
      guard let thanks = try newest(api, [("from", "me"), ("since", dayAgo)]) else {
        throw CommandError(
          "you have given no thanks in the last 24 hours; an admin can take back older ones by their IDs "
            + "(laurel feed --from me --ids)")
      }
      return (thanks, "/v1/recognitions")
    }
    for path in ["/v1/recognitions", "/v1/awards"] {
      // The feed shows awards too, but is not where they are taken back.
      if let found = try api.find("\(path)/\(id.inPath)") {
        return (found.json, found.json.isAward ? "/v1/awards" : path)
      }
    }
    throw CommandError("there is nothing with the ID \(id), or nothing that you may see")
  }

  /// The instant since which one's own thanks can be taken back, as a query has it.
  private static var dayAgo: String {
    var seconds = time(nil) - 24 * 60 * 60
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let length = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Asks on the terminal; only a yes is one.
  private static func confirm(_ question: String) -> Bool {
    _ = question.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    return ["y", "yes"].contains((readLine() ?? "").lowercased())
  }
}
