import Ledger
import Text

/// A text in which `@` and `&` name people and `#` names values: the one reader of these, for lines, messages and the command line.
struct MarkedText {
  struct Name: Equatable {
    enum Meaning: Equatable {
      /// A handle or an email, as it was written.
      case person(String)
      /// A name that nobody can have.
      case nobody(String)
    }

    let meaning: Meaning
    /// Whether it is said by `&`, which gives nothing.
    let isMention: Bool
    /// Of the sign and the name.
    let range: Range<Int>
  }

  let scalars: [Unicode.Scalar]
  /// The same, with narrow signs and digits in the place of full-width ones.
  let signs: [Unicode.Scalar]

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    signs = scalars.map { $0.isASCII ? $0 : $0.narrow }
  }

  // MARK: Names

  /// At most so many people are mentioned by one message.
  private static let mentionCountMax = 20

  /// Whom a message mentions by `@` or `&`: handles and emails in lower case, each once. Whoever is meant need not exist.
  static func mentions(in text: String) -> [String] {
    // Most messages have none, and bytes are quicker to look through. A full-width sign begins with 0xEF.
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "&") || $0 == 0xEF }) else {
      return []
    }
    var mentioned: [String] = []
    for name in MarkedText(text).names() {
      guard case .person(let written) = name.meaning else { continue }
      let lower = written.asciiLowercased
      if !mentioned.contains(lower) { mentioned.append(lower) }
      if mentioned.count == mentionCountMax { break }
    }
    return mentioned
  }

  /// The words between white space, in order.
  func words() -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start = 0
    for index in 0...signs.count where index == signs.count || signs[index].isSpace {
      if index > start { words.append(start..<index) }
      start = index + 1
    }
    return words
  }

  /// Every `@` and `&` that says a name, in order. An `&` that nobody can be called by is a word like others.
  ///
  /// O(length), whatever the text.
  func names() -> [Name] {
    var names: [Name] = []
    for word in words() {
      guard let last = word.last(where: { signs[$0].isLetter || signs[$0].isNumber }) else { continue }
      var (isWithinLink, hasDot) = (false, false)
      var index = word.lowerBound
      while index < last {
        switch signs[index] {
        case "@", "&":
          if !isWithinLink, beginsName(at: index), let name = name(at: index, in: word) {
            names.append(name)
            index = name.range.upperBound
            continue
          }
          if signs[index] == "@", !isWithinLink, !beginsName(at: index), !isAddress(at: index, of: word, hasDot) {
            let meant = String(String.UnicodeScalarView(scalars[index + 1..<word.upperBound]))
            names.append(Name(meaning: .nobody(meant), isMention: false, range: index..<word.upperBound))
            index = word.upperBound
            continue
          }
        case ".": hasDot = true
        case "/": if index >= 2, signs[index - 1] == "/", signs[index - 2] == ":" { isWithinLink = true }
        case "<", ">", "(", ")", "[", "]", "{", "}", "\"", "'", "’", ",", ";": isWithinLink = false
        default: break
        }
        index += 1
      }
    }
    return names
  }

  private func beginsName(at index: Int) -> Bool {
    index == 0 || !Self.joinsAddress(signs[index - 1]) && !isWithinWord(index)
  }

  /// Whether an `@` within a word is an address's: of an email (`ann@example.com`, `ci@host`), or of a page at somebody's
  /// (`example.com/@ann`). Of what is neither (`cc/@bo`, `_@bo_`, `1.@bo`, `à@bo`), a reader would say that it names somebody.
  /// - Parameter hasDot: whether there is one before it in the word.
  private func isAddress(at sign: Int, of word: Range<Int>, _ hasDot: Bool) -> Bool {
    guard sign > word.lowerBound, signs[sign + 1].isLetter || signs[sign + 1].isNumber else { return false }
    if signs[sign - 1] == "/" { return hasDot }
    if Self.isJoint(signs[sign - 1]) { return false }
    var start = sign
    while start > word.lowerBound, signs[start - 1].continuesWord || Self.joinsLocalPart(signs[start - 1]) {
      start -= 1
    }
    if signs[start..<sign].allSatisfy(\.isASCII) { return true }
    let domain = signs[(sign + 1)..<word.upperBound].prefix { $0.continuesWord || Self.isJoint($0) }
    return domain.dropLast().contains(".")
  }

  /// Whether a letter or a number stands right before, with whatever marks.
  func isWithinWord(_ index: Int) -> Bool {
    var before = index - 1
    while before >= 0, index - before <= String.marksMax, signs[before].isMark { before -= 1 }
    return before >= 0 && signs[before].continuesWord
  }

  /// - Parameter word: which holds a letter or a number behind the sign.
  /// - Returns: nil where a sign says no name, such as an `@` between words.
  private func name(at sign: Int, in word: Range<Int>) -> Name? {
    let isMention = signs[sign] == "&"
    let start = sign + 1
    if let end = emailEnd(from: start) {
      let email = String(String.UnicodeScalarView(signs[start..<end]))
      return Name(meaning: .person(email), isMention: isMention, range: sign..<end)
    }
    var runEnd = start
    while runEnd < signs.count, Self.isInsideHandle(signs[runEnd]) { runEnd += 1 }
    var end = runEnd
    while end > start, Self.isJoint(signs[end - 1]) { end -= 1 }
    let isWhole = end > start && !Self.isJoint(signs[start]) && !goesOn(at: runEnd) && !isGroup(start, end)
    if isWhole {
      let handle = String(String.UnicodeScalarView(signs[start..<end]))
      return Name(meaning: .person(handle), isMention: isMention, range: sign..<end)
    }
    // Of several `@` the last one counts.
    if isMention || signs[start] == "@" { return nil }
    let meant = String(String.UnicodeScalarView(scalars[start..<word.upperBound]))
    return Name(meaning: .nobody(meant), isMention: false, range: sign..<word.upperBound)
  }

  /// Whether the word goes on where a handle's characters end: with a letter that handles do not have but readers take for one
  /// of the same word, a mark, a number, or an apostrophe and more than an `s`. What cannot be seen is looked through: nobody sees
  /// that a word ends there.
  private func goesOn(at index: Int) -> Bool {
    let next = visible(from: index)
    guard next < signs.count else { return false }
    let sign = signs[next]
    if sign.isLatinLetter || sign.isMark || sign.isNumber { return true }
    // Behind something unseen, a dash or a dot would join, too.
    if next > index, Self.isJoint(sign), next + 1 < signs.count, Self.isInsideHandle(signs[next + 1]) { return true }
    guard sign.isApostrophe else { return false }
    let start = visible(from: next + 1)
    var end = start
    while end < signs.count, signs[end].isLatinLetter || signs[end].isMark || signs[end].isNumber { end += 1 }
    return end > start && !(end == start + 1 && (signs[start] == "s" || signs[start] == "S"))
  }

  private func visible(from index: Int) -> Int {
    var index = index
    while index < signs.count, !signs[index].isVisible, !signs[index].isSpace { index += 1 }
    return index
  }

  /// `@team:sales` and its like.
  private func isGroup(_ start: Int, _ end: Int) -> Bool {
    guard end + 1 < signs.count, signs[end] == ":", signs[end + 1].isLetter || signs[end + 1].isNumber else {
      return false
    }
    let kind = String(String.UnicodeScalarView(signs[start..<end])).asciiLowercased
    return ["team", "department", "location", "manager", "group"].contains(kind)
  }

  /// Where an email ends that begins here; nil where none does. Its first part may hold letters of any script.
  private func emailEnd(from start: Int) -> Int? {
    var at = start
    while at < signs.count, signs[at].continuesWord || Self.joinsLocalPart(signs[at]) { at += 1 }
    guard at + 1 < signs.count, signs[at] == "@", signs[start..<at].contains(where: { $0.isLetter || $0.isNumber }),
      signs[at + 1].isLetter || signs[at + 1].isNumber
    else { return nil }
    let domain = at + 1
    let isLatin = signs[domain].isLatinLetter || !signs[domain].isLetter
    var end = domain
    while end < signs.count {
      let sign = signs[end]
      guard sign.isMark || sign.isNumber || Self.isJoint(sign) || (isLatin ? sign.isLatinLetter : sign.isLetter) else {
        break
      }
      end += 1
    }
    while end > domain, Self.isJoint(signs[end - 1]) { end -= 1 }
    return end > domain ? end : nil
  }

  private static func isInsideHandle(_ sign: Unicode.Scalar) -> Bool {
    sign.isASCII && Handle.isInside(UInt8(ascii: sign))
  }
  private static func isJoint(_ sign: Unicode.Scalar) -> Bool { sign.isASCII && Handle.isJoint(UInt8(ascii: sign)) }

  /// Before an `@` that is an address's.
  private static func joinsAddress(_ sign: Unicode.Scalar) -> Bool { isJoint(sign) || sign == "/" }

  /// In an email before its `@`, beside letters and numbers.
  private static func joinsLocalPart(_ sign: Unicode.Scalar) -> Bool {
    isJoint(sign) || sign == "+" || sign == "%" || sign == "'"
  }

  // MARK: Hashtags

  /// The words after a `#`, in lower case, each once: values, if there are such. A `#` within a word or a link begins none, and
  /// what ends a sentence is no part of them.
  static func hashtags(in text: String) -> [String] {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "#") || $0 == 0xEF }) else { return [] }
    var tags: [String] = []
    let marked = MarkedText(text)
    for range in marked.hashtags() {
      let tag = String(String.UnicodeScalarView(marked.signs[range.dropFirst()])).asciiLowercased
      if !tags.contains(tag) { tags.append(tag) }
    }
    return tags
  }

  /// Of each sign and its word.
  func hashtags() -> [Range<Int>] {
    var found: [Range<Int>] = []
    var runEnd = 0
    for index in signs.indices where signs[index] == "#" {
      // A further `#` at once follows a tag, or another.
      let isFree =
        index == 0 || index > runEnd && !isWithinWord(index) && !"_#&/".unicodeScalars.contains(signs[index - 1])
      guard isFree else { continue }
      let start = index + 1
      runEnd = start
      while runEnd < signs.count, Self.isInsideTag(signs[runEnd]) { runEnd += 1 }
      var end = runEnd
      while end > start, signs[end - 1] == "-" { end -= 1 }
      if end > start, signs[start] != "-", !tagGoesOn(at: runEnd) { found.append(index..<end) }
    }
    return found
  }

  private static func isInsideTag(_ sign: Unicode.Scalar) -> Bool {
    isInsideHandle(sign) && sign != "." && sign != "_"
  }

  private func tagGoesOn(at index: Int) -> Bool {
    let next = visible(from: index)
    guard next < signs.count else { return false }
    if signs[next] == "_", next + 1 < signs.count { return Self.isInsideTag(signs[next + 1]) }
    return signs[next].isLatinLetter || signs[next].isMark || signs[next].isNumber
  }
}
