import HTTP
import Ledger
import Postgres

/// From a request's key to whoever holds it.
enum Authentication {
  /// The key that a request carries (RFC 6750, section 2.1).
  static func key(of request: Request) throws(Problem) -> KeyText {
    let fields = request.headers.all("authorization")
    guard let field = fields.first else {
      throw .unauthorized("Send your key as: Authorization: Bearer <key>", isKeyGiven: false)
    }
    guard fields.count == 1, let space = field.utf8.firstIndex(of: UInt8(ascii: " ")),
      field.utf8[..<space].lazy.map({ $0 | 0x20 }).elementsEqual("bearer".utf8),
      let key = KeyText(Substring(field.utf8[space...].drop { $0 == UInt8(ascii: " ") }))
    else { throw invalidKey }
    return key
  }

  static let invalidKey = Problem.unauthorized("This key is unknown, expired or revoked.", isKeyGiven: true)

  static func caller(_ key: KeyText, _ worker: Worker) async throws -> Caller {
    let rows = try await worker.pool.query(
      authenticate,
      Parameters {
        $0.int32(key.organization)
        $0.bytes(key.digest.bytes)
      }, isIdempotent: true)
    guard let row = rows.first else { throw invalidKey }
    return Caller(
      organization: key.organization,
      person: PersonReference(id: ID(rawValue: try row.uuid(0)), handle: try row.text(1), name: try row.text(2)),
      roles: Set(try row.texts(3).compactMap(Role.init(rawValue:))), hasLeft: try !row.bool(4),
      key: ID(rawValue: try row.uuid(6)),
      scopes: try scopes(row.texts(5)))
  }

  /// A key with scopes is for what one of them covers, and for nothing else.
  /// - Parameter scope: what covers the call; nil where only a key without scopes does.
  static func check(_ scopes: Set<Scope>, cover scope: Scope?) throws(Problem) {
    if scopes.isEmpty { return }
    guard let scope, scopes.contains(scope) else { throw Problem.insufficientScope }
  }

  /// - Parameter words: as the database keeps them. One that this program does not know covers nothing, but a key that has it is
  ///   a narrow one.
  static func scopes(_ words: [String]) throws(PostgresError) -> Set<Scope> {
    let scopes = Set(words.compactMap(Scope.init(rawValue:)))
    if scopes.isEmpty, !words.isEmpty { throw PostgresError(.misuse, "a key of an unknown scope") }
    return scopes
  }

  private static let authenticate = SQL.statement("authenticate")
}
