import Testing

@testable import Service

@Suite("Hashtags in a message")
struct HashtagTests {
  @Test(
    "are words after a #, in lower case, each once",
    arguments: [
      ("", []), ("thanks", []), ("#", []), ("#be-helpful", ["be-helpful"]), ("so #Bold!", ["bold"]),
      ("#a #b #A", ["a", "b"]), ("(#a)", ["a"]), ("#a\r\n#b", ["a", "b"]), ("#7up", ["7up"]), ("#été", []),
      ("#caf\u{E9}", []), ("#be-helpful-", ["be-helpful"]), ("＃be-helpful", ["be-helpful"]), ("#７up", ["7up"]),
      ("*#be-helpful*", ["be-helpful"]), ("#be-helpful's", ["be-helpful"]), ("#be-helpful_x", []), ("#a\u{301}b", []),
      ("“#be-helpful…”", ["be-helpful"]), ("#be-helpful---", ["be-helpful"]), ("#a_", ["a"]),
    ])
  func found(text: String, tags: [String]) {
    #expect(MarkedText.hashtags(in: text) == tags)
  }

  @Test(
    "are not within a word, a link or a number of them",
    arguments: ["C#a", "é#a", "e\u{301}#a", "日#a", "²#a", "a_#b", "##a", "/#a", "&#39;", "#-a", "#️⃣a"])
  func notFound(text: String) {
    #expect(MarkedText.hashtags(in: text) == [])
  }

  @Test("do not follow one another without a space")
  func adjacent() {
    #expect(MarkedText.hashtags(in: "#a#b #c-#d #e") == ["a", "c", "e"])
  }
}
