/// Where points stand. The words are the ones of the database, the exports and the documents.
public enum AccountKind: String, Sendable, CaseIterable {
  /// What a person may still give in this period.
  case allowance
  /// What a person has earned.
  case points
  /// What a person has promised for redemptions under way.
  case held
  /// What a budget has left to award.
  case budget
  /// What of a budget awaits approval.
  case budgetHeld = "budget_held"
  /// Units of a reward that can be redeemed; in a unit of its own, as is `supply`.
  case stock
  /// Where units come from and go to.
  case supply
  /// Where points come from: below zero by all that ever came into being.
  case issued
  /// What was redeemed.
  case redeemed
  /// What ran out.
  case expired
  /// What was corrected.
  case adjusted

  /// Whether a balance below zero is what the account is for.
  public var mayBeNegative: Bool { self == .issued || self == .supply || self == .adjusted }
}

/// One account of an organisation: a kind, and the person, budget or reward whose it is (``ID/zero`` for the
/// organisation's own).
public struct Account: Hashable, Sendable {
  public let kind: AccountKind
  public let owner: ID

  public init(kind: AccountKind, owner: ID) {
    self.kind = kind
    self.owner = owner
  }

  public static func allowance(_ person: ID) -> Account { Account(kind: .allowance, owner: person) }
  public static func points(_ person: ID) -> Account { Account(kind: .points, owner: person) }
  public static func held(_ person: ID) -> Account { Account(kind: .held, owner: person) }
  public static func budget(_ budget: ID) -> Account { Account(kind: .budget, owner: budget) }
  public static func budgetHeld(_ budget: ID) -> Account { Account(kind: .budgetHeld, owner: budget) }
  public static func stock(_ reward: ID) -> Account { Account(kind: .stock, owner: reward) }
  public static func supply(_ reward: ID) -> Account { Account(kind: .supply, owner: reward) }
  public static let issued = Account(kind: .issued, owner: .zero)
  public static let redeemed = Account(kind: .redeemed, owner: .zero)
  public static let expired = Account(kind: .expired, owner: .zero)
  public static let adjusted = Account(kind: .adjusted, owner: .zero)

  /// What the account counts: points, or the units of one reward. An entry sums to zero in each.
  public enum Unit: Hashable, Sendable {
    case points
    case items(of: ID)
  }

  public var unit: Unit {
    switch kind {
    case .stock, .supply: .items(of: owner)
    default: .points
    }
  }
}
