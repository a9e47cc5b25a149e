/// The rules of an organisation's programme that decisions read, in one version.
public struct Program: Sendable, Equatable {
  public var version: Int32
  /// Points a person may give in an allowance period.
  public var allowancePoints: Int64
  /// Larger allowances by role; the largest that applies counts.
  public var allowanceByRole: [Role: Int64]
  /// What one recognition gives to one recipient, at most.
  public var pointsMax: Int64
  public var recipientsMax: Int
  public var isPrivateAllowed: Bool

  public init(
    version: Int32, allowancePoints: Int64, allowanceByRole: [Role: Int64] = [:], pointsMax: Int64 = 100,
    recipientsMax: Int = 100, isPrivateAllowed: Bool = true
  ) {
    self.version = version
    self.allowancePoints = allowancePoints
    self.allowanceByRole = allowanceByRole
    self.pointsMax = pointsMax
    self.recipientsMax = recipientsMax
    self.isPrivateAllowed = isPrivateAllowed
  }

  /// The allowance of somebody with these roles, for one period.
  public func allowance(of roles: Set<Role>) -> Int64 {
    roles.compactMap { allowanceByRole[$0] }.max() ?? allowancePoints
  }
}

/// A role beyond `employee`, which everyone has.
public enum Role: String, Sendable, Hashable, CaseIterable {
  case finance, admin
}

/// Bounds that no programme can lift.
public enum Limits {
  /// Characters (Unicode scalars) of a message.
  public static let messageCharactersMax = 2_000
  /// Points in one request: far above any programme, far below where a sum of recipients could overflow.
  public static let pointsMax: Int64 = 1_000_000_000
  /// Recipients in one request: a body of 256 KiB holds no more, and the canonical body counts them in 16 bits.
  public static let recipientsMax = 10_000
}
