import EventLoop
import Postgres

/// A lane's connections to PostgreSQL. They are made when they are needed, and kept. Touched on the lane's loop alone.
final class LaneConnections {
  let loop: EventLoop
  /// What PostgreSQL may take for a statement, and for a lock other than the head's.
  let settings: ConnectionSettings
  private let sessionSettings: ConnectionSettings
  private var idle: [PostgresConnection] = []
  /// A second at most, which the batch waits: whoever is in it then either has a connection or an answer.
  private var backoff = Backoff(limit: .seconds(1))
  /// Before this moment there is no other attempt to connect.
  private var connectAt: UInt64 = 0
  /// Whether it was said that there is no connection: while PostgreSQL is away, each batch would say so again.
  private var isAbsenceNoted = false

  /// - Parameter headWait: how long a batch waits for its organisation's head, unless it says otherwise.
  init(_ settings: ConnectionSettings, headWait: Duration, on loop: EventLoop) {
    self.settings = settings
    self.loop = loop
    var sessionSettings = settings
    sessionSettings.lockTimeout = headWait
    // A lane looks rows up by key, few at a time: never by reading a table, whatever the statistics say of a new one.
    sessionSettings.parameters.append(("enable_seqscan", "off"))
    self.sessionSettings = sessionSettings
  }

  /// One that nobody else has; a new one where none is free. Whoever gets it gives it back.
  func lend() async throws(PostgresError) -> PostgresConnection {
    while let connection = idle.popLast() {
      guard connection.isOpen else { continue }
      do throws(PostgresError) {
        try await connection.renewPlans()
        return connection
      } catch {
        connection.close()
        throw error
      }
    }
    if loop.now < connectAt { await loop.sleep(for: .nanoseconds(Int64(connectAt - loop.now))) }
    do throws(PostgresError) {
      let connection = try await PostgresConnection.connect(sessionSettings, on: loop)
      isAbsenceNoted = false
      backoff.reset()
      return connection
    } catch {
      connectAt = loop.now + UInt64(backoff.next(random: .random(in: 0..<1)) / .nanoseconds(1))
      throw error
    }
  }

  func giveBack(_ connection: PostgresConnection) {
    if connection.isOpen { idle.append(connection) }
  }

  /// Whether it is news that there is no connection.
  func noteAbsence() -> Bool {
    defer { isAbsenceNoted = true }
    return !isAbsenceNoted
  }

  /// Closes those that are not lent.
  func close() {
    for connection in idle { connection.close() }
    idle = []
  }
}
