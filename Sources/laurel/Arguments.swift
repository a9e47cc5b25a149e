import HTTP

/// What stands behind a command's name: options in any order, and positional words.
struct Arguments {
  struct Option {
    let name: String
    /// What its value is called in the help; nil for a switch.
    let value: String?
    let help: String
    var isRepeatable = false
    var choices = Choices.none
  }

  /// What can stand in a place, as far as it is known before: for completion in a shell.
  enum Choices {
    case none
    case words([String])
    case files
    case folders
  }

  /// Wrong usage: exit code 2.
  struct UsageError: Error, CustomStringConvertible {
    let description: String
  }

  private(set) var words: [String] = []
  private var values: [String: [String]] = [:]

  /// `--name value`, `--name=value`, `-o value`; `--` ends the options.
  init(_ arguments: some Sequence<String>, options: [Option], wordCount: ClosedRange<Int>, wordNames: String)
    throws(UsageError)
  {
    var rest = Array(arguments)[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        words += rest
        break
      }
      guard argument.hasPrefix("-"), argument != "-" else {
        words.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let option = options.first(where: { $0.name == parts[0] }) else {
        let meant = KnownWords(options.map(\.name) + ["--help"]).nearest(to: parts[0])
        throw UsageError(
          description: "there is no option \(parts[0])\(meant.map { "; did you mean \($0)?" } ?? "")")
      }
      var value = ""
      if option.value != nil {
        guard let given = parts.count == 2 ? parts[1] : rest.popFirst() else {
          throw UsageError(description: "\(option.name) takes a value")
        }
        value = given
      } else if parts.count == 2 {
        throw UsageError(description: "\(option.name) takes no value")
      }
      if values[option.name] != nil, !option.isRepeatable {
        throw UsageError(description: "\(option.name) is given twice")
      }
      values[option.name, default: []].append(value)
    }
    guard wordCount.contains(words.count) else {
      throw UsageError(
        description: wordCount.upperBound == 0 ? "\"\(words[0])\" is not known here" : "name \(wordNames)")
    }
  }

  func has(_ option: String) -> Bool { values[option] != nil }
  subscript(option: String) -> String? { values[option]?.first }
  func all(_ option: String) -> [String] { values[option] ?? [] }

  /// Wrong usage where a word is none of those that there are.
  static func unknown(_ what: String, _ word: String, among words: [String]) -> UsageError {
    let meant = KnownWords(words).nearest(to: word).map { "did you mean \($0)? There is" } ?? "use"
    return UsageError(description: "there is no \(what) \"\(word)\": \(meant) \(words.joined(separator: ", "))")
  }

  func required(_ option: String) throws(UsageError) -> String {
    guard let value = self[option] else { throw UsageError(description: "\(option) is missing") }
    return value
  }

  func integer(_ option: String, in range: ClosedRange<Int64>, default value: Int64) throws(UsageError) -> Int64 {
    guard let text = self[option] else { return value }
    guard let number = Int64(text), range.contains(number) else {
      throw UsageError(description: "\(option) is a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
