import Ledger

/// An operation and the organisation it is for. The organisation comes from the caller's key, never from a request.
struct Submission: Sendable {
  let organization: Int32
  let operation: Operation
  /// The API key that it came by, as ``KeyText/bucket`` says: keys take turns. The operator's is 0.
  let key: UInt64
  /// Decide, and record nothing.
  let isDryRun: Bool

  init(organization: Int32, operation: Operation, key: UInt64 = 0, isDryRun: Bool = false) {
    self.organization = organization
    self.operation = operation
    self.key = key
    self.isDryRun = isDryRun
  }

  /// How many bytes are read and written for it, roughly: its words, and what there is to each person that it names.
  var byteCount: Int {
    switch operation.action {
    case .recognise(let request): Self.byteCount(words: request.message, names: request.to)
    case .award(let request): Self.byteCount(words: request.message, names: request.to)
    default: Self.bytesOfOne
    }
  }

  private static let bytesOfOne = 512

  private static func byteCount(words: String, names: [String]) -> Int {
    words.utf8.count + bytesOfOne * (1 + names.count)
  }
}
