import CLibPQ

/// How to connect: any libpq URL or `key=value` text, and the session's settings.
public struct ConnectionSettings: Sendable {
  /// libpq's keywords, as its own parser reads them; holds the password.
  let keywords: [String: String]

  /// Shown in `pg_stat_activity`, unless the URL names another.
  public var applicationName = "laurel"
  /// The role to take on after connecting.
  public var role: String?
  /// The server cancels a statement after this; zero means never.
  public var statementTimeout: Duration = .seconds(10)
  /// The server gives up waiting for a lock after this; zero means never.
  public var lockTimeout: Duration = .seconds(5)
  /// The server ends a session that idles in a transaction for this long; zero means never.
  public var idleInTransactionTimeout: Duration = .seconds(30)
  /// For the whole of connecting and authenticating.
  public var connectTimeout: Duration = .seconds(10)
  /// How much longer than `statementTimeout` the server may stay silent before the connection is dropped.
  public var silenceSlack: Duration = .seconds(5)
  /// How old the first plans of statements get: see ``PostgresConnection/renewPlans()``.
  var planAgeFirst: Duration = .seconds(5)
  /// Further settings of the session, such as `search_path`.
  public var parameters: [(name: String, value: String)] = []
  /// Gets what the server says beside results; called on the connection's loop.
  public var onNotice: (@Sendable (PostgresNotice) -> Void)?

  /// - Parameter text: as in libpq's manual, "Connection Strings".
  /// - Throws: ``PostgresError/Kind/misuse`` when libpq cannot parse it; the error does not repeat the text.
  public init(_ text: String) throws(PostgresError) {
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(text, &message) else {
      // libpq's message quotes the text, password included.
      PQfreemem(message)
      throw PostgresError(.misuse, "the database's URL or connection string cannot be parsed")
    }
    defer { PQconninfoFree(options) }
    var keywords: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { keywords[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    self.keywords = keywords
  }

  /// What libpq connects with.
  var connectKeywords: [(String, String)] {
    var all = keywords
    all["client_encoding"] = "UTF8"
    all["fallback_application_name"] = applicationName
    return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The silence after which a connection is given up; nil when statements may take for ever.
  var silenceLimit: Duration? { statementTimeout == .zero ? nil : statementTimeout + silenceSlack }
}

extension ConnectionSettings: CustomStringConvertible {
  /// Where it connects to and as whom; never the password.
  public var description: String {
    ["host", "port", "dbname", "user"].compactMap { key in keywords[key].map { "\(key)=\($0)" } }
      .joined(separator: " ")
  }
}

extension Duration {
  /// Whole milliseconds, as PostgreSQL's time settings take them; at least one for what is not zero.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    let whole = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    return whole == 0 && self > .zero ? 1 : whole
  }
}
