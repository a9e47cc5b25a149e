import EventLoop
import HTTP
import Postgres

/// What a loop's handlers need. One for each loop, so that a read never leaves its thread.
final class Worker: Sendable {
  let loop: EventLoop
  let pool: PostgresPool
  let writer: LedgerWriter
  let boards: BoardKeeper
  let cursors: CursorSigner
  let log: Log

  init(loop: EventLoop, pool: PostgresPool, writer: LedgerWriter, boards: BoardKeeper, cursors: CursorSigner, log: Log)
  {
    self.loop = loop
    self.pool = pool
    self.writer = writer
    self.boards = boards
    self.cursors = cursors
    self.log = log
  }
}

/// The route table. It feeds the router, the check of who may, and the check of parameters.
enum Routes {
  static let all: [Endpoint] =
    People.endpoints + Notifications.endpoints + PeopleAdministration.endpoints + PersonStatement.endpoints
    + Values.endpoints
    + Recognitions.endpoints + Rewards.endpoints
    + Redemptions.endpoints
    + Budgets.endpoints + Awards.endpoints + Leaderboards.endpoints + Exports.endpoints + LedgerEndpoints.endpoints
    + Health.endpoints

  static let router = Router(all.map { ($0.method, pattern: $0.pattern, $0) })
}

extension Worker {
  /// From a request to its answer. Every refusal becomes a problem here.
  func respond(to request: Request) async -> Response {
    switch Routes.router.match(request.method, request.path) {
    case .found(let endpoint, let parameters):
      do {
        return try await handle(request, endpoint, parameters)
      } catch {
        return problem(for: error, at: endpoint).response()
      }
    case .methodNotAllowed(let allow):
      let methods = allow.map(\.token).joined(separator: ", ")
      return Problem(
        405, "method_not_allowed", detail: "This resource answers \(methods).", headers: [("Allow", methods)]
      ).response()
    case .notFound:
      return Problem.notFound.response()
    }
  }

  private func handle(_ request: Request, _ endpoint: Endpoint, _ parameters: PathParameters) async throws -> Response {
    let caller =
      if case .anyone = endpoint.access { nil as Caller? } else { try await Authentication.caller(of: request, self) }
    let exchange = Exchange(request, parameters, self, caller: caller)
    do {
      if let caller { try check(caller, endpoint.access) }
      try check(request.query, endpoint.parameters)
      if let caller { try await awaitPosition(request, caller) }
      return try await endpoint.handle(exchange)
    } catch let problem as Problem {
      guard let caller, (400..<500).contains(problem.status), problem != WriteRequest.reused else { throw problem }
      switch try await WriteRequest.effect(of: request, by: caller, self) {
      case .none: throw problem
      case .otherRequest: throw WriteRequest.reused
      // What the caller may no longer do was done then; the first answer is theirs still.
      case .sameRequest: return try await endpoint.handle(exchange)
      }
    }
  }

  private func check(_ caller: Caller, _ access: Endpoint.Access) throws(Problem) {
    guard case .roles(let roles) = access, caller.roles.isDisjoint(with: roles) else { return }
    let names = roles.map(\.rawValue).sorted().joined(separator: " or ")
    throw Problem.forbidden("This takes the role \(names).")
  }

  private func check(_ query: Query, _ known: [String]) throws(Problem) {
    for (index, item) in query.items.enumerated() {
      guard known.contains(item.name) else { throw Problem.invalidParameter(item.name, "is not known here") }
      if query.items[..<index].contains(where: { $0.name == item.name }) {
        throw Problem.invalidParameter(item.name, "is given twice")
      }
    }
  }

  /// Waits until the log has reached the `Min-Ledger-Position` that the client asks for, up to two seconds.
  private func awaitPosition(_ request: Request, _ caller: Caller) async throws {
    guard let field = request.headers["min-ledger-position"] else { return }
    guard let wanted = Int64(field), wanted >= 0 else {
      throw Problem(400, "invalid_header", detail: "Min-Ledger-Position is a whole number.")
    }
    for _ in 0..<100 {
      let rows = try await pool.query(
        Self.headPosition, Parameters { $0.int32(caller.organization) }, isIdempotent: true)
      if let row = rows.first, try row.int64(0) >= wanted { return }
      await loop.sleep(for: .milliseconds(20))
    }
    throw Problem.unavailable("position_not_reached", "The ledger has not reached position \(wanted) yet.")
  }

  private func problem(for error: any Error, at endpoint: Endpoint) -> Problem {
    let problem =
      switch error {
      case let problem as Problem: problem
      case let error as PostgresError: error.problem
      case let failure as WriteFailure: failure.problem
      default: Problem(500, "internal_error", detail: "This could not be answered; the operator's log says why.")
      }
    if problem.status == 500 {
      log.error("request_failed", ["route": "\(endpoint.method.token) \(endpoint.pattern)", "error": "\(error)"])
    }
    return problem
  }

  private static let headPosition = SQL.statement("head_position")
}

extension Method {
  fileprivate var token: String { rawValue.uppercased() }
}
