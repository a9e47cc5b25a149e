/// What people may give: renewed lazily, topped up, and bounded for each recipient.
///
/// An allowance's balance has two parts: what the period gave, spent first, and what top-ups brought, which stays over resets.
/// `carried` is all that they brought into the period and within it, spent or not. So what stays is the smaller one of it and
/// the balance, and what is taken back of a gift is a top-up's again where a top-up had paid.
extension Book {
  /// The first day of the allowance period that ``now`` falls in.
  public var periodStart: Day { periodStarts[program.allowancePeriod] }

  /// What `person` may still give in this period: the lazy reset seen, not yet recorded.
  public func effectiveAllowance(of person: Person) -> Int64 {
    currentAllowancePeriod(of: person) == nil
      ? allowance(of: person) + staying(of: person.id) : balances[.allowance(person.id), default: 0]
  }

  /// What a period gives `person`.
  private func allowance(of person: Person) -> Int64 {
    program.allowance(of: person, isManager: reports[person.id, default: 0] > 0)
  }

  /// What of an allowance stays over a reset.
  private func staying(of person: ID) -> Int64 {
    min(carried[person, default: 0], balances[.allowance(person), default: 0])
  }

  /// The first day of the period that the person's allowance was last reset for, while that lasts. A change of the rules to
  /// longer periods does not end one early, nor begin one anew.
  func currentAllowancePeriod(of person: Person) -> Day? {
    allowancePeriods[person.id].flatMap { $0 >= periodStart ? $0 : nil }
  }

  /// Whether the programme lets `giver` give so much to each of `recipients`.
  /// - Parameter own: what the giver gave each of them by the same recognition already.
  func checkGiving(
    _ points: Int64, to recipients: [ID], by giver: Person, beside own: Int64 = 0
  ) throws(Refusal) {
    if points == 0 { return }
    if program.givers == .nobody || program.givers == .managers && reports[giver.id, default: 0] == 0 {
      throw Refusal(.givingNotAllowed, "In this organisation, points are given by \(program.givers.rawValue).")
    }
    let available = effectiveAllowance(of: giver)
    let total = points * Int64(recipients.count)
    if total > available {
      throw Refusal(
        .insufficientAllowance, "This takes \(total) points, and \(available) are left to give in this period.",
        at: "/points")
    }
    if own + points > program.pointsMax {
      let already = own == 0 ? "" : ", and you have given \(own) by this one already"
      throw Refusal(
        .tooManyPoints,
        "One recognition gives at most \(program.pointsMax) points to each recipient\(already).", at: "/points")
    }
    if program.recipientCap.mode == .block {
      let cap = allowance(of: giver) * Int64(program.recipientCap.share) / 10_000
      for recipient in recipients
      where given[Pair(giver.id, recipient), default: GivenPoints()][program.allowancePeriod] + points > cap {
        throw Refusal(
          .recipientCapReached,
          "\(people[recipient]?.handle ?? "") can get at most \(cap) points from you in one allowance period.",
          at: "/points")
      }
    }
  }

  /// Counts what was given from an allowance on `day` towards the cap; less than nothing when it was taken back.
  mutating func noteGift(of points: Int64, to recipients: [ID], by giver: ID, on day: Day) {
    if points == 0 { return }
    for recipient in recipients {
      for period in AllowancePeriod.allCases where day >= periodStarts[period] {
        given[Pair(giver, recipient), default: GivenPoints()][period] += points
      }
    }
  }

  /// Records the reset of a new period before its first change. What was left of the earlier period goes back to where it
  /// came from, so the entry moves just the difference.
  mutating func resetAllowance(of person: Person, for operation: Operation) -> Entry? {
    if currentAllowancePeriod(of: person) != nil { return nil }
    let difference = effectiveAllowance(of: person) - balances[.allowance(person.id), default: 0]
    carried[person.id] = staying(of: person.id)
    allowancePeriods[person.id] = periodStart
    for (id, grant) in grants where grant.payer == .allowance(person.id) { grants[id]?.isBeforeReset = true }
    return follow(
      operation, .allowanceReset, subject: person.id, [(.issued, -difference), (.allowance(person.id), difference)])
  }
}

/// What somebody gave somebody else in the present week, month and quarter.
public struct GivenPoints: Sendable, Equatable {
  private var week: Int64
  private var month: Int64
  private var quarter: Int64

  public init(week: Int64 = 0, month: Int64 = 0, quarter: Int64 = 0) {
    self.week = week
    self.month = month
    self.quarter = quarter
  }

  subscript(period: AllowancePeriod) -> Int64 {
    get {
      switch period {
      case .week: week
      case .month: month
      case .quarter: quarter
      }
    }
    set {
      switch period {
      case .week: week = newValue
      case .month: month = newValue
      case .quarter: quarter = newValue
      }
    }
  }
}

/// A giver and a recipient.
public struct Pair: Hashable, Sendable {
  public let giver: ID
  public let recipient: ID

  public init(_ giver: ID, _ recipient: ID) {
    self.giver = giver
    self.recipient = recipient
  }
}
