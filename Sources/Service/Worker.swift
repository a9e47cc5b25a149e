import EventLoop
import HTTP
import Ledger
import Postgres

/// What a loop's handlers need. One for each loop, so that a read never leaves its thread.
final class Worker: Sendable {
  let loop: EventLoop
  let pool: PostgresPool
  let writer: LedgerWriter
  let boards: BoardKeeper
  let cursors: CursorSigner
  let heads: HeadWatch
  let verifications: Verifications
  let gateway: Gateway
  let log: Log

  init(
    loop: EventLoop, pool: PostgresPool, writer: LedgerWriter, boards: BoardKeeper, cursors: CursorSigner,
    verifications: Verifications, gateway: Gateway, log: Log
  ) {
    self.loop = loop
    self.pool = pool
    self.writer = writer
    self.boards = boards
    self.cursors = cursors
    heads = HeadWatch(pool)
    self.verifications = verifications
    self.gateway = gateway
    self.log = log
  }
}

/// Endpoints that belong together.
struct RouteGroup: Sendable {
  let name: String
  let summary: String
  let endpoints: [Endpoint]

  init(_ name: String, _ summary: String, _ endpoints: [Endpoint]) {
    self.name = name
    self.summary = summary
    self.endpoints = endpoints
  }
}

/// The route table. The router, the checks of who may and of parameters, the reference and the tests are made of it.
enum Routes {
  /// What belongs together, in the order of the reference.
  static let groups: [RouteGroup] = [
    RouteGroup(
      "People", "Oneself, the directory, and what admins do to it.",
      People.endpoints + PeopleAdministration.endpoints + Keys.endpoints + PersonStatement.endpoints
        + Notifications.endpoints),
    RouteGroup("Organisation", "What it is called, and where its days begin.", Organizations.endpoints),
    RouteGroup("Values", "What the organisation stands for.", Values.endpoints),
    RouteGroup(
      "Recognitions", "Thanking, and reading how others were thanked.",
      Recognitions.endpoints + Boosts.endpoints),
    RouteGroup("Programme", "The rules, and points that nobody gives.", Programs.endpoints + Corrections.endpoints),
    RouteGroup("Rewards", "The catalogue.", Rewards.endpoints),
    RouteGroup("Redemptions", "From points to rewards.", Redemptions.endpoints),
    RouteGroup(
      "Awards", "Budgets, and the spot points that managers award from them.", Budgets.endpoints + Awards.endpoints),
    RouteGroup("Leaderboards", "Who stands where.", Leaderboards.endpoints),
    RouteGroup("Finance", "Exports and the ledger's proof.", Exports.endpoints + LedgerEndpoints.endpoints),
    RouteGroup(
      "Service", "The process itself, and this reference.",
      Health.endpoints + Reference.endpoints + HumanPages.endpoints),
  ]

  static let all = groups.flatMap(\.endpoints)

  static let router = Router(all.map { ($0.method, pattern: $0.pattern, $0) })
}

extension Worker {
  /// From a request to its answer. Every refusal becomes a problem here.
  func answer(_ request: Request, _ route: Router<Endpoint>.Match) async -> Response {
    switch route {
    case .found(let endpoint, let parameters):
      var standing: RateLimiter.Standing?
      var response: Response
      do {
        response = try await handle(request, endpoint, parameters, &standing)
      } catch {
        response = problem(for: error, to: request, at: endpoint).response()
      }
      if let standing { response.headers += gateway.limiter.headers(standing) }
      return response
    case .methodNotAllowed(let allow):
      let methods = allow.map(\.rawValue).joined(separator: ", ")
      if request.method == .options { return Response(status: 204, headers: [("Allow", methods)]) }
      return Problem.methodNotAllowed(methods).response()
    case .notFound:
      return Problem.noSuchPath(request.path, Routes.router.nearest(to: request.path, version: "v1")).response()
    }
  }

  /// - Parameter standing: becomes what the rate limits said, for every request that they count.
  private func handle(
    _ request: Request, _ endpoint: Endpoint, _ parameters: PathParameters, _ standing: inout RateLimiter.Standing?
  ) async throws -> Response {
    guard endpoint.needsKey else { return try await perform(request, endpoint, parameters, nil, nil) }
    let key = try Authentication.key(of: request)
    standing = try gateway.limiter.spend(key, at: loop.now)
    if standing != nil { return try await identifyInTurn(request, endpoint, parameters, key, &standing) }
    let source = gateway.source(of: request)
    try gateway.limiter.knock(from: source, at: loop.now)
    do {
      let response = try await identifyInTurn(request, endpoint, parameters, key, &standing)
      gateway.limiter.welcome(from: source)
      return response
    } catch {
      if (error as? Problem)?.status != 401 { gateway.limiter.welcome(from: source) }
      throw error
    }
  }

  /// Why a request's body should not even be sent; nil where it should. What its key may is decided with the body, since the
  /// request may be one that was done before.
  func refusal(of request: Request, at endpoint: Endpoint) async -> Response? {
    guard endpoint.needsKey else { return nil }
    do {
      let key = try Authentication.key(of: request)
      if gateway.limiter.isKnown(key) { return nil }
      let source = gateway.source(of: request)
      try gateway.limiter.knock(from: source, at: loop.now)
      let caller = try await Authentication.caller(key, self)
      gateway.limiter.welcome(from: source)
      try checkReach(of: caller, endpoint)
      return nil
    } catch {
      return problem(for: error, to: request, at: endpoint).response()
    }
  }

  private func identifyInTurn(
    _ request: Request, _ endpoint: Endpoint, _ parameters: PathParameters, _ key: KeyText,
    _ standing: inout RateLimiter.Standing?
  ) async throws -> Response {
    guard let rows = endpoint.pageRows(request.query), !waitsForPosition(request) else {
      return try await identify(request, endpoint, parameters, key, &standing)
    }
    // Before anything is asked of PostgreSQL, so that a storm of pages does not even ask whose they are all at once.
    await gateway.turns.begin(key.bucket, rows: rows)
    defer { gateway.turns.end(key.bucket, rows: rows) }
    return try await identify(request, endpoint, parameters, key, &standing)
  }

  /// Finds out who is calling, except where the endpoint does so itself.
  private func identify(
    _ request: Request, _ endpoint: Endpoint, _ parameters: PathParameters, _ key: KeyText,
    _ standing: inout RateLimiter.Standing?
  ) async throws -> Response {
    // Whose log is to be waited for must be known before.
    if case .everyoneByItself = endpoint.access, !waitsForPosition(request) {
      let response = try await perform(request, endpoint, parameters, key, nil)
      if standing == nil { standing = try gateway.limiter.admit(key, at: loop.now) }
      return response
    }
    let caller = try await Authentication.caller(key, self)
    if standing == nil { standing = try gateway.limiter.admit(key, at: loop.now) }
    return try await perform(request, endpoint, parameters, key, caller)
  }

  private func perform(
    _ request: Request, _ endpoint: Endpoint, _ parameters: PathParameters, _ key: KeyText?, _ caller: Caller?
  ) async throws -> Response {
    let exchange = Exchange(request, parameters, self, key: key, caller: caller)
    // Before what the Idempotency-Key did is looked up: a key learns nothing of calls that it is not for.
    if let caller { try checkReach(of: caller, endpoint) }
    do {
      if let caller { try checkRoles(of: caller, endpoint) }
      try check(request.query, endpoint.query)
      guard let key, let caller, !endpoint.writes, waitsForPosition(request) else {
        return try await endpoint.handle(exchange)
      }
      try await awaitPosition(request, caller)
      guard let rows = endpoint.pageRows(request.query) else { return try await endpoint.handle(exchange) }
      // Whoever waited did no work meanwhile, so it is their turn only now.
      await gateway.turns.begin(key.bucket, rows: rows)
      defer { gateway.turns.end(key.bucket, rows: rows) }
      return try await endpoint.handle(exchange)
    } catch is PostgresError where exchange.isRecorded {
      // Its answer could not be read any more; sent again under its key, it is answered.
      throw Problem.outcomeUnknown
    } catch let problem as Problem {
      guard let caller, (400..<500).contains(problem.status), problem != WriteRequest.reused else { throw problem }
      switch try await WriteRequest.effect(of: request, by: caller, self) {
      case .none: throw problem
      case .otherRequest: throw WriteRequest.reused
      // What the caller may no longer do was done then; the first answer is theirs still.
      case .sameRequest:
        return try await endpoint.handle(Exchange(request, parameters, self, key: key, caller: caller, isReplay: true))
      }
    }
  }

  /// What a key reaches: its scopes narrow it, and so does the leaving of its person.
  private func checkReach(of caller: Caller, _ endpoint: Endpoint) throws(Problem) {
    if caller.hasLeft, !endpoint.isForLeavers {
      throw Refusal(.inactiveCaller, "You have left the organisation; what is left for you to do is to redeem.").problem
    }
    try Authentication.check(caller.scopes, cover: endpoint.scope)
  }

  private func checkRoles(of caller: Caller, _ endpoint: Endpoint) throws(Problem) {
    // An admin made a key of this scope so that points come in by it.
    if endpoint.scope == .earnings, caller.scopes.contains(.earnings) { return }
    guard case .roles(let roles) = endpoint.access, caller.roles.isDisjoint(with: roles) else { return }
    let names = roles.map(\.rawValue).sorted().joined(separator: " or ")
    throw Problem.forbidden("This takes the role \(names).")
  }

  private func check(_ query: Query, _ known: [any RequestParameter]) throws(Problem) {
    for (index, item) in query.items.enumerated() {
      guard known.contains(where: { $0.name == item.name }) else {
        throw Problem.invalidParameter(item.name, KnownWords(known.map(\.name)).refusal(of: item.name))
      }
      if query.items[..<index].contains(where: { $0.name == item.name }) {
        throw Problem.invalidParameter(item.name, "is given twice")
      }
    }
  }

  private func waitsForPosition(_ request: Request) -> Bool { request.headers["min-ledger-position"] != nil }

  /// Waits, before a read, until the log has reached the `Min-Ledger-Position` that the client asks for.
  private func awaitPosition(_ request: Request, _ caller: Caller) async throws {
    guard let field = request.headers["min-ledger-position"] else { return }
    guard let wanted = Int64(field), wanted >= 0 else { throw Problem.invalidPosition }
    guard try await heads.reach(wanted, of: caller.organization) else { throw Problem.positionNotReached }
  }

  private func problem(for error: any Error, to request: Request, at endpoint: Endpoint) -> Problem {
    var problem =
      switch error {
      case let problem as Problem: problem
      case let error as PostgresError: error.problem
      case let failure as WriteFailure: failure.problem
      default: Problem.internalError
      }
    if problem.status == 500 {
      problem.detail += " Its Request-Id is \(request.id)."
      log.write(.error, "request_failed") { json in
        json.member("request_id", request.id)
        json.member("route", "\(endpoint.method.rawValue) \(endpoint.pattern)")
        if let trace = TraceID(of: request) { json.member("trace_id", trace.description) }
        json.member("error", "\(error)")
      }
    }
    return problem
  }
}
