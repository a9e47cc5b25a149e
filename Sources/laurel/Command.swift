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

  static let databaseOptions = [
    Arguments.Option(
      name: "--database", value: "URL", help: "a PostgreSQL of yours, as the role that serves (DATABASE_URL)"),
    Arguments.Option(
      name: "--owner-database", value: "URL", help: "the same, as the role that owns the schema (LAUREL_OWNER_URL)"),
    Arguments.Option(
      name: "--state", value: "DIR", help: "a private PostgreSQL kept in this folder", choices: .folders),
    Arguments.Option(
      name: "--accept-clock", value: nil,
      help: "record by PostgreSQL's clock also where this machine's or the last entry's is more than 15 minutes off"),
  ]
  static let json = Arguments.Option(name: "--json", value: nil, help: "print one JSON object on standard output")
  static let organization = Arguments.Option(name: "--org", value: "SLUG", help: "the organisation")
  /// What a command ends by.
  enum ExitCode {
    static let done: Int32 = 0
    /// Refused, or found wrong.
    static let refused: Int32 = 1
    static let wrongUsage: Int32 = 2
    /// It could not be done just now: the database or the server is away. Nothing was found wrong.
    static let unavailable: Int32 = 3
  }

  static func main(_ arguments: [String]) async -> Int32 {
    if arguments.isEmpty || ["help", "--help", "-h"].contains(arguments[0]) {
      guard arguments.count > 1 else {
        print(overview, terminator: "")
        return arguments.isEmpty ? ExitCode.wrongUsage : ExitCode.done
      }
      return help(on: Array(arguments.dropFirst()))
    }
    if arguments == ["--version"] || arguments == ["version"] {
      print("laurel \(Version.current)")
      return ExitCode.done
    }
    guard let command = named(by: arguments) else {
      if isHelp(arguments.last), let group = group(of: arguments) {
        print(group, terminator: "")
        return ExitCode.done
      }
      complain(unknown(arguments))
      return ExitCode.wrongUsage
    }
    let rest = arguments.dropFirst(command.name.count).prefix { $0 != "--" }
    if rest.contains(where: isHelp) {
      print(command.page, terminator: "")
      return ExitCode.done
    }
    return await command.perform(arguments.dropFirst(command.name.count))
  }

  private static func isHelp(_ word: String?) -> Bool { word == "--help" || word == "-h" }

  /// The command whose whole name stands in front; `keys new` before `keys`.
  static func named(by arguments: [String]) -> Command? {
    all.filter { arguments.starts(with: $0.name) }.max { $0.name.count < $1.name.count }
  }

  private func perform(_ arguments: ArraySlice<String>) async -> Int32 {
    do {
      try await run(Arguments(arguments, options: options, wordCount: wordCount, wordNames: words))
      return ExitCode.done
    } catch let error as Arguments.UsageError {
      complain("\(error)\(error.description.hasSuffix("?") ? " See" : "; see") `laurel \(phrase) --help`")
      return ExitCode.wrongUsage
    } catch is Found {
      return ExitCode.refused
    } catch let trouble as Trouble {
      complain("\(trouble)")
      return trouble.isForTheMoment ? ExitCode.unavailable : ExitCode.refused
    } catch {
      let away = DatabaseAway(error)
      complain(away?.description ?? explain(error))
      return away == nil ? ExitCode.refused : ExitCode.unavailable
    }
  }

  /// `import people`
  var phrase: String { name.joined(separator: " ") }
}

/// A command did its work, and what it found is not good: exit code 1, and nothing more to say.
struct Found: Error {}

/// Says on standard error what is wrong.
func complain(_ text: String) {
  let line = "laurel: \(text)\n"
  // Nobody can be told when standard error is gone.
  _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}
