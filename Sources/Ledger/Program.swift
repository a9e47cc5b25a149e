/// The rules of an organisation's programme, in one version. Each entry names the version that decided it.
public struct Program: Sendable, Equatable {
  public var version: Int32
  /// Points a person may give in an allowance period.
  public var allowancePoints: Int64
  public var allowancePeriod: AllowancePeriod
  /// What some may give instead; the largest that applies counts.
  public var allowanceByRole: [AllowanceGroup: Int64]
  /// What one recognition gives to one recipient, at most.
  public var pointsMax: Int64
  public var recipientsMax: Int
  public var recipientCap: RecipientCap
  /// Points run out so many months after the day on which they were earned; nil: never. Points keep what held when they
  /// were earned.
  public var expiryMonths: Int32?
  /// Whole days after their last one in which leavers may redeem.
  public var leaverGraceDays: Int32
  /// What a point is worth to finance.
  public var pointValue: Money
  public var isPrivateAllowed: Bool
  public var givers: Givers
  /// Thanks without points that one giver may send one person in a day.
  public var freeThanksADay: Int32
  /// Whether nobody decides on redemptions and awards of their own.
  public var separatesDuties: Bool
  /// Whether private recognitions count on boards, where places and scores tell of them.
  public var isPrivateOnBoards: Bool

  public init(
    version: Int32, allowancePoints: Int64, allowancePeriod: AllowancePeriod = .month,
    allowanceByRole: [AllowanceGroup: Int64] = [:], pointsMax: Int64 = 100, recipientsMax: Int = 100,
    recipientCap: RecipientCap = RecipientCap(share: 5_000, mode: .warn), expiryMonths: Int32? = nil,
    leaverGraceDays: Int32 = 30, pointValue: Money = Money(tenThousandths: 0, currency: "EUR"),
    isPrivateAllowed: Bool = true, givers: Givers = .everyone, freeThanksADay: Int32 = 3, separatesDuties: Bool = true,
    isPrivateOnBoards: Bool = false
  ) {
    self.version = version
    self.allowancePoints = allowancePoints
    self.allowancePeriod = allowancePeriod
    self.allowanceByRole = allowanceByRole
    self.pointsMax = pointsMax
    self.recipientsMax = recipientsMax
    self.recipientCap = recipientCap
    self.expiryMonths = expiryMonths
    self.leaverGraceDays = leaverGraceDays
    self.pointValue = pointValue
    self.isPrivateAllowed = isPrivateAllowed
    self.givers = givers
    self.freeThanksADay = freeThanksADay
    self.separatesDuties = separatesDuties
    self.isPrivateOnBoards = isPrivateOnBoards
  }

  /// The allowance of `person` for one period: their own, else the largest of the groups that they are in, else everybody's.
  /// - Parameter isManager: whether somebody reports to them.
  public func allowance(of person: Person, isManager: Bool) -> Int64 {
    let groups = person.roles.map(AllowanceGroup.init) + (isManager ? [.manager] : [])
    return person.allowancePoints ?? groups.compactMap { allowanceByRole[$0] }.max() ?? allowancePoints
  }

  /// What an audit reads of the rules that an organisation begins with; later ones are facts of their entries.
  var particulars: String {
    """
    allowance_points\t\(allowancePoints)
    allowance_period\t\(allowancePeriod.rawValue)
    max_points\t\(pointsMax)
    max_recipients\t\(recipientsMax)
    recipient_cap\t\(recipientCap.share) \(recipientCap.mode.rawValue)
    expiry_months\t\(expiryMonths.map(String.init) ?? "")
    leaver_grace_days\t\(leaverGraceDays)
    point_value\t\(pointValue.tenThousandths) \(pointValue.currency)
    private_allowed\t\(isPrivateAllowed)
    givers\t\(givers.rawValue)
    free_thanks_a_day\t\(freeThanksADay)
    separation_of_duties\t\(separatesDuties)
    private_on_boards\t\(isPrivateOnBoards)

    """
  }
}

/// How often an allowance begins anew: with the calendar's week (Monday), month or quarter.
public enum AllowancePeriod: String, Sendable, CaseIterable {
  case week, month, quarter
}

/// The first days of the periods that a day falls in.
public struct PeriodStarts: Sendable, Equatable {
  public let week: Day
  public let month: Day
  public let quarter: Day

  public init(week: Day, month: Day, quarter: Day) {
    self.week = week
    self.month = month
    self.quarter = quarter
  }

  public subscript(period: AllowancePeriod) -> Day {
    switch period {
    case .week: week
    case .month: month
    case .quarter: quarter
    }
  }
}

/// How much of an allowance may go to one and the same person in a period.
public struct RecipientCap: Sendable, Equatable {
  public enum Mode: String, Sendable, CaseIterable {
    case off
    /// Admins see who went over it.
    case warn
    /// What would go over it is refused.
    case block
  }

  /// Of the giver's allowance, in ten-thousandths: 0 to 10,000.
  public var share: Int32
  public var mode: Mode

  public init(share: Int32, mode: Mode) {
    self.share = share
    self.mode = mode
  }
}

/// Who may give points of their allowance; thanks without points are everybody's.
public enum Givers: String, Sendable, CaseIterable {
  case everyone
  /// Whoever others report to.
  case managers
  case nobody
}

/// A role beyond `employee`, which everyone has.
public enum Role: String, Sendable, Hashable, CaseIterable {
  case finance
  /// The catalogue, its stock, and handing out.
  case rewards
  case admin
}

/// For whom a programme may have an allowance of their own: those with a role, and managers, to whom others report.
public enum AllowanceGroup: String, Sendable, Hashable, CaseIterable {
  case finance, rewards, admin, manager

  public init(_ role: Role) {
    self =
      switch role {
      case .finance: .finance
      case .rewards: .rewards
      case .admin: .admin
      }
  }
}

/// Bounds that no programme can lift.
public enum Limits {
  /// Characters (Unicode scalars) of a message.
  public static let messageCharactersMax = 2_000
  /// Points in one request: far above any programme, far below where a sum of recipients could overflow.
  public static let pointsMax: Int64 = 1_000_000_000
  /// Recipients in one request: each is a look-up, a posting and a lot of its own, under a lock that others wait for.
  public static let recipientsMax = 1_000
  /// Units of a reward in one redemption.
  public static let quantityMax: Int32 = 1_000
  /// Credits that one recognition and its boosts make: what takes it back takes back each of them, in one entry.
  public static let creditsMax = 100_000
  /// What an account may hold, or owe: beyond it JSON's numbers are no longer exact (RFC 8259, section 6). It also keeps sums of
  /// all accounts within 64 bits.
  public static let balanceMax: Int64 = 1 << 53 - 1
  /// How long a giver may take a recognition back.
  public static let reversalMicroseconds: Int64 = 24 * 3_600 * 1_000_000
  /// How often an organisation may change its time zone: whatever looks up a day of its history reads all of them.
  public static let zoneChangesMax = 100
  /// A hundred years of months.
  public static let expiryMonthsMax: Int32 = 1_200
  /// Thanks without points to one person in a day: more is no limit.
  public static let freeThanksADayMax: Int32 = 1_000
  /// Ten years of days.
  public static let leaverGraceDaysMax: Int32 = 3_650
  /// What a point may be worth, in ten-thousandths: twelve digits, as the database keeps it.
  public static let pointValueTenThousandthsMax: Int64 = 999_999_999_999
}

extension Book {
  /// Puts new rules in force: for the next operation already, and each allowance from its next reset.
  mutating func change(
    to wanted: Program, expected: Int32?, _ operation: Operation
  ) throws(Refusal) -> Acceptance? {
    if let expected, expected != program.version {
      throw Refusal(.precondition, "The programme has changed since you read it; read it again.")
    }
    var next = wanted
    next.version = program.version
    if next == program { return nil }
    next.version = program.version + 1
    let acceptance = append(operation, .programChanged, detail: .program(next))
    program = next
    return acceptance
  }
}
