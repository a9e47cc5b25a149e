/// Something in the log that boards count, or the taking away of it.
///
/// An entry of the log can be several events at one position: a reversal takes away a recognition and each of its
/// boosts, in the periods of each.
public struct Event<Member: Hashable & Sendable>: Sendable {
  public enum Kind: Sendable, CaseIterable {
    /// Counts and gives points.
    case recognition
    /// Gives points to the recipients of a recognition; counts as no recognition of its own.
    case boost
    /// Counts and gives points to its recipients, out of a budget: for its giver it counts nothing.
    case award
  }

  public let kind: Kind
  /// Takes away what such an event once added.
  public let isReversal: Bool
  public let giver: Member
  /// Each once.
  public let recipients: [Member]
  /// For each recipient.
  public let points: Int64
  /// Slugs, each once; a boost has those of its recognition.
  public let values: [String]
  /// The ledger position of the entry: for a reversal its own, not that of what it reverses.
  public let position: Int64
  /// Of what happened; for a reversal those of what it reverses. Nil: counts in all time only, as the reversal of
  /// something in a closed month does.
  public let periods: Periods?

  public init(
    _ kind: Kind, isReversal: Bool = false, from giver: Member, to recipients: [Member], points: Int64,
    values: [String] = [], position: Int64, periods: Periods?
  ) {
    self.kind = kind
    self.isReversal = isReversal
    self.giver = giver
    self.recipients = recipients
    self.points = points
    self.values = values
    self.position = position
    self.periods = periods
  }

  /// Whether boards of that period count it.
  public func counts(in period: Period) -> Bool {
    periods?.contains(period) ?? (period.kind == .all)
  }

  /// The same, taken away by the entry at `position`.
  /// - Parameter isClosed: whether the month in which it happened is closed, so that only all time loses it.
  public func reversed(at position: Int64, monthIsClosed isClosed: Bool) -> Event {
    Event(
      kind, isReversal: true, from: giver, to: recipients, points: points, values: values, position: position,
      periods: isClosed ? nil : periods)
  }
}
