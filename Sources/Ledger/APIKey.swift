/// What a key is for, where it is not for all that its person may do.
public enum Scope: String, Sendable, CaseIterable {
  /// Whatever the person may read.
  case read
  /// Thanking, boosting and taking back.
  case recognitions
  /// Crediting points from another system: also with the key of somebody who is no admin, since an admin made it.
  case earnings
}

/// An API key; its secret is known to its holder alone.
public struct APIKey: Sendable, Equatable {
  public let id: ID
  public let person: ID
  /// SHA-256 of the key.
  public let digest: Digest
  public let expiresAt: Timestamp?
  /// Empty: for whatever the person may.
  public let scopes: Set<Scope>
  /// What people call it.
  public let label: String?
  /// Of a key of the scope `earnings`, and of no other.
  public let bounds: EarningBounds?

  public init(
    id: ID, person: ID, digest: Digest, expiresAt: Timestamp?, scopes: Set<Scope> = [], label: String? = nil,
    bounds: EarningBounds? = nil
  ) {
    self.id = id
    self.person = person
    self.digest = digest
    self.expiresAt = expiresAt
    self.scopes = scopes
    self.label = label
    self.bounds = bounds
  }

  /// What an audit reads. Whoever has the digest of 256 random bits knows nothing of them.
  var particulars: String {
    Particulars.line("key", id) + Particulars.line("digest", digest)
      + Particulars.line("expires_at", expiresAt.map { "\($0.microseconds)" } ?? "")
      + Particulars.line("scopes", scopes.map(\.rawValue).sorted().joined(separator: " "))
      + Particulars.line("label", label ?? "") + Particulars.line("source", bounds?.source ?? "")
      + Particulars.line("points_max", bounds.map { "\($0.pointsMax)" } ?? "")
      + Particulars.line("points_max_day", bounds.map { "\($0.pointsMaxDay)" } ?? "")
  }
}

/// What another system may credit by its key.
public struct EarningBounds: Sendable, Equatable {
  /// The system's name: the key credits from no other.
  public let source: String
  /// By one credit, at most.
  public let pointsMax: Int64
  /// In a day of the organisation's, at most; what is taken back counts none the less.
  public let pointsMaxDay: Int64

  public static let pointsMaxUnsaid: Int64 = 1_000
  public static let pointsMaxDayUnsaid: Int64 = 10_000

  /// What is nil is what a key is bound to that nobody bound otherwise.
  public init(source: String, pointsMax: Int64? = nil, pointsMaxDay: Int64? = nil) {
    self.source = source
    self.pointsMax = pointsMax ?? Self.pointsMaxUnsaid
    self.pointsMaxDay = pointsMaxDay ?? Self.pointsMaxDayUnsaid
  }
}

/// A key that credits, with what it has credited on the last day that it did.
public struct CreditingKey: Sendable, Equatable {
  public let bounds: EarningBounds
  public private(set) var day: Day?
  public private(set) var points: Int64

  public init(_ bounds: EarningBounds, day: Day? = nil, points: Int64 = 0) {
    self.bounds = bounds
    self.day = day
    self.points = points
  }

  /// What it may still credit on a day. Days only ever go on.
  func pointsLeft(on day: Day) -> Int64 { bounds.pointsMaxDay - (self.day == day ? points : 0) }

  mutating func credit(_ points: Int64, on day: Day) {
    self.points = points + (self.day == day ? self.points : 0)
    self.day = day
  }
}
