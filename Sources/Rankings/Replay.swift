/// A scoreboard under construction: counts the log's events of a period without keeping anybody in order until the end.
///
/// Takes them as they stream in, so that none need be kept. The directory is the one given at the start; what changed in
/// the meantime the finished scoreboard follows like any other change.
public struct Replay<Member: Hashable & Sendable>: Sendable {
  private let metric: Metric
  private let period: Period
  private let value: String?
  private let directory: Directory<Member>
  private var tally: Tally<Member>
  private var scores: [Member: (score: Int64, lastChange: Int64)] = [:]

  public init(_ metric: Metric, in period: Period, value: String? = nil, directory: Directory<Member>) {
    self.metric = metric
    self.period = period
    self.value = value
    self.directory = directory
    tally = Tally(metric)
  }

  /// Counts an event, unless it is of another period or value. Events come in the order of the log. O(recipients).
  public mutating func count(_ event: Event<Member>) {
    guard event.counts(in: period), event.counts(for: value) else { return }
    tally.count(event, in: directory) { member, change in
      if change == 0 { return }
      scores[member, default: (0, 0)].score += change
      scores[member]?.lastChange = event.position
    }
  }

  /// O(n log n) for n people.
  public consuming func finished() -> Scoreboard<Member> {
    let everyone = Board(
      scores.map { directory.row($0.key, score: $0.value.score, lastChange: $0.value.lastChange) })
    return Scoreboard(metric, in: period, value: value, tally: tally, everyone: everyone)
  }
}
