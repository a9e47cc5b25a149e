/// Where somebody stands among the listed.
public struct Standing: Sendable, Hashable {
  /// One more than have a higher score: 1, 2, 2, 4 (competition ranking).
  public var rank: Int
  /// One more than there are higher scores: 1, 2, 2, 3.
  public var denseRank: Int
  /// 1, 2, 3, 4: everybody's own.
  public var position: Int
  /// How many others have the same score.
  public var tiedWith: Int
  public var score: Int64
  /// The share of the listed whose score is lower, in percent: from 0 to below 100, not rounded.
  public var percentile: Double

  public init(rank: Int, denseRank: Int, position: Int, tiedWith: Int, score: Int64, percentile: Double) {
    self.rank = rank
    self.denseRank = denseRank
    self.position = position
    self.tiedWith = tiedWith
    self.score = score
    self.percentile = percentile
  }
}

/// People in the order of their scores: score descending, then ledger position of the entry that last changed the score,
/// ascending, then handle compared as UTF-8 bytes.
///
/// Listed is who has a score above zero and is not hidden. Others keep their score here, and nobody's place shows that
/// they are missing. With n people: every look-up and every change is O(log n), and look-ups of one person
/// allocate nothing. About 100 bytes for each person.
public struct Board<Member: Hashable & Sendable>: Sendable {
  /// Somebody's score.
  public struct Row: Sendable {
    public var member: Member
    /// Unique on its board, by its bytes.
    public var handle: String
    public var score: Int64
    /// The ledger position of the entry that last changed the score.
    public var lastChange: Int64
    /// On no list, whatever the score: opted out, left, or not in the board's scope.
    public var isHidden: Bool

    public init(member: Member, handle: String, score: Int64, lastChange: Int64, isHidden: Bool = false) {
      self.member = member
      self.handle = handle
      self.score = score
      self.lastChange = lastChange
      self.isHidden = isHidden
    }
  }

  private var slots: [Member: Int32]
  /// By slot; those of vacant slots are stale.
  private var members: [Member]
  private var ladder: Ladder

  public init() { self.init([]) }

  /// A board of these people, each of whom comes once. O(n log n), several times faster than one by one.
  public init(_ rows: [Row]) {
    members = rows.map(\.member)
    slots = Dictionary(minimumCapacity: rows.count)
    for (slot, row) in rows.enumerated() {
      let other = slots.updateValue(Int32(slot), forKey: row.member)
      precondition(other == nil, "somebody is given twice")
    }
    ladder = Ladder(
      rows: rows.map { Ladder.Row(score: $0.score, lastChange: $0.lastChange, isHidden: $0.isHidden) },
      handles: rows.map(\.handle))
  }

  /// How many are listed.
  public var total: Int { ladder.total }

  /// How many have a score here, listed or not.
  public var count: Int { slots.count }

  // MARK: - Changes

  /// Puts somebody on the board, or replaces all that it says of them. O(log n).
  public mutating func set(_ row: Row) {
    let scored = Ladder.Row(score: row.score, lastChange: row.lastChange, isHidden: row.isHidden)
    if let slot = slots[row.member] {
      ladder.rename(slot, to: row.handle)
      ladder.set(scored, at: slot)
    } else {
      insert(row.member, scored, handle: row.handle)
    }
  }

  /// Changes a score by the ledger's entry at `position`, which becomes its last change; a change of zero is none.
  /// Nothing happens to who is not on the board. O(log n).
  /// - Returns: whether the member is on the board.
  @discardableResult
  public mutating func add(_ change: Int64, at position: Int64, to member: Member) -> Bool {
    guard let slot = slots[member] else { return false }
    if change == 0 { return true }
    var row = ladder.rows[Int(slot)]
    row.score += change
    row.lastChange = position
    ladder.set(row, at: slot)
    return true
  }

  /// Off the list, or back on it if the score is above zero; the score stays. O(log n).
  public mutating func hide(_ member: Member, _ isHidden: Bool = true) {
    guard let slot = slots[member] else { return }
    var row = ladder.rows[Int(slot)]
    row.isHidden = isHidden
    ladder.set(row, at: slot)
  }

  /// O(log n).
  public mutating func rename(_ member: Member, to handle: String) {
    if let slot = slots[member] { ladder.rename(slot, to: handle) }
  }

  /// Forgets somebody and their score. O(log n).
  public mutating func remove(_ member: Member) {
    if let slot = slots.removeValue(forKey: member) { ladder.remove(slot) }
  }

  // MARK: - Look-ups

  /// What the board knows of somebody, listed or not. O(1).
  public func row(of member: Member) -> Row? {
    guard let slot = slots[member] else { return nil }
    let row = ladder.rows[Int(slot)]
    return Row(
      member: member, handle: ladder.handle(of: slot), score: row.score, lastChange: row.lastChange,
      isHidden: row.isHidden)
  }

  /// Listed or not; nil for who is not on the board. O(1).
  public func score(of member: Member) -> Int64? {
    slots[member].map { ladder.rows[Int($0)].score }
  }

  /// Nil for who is not listed. O(log n), no allocation.
  public func standing(of member: Member) -> Standing? {
    slots[member].flatMap { ladder.standing(of: $0) }
  }

  /// Up to `count` people from a unique position on: pages follow each other by `from` += `count`. O(log n + count).
  public func top(_ count: Int, from position: Int = 1) -> [(member: Member, standing: Standing)] {
    let first = max(position, 1)
    let limit = min(count, total - first + 1)
    guard limit > 0 else { return [] }
    var places: [(member: Member, standing: Standing)] = []
    places.reserveCapacity(limit)
    ladder.visit(from: first, limit: limit) { slot, standing in places.append((members[Int(slot)], standing)) }
    return places
  }

  /// Somebody between up to `radius` neighbours on either side, fewer at the ends; empty for who is not listed.
  /// O(log n + radius).
  public func around(_ member: Member, radius: Int) -> [(member: Member, standing: Standing)] {
    guard let slot = slots[member], ladder.rows[Int(slot)].isListed else { return [] }
    // No board is wider than itself; clamped so that no radius overflows.
    let radius = min(max(radius, 0), total)
    let position = ladder.position(of: slot)
    let first = max(position - radius, 1)
    return top(position + radius - first + 1, from: first)
  }

  private mutating func insert(_ member: Member, _ row: Ladder.Row, handle: String) {
    let slot = ladder.insert(row, handle: handle)
    slots[member] = slot
    if Int(slot) == members.count {
      members.append(member)
    } else {
      members[Int(slot)] = member
    }
  }
}
