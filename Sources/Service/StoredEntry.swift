import Ledger
import Postgres

/// An entry as its rows have it.
struct StoredEntry {
  let entry: Entry
  let text: SaltedText?
  /// A contradiction between rows that say the same thing twice for the sake of an index.
  private(set) var sideProblem: String?

  init(_ row: Row) throws(PostgresError) {
    let position = try row.int64(0)
    guard let kind = EntryKind(rawValue: try row.text(2)) else {
      throw PostgresError(.misuse, "the entry is of a kind that this program does not know")
    }
    let occurredAt = Timestamp(microseconds: try row.timestamp(4))
    let actor = try row.uuidOrNull(5).map(ID.init(rawValue:))
    var detail = Detail.none
    if let giver = try row.uuidOrNull(14) {
      detail = .recognition(try Self.recognition(row))
      let time = try row.timestamp(18)
      if giver != actor?.rawValue || time != occurredAt.microseconds {
        sideProblem = "the recognition names another giver or time than its entry"
      }
    } else if try !row.isNull(25) {
      detail = .redemption(try BookReading.redemptionFacts(row, from: 25))
    } else if let giver = try row.uuidOrNull(42) {
      detail = .award(try Self.award(row))
      if giver != actor?.rawValue { sideProblem = "the award names another giver than its entry" }
    }
    if let giver = try row.uuidOrNull(50) {
      detail = .boost(
        BoostFacts(
          recognitionPosition: try row.int64(51), points: try row.int64(52),
          recipients: (try row.uuidsOrNull(54) ?? []).map(ID.init(rawValue:))))
      let time = try row.timestamp(53)
      if giver != actor?.rawValue || time != occurredAt.microseconds {
        sideProblem = "the boost names another giver or time than its entry"
      }
    } else if let source = try row.textOrNull(55) {
      detail = .earning(source: source, key: try row.uuidOrNull(74).map(ID.init(rawValue:)))
    } else if let positions = try row.int64sOrNull(56) {
      detail = .reversal(positions)
    } else if try !row.isNull(57) {
      detail = .program(try BookReading.program(row, from: 57))
    }
    // A lot is known by its line.
    if let lines = try row.int64sOrNull(24), lines != lines.indices.map(Int64.init) {
      sideProblem = "the postings are not numbered from 0"
    }
    if !Self.fits(kind, detail) { sideProblem = "the entry's kind does not fit its rows" }
    let idempotency = try row.digestOrNull(8).map { key throws(PostgresError) in
      Idempotency(key: key, request: try row.digest(9))
    }
    entry = Entry(
      position: position, id: ID(rawValue: try row.uuid(1)), kind: kind,
      recordedAt: Timestamp(microseconds: try row.timestamp(3)), occurredAt: occurredAt, actor: actor,
      subject: try row.uuidOrNull(6).map(ID.init(rawValue:)), programVersion: try row.int32(7),
      idempotency: idempotency, textDigest: try row.digestOrNull(10), detail: detail,
      postings: try Self.postings(row), lotUses: try Self.lotUses(row), hash: try row.digest(11))
    text = try row.digestOrNull(12).map { salt throws(PostgresError) in SaltedText(salt: salt, text: try row.text(13)) }
  }

  private static func fits(_ kind: EntryKind, _ detail: Detail) -> Bool {
    switch (kind, detail) {
    case (.recognition, .recognition), (.redemptionRequested, .redemption), (.awardGranted, .award),
      (.awardRequested, .award), (.boost, .boost), (.earning, .earning), (.reversal, .reversal),
      (.programChanged, .program):
      true
    case (.recognition, _), (.redemptionRequested, _), (.awardGranted, _), (.awardRequested, _), (.boost, _),
      (.earning, _), (.reversal, _), (.programChanged, _):
      false
    case (_, .none): true
    default: false
    }
  }

  private static func recognition(_ row: Row) throws(PostgresError) -> Recognition {
    Recognition(
      recipients: try (row.uuidsOrNull(19) ?? []).map(ID.init(rawValue:)), points: try row.int64(15),
      values: try row.texts(17), visibility: Recognition.Visibility(rawValue: try row.text(16)) ?? .public)
  }

  private static func award(_ row: Row) throws(PostgresError) -> AwardFacts {
    AwardFacts(
      budget: ID(rawValue: try row.uuid(43)), points: try row.int64(44), values: try row.texts(45),
      recipients: try row.uuids(46).map(ID.init(rawValue:)))
  }

  private static func lotUses(_ row: Row) throws(PostgresError) -> [LotUse] {
    guard let positions = try row.int64sOrNull(47) else { return [] }
    return try LotUse.list(positions, lines: row.int64s(48), amounts: row.int64s(49))
  }

  private static func postings(_ row: Row) throws(PostgresError) -> [Posting] {
    guard let kinds = try row.textsOrNull(20) else { return [] }
    let (owners, amounts, balances) = (try row.uuids(21), try row.int64s(22), try row.int64s(23))
    var postings: [Posting] = []
    for index in kinds.indices {
      guard let kind = AccountKind(rawValue: kinds[index]) else {
        throw PostgresError(.misuse, "a posting names an account \(kinds[index])")
      }
      postings.append(
        Posting(
          account: Account(kind: kind, owner: ID(rawValue: owners[index])), amount: amounts[index],
          balanceAfter: balances[index]))
    }
    return postings
  }
}
