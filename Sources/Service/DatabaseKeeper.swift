import Glibc
import Synchronization

/// Brings a private PostgreSQL back when it dies. It looks every second: cheap, and far below the time that a client waits.
public final class DatabaseKeeper: Sendable {
  private let database: Database
  private let server: Server
  private let log: Log
  private let task = Mutex<Task<Void, Never>?>(nil)

  public init(_ database: Database, _ server: Server, log: Log) {
    self.database = database
    self.server = server
    self.log = log
  }

  /// Does nothing for a PostgreSQL that somebody else runs.
  public func start() {
    guard let cluster = database.cluster else { return }
    let started = Task.detached { [server, log] in
      while !Task.isCancelled {
        // Cancelled only when the server stops.
        try? await Task.sleep(for: .seconds(1))
        if await server.isDatabaseReady() || Task.isCancelled { continue }
        do {
          if try cluster.revive() { log.warning("database_revived") }
        } catch {
          log.error("database_not_revived", ["error": "\(error)"])
        }
      }
    }
    task.withLock { $0 = started }
  }

  public func stop() { task.withLock { $0.take()?.cancel() } }
}
