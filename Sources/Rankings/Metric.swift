/// What a board counts. The words are the API's.
public enum Metric: String, Sendable, CaseIterable {
  case pointsReceived = "points_received"
  case pointsGiven = "points_given"
  case recognitionsReceived = "recognitions_received"
  case recognitionsGiven = "recognitions_given"
  /// How many distinct people the giver recognised.
  case colleaguesRecognised = "colleagues_recognised"
  /// How many distinct teams the giver's recipients are in at present, other than the giver's own present team.
  case teamsReached = "teams_reached"
}

/// A stretch of the calendar in the organisation's time zone; which ones an instant falls in, PostgreSQL says.
public struct Period: Hashable, Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    case day, week, month, quarter, year, all
  }

  public let kind: Kind
  /// As the API writes it: `2026-11-22`, `2026-W47`, `2026-11`, `2026-Q4`, `2026`; `all` has the empty one.
  public let id: String

  public init(_ kind: Kind, _ id: String) {
    self.kind = kind
    self.id = id
  }

  /// All time.
  public static let all = Period(.all, "")
}

/// The periods that one instant falls in.
public struct Periods: Hashable, Sendable {
  public let day: String
  public let week: String
  public let month: String
  public let quarter: String
  public let year: String

  public init(day: String, week: String, month: String, quarter: String, year: String) {
    self.day = day
    self.week = week
    self.month = month
    self.quarter = quarter
    self.year = year
  }

  public func contains(_ period: Period) -> Bool {
    switch period.kind {
    case .day: day == period.id
    case .week: week == period.id
    case .month: month == period.id
    case .quarter: quarter == period.id
    case .year: year == period.id
    case .all: true
    }
  }
}
