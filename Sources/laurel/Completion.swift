/// Completion scripts, made of the table of commands.
extension Command {
  static let completion = Command(
    "completion", words: "bash|zsh", wordCount: 1...1, choices: .words(Shell.allCases.map(\.rawValue)),
    summary: "prints what lets a shell complete these commands",
    notes: "  bash: source <(laurel completion bash)\n  zsh:  source <(laurel completion zsh)", options: []
  ) { arguments in
    guard let shell = Shell(rawValue: arguments.words[0]) else {
      throw Arguments.UsageError(description: "there is no script for \(arguments.words[0]): use bash, zsh")
    }
    print(shell.script(for: all), terminator: "")
  }

  enum Shell: String, CaseIterable {
    case bash, zsh

    /// A function that looks at the words before the one at the cursor, and offers what can stand there.
    func script(for commands: [Command]) -> String {
      var first: [String] = []
      for command in commands where !first.contains(command.name[0]) { first.append(command.name[0]) }
      let groups = Dictionary(grouping: commands.filter { $0.name.count > 1 }, by: { $0.name[0] })
      let beginnings = groups.sorted { $0.key < $1.key }.map { name, members in
        "    \"\(name) \") \(offer(.words(members.map { $0.name[1] }))) ;;"
      }
      let values = commands.flatMap { command in
        Dictionary(grouping: command.options.filter { $0.value != nil }, by: { offer($0.choices) })
          .sorted { $0.key < $1.key }.map { offer, options in
            let patterns = options.map { "\"\(command.phrase) \"*\"\($0.name) \"" }.joined(separator: " | ")
            return "    \(patterns)) \(offer) ;;"
          }
      }
      let words = commands.map { command in
        let options = Arguments.Choices.words(command.options.map(\.name) + ["--help"])
        return
          "    \"\(command.phrase) \"*) case $current in -*) \(offer(options)) ;; *) \(offer(command.choices)) ;; esac ;;"
      }
      return """
        \(head)
          case "$typed " in
            " ") \(offer(.words(first + ["help", "version"]))) ;;
            "help ") \(offer(.words(first))) ;;
        \(beginnings.joined(separator: "\n"))
            # The value of an option.
        \(values.joined(separator: "\n"))
            # An option, or a word.
        \(words.joined(separator: "\n"))
          esac
        }
        \(tail)

        """
    }

    private var head: String {
      switch self {
      case .bash:
        """
        # bash completion for laurel
        _laurel() {
          local current=${COMP_WORDS[COMP_CWORD]} typed="${COMP_WORDS[*]:1:COMP_CWORD-1}"
          COMPREPLY=()
        """
      case .zsh:
        """
        #compdef laurel
        _laurel() {
          local current=$words[CURRENT] typed="${(j: :)words[2,CURRENT-1]}"
        """
      }
    }

    private var tail: String {
      switch self {
      case .bash: "complete -F _laurel laurel"
      case .zsh: "compdef _laurel laurel"
      }
    }

    private func offer(_ choices: Arguments.Choices) -> String {
      switch (self, choices) {
      case (_, .none): ":"
      case (.bash, .words(let words)):
        "mapfile -t COMPREPLY < <(compgen -W '\(words.joined(separator: " "))' -- \"$current\")"
      case (.bash, .files):
        "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")"
      case (.bash, .folders):
        "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$current\")"
      case (.zsh, .words(let words)): "compadd -- \(words.joined(separator: " "))"
      case (.zsh, .files): "_files"
      case (.zsh, .folders): "_files -/"
      }
    }
  }
}
