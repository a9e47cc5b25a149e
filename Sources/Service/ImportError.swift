/// A file that cannot be imported: every mistake in it, by line. Nothing was recorded.
public struct ImportError: Error, Sendable, CustomStringConvertible {
  public struct Mistake: Sendable, Equatable {
    public let line: Int
    public let detail: String
  }

  public let mistakes: [Mistake]
  private static let shownMax = 20

  /// One line a mistake, of the first few.
  public var description: String {
    let shown = mistakes.prefix(Self.shownMax).map { "line \($0.line): \($0.detail)" }
    let rest = mistakes.count > shown.count ? ["and \(mistakes.count - shown.count) more"] : []
    return (shown + rest).joined(separator: "\n")
  }
}

/// Collects what is wrong with a file.
struct ImportMistakes {
  private(set) var list: [ImportError.Mistake] = []

  mutating func note(_ line: Int, _ detail: String) { list.append(ImportError.Mistake(line: line, detail: detail)) }

  /// - Throws: all of them.
  func check() throws(ImportError) {
    if !list.isEmpty { throw ImportError(self) }
  }
}

extension ImportError {
  /// All of them, in the order of their lines.
  init(_ mistakes: ImportMistakes) {
    let ordered = mistakes.list.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }
    self.init(mistakes: ordered.map(\.element))
  }
}
