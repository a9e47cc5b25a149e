import CLibPQ

extension PostgresConnection {
  /// What ``copyOut(_:to:)`` hands over at once, in bytes, save for a longer single row.
  private static let chunkSize = 64 * 1024

  /// `COPY … FROM STDIN`. Asks `next` for more only when the kernel has taken what came before.
  /// - Parameter next: the data in the format that the statement names, cut anywhere; nil ends them. When it throws, the
  ///   server undoes the COPY and its error is passed on.
  /// - Returns: how many rows were copied.
  @discardableResult
  public func copyIn(_ sql: String, from next: () async throws -> [UInt8]?) async throws -> Int {
    try await begin(sql, PGRES_COPY_IN)
    defer { vacate() }
    do {
      while let chunk = try await next() {
        if !chunk.isEmpty { try await put(chunk) }
      }
    } catch {
      guard isOpen else { throw error }
      try await putEnd(refusing: "the source of COPY failed")
      _ = try? await finishCopy()
      throw error
    }
    try await putEnd(refusing: nil)
    return try await finishCopy()
  }

  /// `COPY … TO STDOUT`. Reads from the socket only when `consume` has returned.
  /// - Parameter consume: gets whole rows, about 64 KiB at once. When it throws, the connection is closed.
  /// - Returns: how many rows were copied.
  @discardableResult
  public func copyOut(_ sql: String, to consume: ([UInt8]) async throws -> Void) async throws -> Int {
    try await begin(sql, PGRES_COPY_OUT)
    defer { vacate() }
    var chunk: [UInt8] = []
    while try await append(rowTo: &chunk) {
      if chunk.count >= Self.chunkSize { try await hand(over: &chunk, to: consume) }
    }
    let count = try await finishCopy()
    if !chunk.isEmpty { try await hand(over: &chunk, to: consume) }
    return count
  }

  /// Sends the statement and waits until the server is ready for the data's direction.
  private func begin(_ sql: String, _ direction: ExecStatusType) async throws(PostgresError) {
    let raw = try occupy()
    guard PQsendQuery(raw, sql) == 1 else {
      vacate()
      throw endLost()
    }
    do throws(PostgresError) {
      try await drainOutput()
      guard let result = try await nextResult() else { throw PostgresError(.misuse, "not a COPY statement") }
      let status = PQresultStatus(result.pointer)
      if status == direction { return }
      let error = status == PGRES_FATAL_ERROR ? try refusal(result) : PostgresError(.misuse, "not this kind of COPY")
      if status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH { end(error) }
      while isOpen, try await nextResult() != nil {}
      throw error
    } catch {
      vacate()
      throw error
    }
  }

  private func put(_ chunk: [UInt8]) async throws(PostgresError) {
    while true {
      guard let raw else { throw lossError() }
      let taken = chunk.withUnsafeBytes { bytes in
        PQputCopyData(raw, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
      }
      guard taken >= 0 else { throw endLost() }
      try await drainOutput()
      if taken == 1 { return }
    }
  }

  private func putEnd(refusing reason: String?) async throws(PostgresError) {
    while true {
      guard let raw else { throw lossError() }
      let taken = PQputCopyEnd(raw, reason)
      guard taken >= 0 else { throw endLost() }
      try await drainOutput()
      if taken == 1 { return }
    }
  }

  /// Appends the next row.
  /// - Returns: whether there was one.
  private func append(rowTo chunk: inout [UInt8]) async throws(PostgresError) -> Bool {
    while true {
      guard let raw else { throw lossError() }
      var row: UnsafeMutablePointer<CChar>?
      let length = PQgetCopyData(raw, &row, 1)
      if length > 0 {
        chunk.append(contentsOf: UnsafeRawBufferPointer(start: row, count: Int(length)))
        PQfreemem(row)
        return true
      }
      // −1 ends the rows, well or not; −2 is libpq's own failure. The results that follow say which.
      if length < 0 { return false }
      try await input()
    }
  }

  private func hand(over chunk: inout [UInt8], to consume: ([UInt8]) async throws -> Void) async throws {
    pauseReading()
    do {
      try await consume(chunk)
      chunk.removeAll(keepingCapacity: true)
      try resumeReading()
    } catch {
      cancelOffLoop()
      end(PostgresError(.closed, "the consumer of COPY gave up"))
      throw error
    }
  }

  private func finishCopy() async throws(PostgresError) -> Int {
    var count = 0
    var failure: PostgresError?
    while let result = try await nextResult() {
      if PQresultStatus(result.pointer) == PGRES_COMMAND_OK {
        count = result.affected
      } else {
        failure = try refusal(result)
      }
    }
    if let failure { throw failure }
    if takeReplicationDoubt() { throw replicationError }
    return count
  }
}
