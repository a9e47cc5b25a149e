import Ledger

/// An operation and the organisation it is for. The organisation comes from the caller's key, never from a request.
struct Submission: Sendable {
  let organization: Int32
  let operation: Operation
  /// Decide, and record nothing.
  let isDryRun: Bool

  init(organization: Int32, operation: Operation, isDryRun: Bool = false) {
    self.organization = organization
    self.operation = operation
    self.isDryRun = isDryRun
  }
}
