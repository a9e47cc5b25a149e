import HTTP
import Testing

@Suite("The nearest word")
struct NearestTests {
  private let words = [
    "thank", "feed", "board", "redeem", "redemptions", "import people", "points_received", "points_given",
  ]

  @Test(
    "is a slip or two away, or the only one that begins so",
    arguments: [
      ("thnak", "thank"), ("thanks", "thank"), ("fed", "feed"), ("import poeple", "import people"), ("BOARD", "board"),
      ("points_recieved", "points_received"), ("redempt", "redemptions"), ("points_r", "points_received"),
    ])
  func near(_ typed: String, _ meant: String) {
    #expect(Nearest.word(to: typed, among: words) == meant)
  }

  @Test(
    "is none where nothing is near",
    arguments: ["fly", "", "points", "xyzzy", "completion", String(repeating: "thank", count: 20)])
  func far(_ typed: String) {
    #expect(Nearest.word(to: typed, among: words) == nil)
  }

  @Test("is as near whichever letter slipped")
  func everySlip() {
    for word in words where word.count > 4 {
      for index in word.indices {
        var (missing, doubled, wrong) = (word, word, word)
        missing.remove(at: index)
        doubled.insert(word[index], at: index)
        wrong.replaceSubrange(index...index, with: "#")
        for typed in [missing, doubled, wrong] { #expect(Nearest.word(to: typed, among: words) == word, "\(typed)") }
      }
    }
  }
}
