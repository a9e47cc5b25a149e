import HTTP
import Ledger
import Postgres

/// The part of ``BookReading`` that makes of rows what the ledger decides about.
extension BookReading {
  static func loadPerson(_ row: Row, into books: inout [Int32: Book]) throws(PostgresError) {
    let organization = try row.int32(0)
    let person = try person(row, from: 1)
    try books[organization]?.load(balance: row.int64OrNull(18) ?? 0, of: .allowance(person.id))
    try books[organization]?.load(balance: row.int64OrNull(21) ?? 0, of: .points(person.id))
    try books[organization]?.load(balance: row.int64OrNull(22) ?? 0, of: .held(person.id))
    if let start = try row.dateOrNull(19) {
      books[organization]?.load(allowancePeriod: Day(number: start), of: person.id)
    }
    if let carried = try row.int64OrNull(20), carried > 0 { books[organization]?.load(carried: carried, of: person.id) }
    if let reports = try row.int64OrNull(23) {
      books[organization]?.load(reports: Int(clamping: reports), of: person.id)
    }
    books[organization]?.load(person)
    try books[organization]?.load(position: row.int64(17), ofPerson: person.id)
  }

  static func loadReward(_ row: Row, into books: inout [Int32: Book]) throws(PostgresError) {
    let reward = try reward(row, from: 1)
    try books[row.int32(0)]?.load(reward)
    try books[row.int32(0)]?.load(balance: row.int64OrNull(16) ?? 0, of: .stock(reward.id))
    try books[row.int32(0)]?.load(balance: row.int64OrNull(17) ?? 0, of: .supply(reward.id))
  }

  /// `reward_id … position` in the order of the queries.
  static func reward(_ row: Row, from first: Int) throws(PostgresError) -> Reward {
    guard let kind = Reward.Kind(rawValue: try row.text(first + 4)),
      let fulfilment = Reward.Fulfilment(rawValue: try row.text(first + 9))
    else { throw PostgresError(.misuse, "a reward of an unknown kind") }
    return Reward(
      id: ID(rawValue: try row.uuid(first)), sku: try row.text(first + 1), name: try row.text(first + 2),
      description: try row.text(first + 3), kind: kind, pricePoints: try row.int64(first + 5),
      cost: Money(tenThousandths: try row.int64(first + 6), currency: try row.text(first + 7)),
      isLimited: try row.bool(first + 8), fulfilment: fulfilment, needsApproval: try row.bool(first + 10),
      isTaxable: try row.bool(first + 11), isActive: try row.bool(first + 12),
      imageURL: try row.textOrNull(first + 13), position: try row.int64(first + 14))
  }

  static func redemption(_ row: Row) throws(PostgresError) -> Redemption {
    guard let state = RedemptionState(rawValue: try row.text(20)) else {
      throw PostgresError(.misuse, "a redemption in an unknown state")
    }
    return Redemption(
      id: ID(rawValue: try row.uuid(1)), position: try row.int64(2), facts: try redemptionFacts(row, from: 3),
      state: state,
      lotUses: try LotUse.list(
        row.int64sOrNull(21) ?? [], lines: row.int64sOrNull(22) ?? [], amounts: row.int64sOrNull(23) ?? []))
  }

  /// `person_id … first_state` in the order of the queries, and the columns of `sources`.
  static func redemptionFacts(_ row: Row, from first: Int) throws(PostgresError) -> RedemptionFacts {
    guard let firstState = RedemptionState(rawValue: try row.text(first + 11)) else {
      throw PostgresError(.misuse, "a redemption that began in an unknown state")
    }
    return RedemptionFacts(
      person: ID(rawValue: try row.uuid(first)), reward: ID(rawValue: try row.uuid(first + 1)),
      sku: try row.text(first + 2), name: try row.text(first + 3), quantity: try row.int32(first + 4),
      points: try row.int64(first + 5),
      unitCost: Money(tenThousandths: try row.int64(first + 6), currency: try row.text(first + 7)),
      isTaxable: try row.bool(first + 8), costCentre: try row.textOrNull(first + 9),
      takesStock: try row.bool(first + 10), firstState: firstState, sources: try sourceParts(row, from: first + 12))
  }

  /// The columns of `sources` in the order of the queries; nothing is an id of zeroes, or no name.
  static func sourceParts(_ row: Row, from first: Int) throws(PostgresError) -> [SourcePart] {
    guard let kinds = try row.textsOrNull(first) else { return [] }
    let (budgets, names) = (try row.uuids(first + 1).map(ID.init(rawValue:)), try row.texts(first + 2))
    let (taxable, points) = (try row.int64s(first + 3), try row.int64s(first + 4))
    var parts: [SourcePart] = []
    for (index, kind) in kinds.enumerated() {
      let source = PointsSource(
        try sourceKind(kind), id: budgets[index] == .zero ? nil : budgets[index],
        name: names[index].isEmpty ? nil : names[index], isTaxable: taxable[index] != 0)
      parts.append(SourcePart(source, points[index]))
    }
    return parts
  }

  private static func sourceKind(_ word: String) throws(PostgresError) -> PointsSource.Kind {
    guard let kind = PointsSource.Kind(rawValue: word) else {
      throw PostgresError(.misuse, "points of an unknown source")
    }
    return kind
  }

  static func loadBudget(_ row: Row, into books: inout [Int32: Book]) throws(PostgresError) {
    let budget = Budget(
      id: ID(rawValue: try row.uuid(1)), name: try row.text(2), owner: ID(rawValue: try row.uuid(3)),
      startsOn: Day(number: try row.date(4)), endsOn: Day(number: try row.date(5)),
      costCentre: try row.textOrNull(6), approvalAbove: try row.int64OrNull(7), isTaxable: try row.bool(8))
    try books[row.int32(0)]?.load(budget)
    try books[row.int32(0)]?.load(balance: row.int64OrNull(9) ?? 0, of: .budget(budget.id))
    try books[row.int32(0)]?.load(balance: row.int64OrNull(10) ?? 0, of: .budgetHeld(budget.id))
  }

  static func award(_ row: Row) throws(PostgresError) -> Award {
    guard let state = AwardState(rawValue: try row.text(7)) else {
      throw PostgresError(.misuse, "an award in an unknown state")
    }
    return Award(
      id: ID(rawValue: try row.uuid(1)), giver: ID(rawValue: try row.uuid(2)),
      facts: AwardFacts(
        budget: ID(rawValue: try row.uuid(3)), points: try row.int64(4), values: try row.texts(5),
        recipients: try row.uuids(6).map(ID.init(rawValue:))),
      state: state)
  }

  static func book(_ row: Row) throws(PostgresError) -> Book {
    var book = Book(
      organization: ID(rawValue: try row.uuid(1)),
      head: Book.Head(
        position: try row.int64(2), hash: try row.digest(3), recordedAt: Timestamp(microseconds: try row.timestamp(4))),
      clock: Timestamp(microseconds: try row.timestamp(5)), program: try program(row, from: 6),
      periodStarts: PeriodStarts(
        week: Day(number: try row.date(24)), month: Day(number: try row.date(25)),
        quarter: Day(number: try row.date(26))),
      today: Day(number: try row.date(23)))
    for (column, account) in [(27, Account.issued), (28, .redeemed), (29, .expired), (30, .adjusted)] {
      book.load(balance: try row.int64(column), of: account)
    }
    if try !row.bool(31) {
      book.clockLeap = ClockLeap.refusal(
        database: Timestamp(microseconds: try row.timestamp(5)),
        head: Timestamp(microseconds: try row.timestamp(4)))
    }
    return book
  }

  /// `version … private_on_boards` in the order of the queries.
  static func program(_ row: Row, from first: Int) throws(PostgresError) -> Program {
    guard let period = AllowancePeriod(rawValue: try row.text(first + 2)),
      let mode = RecipientCap.Mode(rawValue: try row.text(first + 7)),
      let givers = Givers(rawValue: try row.text(first + 13))
    else { throw PostgresError(.misuse, "a programme with an unknown rule") }
    return Program(
      version: try row.int32(first), allowancePoints: try row.int64(first + 1), allowancePeriod: period,
      allowanceByRole: try allowances(row.text(first + 3)), pointsMax: try row.int64(first + 4),
      recipientsMax: Int(try row.int32(first + 5)),
      recipientCap: RecipientCap(share: try row.int32(first + 6), mode: mode),
      expiryMonths: try row.int32OrNull(first + 8), leaverGraceDays: try row.int32(first + 9),
      pointValue: Money(tenThousandths: try row.int64(first + 10), currency: try row.text(first + 11)),
      isPrivateAllowed: try row.bool(first + 12), givers: givers, freeThanksADay: try row.int32(first + 14),
      separatesDuties: try row.bool(first + 15), isPrivateOnBoards: try row.bool(first + 16))
  }

  /// `source, points_max, points_max_day, credited_on, credited_points`; nil for a key that credits nothing.
  static func creditingKey(_ row: Row, from first: Int) throws(PostgresError) -> CreditingKey? {
    guard let source = try row.textOrNull(first) else { return nil }
    return CreditingKey(
      EarningBounds(
        source: source, pointsMax: try row.int64(first + 1), pointsMaxDay: try row.int64(first + 2)),
      day: try row.dateOrNull(first + 3).map(Day.init(number:)), points: try row.int64(first + 4))
  }

  /// `slug … public_url` in the order of the queries.
  static func profile(_ row: Row, from first: Int) throws(PostgresError) -> Profile {
    Profile(
      slug: try row.text(first), name: try row.text(first + 1), calendar: try row.text(first + 2),
      currencyName: try row.textOrNull(first + 3), currencySymbol: try row.textOrNull(first + 4),
      publicURL: try row.textOrNull(first + 5))
  }

  /// `{"finance": 200}`, as the database keeps it.
  static func allowances(_ text: String) throws(PostgresError) -> [AllowanceGroup: Int64] {
    guard case .object(let members)? = try? JSONReader.read(Array(text.utf8)) else {
      throw PostgresError(.misuse, "allowance_by_role holds no JSON object")
    }
    var points: [AllowanceGroup: Int64] = [:]
    for member in members {
      if let role = AllowanceGroup(rawValue: member.name), case .integer(let amount) = member.value {
        points[role] = amount
      }
    }
    return points
  }

  /// `handle … left_on` in the order of the queries, starting at the column of the id.
  static func person(_ row: Row, from first: Int) throws(PostgresError) -> Person {
    Person(
      id: ID(rawValue: try row.uuid(first)), handle: try row.text(first + 1), name: try row.text(first + 2),
      email: try row.textOrNull(first + 3), team: try row.textOrNull(first + 4),
      department: try row.textOrNull(first + 5), location: try row.textOrNull(first + 6),
      costCentre: try row.textOrNull(first + 7), manager: try row.uuidOrNull(first + 8).map(ID.init(rawValue:)),
      roles: Set(try row.texts(first + 9).compactMap(Role.init(rawValue:))),
      timeZone: try row.textOrNull(first + 10), joined: try row.dateOrNull(first + 11).map(Day.init(number:)),
      isActive: try row.bool(first + 12), isOptedOut: try row.bool(first + 13),
      allowancePoints: try row.int64OrNull(first + 14), leftOn: try row.dateOrNull(first + 15).map(Day.init(number:)))
  }

  static func loadLot(_ row: Row, into books: inout [Int32: Book]) throws(PostgresError) {
    let organization = try row.int32(0)
    let person = ID(rawValue: try row.uuid(1))
    if books[organization]?.lots[person] == nil { books[organization]?.loadSpender(person) }
    guard let position = try row.int64OrNull(2) else { return }
    books[organization]?.load(
      Lot(
        position: position, line: try row.int32(3), remaining: try row.int64(4),
        source: PointsSource(
          try sourceKind(row.text(5)), id: try row.uuidOrNull(6).map(ID.init(rawValue:)), name: try row.textOrNull(7),
          isTaxable: try row.bool(8)),
        expiresOn: try row.dateOrNull(9).map(Day.init(number:))),
      of: person)
  }

  static func loadGiver(_ row: Row, into books: inout [Int32: Book]) throws(PostgresError) {
    let organization = try row.int32(0)
    let giver = ID(rawValue: try row.uuid(1))
    guard let recipients = try row.uuidsOrNull(2) else { return }
    let (weeks, months, quarters) = (try row.int64s(3), try row.int64s(4), try row.int64s(5))
    for index in recipients.indices {
      books[organization]?.load(
        given: GivenPoints(week: weeks[index], month: months[index], quarter: quarters[index]), by: giver,
        to: ID(rawValue: recipients[index]))
    }
  }

  static func grant(_ row: Row) throws(PostgresError) -> Grant {
    guard let kind = Grant.Kind(rawValue: try row.text(3)) else {
      throw PostgresError(.misuse, "an entry that gave no points")
    }
    let payer = try row.textOrNull(7).map { text throws(PostgresError) in
      guard let kind = AccountKind(rawValue: text) else { throw PostgresError(.misuse, "a posting of no account") }
      return Account(kind: kind, owner: ID(rawValue: try row.uuid(8)))
    }
    return Grant(
      id: ID(rawValue: try row.uuid(1)), position: try row.int64(2), kind: kind,
      giver: try row.uuidOrNull(4).map(ID.init(rawValue:)), recipients: try row.uuids(5).map(ID.init(rawValue:)),
      points: try row.int64(6), payer: payer ?? .issued, recordedAt: Timestamp(microseconds: try row.timestamp(9)),
      day: Day(number: try row.date(10)), boosted: try row.uuidOrNull(11).map(ID.init(rawValue:)),
      isReversed: try row.bool(12), isBeforeReset: try row.bool(13))
  }
}

extension LotUse {
  /// As the database has them: one array a column.
  static func list(_ positions: [Int64], lines: [Int64], amounts: [Int64]) throws(PostgresError) -> [LotUse] {
    guard lines.count == positions.count, amounts.count == positions.count else {
      throw PostgresError(.misuse, "uses of lots whose columns have different lengths")
    }
    var uses: [LotUse] = []
    uses.reserveCapacity(positions.count)
    for ((position, line), amount) in zip(zip(positions, lines), amounts) {
      guard let line = Int32(exactly: line) else { throw PostgresError(.misuse, "a use of line \(line)") }
      uses.append(LotUse(lotPosition: position, lotLine: line, amount: amount))
    }
    return uses
  }
}

extension Row {
  func digest(_ column: Int) throws(PostgresError) -> Digest {
    guard let digest = Digest(bytes: try bytes(column)) else {
      throw PostgresError(.misuse, "column \(column) does not hold 32 bytes")
    }
    return digest
  }

  func digestOrNull(_ column: Int) throws(PostgresError) -> Digest? {
    try isNull(column) ? nil : try digest(column)
  }
}
