/// Matches what arrives on a pipelined connection to what was sent. No I/O.
///
/// Invariants:
/// 1. the server answers in the order of sending, so whatever arrives belongs to the oldest exchange;
/// 2. an exchange ends with its `sync`, and its caller is answered then and only then: an implicit transaction commits
///    at Sync, after the statement's own success was reported;
/// 3. after a failure the server skips all until Sync, and libpq reports each skipped step.
struct Pipeline<Value, Caller> {
  /// What libpq reports.
  enum Event {
    case value(Value)
    case failure(PostgresError)
    /// The step was not run, since one before it failed.
    case skipped
    /// No more results of this step.
    case end
    case sync
  }

  /// What to do about it.
  enum Outcome {
    case wait
    case proceed
    /// The statement was not prepared after all.
    case forget(statement: Int)
    case finished(Caller, Result<[Value], PostgresError>)
    /// The server and this side no longer agree on what is being answered.
    case broken
  }

  private var exchanges = Queue<Exchange<Value, Caller>>()

  /// Exchanges sent and not yet finished.
  var count: Int { exchanges.count }
  var isEmpty: Bool { exchanges.isEmpty }

  mutating func append(_ exchange: Exchange<Value, Caller>) { exchanges.append(exchange) }

  /// Whether the result that arrives next is that of a COMMIT.
  var isAtCommit: Bool {
    mutating get { exchanges.withFirst { $0.commitIndex == $0.index && !$0.isPreparing } ?? false }
  }

  mutating func receive(_ event: Event) -> Outcome {
    if case .sync = event {
      guard let exchange = exchanges.popFirst() else { return .broken }
      return exchange.isComplete ? .finished(exchange.caller, exchange.result) : .broken
    }
    return exchanges.withFirst { $0.receive(event) } ?? .broken
  }

  /// Takes the oldest exchange out, with the error it must end in since the connection is gone.
  mutating func abandonFirst(_ loss: PostgresError) -> (Caller, PostgresError)? {
    guard let exchange = exchanges.popFirst() else { return nil }
    // What the server refused before the loss is the truer answer: nothing of that exchange was committed.
    if let failure = exchange.failure { return (exchange.caller, failure) }
    var loss = loss
    if case .connectionLost = loss.kind { loss.kind = .connectionLost(outcomeUnknown: exchange.mayCommit) }
    return (exchange.caller, loss)
  }
}

/// Queries that share one Sync. On the first use of a statement a preparation goes ahead of its query.
struct Exchange<Value, Caller> {
  let caller: Caller
  let count: Int
  /// The queries that a preparation precedes, and which statement it prepares, in order.
  private var preparations: ArraySlice<(query: Int, statement: Int)>
  /// The index of a COMMIT among the queries.
  let commitIndex: Int?
  /// Whether the connection's loss leaves open what became of it.
  let mayCommit: Bool
  /// The query whose results are arriving; `count` once only the Sync is due.
  private(set) var index = 0
  private(set) var failure: PostgresError?
  private var values: [Value] = []
  private var hasResult = false

  init(
    caller: Caller, count: Int, preparations: [(query: Int, statement: Int)], commitIndex: Int?, mayCommit: Bool
  ) {
    self.caller = caller
    self.count = count
    self.preparations = preparations[...]
    self.commitIndex = commitIndex
    self.mayCommit = mayCommit
    values.reserveCapacity(count)
  }

  var isPreparing: Bool { preparations.first?.query == index }
  var isComplete: Bool { failure != nil || values.count == count }
  var result: Result<[Value], PostgresError> { failure.map { .failure($0) } ?? .success(values) }

  mutating func receive(_ event: Pipeline<Value, Caller>.Event) -> Pipeline<Value, Caller>.Outcome {
    switch event {
    case .value(let value):
      guard !hasResult, index < count else { return .broken }
      if !isPreparing { values.append(value) }
    case .failure(let error):
      if failure == nil {
        var error = error
        error.queryIndex = min(index, count - 1)
        failure = error
      }
    case .skipped:
      guard failure != nil else { return .broken }
    case .end:
      // libpq also says "end" when nothing has arrived yet.
      guard hasResult else { return .wait }
      hasResult = false
      if isPreparing { preparations.removeFirst() } else if index < count { index += 1 }
      return .proceed
    case .sync:
      return .broken
    }
    hasResult = true
    guard failure != nil, let first = preparations.first, first.query == index else { return .proceed }
    return .forget(statement: first.statement)
  }
}
