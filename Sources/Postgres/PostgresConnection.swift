import CLibPQ
public import EventLoop

/// One libpq connection, non-blocking and in pipeline mode, confined to its loop.
///
/// Many tasks of the loop may call ``query(_:_:)`` at once: each query is sent immediately and answered in order, with
/// a Sync of its own, so each is a transaction of its own and an error in one harms no other. A connection that is used
/// for transactions, ``execute(_:)`` or COPY must have one user at a time.
///
/// Invariants, which also make `@unchecked Sendable` hold:
/// 1. everything here is touched on the loop's thread alone; every entry point asserts it;
/// 2. `raw` is nil from the moment the connection is lost or closed, and every pending caller was answered then;
/// 3. what arrives while `pipeline` is not empty belongs to it; otherwise to the one task that waits in ``input()``.
public final class PostgresConnection: EventHandler, Flushable, @unchecked Sendable {
  typealias Caller = UnsafeContinuation<Result<[Rows], PostgresError>, Never>

  public let loop: EventLoop
  let settings: ConnectionSettings
  /// Whether other tasks' queries share this connection, so that a transaction must not be begun on it.
  let isShared: Bool
  var raw: OpaquePointer?
  /// Called once when the connection is lost or closed.
  var onEnd: ((PostgresError) -> Void)?

  private var pipeline = Pipeline<Rows, Caller>()
  /// By statement id: whether this session knows it, or soon will.
  private var isPrepared: [Bool] = []
  private var socket: Int32 = -1
  private var watch: WatchID?
  private var interest: Readiness = .readable
  private var isFlushPlanned = false
  /// The server committed without its standby's consent since the last result.
  private var isReplicationUnconfirmed = false
  /// The task of `execute` or COPY that waits for the socket.
  private var inputWaiter: UnsafeContinuation<Void, Never>?
  private(set) var isOccupied = false
  var planAge: PlanAge
  private var loss = PostgresError(.closed, "the connection is closed")

  private lazy var silence = SilenceWatch(loop, limit: settings.silenceLimit) { [unowned self] limit in
    cancelOffLoop()
    end(PostgresError(.connectionLost(outcomeUnknown: true), "the server was silent for \(limit)"))
  }

  init(_ raw: OpaquePointer, _ settings: ConnectionSettings, on loop: EventLoop, isShared: Bool) {
    self.raw = raw
    self.settings = settings
    self.loop = loop
    self.isShared = isShared
    planAge = PlanAge(first: settings.planAgeFirst, at: loop.now)
  }

  /// After how much silence the connection is dropped while an answer is due; nil for never. Raise it together with the
  /// session's `statement_timeout`.
  public var silenceLimit: Duration? {
    get { silence.limit }
    set { silence.limit = newValue }
  }

  /// Whether it was neither lost nor closed, as far as is known.
  public var isOpen: Bool { raw != nil }
  /// Exchanges sent and not yet answered.
  var pendingCount: Int { pipeline.count }
  /// The server's process id, for `pg_cancel_backend` and the like; 0 once closed.
  public var processID: Int32 { raw.map { PQbackendPID($0) } ?? 0 }

  /// Whether a transaction is open, failed ones included. Meaningful while no query is pending.
  public var isInTransaction: Bool {
    guard let raw else { return false }
    let status = PQtransactionStatus(raw)
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
  }

  // MARK: Queries

  /// Runs one statement, in a transaction of its own unless one is open on this connection.
  public func query(_ statement: Statement, _ parameters: Parameters = .none) async throws(PostgresError) -> Rows {
    do {
      return try await send(CollectionOfOne((statement, parameters)))[0]
    } catch {
      // Another query, sent just before, was to prepare the statement and could not. This one ran nothing and may go again.
      guard error.sqlstate == SQLState.undefinedPreparedStatement, !knows(statement), !isInTransaction else {
        throw error
      }
      return try await send(CollectionOfOne((statement, parameters)))[0]
    }
  }

  /// Runs the statements in one round trip and, unless a transaction is open or begun among them, in one transaction.
  /// - Throws: the first failure, with its ``PostgresError/queryIndex``. Those before it were undone with it (in an open
  ///   transaction: will be, at ``rollback()``), those after it not run.
  public func batch(_ queries: [(Statement, Parameters)]) async throws(PostgresError) -> [Rows] {
    queries.isEmpty ? [] : try await send(queries)
  }

  /// Ends the open transaction, if there is one. When that fails the connection is closed, so it is clean either way.
  public func rollback() async {
    guard isOpen, isInTransaction || !pipeline.isEmpty else { return }
    do {
      _ = try await query(.rollback)
    } catch {
      end(error)
    }
  }

  /// Closes the connection at once; whatever is pending fails.
  public func close() {
    end(PostgresError(.closed, "the connection is closed"))
  }

  private func send(
    _ queries: some RandomAccessCollection<(Statement, Parameters)>
  ) async throws(PostgresError) -> [Rows] {
    loop.assertCurrent()
    guard raw != nil else { throw loss }
    guard !isOccupied else { throw PostgresError(.misuse, "the connection is busy with COPY or a script") }
    for (statement, parameters) in queries { try check(statement, parameters) }
    return try await withUnsafeContinuation { (caller: Caller) in
      transmit(queries, for: caller)
    }.get()
  }

  private func check(_ statement: Statement, _ parameters: Parameters) throws(PostgresError) {
    guard statement.parameters.elementsEqual(parameters.fields, by: { $0 == $1.type }) else {
      throw PostgresError(.misuse, "parameters \(parameters.fields.map(\.type)) for \(statement.parameters)")
    }
    guard parameters.bytes.count <= Parameters.bytesMax else {
      throw PostgresError(.misuse, "parameters of \(parameters.bytes.count) bytes")
    }
    guard statement.control == .none || !isShared else {
      throw PostgresError(.misuse, "a transaction needs a connection of its own")
    }
  }

  private func transmit(_ queries: some RandomAccessCollection<(Statement, Parameters)>, for caller: Caller) {
    guard let raw else { return caller.resume(returning: .failure(loss)) }
    let isExplicit = PQtransactionStatus(raw) == PQTRANS_INTRANS || queries.first!.0.control == .begin
    var preparations: [(query: Int, statement: Int)] = []
    var commitIndex: Int?
    var isSent = true
    var index = 0
    for (statement, parameters) in queries {
      if !knows(statement) {
        isPrepared += repeatElement(false, count: max(0, statement.id + 1 - isPrepared.count))
        isPrepared[statement.id] = true
        preparations.append((index, statement.id))
        isSent = isSent && prepare(statement, on: raw)
      }
      if statement.control == .commit { commitIndex = index }
      isSent = isSent && run(statement, parameters, on: raw)
      index += 1
    }
    isSent = isSent && laurel_pipeline_sync(raw) == 1
    if pipeline.isEmpty { silence.start() }
    pipeline.append(
      Exchange(
        caller: caller, count: index, preparations: preparations, commitIndex: commitIndex,
        mayCommit: !isExplicit || commitIndex != nil))
    if isSent { planFlush() } else { end(lossError()) }
  }

  private func knows(_ statement: Statement) -> Bool {
    statement.id < isPrepared.count && isPrepared[statement.id]
  }

  private func prepare(_ statement: Statement, on raw: OpaquePointer) -> Bool {
    let types = statement.parameters.map(\.rawValue)
    return PQsendPrepare(raw, statement.name, statement.text, Int32(types.count), types) == 1
  }

  private func run(_ statement: Statement, _ parameters: Parameters, on raw: OpaquePointer) -> Bool {
    let count = parameters.fields.count
    if count == 0 { return PQsendQueryPrepared(raw, statement.name, 0, nil, nil, nil, 1) == 1 }
    return parameters.bytes.withUnsafeBytes { bytes in
      withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * count) { numbers in
          statement.name.withCString { name in
            var offset = 0
            for (index, field) in parameters.fields.enumerated() {
              // A nil pointer means NULL; an empty value needs some pointer, of which libpq reads nothing.
              let start = bytes.baseAddress.map { $0 + offset }?.assumingMemoryBound(to: CChar.self) ?? name
              values[index] = field.length < 0 ? nil : start
              numbers[index] = max(0, field.length)
              numbers[count + index] = 1
              offset += Int(max(0, field.length))
            }
            // Both buffers have at least one element, so they have an address.
            let lengths = numbers.baseAddress!
            return PQsendQueryPrepared(
              raw, name, Int32(count), values.baseAddress!, lengths, lengths + count, 1) == 1
          }
        }
      }
    }
  }

  // MARK: The socket

  /// Watches the socket from now on. Called once, when connected.
  func start() throws(PostgresError) {
    guard let raw else { throw loss }
    socket = PQsocket(raw)
    do {
      watch = try loop.watch(socket, interest, isEdgeTriggered: false, handler: self)
    } catch {
      throw PostgresError(.unavailable, "\(error)")
    }
  }

  /// No longer reads, so that the server stalls, until ``resumeReading()``. A closed peer would be reported again and
  /// again by a level-triggered watch, so the watch itself ends.
  func pauseReading() {
    guard let watch else { return }
    loop.unwatch(watch, fd: socket)
    self.watch = nil
  }

  func resumeReading() throws(PostgresError) {
    if let raw, watch == nil, PQstatus(raw) != CONNECTION_BAD { try start() }
  }

  private func planFlush() {
    guard !isFlushPlanned else { return }
    isFlushPlanned = true
    loop.flushLater(self)
  }

  public func flush() {
    isFlushPlanned = false
    _ = flushOutput()
  }

  /// Hands libpq's output to the kernel, and waits for room when there is none.
  /// - Returns: whether all of it is gone.
  @discardableResult
  func flushOutput() -> Bool {
    guard let raw else { return true }
    let left = PQflush(raw)
    if left < 0 {
      // The server's last words may still wait in the socket: read them before giving up.
      readable()
      if isOpen { end(lossError()) }
      return true
    }
    want(left == 0 ? .readable : [.readable, .writable])
    return left == 0
  }

  private func want(_ readiness: Readiness) {
    guard interest != readiness else { return }
    interest = readiness
    guard let watch else { return }
    do {
      try loop.modify(watch, fd: socket, readiness)
    } catch {
      end(PostgresError(.connectionLost(outcomeUnknown: true), "\(error)"))
    }
  }

  public func ready(_ readiness: Readiness) {
    if readiness.contains(.writable) { flushOutput() }
    if !readiness.isDisjoint(with: [.readable, .peerClosed, .failed]) { readable() }
    if let waiter = inputWaiter.take() { waiter.resume() }
  }

  private func readable() {
    guard let raw else { return }
    silence.progress()
    let isAlive = PQconsumeInput(raw) == 1
    // At the end of input libpq closes the socket itself, whose number may then be another's.
    if !isAlive { pauseReading() }
    takeResults()
    // What has arrived for a task that waits outside the pipeline is still to be read by it; it will notice the end.
    if !isAlive, isOpen, inputWaiter == nil { end(lossError()) }
  }

  private func takeResults() {
    while let raw, !pipeline.isEmpty, PQisBusy(raw) == 0 {
      guard let event = nextEvent(raw) else { return }
      switch pipeline.receive(event) {
      case .wait: return
      case .proceed: break
      case .forget(let statement): isPrepared[statement] = false
      case .finished(let caller, let result): caller.resume(returning: result)
      case .broken: end(PostgresError(.connectionLost(outcomeUnknown: true), "the protocol is out of step"))
      }
    }
    if pipeline.isEmpty { silence.stop() }
  }

  /// The next thing libpq has to say; nil when it said that the session is over.
  private func nextEvent(_ raw: OpaquePointer) -> Pipeline<Rows, Caller>.Event? {
    guard let pointer = PQgetResult(raw) else { return .end }
    let result = ResultBox(pointer)
    switch PQresultStatus(pointer) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
      if pipeline.isAtCommit, let error = commitFailure(result) { return .failure(error) }
      return .value(Rows(result))
    case PGRES_PIPELINE_ABORTED:
      return .skipped
    case PGRES_PIPELINE_SYNC:
      guard isReplicationUnconfirmed else { return .sync }
      isReplicationUnconfirmed = false
      _ = pipeline.receive(.failure(replicationError))
      return .sync
    default:
      let diagnosis = Diagnosis(pointer)
      guard diagnosis.endsSession else { return .failure(diagnosis.error) }
      end(diagnosis.loss)
      return nil
    }
  }

  /// What is wrong with a COMMIT that the server calls a success.
  func commitFailure(_ result: ResultBox) -> PostgresError? {
    guard result.commandTag == "ROLLBACK" else { return nil }
    return PostgresError(
      .rolledBack, "COMMIT was answered by ROLLBACK", sqlstate: SQLState.inFailedTransaction)
  }

  var replicationError: PostgresError {
    PostgresError(.replicationUnconfirmed, "committed here, but the wait for the synchronous standby was cancelled")
  }

  /// Called by libpq while it parses, on the loop's thread.
  func receive(notice result: OpaquePointer) {
    let diagnosis = Diagnosis(result)
    // `syncrep.c` warns in two ways, and messages may be translated, but it warns nowhere else.
    if diagnosis.function == "SyncRepWaitForLSN" { isReplicationUnconfirmed = true }
    settings.onNotice?(
      PostgresNotice(severity: diagnosis.severity, sqlstate: diagnosis.sqlstate, message: diagnosis.message))
  }

  // MARK: The end

  func lossError() -> PostgresError {
    PostgresError(.connectionLost(outcomeUnknown: true), raw.map { trimmed(PQerrorMessage($0)) } ?? loss.message)
  }

  /// Ends the connection, whoever the cause, and answers all who wait.
  func end(_ error: PostgresError) {
    guard let raw else { return }
    self.raw = nil
    // Later callers sent nothing, so nothing of theirs is in doubt.
    loss = error
    if case .connectionLost = error.kind { loss.kind = .connectionLost(outcomeUnknown: false) }
    pauseReading()
    silence.end()
    PQfinish(raw)
    while let (caller, failure) = pipeline.abandonFirst(error) { caller.resume(returning: .failure(failure)) }
    if let waiter = inputWaiter.take() { waiter.resume() }
    onEnd?(error)
    onEnd = nil
  }

  // MARK: One task's use

  /// Reserves the connection for one task outside the pipeline.
  func occupy() throws(PostgresError) -> OpaquePointer {
    loop.assertCurrent()
    guard let raw else { throw loss }
    guard !isOccupied, pipeline.isEmpty, PQexitPipelineMode(raw) == 1 else {
      throw PostgresError(.misuse, "the connection is busy with other queries")
    }
    isOccupied = true
    isReplicationUnconfirmed = false
    return raw
  }

  func vacate() {
    isOccupied = false
    if let raw, PQenterPipelineMode(raw) != 1 { end(lossError()) }
  }

  /// Waits until the socket was read or written.
  /// - Throws: the loss of the connection meanwhile.
  func input() async throws(PostgresError) {
    if let raw, PQstatus(raw) == CONNECTION_BAD { end(lossError()) }
    guard raw != nil else { throw loss }
    silence.start()
    await withUnsafeContinuation { inputWaiter = $0 }
    silence.stop()
    guard raw != nil else { throw loss }
  }

  func takeReplicationDoubt() -> Bool {
    defer { isReplicationUnconfirmed = false }
    return isReplicationUnconfirmed
  }
}
