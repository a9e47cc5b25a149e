import HTTP
import Service

extension Command {
  static let thank = Command(
    "thank", words: "@PERSON… [POINTS] \"MESSAGE\"", wordCount: 1...Int.max,
    summary: "thanks colleagues, with points if you like",
    notes: """
        laurel thank @ann 10 "You saved the quarter close. #be-helpful"
        laurel thank @ann @bo@acme.example "Thank you both"
        laurel thank "+10 @ann thanks for the quarter close #be-helpful"

      Points are for each of them, from your allowance. Quote the message: a shell takes # for a comment.
      """,
    options: [
      .init(name: "--value", value: "SLUG", help: "a value it stands for, as #SLUG in the message", isRepeatable: true),
      .init(name: "--private", value: nil, help: "seen by you, them, your managers and admins alone"),
      .init(name: "--dry-run", value: nil, help: "says what would come, and records nothing"),
    ] + API.postOptions + [json]
  ) { arguments in
    let thanks = try Thanks(arguments.words)
    let isDryRun = arguments.has("--dry-run")
    let reply = try API(arguments).post("/v1/recognitions", [("dry_run", isDryRun ? "true" : nil)]) { json in
      thanks.write(to: &json)
      let values = arguments.all("--value")
      if !values.isEmpty {
        json.member("values") { json in json.array { json in for value in values { json.string(value) } } }
      }
      if arguments.has("--private") { json.member("visibility", "private") }
    }
    if arguments.has("--json") { return reply.print() }
    let answer = reply.json
    let names = (answer["to"]?.list ?? []).compactMap { $0["person"]?.person }.joined(separator: ", ")
    let points = answer["points"]?.number ?? 0
    let gift =
      points == 0 ? "" : ", with \(points) \(points == 1 ? "point" : "points")\(names.contains(",") ? " each" : "")"
    if isDryRun {
      let left = answer["balances"]?["allowance"]?.number.map { "; \($0) would be left to give" } ?? ""
      print("This would thank \(names)\(gift)\(left). Nothing is recorded.")
    } else {
      print("Thanked \(names)\(gift)\(reply.isReplayed ? ": that was done already, and not again" : "").")
    }
  }
}

/// What somebody said behind `laurel thank`.
enum Thanks: Equatable {
  /// One word: the shorthand line, which the server takes apart.
  case line(String)
  case parts(to: [String], points: Int64?, message: String)

  init(_ words: [String]) throws(Arguments.UsageError) {
    if words.count == 1 {
      self = .line(words[0])
      return
    }
    var rest = words[...]
    var people: [String] = []
    var points: Int64?
    while let word = rest.first {
      if word.hasPrefix("@"), word.count > 1 {
        people.append(String(word.dropFirst()))
      } else if points == nil, !people.isEmpty, let number = Self.points(word) {
        points = number
      } else {
        break
      }
      rest.removeFirst()
    }
    guard !people.isEmpty else {
      throw Arguments.UsageError(description: "say first whom to thank: laurel thank @ann 10 \"You saved the day\"")
    }
    self = .parts(to: people, points: points, message: rest.joined(separator: " "))
  }

  /// The members of the request.
  func write(to json: inout JSONWriter) {
    switch self {
    case .line(let text): json.member("text", text)
    case .parts(let people, let points, let message):
      json.member("to") { json in json.array { json in for name in people { json.string(name) } } }
      json.member("message", message)
      if let points { json.member("points", points) }
    }
  }

  /// `10`, `+10`
  private static func points(_ word: String) -> Int64? {
    let digits = word.hasPrefix("+") ? word.dropFirst() : word[...]
    return digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(digits) : nil
  }
}
