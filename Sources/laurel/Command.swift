import Glibc
import Service

/// One command of `laurel`: its name, its help, what it takes, and what it does.
struct Command: Sendable {
  let name: [String]
  /// What stands behind the name: `FILE.csv`, or nothing.
  let words: String
  let wordCount: ClosedRange<Int>
  /// What its words can be, for completion.
  let choices: Arguments.Choices
  let summary: String
  /// Further lines of its help.
  let notes: String
  let options: [Arguments.Option]
  let run: @Sendable (Arguments) async throws -> Void

  init(
    _ name: String, words: String = "", wordCount: ClosedRange<Int> = 0...0, choices: Arguments.Choices = .none,
    summary: String, notes: String = "", options: [Arguments.Option],
    run: @escaping @Sendable (Arguments) async throws -> Void
  ) {
    self.name = name.split(separator: " ").map(String.init)
    self.words = words
    self.wordCount = wordCount
    self.choices = choices
    self.summary = summary
    self.notes = notes
    self.options = options
    self.run = run
  }

  /// For whoever runs Laurel: they work on the database.
  static let operating: [Command] = [
    serve, migrate, createOrganization, createKey, importPeople, importRecognitions, verify, export,
  ]
  /// For everybody who has a key: they call a server.
  static let calling: [Command] = [thank, me, feed, notifications, board, rewards, redeem, redemptions]
  static let all: [Command] = operating + calling + [completion]

  static let databaseOptions = [
    Arguments.Option(
      name: "--database", value: "URL", help: "a PostgreSQL of yours, as the role that serves (DATABASE_URL)"),
    Arguments.Option(
      name: "--owner-database", value: "URL", help: "the same, as the role that owns the schema (LAUREL_OWNER_URL)"),
    Arguments.Option(
      name: "--state", value: "DIR", help: "a private PostgreSQL kept in this folder", choices: .folders),
  ]
  static let json = Arguments.Option(name: "--json", value: nil, help: "print one JSON object on standard output")
  static let organization = Arguments.Option(name: "--org", value: "SLUG", help: "the organisation")
  private static let help = Arguments.Option(name: "--help", value: nil, help: "print this")

  /// - Returns: the exit code: 0 done, 1 refused or found wrong, 2 wrong usage.
  static func main(_ arguments: [String]) async -> Int32 {
    if arguments.isEmpty || ["help", "--help", "-h"].contains(arguments[0]) {
      print(overview, terminator: "")
      return arguments.isEmpty ? 2 : 0
    }
    if arguments == ["--version"] || arguments == ["version"] {
      print("laurel \(Version.current)")
      return 0
    }
    guard let command = all.first(where: { arguments.starts(with: $0.name) }) else {
      complain("there is no command \"\(arguments.prefix(2).joined(separator: " "))\"; `laurel help` lists them")
      return 2
    }
    let rest = arguments.dropFirst(command.name.count)
    if rest.contains("--help") || rest.contains("-h") {
      print(command.page, terminator: "")
      return 0
    }
    return await command.perform(rest)
  }

  private func perform(_ arguments: ArraySlice<String>) async -> Int32 {
    do {
      try await run(Arguments(arguments, options: options, wordCount: wordCount, wordNames: words))
      return 0
    } catch let error as Arguments.UsageError {
      complain("\(error); see `laurel \(name.joined(separator: " ")) --help`")
      return 2
    } catch is Found {
      return 1
    } catch {
      complain(explain(error))
      return 1
    }
  }

  // MARK: Help

  private static var overview: String {
    func lines(_ commands: [Command]) -> String {
      commands.map { command in
        let name = command.name.joined(separator: " ")
        return "  laurel \(name)\(String(repeating: " ", count: max(1, 22 - name.count)))\(command.summary)"
      }.joined(separator: "\n")
    }
    return """
      laurel: peer recognition points, with a ledger that can be proven.

      Calling a server, with a key of yours:
      \(lines(calling))

      Running one:
      \(lines(operating))

      And:
      \(lines([completion]))

      The first take --url URL (or LAUREL_URL) and --key-file FILE (or LAUREL_KEY); the second take --database URL
      (or DATABASE_URL), or --state DIR for a private PostgreSQL kept there. All take --help.
      Exit codes: 0 done, 1 refused or found wrong, 2 wrong usage.

      """
  }

  private var page: String {
    let lines = (options + [Self.help]).map { option in
      let name = option.name + (option.value.map { " \($0)" } ?? "")
      return "  \(name)\(String(repeating: " ", count: max(1, 26 - name.count)))\(option.help)"
    }
    return """
      laurel \(name.joined(separator: " "))\(words.isEmpty ? "" : " " + words) [options]
      \(summary)
      \(notes.isEmpty ? "" : "\n\(notes)\n")
      \(lines.joined(separator: "\n"))

      """
  }
}

/// A command did its work, and what it found is not good: exit code 1, and nothing more to say.
struct Found: Error {}

/// Says on standard error what is wrong.
func complain(_ text: String) {
  let line = "laurel: \(text)\n"
  // Nobody can be told when standard error is gone.
  _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}
