/// Who recognised whom, and how often: what distinct people are counted by, exactly, also when some are taken away.
///
/// A set of recipients for each giver would forget that somebody was recognised twice. One count for each pair.
struct Encounters<Member: Hashable & Sendable>: Sendable {
  /// Recipient → giver → how often. Pairs of which nothing is left stay, at zero: see ``givers(of:)``.
  private var counts: [Member: [Member: Int32]] = [:]

  /// - Returns: 1 when it is the first between the two, -1 when it takes away the last, else 0.
  mutating func change(from giver: Member, to recipient: Member, isReversal: Bool) -> Int64 {
    let change: Int32 = isReversal ? -1 : 1
    counts[recipient, default: [:]][giver, default: 0] += change
    let now = counts[recipient]?[giver] ?? 0
    return isReversal ? (now == 0 ? -1 : 0) : (now == 1 ? 1 : 0)
  }

  /// Whoever recognised them, also if all of it was taken away: it may have been what last changed the giver's score.
  func givers(of recipient: Member) -> [Member] {
    counts[recipient].map { Array($0.keys) } ?? []
  }
}

/// How many teams other than the own each giver reached, by the present teams of recipients and giver.
///
/// A team moves with its people: when somebody changes team, the past counts as though they had always been there. So
/// beside the present counts, each giver's first and last encounters are kept in the order of the log, and gone
/// through again when somebody in them moves: a board that followed the log equals one built from it today.
struct Reach<Member: Hashable & Sendable>: Sendable {
  private struct Step: Sendable {
    let recipient: Member
    let position: Int64
    /// 1 for the first encounter with the recipient, -1 when the last was taken away.
    let change: Int32
  }

  private var steps: [Member: [Step]] = [:]
  /// Giver → team → how many of its people the giver recognised.
  private var people: [Member: [String: Int32]] = [:]

  /// - Parameter change: 1 for the first encounter with the recipient, -1 when the last was taken away.
  /// - Returns: the change of the giver's score.
  mutating func change(
    by change: Int64, from giver: Member, to recipient: Member, at position: Int64, in directory: Directory<Member>
  ) -> Int64 {
    let step = Step(recipient: recipient, position: position, change: Int32(change))
    steps[giver, default: []].append(step)
    return Self.take(step, of: giver, into: &people[giver, default: [:]], in: directory)
  }

  /// A giver's score from the beginning, with the teams of today. O(the giver's encounters).
  mutating func recount(_ giver: Member, in directory: Directory<Member>) -> (score: Int64, lastChange: Int64) {
    guard let steps = steps[giver] else { return (0, 0) }
    var score: Int64 = 0
    var lastChange: Int64 = 0
    var teams: [String: Int32] = [:]
    for step in steps {
      let change = Self.take(step, of: giver, into: &teams, in: directory)
      if change != 0 { lastChange = step.position }
      score += change
    }
    people[giver] = teams
    return (score, lastChange)
  }

  private static func take(
    _ step: Step, of giver: Member, into teams: inout [String: Int32], in directory: Directory<Member>
  ) -> Int64 {
    guard let team = directory.team(of: step.recipient) else { return 0 }
    let before = teams[team, default: 0]
    let now = before + step.change
    teams[team] = now == 0 ? nil : now
    if team == directory.team(of: giver) { return 0 }
    return (now > 0 ? 1 : 0) - (before > 0 ? 1 : 0)
  }
}
