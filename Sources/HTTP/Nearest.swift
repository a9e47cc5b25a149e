/// Which of the known words somebody meant who typed another one: for "did you mean".
public enum Nearest {
  /// What is longer is no slip of the fingers, and would only take time.
  private static let charactersMax = 64

  /// - Returns: the word that is fewest slips away (a letter too many, too few, wrong, or two swapped), at most one in three
  ///   letters; else the only word that begins so; nil where nothing is near.
  public static func word(to typed: String, among words: some Sequence<String>) -> String? {
    let typed = Array(typed.lowercased())
    guard !typed.isEmpty, typed.count <= charactersMax else { return nil }
    var best: (word: String, slips: Int)?
    var beginning: [String] = []
    for word in words {
      let letters = Array(word.lowercased())
      if letters.count > typed.count, letters.starts(with: typed) { beginning.append(word) }
      guard abs(letters.count - typed.count) <= slipsMax(typed.count) else { continue }
      let slips = slips(typed, letters)
      if slips <= slipsMax(typed.count), slips < best?.slips ?? .max { best = (word, slips) }
    }
    return best?.word ?? (beginning.count == 1 ? beginning[0] : nil)
  }

  private static func slipsMax(_ count: Int) -> Int { max(1, count / 3) }

  /// Of optimal string alignment (Damerau and Levenshtein, each letter edited once).
  private static func slips(_ one: [Character], _ other: [Character]) -> Int {
    var before: [Int] = []
    var last = Array(0...other.count)
    for (row, letter) in one.enumerated() {
      var line = [row + 1]
      for column in other.indices {
        var slips = min(last[column + 1] + 1, line[column] + 1, last[column] + (letter == other[column] ? 0 : 1))
        if row > 0, column > 0, letter == other[column - 1], one[row - 1] == other[column] {
          slips = min(slips, before[column - 1] + 1)
        }
        line.append(slips)
      }
      (before, last) = (last, line)
    }
    return last[other.count]
  }
}
