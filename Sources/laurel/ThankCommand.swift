import HTTP
import Service
import Text

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
  /// One word: a line, which the server takes apart once more.
  case line(String, Line)
  case parts(to: [String], points: Int64?, message: String)

  /// - Throws: where a word is no person, no amount and not the one message, where something else looks like points, and where
  ///   nothing is said.
  init(_ words: [String]) throws(Arguments.UsageError) {
    do throws(Line.Mistake) {
      try self.init(reading: words)
    } catch {
      // `thank halima 10 "…"`: the name was taken for the message.
      let isUnnamed = if case .unexpected = error { !words.contains { $0.contains("@") } } else { false }
      throw Arguments.UsageError(
        description: error.description + (isUnnamed ? " People are named with an @, as in @ann." : ""))
    }
    let (people, message) =
      switch self {
      case .line(_, let line): (line.recipients, line.message)
      case .parts(let people, _, let message): (people, message)
      }
    if people.isEmpty { throw Self.usage("say whom to thank") }
    if !message.isVisible { throw Self.usage("say what for") }
  }

  private init(reading words: [String]) throws(Line.Mistake) {
    if words.count == 1 {
      self = .line(words[0], try Line(words[0]))
      return
    }
    var people: [String] = []
    var points: Int64?
    var message: String?
    for word in words {
      switch try Line.part(word) {
      case .recipients(let names) where message == nil: people += names
      case .points(let count) where points == nil && message == nil: points = count
      case .message(let text) where message == nil: message = text
      default: throw .unexpected(word)
      }
    }
    // Points in the message alone would be given to nobody.
    if points == nil, let message, let line = try Self.line(message), line.points != nil { throw .unexpected(message) }
    self = .parts(to: people, points: points, message: message ?? "")
  }

  /// A message as a line; nil where it only has a number or a name that a line would not take.
  private static func line(_ message: String) throws(Line.Mistake) -> Line? {
    do throws(Line.Mistake) {
      return try Line(message)
    } catch .bareNumber, .nobody {
      return nil
    }
  }

  private static func usage(_ mistake: String) -> Arguments.UsageError {
    Arguments.UsageError(description: mistake + ": laurel thank @ann 10 \"You saved the day\"")
  }

  /// The members of the request.
  func write(to json: inout JSONWriter) {
    switch self {
    case .line(let text, _): json.member("text", text)
    case .parts(let people, let points, let message):
      json.member("to") { json in json.array { json in for name in people { json.string(name) } } }
      json.member("message", message)
      if let points { json.member("points", points) }
    }
  }
}
