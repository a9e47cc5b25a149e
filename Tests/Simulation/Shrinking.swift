/// Makes a history that fails shorter, as long as it fails (delta debugging, Zeller and Hildebrandt 2002): first whole
/// batches, then single operations, then the faults.
struct Shrinking {
  private let charter: Charter
  private var history: [Batch]
  /// What goes wrong, without the numbers.
  private let kind: String?
  /// Operations that may still be decided for it: about a minute's.
  private var operationsLeft = 2_000_000

  init(_ charter: Charter, _ history: [Batch]) {
    self.charter = charter
    self.history = history
    kind = Self.failure(of: history, in: charter).map { Self.kind($0.what) }
  }

  mutating func shortened() -> [Batch] {
    shrink(count: { $0.count }) { history, range in
      var history = history
      history.removeSubrange(range)
      return history
    }
    shrink(count: { $0.reduce(0) { $0 + $1.requests.count } }, Self.removingRequests)
    shrink(count: { $0.reduce(0) { $0 + ($1.directory?.people.count ?? 0) } }, Self.removingPeople)
    for index in history.indices where history[index].fault != nil {
      var calm = history
      calm[index].fault = nil
      if fails(calm) { history = calm }
    }
    return history
  }

  private static func removingRequests(_ history: [Batch], _ range: Range<Int>) -> [Batch] {
    var first = 0
    return history.compactMap { batch in
      var batch = batch
      let count = batch.requests.count
      batch.requests = batch.requests.indices.filter { !range.contains(first + $0) }.map { batch.requests[$0] }
      first += count
      return batch.requests.isEmpty && batch.directory == nil ? nil : batch
    }
  }

  private static func removingPeople(_ history: [Batch], _ range: Range<Int>) -> [Batch] {
    var first = 0
    return history.map { batch in
      var batch = batch
      guard let people = batch.directory?.people else { return batch }
      batch.directory?.people = people.indices.filter { !range.contains(first + $0) }.map { people[$0] }
      first += people.count
      return batch
    }
  }

  /// Leaves out half, then each quarter, and so on.
  private mutating func shrink(count: ([Batch]) -> Int, _ remove: ([Batch], Range<Int>) -> [Batch]) {
    var size = max(1, count(history) / 2)
    while true {
      var first = 0
      var isShorter = false
      while first < count(history), operationsLeft > 0 {
        let shorter = remove(history, first..<min(first + size, count(history)))
        if fails(shorter) {
          history = shorter
          isShorter = true
        } else {
          first += size
        }
      }
      if operationsLeft <= 0 || size == 1 && !isShorter { return }
      size = max(1, size / 2)
    }
  }

  /// Whether it still goes wrong in the same way.
  private mutating func fails(_ history: [Batch]) -> Bool {
    operationsLeft -= history.reduce(10) { $0 + $1.requests.count + ($1.directory?.people.count ?? 0) }
    return Self.failure(of: history, in: charter).map { Self.kind($0.what) } == kind
  }

  private static func kind(_ what: String) -> String {
    what.split(separator: " ").filter { word in !word.contains { $0.isNumber || $0 == "#" } }.prefix(4)
      .joined(separator: " ")
  }

  /// What goes wrong in a world with this history.
  static func failure(
    of history: [Batch], in charter: Charter, isToldAll: Bool = false
  ) -> (what: String, transcript: String)? {
    var world: World?
    do {
      let opened = try World(charter, isToldAll: isToldAll)
      world = opened
      for batch in history { _ = try opened.perform(batch) }
      _ = try opened.finish()
      return nil
    } catch {
      return ((error as? Discrepancy)?.what ?? "\(error)", world?.transcript ?? "")
    }
  }
}
