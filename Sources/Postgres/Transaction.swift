/// An open transaction on a connection that nobody else uses meanwhile.
public struct Transaction: Sendable {
  public let connection: PostgresConnection

  public func query(_ statement: Statement, _ parameters: Parameters = .none) async throws(PostgresError) -> Rows {
    try await connection.query(statement, parameters)
  }

  public func batch(_ queries: [(Statement, Parameters)]) async throws(PostgresError) -> [Rows] {
    try await connection.batch(queries)
  }
}

extension PostgresConnection {
  /// BEGIN, `body`, COMMIT; or ROLLBACK and the error when `body` throws.
  /// - Throws: also what COMMIT says; ``PostgresError/outcomeUnknown`` tells whether it may have taken effect.
  public func transaction<T>(_ body: (Transaction) async throws -> T) async throws -> T {
    do {
      _ = try await query(.begin)
      let value = try await body(Transaction(connection: self))
      _ = try await query(.commit)
      return value
    } catch {
      await rollback()
      throw error
    }
  }
}
