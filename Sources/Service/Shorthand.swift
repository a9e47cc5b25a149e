/// Reads a thank-you written in one line: `+10 @ann @bo thanks for the quarter close #be-helpful`.
struct Shorthand: Equatable {
  var points: Int64 = 0
  /// Handles or emails, in order, without their `@`.
  var recipients: [String] = []
  /// The text without the points and names that it begins with; those inside a sentence stay.
  var message = ""

  enum Mistake: Error, Equatable {
    case severalPoints
    case pointsTooLarge
  }

  init(_ text: String) throws(Mistake) {
    var hasPoints = false
    var words: [Substring] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      var isCommand = true
      if let number = Self.points(word) {
        if hasPoints { throw .severalPoints }
        guard let value = Int64(number), value <= 1_000_000_000 else { throw .pointsTooLarge }
        points = value
        hasPoints = true
      } else if let name = Self.name(word) {
        recipients.append(name)
      } else {
        isCommand = false
      }
      // A command keeps its place once the sentence has begun.
      if !isCommand || !words.isEmpty { words.append(word) }
    }
    message = words.joined(separator: " ")
  }

  /// `+10`
  private static func points(_ word: Substring) -> Substring? {
    let digits = word.dropFirst()
    return word.first == "+" && !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? digits : nil
  }

  /// `@ann`, `@bo@acme.example`, also before punctuation.
  private static func name(_ word: Substring) -> String? {
    guard word.first == "@" else { return nil }
    var name = word.dropFirst()
    while let last = name.last, ".,;:!?)".contains(last) { name.removeLast() }
    return name.isEmpty ? nil : String(name)
  }

  /// The words after a `#` in a text, in lower case, each once: values, if there are such. A `#` within a word or a link begins
  /// none. By hand: every thank-you is read so, and a regular expression took half of a write's time.
  static func hashtags(in text: String) -> [String] {
    var tags: [String] = []
    var rest = text[...]
    var isWithinWord = false
    while let mark = rest.firstIndex(of: "#") {
      if mark > rest.startIndex { isWithinWord = continuesWord(rest[rest.index(before: mark)]) }
      rest = rest[rest.index(after: mark)...]
      let tag = rest.prefix { isTagCharacter($0) }
      if !isWithinWord, let first = tag.first, first != "-" {
        let word = tag.lowercased()
        if !tags.contains(word) { tags.append(word) }
        rest = rest[tag.endIndex...]
      }
      // A further `#` at once follows a `#` or a tag.
      isWithinWord = true
    }
    return tags
  }

  /// At most so many people are mentioned by one message.
  private static let mentionCountMax = 20

  /// The handles after an `@` in a text, in lower case, each once. An `@` within a word begins none: that is an email's.
  static func mentions(in text: String) -> [String] {
    // Most messages have none; bytes are quicker to look through than characters.
    guard text.utf8.contains(UInt8(ascii: "@")) else { return [] }
    var handles: [String] = []
    var previous: Character = " "
    var rest = text[...]
    while let mark = rest.firstIndex(of: "@"), handles.count < mentionCountMax {
      if mark > rest.startIndex { previous = rest[rest.index(before: mark)] }
      rest = rest[rest.index(after: mark)...]
      var handle = rest.prefix { isTagCharacter($0) || $0 == "." || $0 == "_" }
      rest = rest[handle.endIndex...]
      let isWithinWord = continuesWord(previous) || previous == "." || previous == "-"
      previous = handle.last ?? "@"
      // A sentence may end with a handle; `@bo@acme.example` is an email, and mentions nobody by handle.
      while handle.last == "." || handle.last == "-" { handle.removeLast() }
      guard !isWithinWord, !handle.isEmpty, rest.first != "@" else { continue }
      let word = handle.lowercased()
      if !handles.contains(word) { handles.append(word) }
    }
    return handles
  }

  private static func isTagCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || character == "-")
  }

  private static func continuesWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || "_#&/".contains(character)
  }
}
