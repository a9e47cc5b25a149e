import Foundation
import Testing
import Text

@Suite("Texts as they are kept")
struct NormalFormTests {
  /// Where something composes or decomposes: not among the ideographs, of which there are a hundred thousand. Foundation knows an
  /// older Unicode, and takes some code points beyond the first plane for others.
  private static let scalars = [
    stride(from: UInt32(0), to: 0x3100, by: 1), stride(from: 0xA640, to: 0xABFF, by: 1),
    stride(from: 0xAC00, to: 0xD7A4, by: 29), stride(from: 0xF900, to: 0xFFFF, by: 1),
    stride(from: 0x1_D100, to: 0x1_D200, by: 1), stride(from: 0x2_F800, to: 0x2_FA20, by: 1),
  ].flatMap { $0.compactMap(Unicode.Scalar.init) }.filter { ($0.properties.age?.major ?? .max) < 14 }

  @Test("are in normal form C: code points alone, and before and behind marks, as Foundation has it")
  func composed() {
    for scalar in Self.scalars {
      // White space at the ends is another rule.
      for text in ["(\(scalar))", "\(scalar)\u{323}\u{307})", "e\u{301}\(scalar))"]
      where !scalar.properties.isWhitespace {
        let isComposed = Array(text.normalized.utf8) == Array(text.precomposedStringWithCanonicalMapping.utf8)
        if !isComposed { Issue.record("U+\(String(scalar.value, radix: 16))") }
      }
    }
  }

  @Test(
    "have no white space around them, whichever Unicode has",
    arguments: [
      "Sales", "Sales ", " Sales", "\u{A0}Sales\u{3000}", "\t\r\nSales\u{2028}", "\u{2003}\u{85}Sales\u{1680}",
    ])
  func trimmed(_ text: String) {
    #expect(Array(text.normalized.utf8) == Array("Sales".utf8))
  }

  @Test("are empty where there is only white space, and keep what is within")
  func spaces() {
    #expect("".normalized == "" && " \u{2003}\n".normalized == "")
    #expect("one\n\n two\u{A0}".normalized == "one\n\n two")
  }

  @Test("are the same when they are read once more, whatever they are")
  func twice() {
    var chance = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...9, using: &chance) {
        let range: ClosedRange<UInt32> = Bool.random(using: &chance) ? 0...0x3FF : 0...0x1FFFF
        if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &chance)) { text.append(scalar) }
      }
      let once = String(text).normalized
      #expect(Array(once.normalized.utf8) == Array(once.utf8), "\(text.map { String($0.value, radix: 16) })")
      #expect(String(text).folded.folded == String(text).folded)
    }
  }

  @Test("with more marks on a letter than there can be are not sorted, and say so")
  func overmarked() {
    let marks = String(repeating: "\u{301}\u{323}", count: 100_000)
    #expect("e\(marks)".isOvermarked)
    #expect(" e\(marks) ".normalized.unicodeScalars.count == 200_001)
    #expect(!("e" + String(repeating: "\u{301}", count: String.marksMax)).isOvermarked)
  }
}

@Suite("Names are compared")
struct FoldingTests {
  @Test(
    "without case, white space around them, and what cannot be seen",
    arguments: [
      ["Sales", "sales", "SALES", "Sales ", "Sales\u{A0}", "\u{200B}Sales", "Sa\u{AD}les"],
      ["José", "Jose\u{301}", "JOSÉ", "JOSE\u{301}"], ["Straße", "STRASSE", "strasse", "Straẞe"],
      ["ΣΊΣΥΦΟΣ", "Σίσυφος", "σίσυφοσ"], ["SATIŞ", "satış"], ["Customer Care", "customer\u{A0}care", "Customer  Care"],
    ])
  func same(_ names: [String]) {
    #expect(Set(names.map { Array($0.folded.utf8) }).count == 1)
  }

  @Test("and differ where people would say another word")
  func different() {
    let names = ["Sales", "Sale", "Sälés", "Sales 2", "Sa les", "Support", "Vertrieb", "営業", "営業部"]
    #expect(Set(names.map(\.folded)).count == names.count)
  }

  @Test("by a folding that a letter's capital, its small letter, and itself share, whatever the letter")
  func letters() {
    for value in UInt32(0)...0x1_FFFF {
      guard let scalar = Unicode.Scalar(value), scalar.properties.isCased || scalar.properties.changesWhenUppercased
      else {
        continue
      }
      let text = "a\(scalar)b"
      let folded = text.folded
      #expect(text.lowercased().folded == folded, "U+\(String(value, radix: 16))")
      #expect(text.uppercased().folded == folded, "U+\(String(value, radix: 16))")
      #expect(folded.folded == folded, "U+\(String(value, radix: 16))")
    }
  }
}

@Suite("What can be seen")
struct VisibilityTests {
  @Test(
    "is not there in a text of white space, controls, formats and fillers",
    arguments: [
      "", " ", "\u{A0}\u{3000}\n\t", "\u{200B}\u{200C}\u{200D}\u{FEFF}\u{2060}", "\u{0}\u{7}\u{1B}\u{7F}\u{9F}",
      "\u{202E}\u{2066}",
      "\u{AD}\u{34F}\u{61C}\u{180E}", "\u{115F}\u{1160}\u{3164}\u{FFA0}", "\u{2800}", "\u{FE0F}\u{E0100}\u{E0001}",
      "\u{FFFE}",
    ])
  func nothing(_ text: String) { #expect(!text.isVisible) }

  @Test(
    "is there in a single sign of any kind", arguments: ["a", ".", "🎉", "é", "ー", "\u{301}", "0", "€", " \u{200B}x"])
  func something(_ text: String) { #expect(text.isVisible) }
}
