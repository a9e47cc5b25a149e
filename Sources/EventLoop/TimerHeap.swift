/// A binary min-heap of deadlines. Cancelling marks; the mark is dropped when it reaches the top, or when
/// more than half of the heap is marked, so memory follows what is live.
struct TimerHeap {
  private var items: [LoopTimer] = []
  private var cancelledCount = 0

  var isEmpty: Bool { items.isEmpty }

  mutating func insert(_ timer: LoopTimer) {
    items.append(timer)
    siftUp(items.count - 1)
  }

  /// The earliest live deadline, in nanoseconds of the monotonic clock.
  mutating func nextDeadline() -> UInt64? {
    while let first = items.first, first.body == nil { removeFirst() }
    return items.first?.deadline
  }

  /// Takes out the earliest live timer that is due.
  mutating func popDue(at now: UInt64) -> LoopTimer? {
    guard let deadline = nextDeadline(), deadline <= now else { return nil }
    let timer = items[0]
    removeFirst()
    return timer
  }

  mutating func noteCancellation() {
    cancelledCount += 1
    guard cancelledCount > 64, cancelledCount * 2 > items.count else { return }
    let live = items.filter { $0.body != nil }
    items.removeAll(keepingCapacity: true)
    cancelledCount = 0
    for timer in live { insert(timer) }
  }

  private mutating func removeFirst() {
    if items[0].body == nil { cancelledCount = max(0, cancelledCount - 1) }
    let last = items.removeLast()
    if items.isEmpty { return }
    items[0] = last
    siftDown(0)
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      if items[parent].deadline <= items[child].deadline { return }
      items.swapAt(parent, child)
      child = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      var least = 2 * parent + 1
      if least >= items.count { return }
      if least + 1 < items.count, items[least + 1].deadline < items[least].deadline { least += 1 }
      if items[parent].deadline <= items[least].deadline { return }
      items.swapAt(parent, least)
      parent = least
    }
  }
}

/// A one-shot timer of one ``EventLoop``; touched on that loop's thread only.
public final class LoopTimer {
  let deadline: UInt64
  var body: (() -> Void)?

  init(deadline: UInt64, body: @escaping () -> Void) {
    self.deadline = deadline
    self.body = body
  }
}
