import Testing

@testable import HTTP

@Suite("Words that are known")
struct KnownWordsTests {
  private let words = KnownWords(["to", "points", "message", "cost_centre", "description", "q"])

  @Test(
    "tell which of them was probably meant",
    arguments: [
      ("pionts", "points"), ("point", "points"), ("Points", "points"), ("poitns", "points"), ("mesage", "message"),
      ("costCentre", "cost_centre"), ("Cost Centre", "cost_centre"), ("cost-center", "cost_centre"), ("too", "to"),
      ("desc", "description"), ("points_each", "points"), ("DESCRIPTION", "description"),
    ])
  func near(_ word: String, _ expected: String) { #expect(words.nearest(to: word) == expected) }

  @Test(
    "are not guessed at where none is near",
    arguments: ["", "a", "x", "colour", "_", "zz", "massages_of_all", String(repeating: "points", count: 5_000)])
  func far(_ word: String) { #expect(words.nearest(to: word) == nil) }

  @Test("are said with the nearest, once")
  func refusal() {
    let few = KnownWords(["from", "to"])
    #expect(few.refusal(of: "form") == "is not known here; did you mean \"from\"? Known are from, to")
    #expect(few.refusal(of: "form", namesAll: false) == "is not known here; did you mean \"from\"?")
    #expect(few.refusal(of: "colour") == "is not known here; known are from, to")
    #expect(few.refusal(of: "colour", namesAll: false) == "is not known here")
    #expect(KnownWords(["points"]).refusal(of: "point") == "is not known here; did you mean \"points\"?")
    #expect(KnownWords([String]()).refusal(of: "x") == "is not known here; nothing is")
  }

  @Test("are found by any one mistake of a finger: a letter more, less, other, or two exchanged")
  func mistakes() {
    for word in ["points", "message", "visibility", "leaderboard_opt_out"] {
      let letters = Array(word)
      for index in letters.indices {
        var (more, less, other, swapped) = (letters, letters, letters, letters)
        more.insert("x", at: index)
        less.remove(at: index)
        other[index] = "x"
        if index > 0 { swapped.swapAt(index, index - 1) }
        for mistaken in [more, less, other, swapped] {
          #expect(KnownWords(["to", word, "limit"]).nearest(to: String(mistaken)) == word, "\(String(mistaken))")
        }
      }
    }
  }
}
