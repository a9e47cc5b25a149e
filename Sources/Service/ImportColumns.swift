import HTTP

/// Which of a file's columns are which of ours: by name, whatever its case, spaces, `_` and `-`; by what whoever imports says;
/// and by what another system is known to call them.
public struct ImportColumns: Sendable {
  /// Headers of the file, each with the column of ours that it is.
  public var map: [(header: String, column: String)]
  /// Pass over columns that are not known.
  public var ignoresUnknown: Bool
  public var encoding: FileEncoding

  public init(
    map: [(header: String, column: String)] = [], ignoresUnknown: Bool = false, encoding: FileEncoding = .utf8
  ) {
    self.map = map
    self.ignoresUnknown = ignoresUnknown
    self.encoding = encoding
  }

  /// What names are compared by: without case, white space, `_`, `-`, invisible characters, and notes in brackets behind it.
  static func folded(_ header: String) -> String {
    var folded = String.UnicodeScalarView()
    for scalar in header.lowercased().unicodeScalars {
      if scalar == "[", !folded.isEmpty { break }
      if scalar == "_" || scalar == "-" || scalar.properties.isWhitespace
        || scalar.properties.isDefaultIgnorableCodePoint
      {
        continue
      }
      folded.append(scalar)
    }
    return String(folded)
  }

  /// Where each column of ours stands in a file.
  struct Places {
    var index: [String: Int] = [:]
    /// Columns that have no name: nothing may stand in them.
    var nameless: [Int] = []
    /// Headers that are passed over.
    var ignored: [String] = []
  }

  /// - Parameters:
  ///   - known: our columns.
  ///   - others: what another system calls them, those that count first first; with them, what is not known is passed over.
  ///   - spellings: other ways to write our own names.
  func places(
    of header: [String], known: [String], _ others: [(header: String, column: String)],
    _ spellings: [(header: String, column: String)], _ mistakes: inout ImportMistakes, line: Int
  ) -> Places {
    let names = known.map { (header: $0, column: $0) } + spellings
    let own = Dictionary(names.map { (Self.folded($0.header), $0.column) }) { first, _ in first }
    var mapped: [String: String] = [:]
    for (name, column) in map {
      if let ours = own[Self.folded(column)] {
        mapped[Self.folded(name)] = ours
      } else {
        mistakes.note(line, "the column \"\(column)\" \(KnownWords(known).refusal(of: column))")
      }
    }
    var foreign: [String: (column: String, rank: Int)] = [:]
    for (rank, other) in others.enumerated() where foreign[Self.folded(other.header)] == nil {
      foreign[Self.folded(other.header)] = (other.column, rank)
    }
    var places = Places()
    var ranks: [String: Int] = [:]
    var (seen, isListed) = (Set<String>(), false)
    for (position, name) in header.enumerated() {
      let key = Self.folded(name)
      seen.insert(key)
      // What whoever imports says counts more than what another system usually means, and that more than our own name.
      if let column = mapped[key] {
        place(column, -1, position, name)
      } else if let other = foreign[key] {
        place(other.column, other.rank, position, name)
      } else if let column = own[key] {
        place(column, others.isEmpty ? -1 : others.count, position, name)
      } else if key.isEmpty {
        places.nameless.append(position)
      } else if ignoresUnknown || !others.isEmpty {
        places.ignored.append(name)
      } else {
        mistakes.note(line, "the column \"\(name)\" \(KnownWords(known).refusal(of: name, namesAll: !isListed))")
        isListed = true
      }
    }
    for name in map.map(\.header) where !seen.contains(Self.folded(name)) {
      mistakes.note(line, "there is no column \"\(name)\" in the file")
    }
    return places

    func place(_ column: String, _ rank: Int, _ position: Int, _ name: String) {
      guard let other = places.index[column] else {
        (places.index[column], ranks[column]) = (position, rank)
        return
      }
      guard rank != ranks[column] else {
        return mistakes.note(line, "the column \"\(column)\" comes twice")
      }
      let isBetter = rank < ranks[column, default: rank]
      places.ignored.append(isBetter ? header[other] : name)
      if isBetter { (places.index[column], ranks[column]) = (position, rank) }
    }
  }
}
