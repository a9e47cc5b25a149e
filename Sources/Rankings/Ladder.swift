/// The order of a board, over small numbers (slots) in place of people: score descending, then position of the last
/// change ascending, then handle by its bytes.
///
/// Two trees: `places` holds the listed slots in that order and answers positions; `runs` holds each score that
/// somebody listed has, with how many have it, and answers ranks, dense ranks and ties in one descent.
struct Ladder: Sendable {
  /// What a slot counts for.
  struct Row: BitwiseCopyable, Sendable {
    var score: Int64
    var lastChange: Int64
    /// Keeps its score, but is on no list.
    var isHidden: Bool

    var isListed: Bool { !isHidden && score > 0 }
  }

  /// A listed slot with what orders it.
  private struct Place: BitwiseCopyable, Sendable {
    let score: Int64
    let lastChange: Int64
    let slot: Int32
  }

  /// Of scores: how many there are, and how many listed slots have one of them.
  private struct Run: AdditiveArithmetic, BitwiseCopyable, Sendable {
    var scores: Int32
    var slots: Int32

    static let zero = Run(scores: 0, slots: 0)
    static func + (left: Run, right: Run) -> Run {
      Run(scores: left.scores + right.scores, slots: left.slots + right.slots)
    }
    static func - (left: Run, right: Run) -> Run {
      Run(scores: left.scores - right.scores, slots: left.slots - right.slots)
    }
  }

  private(set) var rows: [Row]
  private var handles: [String]
  private var vacant: [Int32] = []
  private var places: CountedTree<Place, Int32>
  private var runs: CountedTree<Int64, Run>
  /// How many are listed.
  private(set) var total = 0

  init() { self.init(rows: [], handles: []) }

  /// Slots 0, 1, 2 … as given. O(n log n).
  init(rows: [Row], handles: [String]) {
    self.rows = rows
    self.handles = handles
    var ordered: [Place] = []
    for (slot, row) in rows.enumerated() where row.isListed {
      ordered.append(Place(score: row.score, lastChange: row.lastChange, slot: Int32(slot)))
    }
    ordered.sort { $0.slot != $1.slot && Self.isAtOrBefore($0, $1, handles) }
    var scores: [(element: Int64, count: Run)] = []
    for place in ordered {
      if scores.last?.element == place.score {
        scores[scores.count - 1].count.slots += 1
      } else {
        scores.append((place.score, Run(scores: 1, slots: 1)))
      }
    }
    total = ordered.count
    places = CountedTree(ordered: ordered.lazy.map { ($0, 1) })
    runs = CountedTree(ordered: scores)
  }

  /// A slot of its own. O(log n).
  mutating func insert(_ row: Row, handle: String) -> Int32 {
    let slot: Int32
    if let free = vacant.popLast() {
      slot = free
      rows[Int(slot)] = row
      handles[Int(slot)] = handle
    } else {
      slot = Int32(rows.count)
      rows.append(row)
      handles.append(handle)
    }
    if row.isListed { list(slot) }
    return slot
  }

  /// O(log n); O(1) when nothing changes.
  mutating func set(_ row: Row, at slot: Int32) {
    let before = rows[Int(slot)]
    if before.isListed && row.isListed && before.score == row.score && before.lastChange == row.lastChange { return }
    if before.isListed { unlist(slot) }
    rows[Int(slot)] = row
    if row.isListed { list(slot) }
  }

  /// O(log n).
  mutating func rename(_ slot: Int32, to handle: String) {
    // Compared as bytes, like everything here: `==` would take two spellings of one accent for the same.
    if handles[Int(slot)].utf8.elementsEqual(handle.utf8) { return }
    let isListed = rows[Int(slot)].isListed
    if isListed { unlist(slot) }
    handles[Int(slot)] = handle
    if isListed { list(slot) }
  }

  /// The slot is free for another from then on. O(log n).
  mutating func remove(_ slot: Int32) {
    if rows[Int(slot)].isListed { unlist(slot) }
    rows[Int(slot)] = Row(score: 0, lastChange: 0, isHidden: true)
    handles[Int(slot)] = ""
    vacant.append(slot)
  }

  func handle(of slot: Int32) -> String { handles[Int(slot)] }

  /// Nil for a slot that is not listed. O(log n), no allocation.
  func standing(of slot: Int32) -> Standing? {
    let row = rows[Int(slot)]
    return row.isListed ? standing(of: row.score, position: position(of: slot)) : nil
  }

  /// Place by place, from the 1-based `position` on. O(log n + limit).
  func visit(from position: Int, limit: Int, _ body: (Int32, Standing) -> Void) {
    var next = position
    var last: Standing?
    places.visit(after: position - 1, limit: limit) { place in
      var standing = last
      if standing?.score == place.score {
        standing?.position = next
      } else {
        standing = self.standing(of: place.score, position: next)
      }
      guard let standing else { return }
      body(place.slot, standing)
      last = standing
      next += 1
    }
  }

  /// The 1-based place of a listed slot. O(log n).
  func position(of slot: Int32) -> Int {
    let meant = place(of: slot)
    return Int(places.upTo { Self.isAtOrBefore($0, meant, handles) }.count)
  }

  private func standing(of score: Int64, position: Int) -> Standing? {
    let (upTo, own) = runs.upTo { $0 >= score }
    guard let own, own.element == score else { return nil }
    let lower = total - Int(upTo.slots)
    return Standing(
      rank: Int(upTo.slots - own.count.slots) + 1, denseRank: Int(upTo.scores), position: position,
      tiedWith: Int(own.count.slots) - 1, score: score, percentile: Double(lower) * 100 / Double(total))
  }

  private func place(of slot: Int32) -> Place {
    let row = rows[Int(slot)]
    return Place(score: row.score, lastChange: row.lastChange, slot: slot)
  }

  private static func isAtOrBefore(_ place: Place, _ other: Place, _ handles: [String]) -> Bool {
    if place.score != other.score { return place.score > other.score }
    if place.lastChange != other.lastChange { return place.lastChange < other.lastChange }
    if place.slot == other.slot { return true }
    let (handle, otherHandle) = (handles[Int(place.slot)].utf8, handles[Int(other.slot)].utf8)
    if handle.lexicographicallyPrecedes(otherHandle) { return true }
    // Two people cannot share a handle; if a caller lets them, the order is still one.
    return place.slot < other.slot && handle.elementsEqual(otherHandle)
  }

  private mutating func list(_ slot: Int32) {
    let meant = place(of: slot)
    let handles = handles
    places.insert(meant, count: 1) { Self.isAtOrBefore($0, meant, handles) }
    changeRun(of: meant.score, by: 1)
    total += 1
  }

  private mutating func unlist(_ slot: Int32) {
    let meant = place(of: slot)
    let handles = handles
    places.remove { Self.isAtOrBefore($0, meant, handles) }
    changeRun(of: meant.score, by: -1)
    total -= 1
  }

  private mutating func changeRun(of score: Int64, by change: Int32) {
    let own = runs.upTo { $0 >= score }.last
    let slots = own?.element == score ? own?.count.slots ?? 0 : 0
    if slots == 0 {
      runs.insert(score, count: Run(scores: 1, slots: change)) { $0 >= score }
    } else if slots + change == 0 {
      runs.remove { $0 >= score }
    } else {
      runs.setCount(Run(scores: 1, slots: slots + change)) { $0 >= score }
    }
  }
}
