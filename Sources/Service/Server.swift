public import EventLoop
import HTTP
import Postgres

/// The service, from its database to its socket.
public final class Server: Sendable {
  public let address: String
  let loops: [EventLoop]
  private let http: HTTPServer
  private let workers: [Worker]
  private let writer: LedgerWriter
  private let verifications: Verifications
  private let log: Log

  /// How long running requests get to end once the server is told to stop.
  private static let drainLimit = Duration.seconds(20)

  /// Opens the pools and listens. The schema must be this program's.
  /// - Parameters:
  ///   - loops: one a core; they outlive the server.
  ///   - listen: a host and a port; 0 picks a free one.
  ///   - gateway: limits, CORS and the log of requests.
  public init(
    _ database: Database, on loops: [EventLoop], listen: (host: String, port: Int), gateway: Gateway = Gateway(),
    log: Log
  ) async throws {
    self.loops = loops
    self.log = log
    if database.isOneLogin, try await Schema.mayMigrate(database, on: loops[0]) {
      log.warning(
        "one_database_login",
        [
          "detail":
            "The service sets a role that cannot rewrite the log, but its login owns the schema: whoever takes it "
            + "over can. Give DATABASE_URL a login of its own, and LAUREL_OWNER_URL the owner's."
        ])
    }
    let secret = try await Schema.cursorSecret(database, on: loops[0])
    let writer = LedgerWriter(database.runtime, on: loops, log: log)
    var pools: [PostgresPool] = []
    for loop in loops { pools.append(await loop.run { PostgresPool(database.runtime, on: loop) }) }
    let boards = BoardKeeper(pools)
    let verifications = try await Verifications(database.runtime)
    let workers = pools.map {
      Worker(
        loop: $0.loop, pool: $0, writer: writer, boards: boards, cursors: CursorSigner(secret: secret),
        verifications: verifications, gateway: gateway, log: log)
    }
    self.writer = writer
    self.verifications = verifications
    self.workers = workers
    let all = workers
    var configuration = HTTPServer.Configuration()
    configuration.connectionsMax = min(configuration.connectionsMax, Descriptors.raise())
    // Every connection lives on one of the loops.
    let worker: @Sendable (EventLoop) -> Worker = { loop in all.first { $0.loop === loop }! }
    http = HTTPServer(loops: loops, configuration: configuration) { loop, request in
      await gateway.admit(request, worker(loop))
    } respond: { loop, request in
      await gateway.respond(to: request, worker(loop))
    }
    address = try await http.listen(host: listen.host, port: listen.port)
  }

  /// Stops accepting, answers what runs, then lets go of the database. Says when it begins to, and when it is done.
  public func stop() async {
    let start = ContinuousClock.now
    log.info("stopping")
    await http.drain(within: Self.drainLimit)
    await writer.close()
    await verifications.close()
    for worker in workers { await worker.loop.spawn { await worker.pool.close() }.value }
    let duration = ContinuousClock.now - start
    log.write(.info, "stopped") { $0.member("duration_ms", Int(duration / .milliseconds(1))) }
  }

  /// The one on the first loop, for what no request asks for.
  var firstWorker: Worker { workers[0] }

  /// Why the database does not answer; nil when it does.
  func databaseFailure() async -> String? {
    let pool = workers[0].pool
    return await workers[0].loop.run {
      await pool.ready() ? nil : pool.connectFailure?.message ?? "it does not answer in time"
    }
  }
}

extension EventLoop {
  /// Runs `body` on this loop and waits for its value. A task that is there already runs it itself.
  func run<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
    isCurrent ? await body() : await Task(executorPreference: self, operation: body).value
  }

  /// Runs `body` on this loop and waits for its value or its error. A task that is there already runs it itself.
  func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
    isCurrent ? try await body() : try await Task(executorPreference: self, operation: body).value
  }
}

extension Server {
  /// One line on standard error, by which scripts know that it serves.
  public func announce() { log.info("listening", ["address": address]) }
}
