/// Where points stand. The words are the ones of the database, the exports and the documents.
public enum AccountKind: String, Sendable, CaseIterable {
  /// What a person may still give in this period.
  case allowance
  /// What a person has earned.
  case points
  /// Where points come from: below zero by all that ever came into being.
  case issued

  /// Whether a balance below zero is what the account is for.
  public var mayBeNegative: Bool { self == .issued }
}

/// One account of an organisation: a kind, and the person whose it is (``ID/zero`` for the organisation's own).
public struct Account: Hashable, Sendable {
  public let kind: AccountKind
  public let owner: ID

  public init(kind: AccountKind, owner: ID) {
    self.kind = kind
    self.owner = owner
  }

  public static func allowance(_ person: ID) -> Account { Account(kind: .allowance, owner: person) }
  public static func points(_ person: ID) -> Account { Account(kind: .points, owner: person) }
  public static let issued = Account(kind: .issued, owner: .zero)
}
