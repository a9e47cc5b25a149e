import EventLoop
import Ledger
import Postgres

/// The one way in: every change of every organisation goes through here.
///
/// An organisation belongs to a lane, by its number; a lane collects what arrives while its previous batch commits.
final class LedgerWriter: Sendable {
  private let lanes: [Lane]

  /// One lane a loop.
  init(_ settings: ConnectionSettings, on loops: [EventLoop], log: Log) {
    lanes = loops.map { Lane(settings, on: $0, log: log) }
  }

  /// Decides and, when it is accepted, commits. The answer comes after the commit.
  func submit(_ submission: Submission) async throws(WriteFailure) -> Written {
    try await lane(of: submission.organization).submit(submission).get()
  }

  /// Several operations of one organisation, in order. They are decided one by one and may share a transaction.
  func submit(_ operations: [Operation], to organization: Int32) async -> [Result<Written, WriteFailure>] {
    await lane(of: organization).submit(
      operations.map { Submission(organization: organization, operation: $0) })
  }

  private func lane(of organization: Int32) -> Lane { lanes[Int(organization) % lanes.count] }

  /// Ends the lanes' connections once what they hold is answered.
  func close() async {
    for lane in lanes { await lane.close() }
  }
}

/// Why an operation was neither accepted nor refused. Unless it says otherwise, nothing was recorded; a retry with the
/// same idempotency key is safe in any case.
enum WriteFailure: Error, Sendable {
  /// More waits already than will be served soon.
  case overloaded
  /// The database cannot be reached, or did not finish.
  case unavailable
  /// The connection broke during COMMIT, and the log could not be asked.
  case outcomeUnknown
  /// The operation itself breaks the database's rules: a defect, logged with its id.
  case defective
}
