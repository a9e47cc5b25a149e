import Foundation
import HTTP

/// Compares what a document says that a command prints with what it prints.
///
/// `…` stands for anything in a line, and where it is a whole line for any lines. What differs from run to run is told by its shape, and what is the same in the document (an id, a
/// hash, a key, a position) must be the same in the run, wherever it stands. JSON may be laid out in lines and shortened: it is
/// compared member by member, in order, and only `…` passes members over.
struct PrintedOutput {
  /// What the document calls something, and what that is in this run.
  private(set) var bindings: [String: String] = [:]

  struct Mismatch: Error, CustomStringConvertible {
    let description: String
  }

  /// - Throws: ``Mismatch`` where the output is not what is shown.
  mutating func check(_ shown: String, _ output: String) throws {
    let (shown, output) = (shown.trimmingEnds, output.trimmingEnds)
    // What was bound by a part of something that differs in the end counts for nothing.
    var copy = self
    if shown.hasPrefix("{"), shown.hasSuffix("}"), !shown.contains("\n{") {
      guard let value = try? JSONReader.read(Array(output.utf8)) else {
        throw Mismatch(description: "no JSON: \(output)")
      }
      try copy.match(JSONPattern(shown), value, at: "")
    } else {
      try copy.match(text: shown, output)
    }
    self = copy
  }

  /// A command of the document, with what this run calls things.
  func translated(_ command: String) -> String {
    bindings.sorted { $0.key.count > $1.key.count }.reduce(command) { text, binding in
      binding.key.hasPrefix("position ")
        ? text.replacing("\(binding.key.dropFirst(9)):", with: "\(binding.value):")
        : text.replacing(binding.key, with: binding.value)
    }
  }

  private mutating func bind(_ shown: String, _ printed: String) throws {
    if let known = bindings[shown], known != printed {
      throw Mismatch(description: "\(shown) was \(known), and is \(printed) here")
    }
    if let other = bindings.first(where: { $0.value == printed && $0.key != shown && $0.key.kind == shown.kind }) {
      throw Mismatch(description: "\(shown) and \(other.key) are both \(printed)")
    }
    bindings[shown] = printed
  }

  // MARK: Text

  /// The shapes of what differs from run to run; the first that fits counts. `\n` in front of a shape is a line's beginning.
  private static let shapes: [(pattern: String, shape: String, isBound: Bool)] = [
    (#"laurel_[0-9]+_[A-Za-z0-9]+…"#, #"laurel_[0-9]+_[A-Za-z0-9_-]+"#, false),
    (#"[0-9a-f]{64}"#, #"[0-9a-f]{64}"#, true),
    (
      #"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"#,
      #"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"#, true
    ),
    (#"[0-9a-f]{8}-…"#, #"[0-9a-f]{8}-[0-9a-f-]{27}"#, false),
    (#"\b[0-9a-f]{8}…"#, #"[0-9a-f]{64}"#, false),
    (
      #"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"#, #"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z"#,
      false
    ),
    (#"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}"#, #"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}"#, false),
    (#"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b"#, #"[0-9]{4}-[0-9]{2}-[0-9]{2}"#, false),
    (#"\b20[0-9]{2}-[0-9]{2}\b"#, #"20[0-9]{2}-[0-9]{2}"#, false),
    (#"(?<=position )[0-9]+"#, #"[0-9]+"#, true), (#"(?m:^)[0-9]+(?=,[0-9]{4}-[0-9]{2}-[0-9]{2}T)"#, #"[0-9]+"#, true),
  ]

  private static let token = try? NSRegularExpression(
    pattern: (shapes.map { "(\($0.pattern))" } + ["((?m:^…$)\\n?)", "(…)"]).joined(separator: "|"))

  /// The words and numbers that must be printed as they are shown.
  static func fixedWords(of shown: String) -> [Range<String.Index>] {
    let whole = NSRange(shown.startIndex..., in: shown)
    let free = (token?.matches(in: shown, range: whole) ?? []).map(\.range)
    return shown.matches(of: /[0-9]+|[A-Za-z_]{3,}/).map(\.range).filter { range in
      free.allSatisfy { NSIntersectionRange($0, NSRange(range, in: shown)).length == 0 }
    }
  }

  mutating func match(text shown: String, _ printed: String) throws {
    guard let token = Self.token else { throw Mismatch(description: "the shapes are no pattern") }
    let whole = shown as NSString
    var pattern = "\\A"
    var bound: [String] = []
    var end = 0
    for found in token.matches(in: shown, range: NSRange(location: 0, length: whole.length)) {
      pattern += NSRegularExpression.escapedPattern(
        for: whole.substring(with: NSRange(location: end, length: found.range.location - end)))
      end = found.range.location + found.range.length
      let text = whole.substring(with: found.range)
      if let shape = Self.shapes.indices.first(where: { found.range(at: $0 + 1).location != NSNotFound }) {
        pattern += Self.shapes[shape].isBound ? "(\(Self.shapes[shape].shape))" : Self.shapes[shape].shape
        if Self.shapes[shape].isBound { bound.append(text.allSatisfy(\.isNumber) ? "position \(text)" : text) }
      } else {
        // A whole line may stand for any number of them; within a line nothing crosses its end.
        let isLine = found.range(at: Self.shapes.count + 1).location != NSNotFound
        pattern += isLine ? text.hasSuffix("\n") ? "(?:[^\\n]*\\n)*?" : "[\\s\\S]*" : "[^\\n]*?"
      }
    }
    pattern += NSRegularExpression.escapedPattern(for: whole.substring(from: end)) + "\\z"
    let expression = try NSRegularExpression(pattern: pattern)
    let range = NSRange(location: 0, length: (printed as NSString).length)
    guard let found = expression.firstMatch(in: printed, range: range) else {
      throw Mismatch(description: "shown:\n\(shown)\nprinted:\n\(printed)")
    }
    for (index, name) in bound.enumerated() {
      try bind(name, (printed as NSString).substring(with: found.range(at: index + 1)))
    }
  }

  // MARK: JSON

  private static let positions: Set = ["position", "as_of_position"]

  private mutating func match(_ pattern: JSONPattern, _ value: JSONValue, at path: String) throws {
    func differs() -> Mismatch { Mismatch(description: "\(path): \(value) is not what is shown") }
    switch (pattern, value) {
    case (.anything, _): return
    case (.text(let shown), .string(let text)):
      do { try match(text: shown, text) } catch { throw Mismatch(description: "\(path): \(error)") }
    case (.value(.integer(let shown)), .integer(let number))
    where Self.positions.contains(String(path.suffix(from: path.lastDot))):
      try bind("position \(shown)", "\(number)")
    case (.value(let shown), _):
      guard shown == value else { throw differs() }
    case (.object(let shown), .object(let members)):
      var rest = members[...]
      var canSkip = false
      for item in shown {
        guard let (name, pattern) = item else {
          canSkip = true
          continue
        }
        if canSkip { rest = rest.drop { $0.name != name } }
        guard let member = rest.popFirst(), member.name == name else {
          throw Mismatch(description: "\(path): there is no \"\(name)\" where it is shown")
        }
        try match(pattern, member.value, at: "\(path).\(name)")
        canSkip = false
      }
      guard canSkip || rest.isEmpty else {
        throw Mismatch(description: "\(path): \(rest.map(\.name)) are not shown")
      }
    case (.array(let shown), .array(let elements)):
      guard elements.count == shown.count || shown.contains(where: { $0 == nil }) && elements.count >= shown.count - 1
      else {
        throw differs()
      }
      // Only the rest of an array is left out here.
      for (index, item) in shown.enumerated() {
        guard let item else { return }
        try match(item, elements[index], at: "\(path)[\(index)]")
      }
    default: throw differs()
    }
  }
}

/// JSON as documents show it: with `…` in place of members, elements, values, or parts of texts.
indirect enum JSONPattern {
  case anything
  case value(JSONValue)
  case text(String)
  /// Nil where members are left out.
  case object([(name: String, value: JSONPattern)?])
  /// Nil where elements are left out.
  case array([JSONPattern?])

  init(_ text: String) throws {
    var rest = text[...]
    self = try Self.read(&rest)
    rest = rest.drop(while: \.isWhitespace)
    guard rest.isEmpty else { throw PrintedOutput.Mismatch(description: "what is shown does not end: \(rest)") }
  }

  private static func read(_ rest: inout Substring) throws -> JSONPattern {
    rest = rest.drop(while: \.isWhitespace)
    switch rest.first {
    case "…":
      rest.removeFirst()
      return .anything
    case "{":
      return .object(
        try list(&rest, to: "}") { rest in
          guard case .text(let name) = try read(&rest), rest.popFirst() == ":" else {
            throw PrintedOutput.Mismatch(description: "no member is shown at: \(rest.prefix(40))")
          }
          return (name, try read(&rest))
        })
    case "[":
      return .array(try list(&rest, to: "]") { try read(&$0) })
    default:
      // A number, a word, or a text: as long as it can be read.
      guard let match = rest.prefixMatch(of: /"(?:[^"\\]|\\.)*"|[-+.0-9a-zA-Z]+/) else {
        throw PrintedOutput.Mismatch(description: "no value is shown at: \(rest.prefix(40))")
      }
      rest = rest[match.range.upperBound...]
      guard let value = try? JSONReader.read(Array(match.0.utf8)) else {
        throw PrintedOutput.Mismatch(description: "no value is shown at: \(match.0)")
      }
      if case .string(let text) = value { return .text(text) }
      return .value(value)
    }
  }

  private static func list<Item>(
    _ rest: inout Substring, to end: Character, _ item: (inout Substring) throws -> Item
  ) throws -> [Item?] {
    rest.removeFirst()
    var items: [Item?] = []
    while true {
      rest = rest.drop { $0.isWhitespace || $0 == "," }
      guard let first = rest.first else { throw PrintedOutput.Mismatch(description: "what is shown has no \(end)") }
      if first == end {
        rest.removeFirst()
        return items
      }
      if first == "…" {
        rest.removeFirst()
        items.append(nil)
      } else {
        items.append(try item(&rest))
      }
    }
  }
}

extension String {
  /// Without the line breaks around it, and without carriage returns.
  fileprivate var trimmingEnds: String {
    replacing("\r\n", with: "\n").trimmingCharacters(in: .newlines)
  }

  fileprivate var lastDot: Index { lastIndex(of: ".").map(index(after:)) ?? startIndex }

  /// What sort of thing a binding is about: ids and hashes differ in length, positions are said to be some.
  fileprivate var kind: Int { hasPrefix("position ") ? 0 : count }
}
