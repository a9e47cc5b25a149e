import Ledger

/// Hands operations to the writer in batches, in order, and reports how far it got.
struct ImportRun {
  let organization: Int32
  let writer: LedgerWriter
  /// Gets the number done and the number in all.
  let progress: @Sendable (Int, Int) -> Void

  /// - Throws: a ``Refusal`` or a ``WriteFailure``; what came before it stays recorded, and importing again goes on from
  ///   there.
  func submit(_ operations: [Operation], each: (Decision) -> Void) async throws {
    var done = 0
    while done < operations.count {
      let batch = Array(operations[done...].prefix(Lane.batchCountMax))
      for answer in await writer.submit(batch, to: organization) {
        let decision = try answer.get().decision
        if case .refused(let refusal) = decision { throw refusal }
        each(decision)
      }
      done += batch.count
      progress(done, operations.count)
    }
  }
}
