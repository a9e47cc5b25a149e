/// The attempts at one call that failed for the moment, and what is known of them together. Once one of them may have had an
/// effect, no later one that had none can say that nothing was done.
struct Attempts {
  private(set) var count = 0
  private var last: Trouble?
  /// The last one that may have had an effect.
  private var unsettled: Trouble?
  /// What the call is sent under if it changes something, and the command that goes on with it.
  private let effect: (key: String, again: String?)?

  init(_ effect: (key: String, again: String?)?) { self.effect = effect }

  /// Whether one of them may have had an effect.
  var isUnsettled: Bool { unsettled != nil }

  mutating func add(_ trouble: Trouble) {
    count += 1
    last = trouble
    if effect != nil, trouble.mayHaveActed { unsettled = trouble }
  }

  /// The last one, in words that claim nothing which an earlier one puts into doubt.
  var latest: String {
    guard let last else { return "" }
    return unsettled == nil || last.mayHaveActed ? "\(last)" : last.summary
  }

  func givenUp() -> Trouble {
    guard var trouble = unsettled ?? last else { preconditionFailure("only what failed is given up") }
    if let last, let retryAfter = last.retryAfter {
      trouble.add("The server asks to wait for \(retryAfter.inSeconds).")
    }
    if count > 1 {
      let end = unsettled != nil && last?.mayHaveActed == false ? "; the last: \(latest)" : ""
      trouble.add("Given up after \(count) attempts\(end).")
    }
    guard let effect, unsettled != nil else { return trouble }
    trouble.add(
      "Whether it was done is not known. \(effect.again.map { "`\($0)`" } ?? "The same command") with this has it done once at most:"
    )
    trouble.add("--idempotency-key \(effect.key)")
    return trouble
  }
}
