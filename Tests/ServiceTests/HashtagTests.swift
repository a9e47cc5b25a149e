import Testing

@testable import Service

@Suite("Hashtags in a message")
struct HashtagTests {
  @Test(
    "are words after a #, in lower case, each once",
    arguments: [
      ("", []), ("thanks", []), ("#", []), ("#be-helpful", ["be-helpful"]), ("so #Bold!", ["bold"]),
      ("#a #b #A", ["a", "b"]), ("(#a)", ["a"]), ("#a\r\n#b", ["a", "b"]), ("#7up", ["7up"]), ("#été", []),
      ("#caf\u{E9}", ["caf"]),
    ])
  func found(text: String, tags: [String]) {
    #expect(Shorthand.hashtags(in: text) == tags)
  }

  @Test(
    "are not within a word, a link or a number of them",
    arguments: ["C#a", "é#a", "e\u{301}#a", "日#a", "²#a", "a_#b", "##a", "/#a", "&#39;", "#-a", "#️⃣a"])
  func notFound(text: String) {
    #expect(Shorthand.hashtags(in: text) == [])
  }

  @Test("do not follow one another without a space")
  func adjacent() {
    #expect(Shorthand.hashtags(in: "#a#b #c-#d #e") == ["a", "c-", "e"])
  }
}
