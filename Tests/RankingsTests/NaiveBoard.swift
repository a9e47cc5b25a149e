import Rankings

/// What a board must answer, by sorting everybody each time.
struct NaiveBoard {
  var rows: [Int32: Board<Int32>.Row] = [:]

  mutating func add(_ change: Int64, at position: Int64, to member: Int32) {
    guard change != 0, var row = rows[member] else { return }
    row.score += change
    row.lastChange = position
    rows[member] = row
  }

  func list() -> [(member: Int32, standing: Standing)] {
    let listed = rows.values.filter { $0.score > 0 && !$0.isHidden }.sorted { left, right in
      if left.score != right.score { return left.score > right.score }
      if left.lastChange != right.lastChange { return left.lastChange < right.lastChange }
      return Array(left.handle.utf8).lexicographicallyPrecedes(Array(right.handle.utf8))
    }
    let peers = Dictionary(grouping: listed, by: \.score).mapValues(\.count)
    var (rank, denseRank) = (0, 0)
    return listed.enumerated().map { index, row in
      if index == 0 || listed[index - 1].score != row.score {
        rank = index + 1
        denseRank += 1
      }
      let tied = peers[row.score, default: 0]
      let lower = listed.count - (rank - 1) - tied
      let standing = Standing(
        rank: rank, denseRank: denseRank, position: index + 1, tiedWith: tied - 1, score: row.score,
        percentile: 100 * Double(lower) / Double(listed.count))
      return (row.member, standing)
    }
  }
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): the same numbers for a seed, everywhere.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
