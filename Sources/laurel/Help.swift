import HTTP

/// What `laurel help` and `--help` print, made of the table of commands.
extension Command {
  private static let helpOption = Arguments.Option(name: "--help", value: nil, help: "print this")

  static var overview: String {
    let groups = groups.map { "\($0.title)\n\(lines($0.commands))" }.joined(separator: "\n\n")
    return """
      laurel: peer recognition points, with a ledger that can be proven.

      \(groups)

      What calls a server takes --url URL (or LAUREL_URL) and --key-file FILE (or LAUREL_KEY); what works on the database
      takes --database URL (or DATABASE_URL), or --state DIR for a private PostgreSQL kept there.
      `laurel help COMMAND` says what a command takes.
      Exit codes: 0 done, 1 refused or found wrong, 2 wrong usage, 3 could not be done just now (database or server away).

      """
  }

  private static func lines(_ commands: [Command]) -> String {
    commands.map { command in
      "  laurel \(command.phrase)\(String(repeating: " ", count: max(1, 22 - command.phrase.count)))\(command.summary)"
    }.joined(separator: "\n")
  }

  var page: String {
    let lines = (options + [Self.helpOption]).map { option in
      let name = option.name + (option.value.map { " \($0)" } ?? "")
      return "  \(name)\(String(repeating: " ", count: max(1, 26 - name.count)))\(option.help)"
    }
    return """
      laurel \(phrase)\(words.isEmpty ? "" : " " + words) [options]
      \(summary)
      \(notes.isEmpty ? "" : "\n\(notes)\n")
      \(lines.joined(separator: "\n"))

      """
  }

  /// `laurel help COMMAND`, or the commands that begin with that word.
  /// - Returns: the exit code.
  static func help(on words: [String]) -> Int32 {
    if let command = named(by: words), command.name.count == words.count {
      print(command.page, terminator: "")
    } else if words.count == 1, let group = group(of: words) {
      print(group, terminator: "")
    } else {
      complain(unknown(words))
      return ExitCode.wrongUsage
    }
    return ExitCode.done
  }

  /// What begins with the first of these words, as `import` begins `import people`; nil where nothing does.
  static func group(of words: [String]) -> String? {
    let members = all.filter { $0.name[0] == words.first }
    return members.isEmpty ? nil : lines(members) + "\n"
  }

  /// What to say of words that are no command.
  static func unknown(_ words: [String]) -> String {
    let typed = Array(words.prefix { !$0.hasPrefix("-") }.prefix(2))
    let members = all.filter { $0.name[0] == typed.first && $0.name.count > 1 }
    if typed.count == 1, !members.isEmpty {
      return
        "\(typed[0]) what? There is `laurel \(members.map(\.phrase).joined(separator: "`, `laurel "))`; --help explains them"
    }
    let meant =
      KnownWords(all.map(\.phrase)).nearest(to: typed.joined(separator: " "))
      ?? typed.first.flatMap { KnownWords(all.map { $0.name[0] }).nearest(to: $0) }
    let hint = meant.map { "; did you mean `laurel \($0)`?" } ?? ";"
    return "there is no command \"\(typed.joined(separator: " "))\"\(hint) `laurel help` lists them"
  }
}
