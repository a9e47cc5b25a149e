import HTTP
import Ledger
import Postgres

/// Reads the books that a batch of operations needs: which rows to ask for, and what they say. The first round trip of
/// a lane; the locks of the heads come first in it. What no operation mentions is not asked for.
struct BookReading {
  private(set) var queries: [(Statement, Parameters)] = []
  private var readers: [(Row, inout [Int32: Book]) throws(PostgresError) -> Void] = []

  init(for submissions: [Submission]) {
    var mentions = Mentions()
    for submission in submissions { mentions.collect(submission) }
    let organizations = Self.organizations(of: submissions)
    let organizationList = Parameters { $0.int32s(organizations) }
    read(Self.lockHeads, organizationList) { _, _ throws(PostgresError) in }
    let spenders = mentions.spenders
    read(Self.loadBooks, organizationList) { row, books throws(PostgresError) in
      let organization = try row.int32(0)
      books[organization] = try Self.book(row)
      for (index, spender) in spenders.keys.enumerated() where spenders.organizations[index] == organization {
        books[organization]?.loadSpender(spender)
      }
    }
    read(Self.loadPeople, mentions.peopleParameters, Self.loadPerson)
    if !mentions.effects.isEmpty {
      read(
        Self.loadEffects,
        Parameters {
          $0.int32s(mentions.effects.map(\.0))
          $0.uuids(mentions.effects.map(\.1.actor.rawValue))
          $0.bytesArray(mentions.effects.map(\.1.key.bytes))
        }
      ) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(
          Book.Recorded(position: row.int64(3), entry: ID(rawValue: row.uuid(4)), request: row.digest(5)),
          of: Book.IdempotencyScope(actor: ID(rawValue: row.uuid(1)), key: row.digest(2)))
      }
    }
    if !mentions.keys.isEmpty {
      read(Self.loadKeys, mentions.keys.parameters) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(key: ID(rawValue: row.uuid(1)), of: ID(rawValue: row.uuid(2)))
      }
    }
    if mentions.needsValues {
      read(Self.loadValues, organizationList) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(
          Value(slug: row.text(1), name: row.text(2), description: row.text(3), isActive: row.bool(4)),
          position: row.int64(5))
      }
    }
    readSpending(mentions)
    readAwards(mentions)
  }

  private mutating func readSpending(_ mentions: Mentions) {
    if mentions.needsRewards {
      read(Self.loadRewards, mentions.rewardParameters, Self.loadReward)
    }
    if !mentions.redemptions.isEmpty {
      read(Self.loadRedemptions, mentions.redemptions.parameters) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(Self.redemption(row))
      }
    }
    if !mentions.spenders.isEmpty {
      let isGivenBackTo = !mentions.redemptions.isEmpty
      var parameters = mentions.spenders.parameters
      parameters.bool(isGivenBackTo)
      read(Self.loadLots, parameters) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(
          Lot(position: row.int64(2), line: row.int16(3), remaining: row.int64(4), source: row.text(5)),
          of: ID(rawValue: row.uuid(1)))
      }
    }
  }

  private mutating func readAwards(_ mentions: Mentions) {
    if mentions.needsBudgets {
      read(Self.loadBudgets, mentions.budgetParameters, Self.loadBudget)
    }
    if !mentions.awards.isEmpty {
      read(Self.loadAwards, mentions.awards.parameters) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(Self.award(row))
      }
    }
    if mentions.needsManagers {
      read(Self.loadManagers, mentions.nameParameters, Self.loadPerson)
    }
  }

  private mutating func read(
    _ statement: Statement, _ parameters: Parameters,
    _ reader: @escaping (Row, inout [Int32: Book]) throws(PostgresError) -> Void
  ) {
    queries.append((statement, parameters))
    readers.append(reader)
  }

  static func organizations(of submissions: [Submission]) -> [Int32] {
    Set(submissions.map(\.organization)).sorted()
  }

  /// - Parameter answers: to ``queries``, in its order.
  func books(from answers: some Sequence<Rows>) throws(PostgresError) -> [Int32: Book] {
    var books: [Int32: Book] = [:]
    for (rows, reader) in zip(answers, readers) {
      for row in rows { try reader(row, &books) }
    }
    return books
  }

  // MARK: Rows

  private static func loadPerson(_ row: Row, into books: inout [Int32: Book]) throws(PostgresError) {
    let organization = try row.int32(0)
    let person = try person(row, from: 1)
    try books[organization]?.load(balance: row.int64OrNull(16) ?? 0, of: .allowance(person.id))
    try books[organization]?.load(balance: row.int64OrNull(18) ?? 0, of: .points(person.id))
    try books[organization]?.load(balance: row.int64OrNull(19) ?? 0, of: .held(person.id))
    if let start = try row.dateOrNull(17) {
      books[organization]?.load(allowancePeriod: Day(number: start), of: person.id)
    }
    books[organization]?.load(person)
    try books[organization]?.load(position: row.int64(15), ofPerson: person.id)
  }

  private static func loadReward(_ row: Row, into books: inout [Int32: Book]) throws(PostgresError) {
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

  private static func redemption(_ row: Row) throws(PostgresError) -> Redemption {
    guard let state = RedemptionState(rawValue: try row.text(15)) else {
      throw PostgresError(.misuse, "a redemption in an unknown state")
    }
    let positions = try row.int64sOrNull(16) ?? []
    let lines = try row.int64sOrNull(17) ?? []
    let amounts = try row.int64sOrNull(18) ?? []
    return Redemption(
      id: ID(rawValue: try row.uuid(1)), position: try row.int64(2), facts: try redemptionFacts(row, from: 3),
      state: state,
      lotUses: positions.indices.map {
        LotUse(lotPosition: positions[$0], lotLine: Int16(lines[$0]), amount: amounts[$0])
      })
  }

  /// `person_id … takes_stock` in the order of the queries.
  static func redemptionFacts(_ row: Row, from first: Int) throws(PostgresError) -> RedemptionFacts {
    RedemptionFacts(
      person: ID(rawValue: try row.uuid(first)), reward: ID(rawValue: try row.uuid(first + 1)),
      sku: try row.text(first + 2), name: try row.text(first + 3), quantity: try row.int32(first + 4),
      points: try row.int64(first + 5),
      unitCost: Money(tenThousandths: try row.int64(first + 6), currency: try row.text(first + 7)),
      isTaxable: try row.bool(first + 8), costCentre: try row.textOrNull(first + 9),
      budgetSources: try row.text(first + 10), takesStock: try row.bool(first + 11))
  }

  private static func loadBudget(_ row: Row, into books: inout [Int32: Book]) throws(PostgresError) {
    let budget = Budget(
      id: ID(rawValue: try row.uuid(1)), name: try row.text(2), owner: ID(rawValue: try row.uuid(3)),
      startsOn: Day(number: try row.date(4)), endsOn: Day(number: try row.date(5)),
      costCentre: try row.textOrNull(6), approvalAbove: try row.int64OrNull(7), isTaxable: try row.bool(8))
    try books[row.int32(0)]?.load(budget)
    try books[row.int32(0)]?.load(balance: row.int64OrNull(9) ?? 0, of: .budget(budget.id))
    try books[row.int32(0)]?.load(balance: row.int64OrNull(10) ?? 0, of: .budgetHeld(budget.id))
  }

  private static func award(_ row: Row) throws(PostgresError) -> Award {
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

  private static func book(_ row: Row) throws(PostgresError) -> Book {
    var book = Book(
      organization: ID(rawValue: try row.uuid(1)),
      head: Book.Head(
        position: try row.int64(2), hash: try row.digest(3), recordedAt: Timestamp(microseconds: try row.timestamp(4))),
      clock: Timestamp(microseconds: try row.timestamp(5)),
      program: Program(
        version: try row.int32(6), allowancePoints: try row.int64(7), allowanceByRole: try allowances(row.text(8)),
        pointsMax: try row.int64(9), recipientsMax: Int(try row.int32(10)), isPrivateAllowed: try row.bool(11)),
      periodStart: Day(number: try row.date(12)), today: Day(number: try row.date(13)))
    book.load(balance: try row.int64(14), of: .issued)
    book.load(balance: try row.int64(15), of: .redeemed)
    return book
  }

  /// `{"finance": 200}`, as the database keeps it.
  private static func allowances(_ text: String) throws(PostgresError) -> [Role: Int64] {
    guard case .object(let members)? = try? JSONReader.read(Array(text.utf8)) else {
      throw PostgresError(.misuse, "allowance_by_role holds no JSON object")
    }
    var points: [Role: Int64] = [:]
    for member in members {
      if let role = Role(rawValue: member.name), case .integer(let amount) = member.value { points[role] = amount }
    }
    return points
  }

  /// `handle … active` in the order of the queries, starting at the column of the id.
  static func person(_ row: Row, from first: Int) throws(PostgresError) -> Person {
    Person(
      id: ID(rawValue: try row.uuid(first)), handle: try row.text(first + 1), name: try row.text(first + 2),
      email: try row.textOrNull(first + 3), team: try row.textOrNull(first + 4),
      department: try row.textOrNull(first + 5), location: try row.textOrNull(first + 6),
      costCentre: try row.textOrNull(first + 7), manager: try row.uuidOrNull(first + 8).map(ID.init(rawValue:)),
      roles: Set(try row.texts(first + 9).compactMap(Role.init(rawValue:))),
      timeZone: try row.textOrNull(first + 10), joined: try row.dateOrNull(first + 11).map(Day.init(number:)),
      isActive: try row.bool(first + 12), isOptedOut: try row.bool(first + 13))
  }

  private static let lockHeads = SQL.statement("lock_heads")
  private static let loadBooks = SQL.statement("load_books")
  private static let loadPeople = SQL.statement("load_people")
  private static let loadKeys = SQL.statement("load_keys")
  private static let loadValues = SQL.statement("load_values")
  private static let loadEffects = SQL.statement("load_effects")
  private static let loadRewards = SQL.statement("load_rewards")
  private static let loadRedemptions = SQL.statement("load_redemptions")
  private static let loadLots = SQL.statement("load_lots")
  private static let loadBudgets = SQL.statement("load_budgets")
  private static let loadAwards = SQL.statement("load_awards")
  private static let loadManagers = SQL.statement("load_managers")
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
