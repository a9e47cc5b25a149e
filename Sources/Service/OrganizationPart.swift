import HTTP
import Ledger
import Postgres

/// What an organisation is divided into by a word beside each person.
enum OrganizationPart: String, CaseIterable {
  case team, department, location

  /// The refusal of a name that nobody's part has.
  /// - Parameter names: of those that there are, or enough of them.
  func unknown(_ name: String, names: some Sequence<String>, at pointer: String) -> Problem {
    Self.unknownScope("\(rawValue) \(name)", KnownWords(names).nearest(to: name), at: pointer)
  }

  /// - Parameters:
  ///   - what: `team Sales`.
  ///   - nearest: what was probably meant.
  static func unknownScope(_ what: String, _ nearest: String?, at pointer: String) -> Problem {
    let hint = nearest.map { "; did you mean \($0)?" } ?? "."
    return Refusal(.unknownScope, "There is no \(what) here\(hint)", at: pointer).problem
  }

  /// Makes sure that somebody is or was of that part, so that a list without rows is empty and not mistaken. Asked only for such
  /// a list.
  func require(_ name: String?, _ exchange: Exchange, at pointer: String? = nil) async throws {
    guard let name else { return }
    let rows = try await exchange.worker.pool.query(
      Self.partNames,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.text(rawValue)
        $0.text(name.folded)
      }, isIdempotent: true)
    let names = try rows.map { row throws(PostgresError) in (name: try row.text(0), isAsked: try row.bool(1)) }
    if names.contains(where: \.isAsked) { return }
    throw unknown(name, names: names.map(\.name), at: pointer ?? "?\(rawValue)")
  }

  private static let partNames = SQL.statement("part_names", .long)
}
