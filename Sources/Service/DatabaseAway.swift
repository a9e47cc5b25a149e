import EventLoop
import Postgres

/// Why the database could not do it just now, in words for whoever typed a command: no finding, and no refusal.
public struct DatabaseAway: Error, CustomStringConvertible {
  public let description: String

  /// Nil for an error that says something else.
  public init?(_ error: any Error) {
    switch error {
    case let error as PostgresError:
      guard let words = Self.words(error) else { return nil }
      description = words
    case let failure as WriteFailure:
      guard let words = Self.words(failure) else { return nil }
      description = words
    case let error as PrivateClusterError:
      description = "the private PostgreSQL: \(error)"
    case let error as SystemError:
      description = "\(error)"
    default:
      return nil
    }
  }

  private static func words(_ error: PostgresError) -> String? {
    switch error.kind {
    case .unavailable, .closed: "the database cannot be reached: \(error.message)"
    case .connectionLost(outcomeUnknown: false):
      "the database was lost, and nothing of the last step remains: \(error.message)"
    case .connectionLost(outcomeUnknown: true), .replicationUnconfirmed:
      "the database was lost, and whether the last step was recorded is not known: \(error.message)"
    case .timedOut: "the database took too long: \(error.message)"
    case .unable, .overloaded: "the database cannot do it just now: \(error.message)"
    case .refused, .rolledBack, .misuse: nil
    }
  }

  private static func words(_ failure: WriteFailure) -> String? {
    switch failure {
    case .unavailable, .overloaded: "the database did not answer; nothing of the last step was recorded"
    case .outcomeUnknown: "the database was lost while it recorded; whether the last step was recorded is not known"
    case .defective: nil
    }
  }
}
