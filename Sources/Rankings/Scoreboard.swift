/// One metric in one period, followed event by event: the board of everyone, and boards of groups out of the same scores.
///
/// A scope of the API is one of three things. `org` is ``everyone``. `value:` is a scoreboard of its own, since it
/// chooses events. `team:`, `department:`, `location:` and `manager:` choose people: groups here, whose scores are not
/// counted again.
///
/// What is answered depends on the events counted and the present directory only, not on when somebody moved, was
/// renamed or opted out: one that followed the log equals one built today.
public struct Scoreboard<Member: Hashable & Sendable>: Sendable {
  private struct Group: Sendable {
    var members: Set<Member>
    var board: Board<Member>
  }

  public let metric: Metric
  public let period: Period
  /// Counts only recognitions, boosts and awards with this value; nil counts all.
  public let value: String?

  /// Everyone with a score, listed as the directory says.
  public private(set) var everyone: Board<Member>
  private var groups: [String: Group] = [:]
  private var tally: Tally<Member>

  public init(_ metric: Metric, in period: Period, value: String? = nil) {
    self.init(metric, in: period, value: value, tally: Tally(metric), everyone: Board())
  }

  init(_ metric: Metric, in period: Period, value: String?, tally: Tally<Member>, everyone: Board<Member>) {
    self.metric = metric
    self.period = period
    self.value = value
    self.tally = tally
    self.everyone = everyone
  }

  // MARK: - Following the log

  /// Counts an event, unless it is of another period or value. Events come in the order of the log.
  /// O(recipients · (groups + log people)).
  public mutating func count(_ event: Event<Member>, in directory: Directory<Member>) {
    guard event.counts(in: period), event.counts(for: value) else { return }
    // Taken apart because the tally changes while it calls.
    var changes: [(member: Member, by: Int64)] = []
    tally.count(event, in: directory) { member, change in
      if change != 0 { changes.append((member, change)) }
    }
    for (member, change) in changes {
      let score = everyone.score(of: member) ?? 0
      set(score + change, lastChange: event.position, of: member, in: directory)
    }
  }

  /// Follows the directory after it changed for these people: handles, teams, who is listed. Many at once cost less
  /// than one by one. O(people · (groups + log people)); teams reached, also O(what those concerned ever did).
  public mutating func follow(changesOf members: some Collection<Member>, in directory: Directory<Member>) {
    for member in members {
      guard let row = everyone.row(of: member) else { continue }
      set(row.score, lastChange: row.lastChange, of: member, in: directory)
    }
    var recounted: [(member: Member, score: Int64, lastChange: Int64)] = []
    tally.recount(afterMovesOf: members, in: directory) { recounted.append(($0, $1, $2)) }
    for (member, score, lastChange) in recounted where score != 0 || everyone.score(of: member) != nil {
      set(score, lastChange: lastChange, of: member, in: directory)
    }
  }

  private mutating func set(_ score: Int64, lastChange: Int64, of member: Member, in directory: Directory<Member>) {
    let row = directory.row(member, score: score, lastChange: lastChange)
    everyone.set(row)
    for index in groups.values.indices where groups.values[index].members.contains(member) {
      groups.values[index].board.set(row)
    }
  }

  // MARK: - Groups

  /// Opens the board of a group, or changes who is in it. O(members · log members).
  /// - Parameter name: the caller's, say `team:payments`.
  public mutating func setGroup(_ name: String, to members: Set<Member>) {
    groups[name] = Group(members: members, board: Board(members.compactMap { everyone.row(of: $0) }))
  }

  /// Nil when the group is not open.
  public func group(_ name: String) -> Board<Member>? { groups[name]?.board }

  public var groupNames: some Collection<String> { groups.keys }

  public mutating func closeGroup(_ name: String) { groups[name] = nil }
}

extension Event {
  /// Whether boards of that value count it; all do that have none.
  func counts(for value: String?) -> Bool { value.map(values.contains) ?? true }
}

extension Directory {
  func row(_ member: Member, score: Int64, lastChange: Int64) -> Board<Member>.Row {
    let particulars = self[member]
    return Board.Row(
      member: member, handle: particulars?.handle ?? "", score: score, lastChange: lastChange,
      isHidden: !(particulars?.isListed ?? false))
  }
}
