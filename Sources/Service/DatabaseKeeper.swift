import Glibc
import Synchronization

/// Looks every second whether PostgreSQL answers, says once when it has gone and once when it is back, and brings a private one
/// back when it has died. A second is cheap, and far below the time that a client waits.
public final class DatabaseKeeper: Sendable {
  private static let interval = Duration.seconds(1)

  private let database: Database
  private let server: Server
  private let log: Log
  private let task = Mutex<Task<Void, Never>?>(nil)

  public init(_ database: Database, _ server: Server, log: Log) {
    self.database = database
    self.server = server
    self.log = log
  }

  public func start() {
    let started = Task.detached { [self] in
      var presence = DatabasePresence()
      while !Task.isCancelled {
        // Cancelled only when the server stops.
        try? await Task.sleep(for: Self.interval)
        let failure = await server.databaseFailure()
        if Task.isCancelled { return }
        report(presence.note(isThere: failure == nil, at: .now), failure)
        if failure != nil { revive(&presence) }
      }
    }
    task.withLock { $0 = started }
  }

  public func stop() { task.withLock { $0.take()?.cancel() } }

  private func report(_ change: DatabasePresence.Change?, _ failure: String?) {
    switch change {
    case .gone: log.error("database_away", ["error": failure ?? ""])
    case .back(let away):
      log.write(.warning, "database_back") { $0.member("away_ms", Int(away / .milliseconds(1))) }
    case nil: break
    }
  }

  /// Does nothing for a PostgreSQL that somebody else runs.
  private func revive(_ presence: inout DatabasePresence) {
    guard let cluster = database.cluster else { return }
    do {
      if try cluster.revive() { log.warning("database_revived") }
    } catch {
      // Tried every second: on a disk that stays full, one line says what hours of lines would.
      if presence.isNews("\(error)") { log.error("database_not_revived", ["error": "\(error)"]) }
    }
  }
}

/// Whether PostgreSQL is there, as one who looks again and again sees it. One miss is none: a busy moment, or a quick restart.
struct DatabasePresence {
  enum Change: Equatable {
    case gone
    /// After so long.
    case back(Duration)
  }

  private static let missesMax = 1

  private var missCount = 0
  private var missedSince: ContinuousClock.Instant?
  private var isGone = false
  private var lastFailure: String?

  /// - Returns: what is new since the last look.
  mutating func note(isThere: Bool, at now: ContinuousClock.Instant) -> Change? {
    if isThere {
      let since = missedSince
      let wasGone = isGone
      self = DatabasePresence()
      return wasGone ? since.map { .back(now - $0) } : nil
    }
    missCount += 1
    missedSince = missedSince ?? now
    guard !isGone, missCount > Self.missesMax else { return nil }
    isGone = true
    return .gone
  }

  /// Whether why it could not be brought back is another reason than the last time.
  mutating func isNews(_ failure: String) -> Bool {
    defer { lastFailure = failure }
    return failure != lastFailure
  }
}
