import Testing
import Text

@testable import Service

/// Lines put together of what the contract says a line is made of, by what it says and not by how it is read: whoever reads one
/// aloud knows who is thanked with how much, since the writer of it knew.
private struct WrittenLine {
  private(set) var text = ""
  private(set) var recipients: [String] = []
  private(set) var points: Int64?
  /// Whether something in it must be refused.
  private(set) var isRefused = false

  private static let names = [
    "ann", "bo", "jo-ann", "x.y", "cy_2", "0day", "Ann", "bo@acme.example", "di.d@mail.acme.example", "a1",
  ]
  private static let words = [
    "thanks", "for", "the", "launch", "été", "ありがとう", "спасибо", "🎉", "#be-helpful", "so", "R&D", "&cy", "o'clock",
    "me@home.example",
    "https://x.example/@nobody", "C++", "2026-11-22", "well—done", "(really)",
  ]
  private static let spaces = [" ", " ", " ", "  ", "\n", "\n\n", "\t", "\u{A0}", "\u{3000}"]
  private static let opening = [
    "", "", "", "(", "[", "\"", "'", "‘", "“", "«", "*", "**", "~", "🎉", "\u{200B}", "\u{2068}", "「", "¡",
  ]
  private static let closing = [
    "", "", "", ",", ".", "!", "?", ":", ";", ")", "]", "\"", "'", "’", "”", "»", "*", "…", "...", "🎉", "\u{200B}",
    "\u{2069}", "」", "、", "。",
    ")!", ".”",
  ]
  private static let behindNames = closing + ["'s", "’s", "さん", "님", "я", "'s.", "-", "_", ".-"]
  private static let nobodies = [
    "@josé", "@o'brien", "@ann'll", "@山吹", "@boß", "@an\u{200B}n", "@team:sales", "@ann\u{301}x", "@_ann",
  ]
  private static let noAmounts = [
    "+10,000", "+2.500", "+10.5", "+10pts", "-10", "−10", "+10%", "+1'000", "+1️⃣", "+-3", "++4", "+10/2", "+5k",
    "($5)+3", "+10-20",
  ]

  init(by random: inout SeededGenerator) {
    let amounts = Int.random(in: 0...9, using: &random)
    let amountAt = amounts < 6 ? Int.random(in: 0...5, using: &random) : -1
    let count = Int.random(in: 2...9, using: &random)
    for place in 0..<count {
      if place > 0 { text += Self.spaces.randomElement(using: &random)! }
      if place == amountAt {
        amount(&random)
      } else {
        piece(&random)
      }
    }
  }

  private mutating func amount(_ random: inout SeededGenerator) {
    let number = Int64.random(in: 1...999, using: &random)
    let digits =
      Int.random(in: 0...4, using: &random) == 0
      ? "＋" + String(String.UnicodeScalarView("\(number)".unicodeScalars.map { Unicode.Scalar($0.value + 0xFEE0)! }))
      : "+\(number)"
    text += Self.opening.randomElement(using: &random)! + digits + Self.closing.randomElement(using: &random)!
    points = number
  }

  private mutating func piece(_ random: inout SeededGenerator) {
    switch Int.random(in: 0...19, using: &random) {
    case 0 where Bool.random(using: &random):
      text += Self.nobodies.randomElement(using: &random)!
      isRefused = true
    case 1 where Bool.random(using: &random):
      text += Self.noAmounts.randomElement(using: &random)!
      isRefused = true
    case 0...8:
      let name = Self.names.randomElement(using: &random)!
      let at = Int.random(in: 0...5, using: &random) == 0 ? "＠" : "@"
      text += Self.opening.randomElement(using: &random)! + at + name + Self.behindNames.randomElement(using: &random)!
      recipients.append(name)
    default: text += Self.words.randomElement(using: &random)!
    }
  }
}

@Suite("A line of any making")
struct LinePropertyTests {
  @Test("thanks whom it names with the points that it says, or is refused", arguments: [1, 2, 3, 4] as [UInt64])
  func written(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    var counts = (read: 0, refused: 0)
    for _ in 0..<3_000 {
      let written = WrittenLine(by: &random)
      guard let line = try? Line(written.text) else {
        counts.refused += 1
        if !written.isRefused { Issue.record("\(written.text.debugDescription) is refused, and should not be") }
        continue
      }
      counts.read += 1
      if written.isRefused || line.points != written.points || line.recipients != written.recipients {
        Issue.record("\(written.text.debugDescription): \(line), but \(written.recipients) \(written.points ?? -1)")
      }
    }
    #expect(counts.read > 1_000 && counts.refused > 200)
  }

  private static let signs = [
    "@", "＠", "&", "#", "+", "＋", "-", "−", "1", "0", "7", "１", "a", "b", "s", "é", "ß", "さ", "я", "'", "’", ".", ",",
    ":", "/", "_", "(", ")", "*", " ",
    " ", "\n", "\u{200B}", "\u{301}", "\u{FE0F}", "\u{20E3}", "🎉", "👩‍🚀", "%", "$", "½", "٣", "\u{202E}", "\u{0}", "ann",
    "bo", "pts", "https://", "10",
  ]

  @Test(
    "and of any signs is read without harm: nothing that looks like an amount gives nothing",
    arguments: [5, 6, 7] as [UInt64])
  func random(seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    for _ in 0..<8_000 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in Self.signs.randomElement(using: &random)! }
        .joined()
      _ = MarkedText.mentions(in: text)
      _ = MarkedText.hashtags(in: text)
      guard let line = try? Line(text) else { continue }
      let words = text.unicodeScalars.split { $0.properties.isWhitespace }.map { Array($0) }
      for word in words {
        guard word.count > 1, "+＋-−".unicodeScalars.contains(word[0]), "0123456789１".unicodeScalars.contains(word[1])
        else { continue }
        // A + and digits, with which the line was read: then they are its points, and a minus never is.
        let digits = word.dropFirst().prefix { "0123456789１".unicodeScalars.contains($0) }
        let number = Int64(String(String.UnicodeScalarView(digits.map { $0 == "１" ? "1" : $0 })))
        if !"+＋".unicodeScalars.contains(word[0]) || line.points != number {
          Issue.record("\(text.debugDescription): \(line)")
        }
      }
      for name in line.recipients {
        let isName = name.utf8.allSatisfy { $0 < 0x80 && ($0 == 0x2D || $0 == 0x2E || $0 == 0x5F || $0 >= 0x30) }
        if name.isEmpty || !isName && !name.unicodeScalars.contains("@") {
          Issue.record("\(text.debugDescription): \(line)")
        }
      }
      #expect(Array(line.message.normalized.utf8) == Array(line.message.utf8))
    }
  }
}
