import EventLoop
import Ledger
import Postgres
import Synchronization

/// Records what falls due without anybody asking: points that have run out, the points of leavers whose grace is over, what
/// budgets have left after their period. And notes every day in the log where each organisation's ledger ends.
///
/// Nothing depends on its being on time: reads leave out what has run out, and whoever spends has it recorded first. Several
/// servers may do this at once, since the ledger finds nothing due the second time.
public final class Upkeep: Sendable {
  private static let interval = Duration.seconds(60)
  private static let operationsMax = 512

  private let worker: Worker
  private let log: Log
  private let task = Mutex<Task<Void, Never>?>(nil)

  public init(_ server: Server, log: Log) {
    worker = server.firstWorker
    self.log = log
  }

  public func start() {
    let started = Task.detached { [self] in
      var dayNoted: Int64?
      while !Task.isCancelled {
        let day = Timestamp.now.microseconds / 86_400_000_000
        do {
          if day != dayNoted { try await noteHeads() }
          dayNoted = day
          try await recordDue()
        } catch {
          log.warning("upkeep_postponed", ["error": "\(error)"])
        }
        // Cancelled only when the server stops.
        try? await Task.sleep(for: Self.interval)
      }
    }
    task.withLock { $0 = started }
  }

  public func stop() { task.withLock { $0.take()?.cancel() } }

  /// Records everything that is due now. What cannot be recorded is logged, and keeps nobody else waiting.
  /// - Returns: how many entries that made.
  @discardableResult
  func recordDue() async throws -> Int {
    var count = 0
    for (organization, slug, _, _) in try await heads() {
      do {
        count += try await recordDue(in: organization)
      } catch {
        log.warning("upkeep_postponed", ["organization": slug, "error": "\(error)"])
      }
    }
    return count
  }

  private func recordDue(in organization: Int32) async throws -> Int {
    var count = 0
    var isMore = true
    while isMore {
      let operations = try await due(in: organization)
      let results = await worker.writer.submit(operations, to: organization)
      var made = 0
      var failure: WriteFailure?
      for result in results {
        switch result {
        case .success(let written):
          if case .accepted = written.decision { made += 1 }
        case .failure(let reason): failure = reason
        }
      }
      count += made
      if let failure { throw failure }
      // Something that is due and yet unchanged would come again for ever.
      isMore = operations.count == Self.operationsMax && made > 0
    }
    return count
  }

  private func noteHeads() async throws {
    for (_, slug, position, hash) in try await heads() {
      log.info("ledger_head", ["organization": slug, "position": "\(position)", "hash": hash.description])
    }
  }

  private func due(in organization: Int32) async throws -> [Operation] {
    let pool = worker.pool
    return try await worker.loop.run {
      let rows = try await pool.query(Self.due, Parameters { $0.int32(organization) }, isIdempotent: true)
      return try rows.prefix(Self.operationsMax).map { row throws(PostgresError) in
        let id = ID(rawValue: try row.uuid(1))
        return Operation(
          id: Secrets.id(), actor: nil, salt: Secrets.digest(),
          action: try row.text(0) == "budget" ? .returnBudget(id) : .expirePoints(id))
      }
    }
  }

  private func heads() async throws -> [(Int32, String, Int64, Digest)] {
    let pool = worker.pool
    return try await worker.loop.run {
      try await pool.query(Self.heads, isIdempotent: true).map { row throws(PostgresError) in
        (try row.int32(0), try row.text(1), try row.int64(2), try row.digest(3))
      }
    }
  }

  private static let due = SQL.statement("due", .long)
  private static let heads = SQL.statement("heads")
}
