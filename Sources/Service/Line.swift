import Ledger
import Text

/// A thank-you written in one line: `+10 @ann @bo thanks for the quarter close #be-helpful`.
///
/// Whatever looks like an amount is the amount, or a mistake: nobody is thanked with no points who was meant to get some.
public struct Line: Equatable, Sendable {
  /// Nil where the line names none.
  public private(set) var points: Int64?
  /// Handles and emails, in order, without their `@`.
  public private(set) var recipients: [String] = []
  /// The text without the names and the amount that it begins with; those inside a sentence stay.
  public let message: String

  public enum Mistake: Error, Equatable, Sendable {
    /// Something that looks like an amount, and is none.
    case noAmount(String)
    /// A number without a plus, before the sentence of a line without an amount.
    case bareNumber(String)
    case severalAmounts
    case amountTooLarge
    /// A name that nobody can have.
    case nobody(String)
    /// A word that stands where it cannot, or says points beside the amount.
    case unexpected(String)
  }

  public init(_ text: String) throws(Mistake) {
    let marked = MarkedText(text)
    var reader = AmountReader(marked)
    try reader.read()
    points = reader.amount?.points
    for name in reader.names where !name.isMention {
      switch name.meaning {
      case .person(let person): recipients.append(person)
      case .nobody(let word): throw .nobody(word)
      }
    }
    let start = Self.sentence(in: marked, reader.names.filter { !$0.isMention }.map(\.range) + reader.amountRanges)
    message = String(String.UnicodeScalarView(marked.scalars[start...])).normalized
  }

  /// What one of several words of a command line says.
  public enum Part: Equatable, Sendable {
    case recipients([String])
    case points(Int64)
    case message(String)
  }

  /// - Parameter word: as the shell hands it over: a quoted message is one.
  public static func part(_ word: String) throws(Mistake) -> Part {
    let text = word.normalized
    if text.isEmpty { return .message("") }
    let digits = String(String.UnicodeScalarView(text.unicodeScalars.map(\.narrow)))
    let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
    let isSentence = text.unicodeScalars.contains { $0.isSpace }
    let line: Line
    do throws(Mistake) {
      line = try Line(isNumber ? "+" + digits : text)
    } catch {
      // In a message that is quoted, a number may stand anywhere, and points said beside it.
      if isSentence { return .message(text) }
      throw error
    }
    if !line.message.isEmpty || isSentence && line.points != nil { return .message(text) }
    switch (line.points, line.recipients.isEmpty) {
    case (nil, false): return .recipients(line.recipients)
    case (let points?, true): return .points(points)
    default: throw .noAmount(text)
    }
  }

  /// Where the sentence begins: behind the words that are names and amounts, with nothing but punctuation behind each.
  private static func sentence(in marked: MarkedText, _ marks: [Range<Int>]) -> Int {
    let ends = Dictionary(uniqueKeysWithValues: marks.map { ($0.lowerBound, $0.upperBound) })
    for word in marked.words() {
      var index = word.lowerBound
      guard ends[index] != nil else { return index }
      while index < word.upperBound {
        if let end = ends[index] {
          index = end
        } else if marked.signs[index].isPunctuation || !marked.signs[index].isVisible {
          index += 1
        } else {
          return word.lowerBound
        }
      }
    }
    return marked.scalars.count
  }
}

extension Line.Mistake: CustomStringConvertible {
  /// A sentence for whoever wrote the line.
  public var description: String {
    switch self {
    case .noAmount(let word), .bareNumber(let word):
      "\"\(word)\" is no amount: points are a + and a whole number, such as +10, with nothing before or behind."
    case .severalAmounts: "Points are said more than once."
    case .amountTooLarge: "There cannot be so many points."
    case .nobody(let name): "Nobody can be called \(name)."
    case .unexpected(let word): "\"\(word)\" is not expected here: write people, points, and one message in quotes."
    }
  }
}

/// Finds the amount in a line, and whatever only looks like one.
struct AmountReader {
  private let marked: MarkedText
  let names: [MarkedText.Name]
  private(set) var amount: (points: Int64, range: Range<Int>)?
  /// Where a name or a hashtag ends that begins at an index.
  private let marks: [Int: Int]
  /// Whether a word of a sentence has come.
  private var hasBegun = false
  /// A number before the sentence, or one of points anywhere: an amount, were there a plus before it.
  private var bareNumber: String?

  var amountRanges: [Range<Int>] { amount.map { [$0.range] } ?? [] }

  init(_ marked: MarkedText) {
    self.marked = marked
    names = marked.names()
    marks = Dictionary(
      (names.map(\.range) + marked.hashtags()).map { ($0.lowerBound, $0.upperBound) }, uniquingKeysWith: max)
  }

  mutating func read() throws(Line.Mistake) {
    // An amount, or a plus by itself.
    var amountBefore: Range<Int>?
    var numberBefore: Range<Int>?
    for word in marked.words() {
      if let amountBefore, isNumber(word) { throw .noAmount("\(text(amountBefore)) \(text(word))") }
      let before = amount?.range
      try readSigns(of: word)
      let isLonePlus =
        amount == nil && marked.signs[word].contains("+") && !word.contains { marks[$0] != nil } && !saysWord(word)
      amountBefore = amount?.range != before || isLonePlus ? word : nil
      if amount == nil, !hasBegun && beginsWithNumber(word) || isCount(word) {
        bareNumber = bareNumber ?? text(word)
      } else if amount == nil, let numberBefore, isUnit(word) {
        bareNumber = bareNumber ?? "\(text(numberBefore)) \(text(word))"
      } else if saysWord(word) {
        hasBegun = true
      }
      numberBefore = isNumber(word) ? word : nil
    }
    if amount == nil, let bareNumber { throw .bareNumber(bareNumber) }
  }

  // MARK: Signs

  private mutating func readSigns(of word: Range<Int>) throws(Line.Mistake) {
    var index = word.lowerBound
    // What came of the word so far: brackets and the like alone, marks, or letters; and whether the last of it was a name.
    var (isOpen, hasMarks, hasLetters, isAfterName) = (true, false, false, false)
    while index < word.upperBound {
      let sign = marked.signs[index]
      if let end = marks[index] {
        (isOpen, hasMarks, isAfterName, index) = (false, true, sign != "#", end)
        continue
      }
      guard sign == "+" || sign.isMinus else {
        hasLetters = hasLetters || sign.continuesWord
        isOpen = isOpen && (Self.surrounds(sign) || sign.isEmoji)
        (isAfterName, index) = (false, index + 1)
        continue
      }
      var end = index
      var isPlus = false
      while end < word.upperBound, marked.signs[end] == "+" || marked.signs[end].isMinus {
        isPlus = isPlus || marked.signs[end] == "+"
        end += 1
      }
      let next = visible(from: end, in: word)
      let isNumber = next < word.upperBound && marked.signs[next].isNumber
      let isSingle = end == index + 1
      if isAfterName, isPlus { throw .noAmount(text(word)) }
      if !isAfterName, index > word.lowerBound, marked.isWithinWord(index) {
        // `C++11`, `1+1`, `2026-11-22`
      } else if isNumber, isPlus, isSingle, isOpen {
        index = try takeAmount(at: index, word)
        (isOpen, hasMarks) = (false, true)
        continue
      } else if isNumber, isPlus, !hasLetters || !isPath(word) {
        throw .noAmount(text(word))
      } else if isNumber, isSingle, !hasLetters {
        throw .noAmount(text(word))
      } else if isPlus, !hasMarks, !hasLetters, !hasBegun {
        throw .noAmount(text(word))
      }
      (isOpen, isAfterName, index) = (isOpen && !isPlus, false, end)
    }
  }

  /// - Returns: where its digits end.
  private mutating func takeAmount(at plus: Int, _ word: Range<Int>) throws(Line.Mistake) -> Int {
    var end = plus + 1
    while end < word.upperBound, ("0"..."9").contains(marked.signs[end]) { end += 1 }
    let digits = String(String.UnicodeScalarView(marked.signs[plus + 1..<end]))
    guard !digits.isEmpty, digits == "0" || !digits.hasPrefix("0"), isClosed(from: end, word) else {
      throw .noAmount(text(word))
    }
    if amount != nil { throw .severalAmounts }
    guard let points = Int64(digits), points <= Limits.pointsMax else { throw .amountTooLarge }
    amount = (points, plus..<end)
    return end
  }

  /// Whether nothing follows the digits but punctuation, and behind that another sign.
  private func isClosed(from start: Int, _ word: Range<Int>) -> Bool {
    let first = visible(from: start, in: word)
    var index = first
    while index < word.upperBound, Self.surrounds(marked.signs[index]) { index = visible(from: index + 1, in: word) }
    if index == word.upperBound { return true }
    return marked.signs[index].isEmoji || index > first && marks[index] != nil
  }

  private func visible(from start: Int, in word: Range<Int>) -> Int {
    var index = start
    while index < word.upperBound, !marked.signs[index].isVisible { index += 1 }
    return index
  }

  /// What may stand around an amount: brackets, quotes, emphasis, what ends a sentence; neither what counts nor what marks.
  private static func surrounds(_ sign: Unicode.Scalar) -> Bool {
    if !sign.isVisible || "~`|".unicodeScalars.contains(sign) { return true }
    return sign.isPunctuation && !"%‰‱٪/\\@&#".unicodeScalars.contains(sign)
  }

  // MARK: Words

  /// What a link or a file is called holds signs and numbers of its own.
  private func isPath(_ word: Range<Int>) -> Bool { marked.signs[word].contains("/") }

  private func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(marked.scalars[range])) }

  /// Whether the word says something beside names, hashtags and the amount.
  private func saysWord(_ word: Range<Int>) -> Bool {
    var index = word.lowerBound
    while index < word.upperBound {
      if let end = marks[index] ?? amountEnd(at: index) {
        index = end
      } else if marked.signs[index].continuesWord {
        return true
      } else {
        index += 1
      }
    }
    return false
  }

  private func amountEnd(at index: Int) -> Int? {
    amount.flatMap { $0.range.lowerBound == index ? $0.range.upperBound : nil }
  }

  /// What of a word is left without signs around it; nil where it is none, or begins with a name.
  private func core(_ word: Range<Int>) -> Range<Int>? {
    var start = word.lowerBound
    while start < word.upperBound, marks[start] == nil, !marked.signs[start].continuesWord { start += 1 }
    guard start < word.upperBound, marks[start] == nil else { return nil }
    var end = word.upperBound
    while !marked.signs[end - 1].continuesWord { end -= 1 }
    return start..<end
  }

  /// A number before the first word of a sentence; `1st` and its like are words, and so are dates and times.
  private func beginsWithNumber(_ word: Range<Int>) -> Bool {
    guard let core = core(word), marked.signs[core.lowerBound].isNumber, !isDate(core) else { return false }
    let letters = String(String.UnicodeScalarView(marked.signs[core].drop { $0.isNumber })).asciiLowercased
    return !["st", "nd", "rd", "th"].contains(letters)
  }

  /// `2026-11-22`, `10:30`
  private func isDate(_ core: Range<Int>) -> Bool {
    let signs = marked.signs[core].filter { !$0.isNumber }
    return signs == ["-", "-"] || signs == [":"]
  }

  private static let units = ["p", "pt", "pts", "point", "points"]

  /// A number right behind the amount, also one with its unit: `+2 500`, `+2 500pts`.
  private func isNumber(_ word: Range<Int>) -> Bool {
    letters(behindNumber: word).map { ["", "k"].contains($0) || Self.units.contains($0) } ?? false
  }

  /// `10pts`
  private func isCount(_ word: Range<Int>) -> Bool { letters(behindNumber: word).map(Self.units.contains) ?? false }

  /// What counts points behind a number: `10 points`.
  private func isUnit(_ word: Range<Int>) -> Bool {
    core(word).map {
      Self.units.dropFirst().contains(String(String.UnicodeScalarView(marked.signs[$0])).asciiLowercased)
    }
      ?? false
  }

  /// Nil where the word is no number, or a date.
  private func letters(behindNumber word: Range<Int>) -> String? {
    guard let core = core(word), marked.signs[core.lowerBound].isNumber, !isDate(core) else { return nil }
    let letters = marked.signs[core].filter { $0.continuesWord && !$0.isNumber }
    return String(String.UnicodeScalarView(letters)).asciiLowercased
  }
}
