/// The words that are known in one place: members of an object, parameters of a query, columns of a file, commands. Says of
/// another word what would have been right there.
public struct KnownWords: Sendable {
  /// Code points of a word that is compared; a longer one resembles none of ours, and costs nothing to say so.
  private static let lengthMax = 64

  private let words: [String]

  public init(_ words: some Sequence<String>) { self.words = Array(words) }

  /// What to say of another word, to be read after it: `is not known here; did you mean "copies"? Known are copies, to`.
  /// - Parameter namesAll: whether to list what is known; not again where it was said before.
  public func refusal(of word: String, namesAll: Bool = true) -> String {
    let known = words.isEmpty ? "nothing is" : "known are \(words.joined(separator: ", "))"
    guard let nearest = nearest(to: word) else { return namesAll ? "is not known here; \(known)" : "is not known here" }
    let question = "is not known here; did you mean \"\(nearest)\"?"
    return namesAll && words.count > 1 ? "\(question) K\(known.dropFirst())" : question
  }

  /// The known word that was probably meant: without regard to case, `_`, `-` and spaces, with a few letters wrong (a third of
  /// them at most, two neighbours exchanged count as one), or written shorter or longer. Nil where none is near.
  public func nearest(to word: String) -> String? {
    guard let given = Self.folded(word) else { return nil }
    var best: (word: String, edits: Int)?
    for known in words {
      guard let letters = Self.folded(known) else { continue }
      let editsMax = Self.editsMax(max(given.count, letters.count))
      if let edits = Self.edits(given, letters, atMost: min(editsMax, best.map { $0.edits - 1 } ?? editsMax)) {
        best = (known, edits)
      }
    }
    if let best { return best.word }
    let longer = words.filter { Self.begin(Self.folded($0) ?? [], given) }
    return longer.count == 1 ? longer[0] : nil
  }

  /// How far two words are from each other, in letters; nil where they are not near.
  static func edits(from word: String, to known: String) -> Int? {
    guard let given = folded(word), let letters = folded(known) else { return nil }
    return edits(given, letters, atMost: editsMax(max(given.count, letters.count)))
  }

  private static func editsMax(_ length: Int) -> Int { min(3, (length + 1) / 3) }

  /// Whether one of two words is the beginning of the other, and says something by itself.
  private static func begin(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Bool {
    min(one.count, other.count) >= 3 && (one.starts(with: other) || other.starts(with: one))
  }

  /// In lower case, without what only parts words; nil for what is too long.
  private static func folded(_ word: String) -> [Unicode.Scalar]? {
    guard word.utf8.count <= lengthMax * 4 else { return nil }
    let scalars = word.lowercased().unicodeScalars.filter { $0 != "_" && $0 != "-" && $0 != " " }
    return (1...lengthMax).contains(scalars.count) ? Array(scalars) : nil
  }

  /// How many letters must be put in, taken out, replaced, or exchanged with their neighbour (optimal string alignment), unless
  /// they are more than `limit`.
  private static func edits(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar], atMost limit: Int) -> Int? {
    guard limit >= 0, abs(one.count - other.count) <= limit else { return nil }
    var (before, row) = ([Int](), Array(0...other.count))
    for i in one.indices {
      var next = [i + 1]
      next.reserveCapacity(other.count + 1)
      for j in other.indices {
        var edits = min(row[j + 1] + 1, next[j] + 1, row[j] + (one[i] == other[j] ? 0 : 1))
        if i > 0, j > 0, one[i] == other[j - 1], one[i - 1] == other[j] { edits = min(edits, before[j - 1] + 1) }
        next.append(edits)
      }
      if next.allSatisfy({ $0 > limit }) { return nil }
      (before, row) = (row, next)
    }
    return row[other.count] <= limit ? row[other.count] : nil
  }
}
