import CLibPQ

extension PostgresConnection {
  /// Runs a script of one or more statements, all in one transaction unless the script itself says otherwise. Not while queries
  /// are pending. For schema changes; results are dropped.
  public func execute(_ script: String) async throws(PostgresError) {
    let raw = try occupy()
    defer { vacate() }
    guard PQsendQuery(raw, script) == 1 else { throw endLost() }
    try await drainOutput()
    var failure: PostgresError?
    while let result = try await nextResult() {
      switch PQresultStatus(result.pointer) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        // The connection would wait for data that nobody sends.
        let error = PostgresError(.misuse, "COPY has functions of its own")
        end(error)
        throw error
      default: failure = try refusal(result)
      }
    }
    if let failure { throw failure }
    if takeReplicationDoubt() { throw replicationError }
  }

  /// The next result of the statement under way; nil after the last.
  func nextResult() async throws(PostgresError) -> ResultBox? {
    while let raw, PQisBusy(raw) == 1 { try await input() }
    guard let raw else { throw lossError() }
    return PQgetResult(raw).map(ResultBox.init)
  }

  /// What a failed result says. When it also says that the session is over, ends the connection and throws that.
  func refusal(_ result: ResultBox) throws(PostgresError) -> PostgresError {
    let diagnosis = Diagnosis(result.pointer)
    guard diagnosis.endsSession else { return diagnosis.error }
    end(diagnosis.loss)
    throw diagnosis.loss
  }

  /// Waits until libpq's output is with the kernel.
  func drainOutput() async throws(PostgresError) {
    while !flushOutput() { try await input() }
    guard isOpen else { throw lossError() }
  }

  /// Ends the connection, since libpq could not send.
  func endLost() -> PostgresError {
    let error = lossError()
    end(error)
    return error
  }
}
