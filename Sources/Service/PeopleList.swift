import HTTP
import Ledger
import Postgres

/// The directory, page by page: all of it, or those whom its filters choose.
extension People {
  static let filters: [any RequestParameter] = [search, team, department, location, manager, active]

  private static let search = QueryParameter(
    "q", .text(0...200),
    "Words of a name, a handle (with or without `@`) or an email, or parts of them, in any order; without case and accents.",
    example: "emma weiss")
  private static let team = QueryParameter("team", .text(0...200), "Those of one team.", example: "Sales")
  private static let department = QueryParameter(
    "department", .text(0...200), "Those of one department.", example: "Revenue")
  private static let location = QueryParameter("location", .text(0...200), "Those of one location.", example: "Berlin")
  private static let manager = QueryParameter(
    "manager", .personName, "Who reports to this person: an id, handle, email or `me`.", example: "me")
  private static let active = QueryParameter("active", .bool, "Those who are here (`true`), or who left (`false`).")

  /// What chooses people of the directory.
  private struct Filter {
    let patterns: [String]
    let parts: [OrganizationPart: String]
    let manager: ID?
    let isActive: Bool?

    /// Whether it chooses nobody, or only leaves out those who have left: most are of such a list, whatever its page.
    var isWide: Bool { patterns.isEmpty && parts.isEmpty && manager == nil && isActive != false }
  }

  static func list(_ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let parts: [(OrganizationPart, String?)] = [
      (.team, try exchange[team]), (.department, try exchange[department]), (.location, try exchange[location]),
    ]
    let filter = Filter(
      patterns: Search.patterns(try exchange[search]),
      parts: Dictionary(uniqueKeysWithValues: parts.compactMap { part, name in name.map { (part, $0) } }),
      manager: try await someone(manager, exchange), isActive: try exchange[active])
    let ids = try await found(filter, page, exchange)
    if ids.isEmpty, page.after == nil { for (part, name) in parts { try await part.require(name, exchange) } }
    let records = try await records(ids, exchange)
    return page.answer(records) {
      Array($0.person.handle.utf8)
    } _: {
      $0.record($1, for: exchange.caller)
    }
  }

  /// Whom a page shows, in the order of handles, and one more if there is one.
  private static func found(_ filter: Filter, _ page: Page, _ exchange: Exchange) async throws -> [UInt128] {
    let after = page.after.map { String(decoding: $0, as: UTF8.self) } ?? ""
    let parameters = Parameters {
      $0.int32(exchange.caller.organization)
      $0.text(after)
      if filter.isWide {
        $0.bool(filter.isActive ?? false)
      } else {
        $0.texts(filter.patterns)
        $0.text(filter.parts[.team]?.folded)
        $0.text(filter.parts[.department]?.folded)
        $0.text(filter.parts[.location]?.folded)
        $0.uuid(filter.manager?.rawValue)
        $0.bool(filter.isActive)
      }
      $0.int32(Int32(page.limit + 1))
    }
    let rows = try await exchange.worker.pool.query(
      filter.isWide ? peopleInOrder : peopleFound, parameters, isIdempotent: true)
    return try rows.map { row throws(PostgresError) in try row.uuid(0) }
  }

  private static func records(_ ids: [UInt128], _ exchange: Exchange) async throws -> [PersonRecord] {
    if ids.isEmpty { return [] }
    let rows = try await exchange.worker.pool.query(
      people,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuids(ids)
        $0.uuid(exchange.caller.person.id.rawValue)
        $0.bool(exchange.caller.seesAccounts)
      }, isIdempotent: true)
    return try rows.map { row throws(PostgresError) in try PersonRecord(row) }
  }

  private static let peopleInOrder = SQL.statement("people_in_order", .long)
  private static let peopleFound = SQL.statement("people_found", .long)
  private static let people = SQL.statement("people", .long)
}
