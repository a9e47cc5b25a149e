import CLibPQ

/// Why a statement gave no result. Neither the error nor its description holds parameters or passwords, save what
/// PostgreSQL itself repeats in ``message`` and ``detail``; the description leaves ``detail`` out, as it quotes keys.
public struct PostgresError: Error, Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// The server refused; ``PostgresError/sqlstate`` says why. Nothing of the statement's transaction remains.
    case refused
    /// The server gave up waiting or working: `statement_timeout`, a cancel request (57014) or `lock_timeout` (55P03).
    case timedOut
    /// The server could not just now, whatever the statement: no room on the disk, no memory, a failing disk (SQLSTATE classes
    /// 53 and 58), a deadlock (40), an operator who stepped in (57), a standby that may not write (25006). Nothing of the
    /// transaction remains.
    case unable
    /// The connection broke. The outcome is unknown when a commit may have been under way.
    case connectionLost(outcomeUnknown: Bool)
    /// Committed here, but the wait for the synchronous standby was cancelled: a failover may lose it.
    case replicationUnconfirmed
    /// COMMIT was answered by ROLLBACK, since an earlier statement of the transaction had failed.
    case rolledBack
    /// Too much is waiting already; nothing was sent.
    case overloaded
    /// No connection could be made; nothing was sent.
    case unavailable
    /// The connection or pool was closed by its owner; nothing was sent.
    case closed
    /// The program's mistake: parameters that differ from the statement's, a column read as another type, an unexpected
    /// NULL, or a connection used for two things at once.
    case misuse
  }

  public var kind: Kind
  /// PostgreSQL's five-character code (its manual, appendix A); empty where the server gave none.
  public var sqlstate: String
  public var message: String
  public var detail: String?
  /// The violated constraint's name.
  public var constraint: String?
  /// In a batch: the index of the query that failed; those after it were not run.
  public var queryIndex: Int?

  public init(
    _ kind: Kind, _ message: String, sqlstate: String = "", detail: String? = nil, constraint: String? = nil,
    queryIndex: Int? = nil
  ) {
    self.kind = kind
    self.sqlstate = sqlstate
    self.message = message
    self.detail = detail
    self.constraint = constraint
    self.queryIndex = queryIndex
  }

  /// Whether what was sent may have taken effect (or, under synchronous replication, may be lost again).
  public var outcomeUnknown: Bool {
    kind == .connectionLost(outcomeUnknown: true) || kind == .replicationUnconfirmed
  }
}

extension PostgresError: CustomStringConvertible {
  public var description: String {
    var text = "\(kind)"
    if !sqlstate.isEmpty { text += " \(sqlstate)" }
    text += ": \(message)"
    if let constraint { text += " (constraint \(constraint))" }
    if let queryIndex { text += " (query \(queryIndex))" }
    return text
  }
}

/// The codes that callers choose by.
public enum SQLState {
  public static let uniqueViolation = "23505"
  public static let foreignKeyViolation = "23503"
  public static let checkViolation = "23514"
  public static let exclusionViolation = "23P01"
  public static let queryCanceled = "57014"
  public static let lockNotAvailable = "55P03"
  public static let deadlockDetected = "40P01"
  public static let serializationFailure = "40001"
  public static let undefinedTable = "42P01"
  public static let inFailedTransaction = "25P02"
  static let readOnlyTransaction = "25006"
  static let undefinedPreparedStatement = "26000"
}

/// What the server said beside a result: a notice or a warning.
public struct PostgresNotice: Sendable {
  /// `NOTICE`, `WARNING`, …, never translated.
  public let severity: String
  public let sqlstate: String
  public let message: String
}

/// The fields of an error or notice that libpq received.
struct Diagnosis {
  let severity: String
  let sqlstate: String
  let message: String
  let detail: String?
  let constraint: String?
  /// The function in PostgreSQL's source; unlike the message it is never translated.
  let function: String

  init(_ result: OpaquePointer) {
    func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
    severity = field(laurel_diag_severity) ?? ""
    sqlstate = field(laurel_diag_sqlstate) ?? ""
    message = field(laurel_diag_message) ?? trimmed(PQresultErrorMessage(result))
    detail = field(laurel_diag_detail)
    constraint = field(laurel_diag_constraint)
    function = field(laurel_diag_function) ?? ""
  }

  /// Whether the server ends the session with this error, or libpq made it up since the session has ended.
  var endsSession: Bool { severity == "FATAL" || severity == "PANIC" || sqlstate.isEmpty }

  var error: PostgresError {
    PostgresError(kind, message, sqlstate: sqlstate, detail: detail, constraint: constraint)
  }

  private var kind: PostgresError.Kind {
    switch sqlstate {
    case SQLState.queryCanceled, SQLState.lockNotAvailable: .timedOut
    case SQLState.readOnlyTransaction: .unable
    default: ["40", "53", "57", "58"].contains(sqlstate.prefix(2)) ? .unable : .refused
    }
  }
}

/// libpq ends its messages with line breaks.
func trimmed(_ message: UnsafePointer<CChar>?) -> String {
  guard let message else { return "" }
  var text = String(cString: message)
  while text.last?.isNewline == true { text.removeLast() }
  return text
}

extension Diagnosis {
  /// The end of the session, in these words.
  var loss: PostgresError {
    PostgresError(.connectionLost(outcomeUnknown: true), message, sqlstate: sqlstate, detail: detail)
  }
}
