/// First in, first out, and who was taken too early can go back to the front.
struct WaitingLine<Element> {
  /// The next one last.
  private var front: [Element] = []
  /// In the order of their coming, behind all in ``front``.
  private var back: [Element] = []

  var count: Int { front.count + back.count }
  var isEmpty: Bool { front.isEmpty && back.isEmpty }
  var first: Element? { front.last ?? back.first }

  mutating func append(_ element: Element) { back.append(element) }

  mutating func popFirst() -> Element? {
    if front.isEmpty, !back.isEmpty {
      front = back.reversed()
      back.removeAll(keepingCapacity: true)
    }
    return front.popLast()
  }

  mutating func putBack(_ element: Element) { front.append(element) }

  mutating func removeAll(where isGone: (Element) -> Bool) {
    front.removeAll(where: isGone)
    back.removeAll(where: isGone)
  }
}

/// What waits for one organisation's batches. The API keys that it came by take turns, one operation each, so that whoever sends
/// much waits for themselves; what came by one key keeps its order.
///
/// Invariants:
/// 1. a key is in `turns` exactly once while something of it waits;
/// 2. of two operations of one key, the earlier one is taken first, also after it was put back.
struct FairLine<Element> {
  private var byKey: [UInt64: WaitingLine<Element>] = [:]
  private var turns = WaitingLine<UInt64>()
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ element: Element, of key: UInt64) {
    if byKey[key] == nil { turns.append(key) }
    byKey[key, default: WaitingLine()].append(element)
    count += 1
  }

  mutating func popFirst() -> Element? {
    // Taken out while it changes, so that it is not copied.
    guard let key = turns.popFirst(), var line = byKey.removeValue(forKey: key), let element = line.popFirst() else {
      return nil
    }
    count -= 1
    if !line.isEmpty {
      byKey[key] = line
      turns.append(key)
    }
    return element
  }

  /// - Parameter elements: with their keys, in the order in which they were taken.
  mutating func putBack(_ elements: some BidirectionalCollection<(key: UInt64, element: Element)>) {
    for (key, element) in elements.reversed() {
      if byKey[key] == nil { turns.putBack(key) }
      byKey[key, default: WaitingLine()].putBack(element)
      count += 1
    }
  }

  /// Takes out what `isLate` says of, the first of each key before its others.
  mutating func removeFirst(where isLate: (Element) -> Bool) -> [Element] {
    var late: [Element] = []
    for key in byKey.keys.filter({ byKey[$0]?.first.map(isLate) ?? false }) {
      guard var line = byKey.removeValue(forKey: key) else { continue }
      while let first = line.first, isLate(first), let element = line.popFirst() { late.append(element) }
      if !line.isEmpty { byKey[key] = line }
    }
    guard !late.isEmpty else { return [] }
    turns.removeAll { byKey[$0] == nil }
    count -= late.count
    return late
  }
}
