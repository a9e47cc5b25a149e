import Ledger
import Postgres

/// Reads the books that operations need: which rows to ask for, and what they say. A lane asks under the heads' locks, a dry run on
/// a snapshot. What no operation mentions is not asked for.
struct BookReading {
  private(set) var queries: [(Statement, Parameters)] = []
  private var readers: [(Row, inout [Int32: Book]) throws(PostgresError) -> Void] = []

  init(for submissions: [Submission]) {
    var mentions = Mentions()
    for submission in submissions { mentions.collect(submission) }
    let organizations = Self.organizations(of: submissions)
    let organizationList = Parameters { $0.int32s(organizations) }
    read(Self.loadBooks, organizationList) { row, books throws(PostgresError) in
      books[try row.int32(0)] = try Self.book(row)
    }
    read(Self.loadPeople, mentions.peopleParameters, Self.loadPerson)
    if mentions.needsProfiles {
      read(Self.loadProfiles, organizationList) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(Self.profile(row, from: 1), position: row.int64(7))
      }
    }
    if !mentions.zones.isEmpty {
      read(Self.loadCalendars, mentions.zones.parameters) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(calendar: row.text(2), with: row.text(1))
      }
    }
    if mentions.needsAdmins {
      read(Self.loadAdmins, organizationList) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(admin: ID(rawValue: row.uuid(1)))
      }
    }
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
        try books[row.int32(0)]?.load(
          key: ID(rawValue: row.uuid(1)), of: ID(rawValue: row.uuid(2)), crediting: Self.creditingKey(row, from: 3))
      }
    }
    if mentions.needsValues {
      read(Self.loadValues, organizationList) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(
          Value(slug: row.text(1), name: row.text(2), description: row.text(3), isActive: row.bool(4)),
          position: row.int64(5))
      }
    }
    if !mentions.givers.isEmpty { read(Self.loadGivers, mentions.giverParameters, Self.loadGiver) }
    if !mentions.thankers.isEmpty {
      read(Self.loadFreeThanks, mentions.thankers.parameters) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(
          freeThanks: row.int64(3), by: ID(rawValue: row.uuid(1)), to: ID(rawValue: row.uuid(2)))
      }
    }
    if mentions.needsGrants {
      read(Self.loadGrants, mentions.grantParameters) { row, books throws(PostgresError) in
        try books[row.int32(0)]?.load(Self.grant(row))
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
    if mentions.needsLots { read(Self.loadLots, mentions.lotParameters, Self.loadLot) }
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
      read(Self.loadManagers, mentions.managerParameters, Self.loadPerson)
    }
    if !mentions.awardees.isEmpty {
      read(Self.loadAwardTotals, mentions.awardeeParameters) { row, books throws(PostgresError) in
        let path = AwardPath(
          budget: ID(rawValue: try row.uuid(1)), giver: ID(rawValue: try row.uuid(2)),
          recipient: ID(rawValue: try row.uuid(3)))
        books[try row.int32(0)]?.load(awarded: try row.int64(4), along: path)
      }
    }
  }

  private mutating func read(
    _ statement: Statement, _ parameters: Parameters,
    _ reader: @escaping (Row, inout [Int32: Book]) throws(PostgresError) -> Void
  ) {
    queries.append((statement, parameters))
    readers.append(reader)
  }

  private static func organizations(of submissions: [Submission]) -> [Int32] {
    Set(submissions.map(\.organization)).sorted()
  }

  /// - Parameter answers: to ``queries``, in its order.
  func books(from answers: ArraySlice<Rows>, _ pace: inout Pace) async throws(PostgresError) -> [Int32: Book] {
    var books: [Int32: Book] = [:]
    for (rows, reader) in zip(answers, readers) {
      for row in rows {
        try reader(row, &books)
        await pace.breathe()
      }
    }
    return books
  }

  private static let loadBooks = SQL.statement("load_books")
  private static let loadPeople = SQL.statement("load_people")
  private static let loadProfiles = SQL.statement("load_profiles")
  private static let loadCalendars = SQL.statement("load_calendars")
  private static let loadAdmins = SQL.statement("load_admins")
  private static let loadKeys = SQL.statement("load_keys")
  private static let loadValues = SQL.statement("load_values")
  private static let loadEffects = SQL.statement("load_effects")
  private static let loadRewards = SQL.statement("load_rewards")
  private static let loadRedemptions = SQL.statement("load_redemptions")
  private static let loadLots = SQL.statement("load_lots")
  private static let loadBudgets = SQL.statement("load_budgets")
  private static let loadAwards = SQL.statement("load_awards")
  private static let loadAwardTotals = SQL.statement("load_award_totals")
  private static let loadManagers = SQL.statement("load_managers")
  private static let loadGrants = SQL.statement("load_grants")
  private static let loadFreeThanks = SQL.statement("load_free_thanks")
  private static let loadGivers = SQL.statement("load_givers")
}
