import Synchronization

/// A statement's text and the types of its parameters `$1`, `$2`, …
///
/// Keep each in a `static let`: a connection prepares it once, when it is first used there, under a name of its own, and
/// never forgets it. A statement made for each request would therefore fill the server's memory.
public final class Statement: Sendable {
  /// What a statement does to the transaction around it, read from its first word.
  enum Control: Sendable {
    case none, begin, commit, rollback
  }

  /// How long PostgreSQL works at a statement. Answers on a shared connection come in the order of the questions, so what
  /// takes long has shared connections of its own: see ``PostgresPool``.
  public enum Length: Sendable {
    /// Finds a few rows by their keys.
    case brief
    /// Reads hundreds of rows: pages of lists, pieces of exports.
    case long
  }

  let id: Int
  let name: String
  let text: String
  let parameters: [PGType]
  let control: Control
  let length: Length

  private static let count = Atomic(0)

  public convenience init(_ text: String, _ parameters: PGType...) { self.init(text, types: parameters) }

  public init(_ text: String, types parameters: [PGType], _ length: Length = .brief) {
    id = Self.count.add(1, ordering: .relaxed).oldValue
    name = "s\(id)"
    self.text = text
    self.parameters = parameters
    self.length = length
    let word = text.drop { $0.isWhitespace }.prefix { $0.isLetter }.uppercased()
    control =
      switch word {
      case "BEGIN", "START": .begin
      case "COMMIT", "END": .commit
      case "ROLLBACK", "ABORT": .rollback
      default: .none
      }
  }

  /// `BEGIN`, at the database's default isolation.
  public static let begin = Statement("BEGIN")
  /// `COMMIT`. Answered by ROLLBACK (which PostgreSQL calls success) it fails with ``PostgresError/Kind/rolledBack``.
  public static let commit = Statement("COMMIT")
  /// `ROLLBACK`
  public static let rollback = Statement("ROLLBACK")
}
