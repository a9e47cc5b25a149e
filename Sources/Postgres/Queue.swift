/// First in, first out, in a ring that grows by doubling.
struct Queue<Element> {
  private var ring: [Element?] = []
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ element: Element) {
    if count == ring.count { grow() }
    ring[(head + count) & (ring.count - 1)] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    // The slot is emptied at once: what it held may own memory.
    let element = ring[head].take()
    head = (head + 1) & (ring.count - 1)
    count -= 1
    return element
  }

  /// The oldest element, changed in place; nil when there is none.
  mutating func withFirst<T>(_ change: (inout Element) -> T) -> T? {
    guard count > 0 else { return nil }
    // The slots from `head` on, `count` of them, are filled.
    return change(&ring[head]!)
  }

  private mutating func grow() {
    var larger: [Element?] = []
    larger.reserveCapacity(max(8, ring.count * 2))
    for index in 0..<count { larger.append(ring[(head + index) & (ring.count - 1)].take()) }
    while larger.count < max(8, ring.count * 2) { larger.append(nil) }
    ring = larger
    head = 0
  }
}
