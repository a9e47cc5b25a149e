public import Ledger
import Postgres

/// Recomputes an organisation's log from its rows: every hash, every sum, every balance. Reads one snapshot, page by page, so a
/// live database is checked as it stood at one position, in memory that grows with accounts, not with entries.
public struct Verifier {
  /// Something that does not hold, and where.
  public struct Finding: Sendable, Equatable {
    /// `known_kinds`, `gapless_positions`, `time_order`, `hash_chain`, `words`, `zero_sum`, `balance_after`, `recipients`,
    /// `balances`, `no_overdraft`, `head`, `no_orphans`, `lots`, `redemptions`, `awards`, `allowances`, `particulars`, `keys`,
    /// `witness`.
    public let invariant: String
    /// Where it was found; nil when it belongs to no entry.
    public let position: Int64?
    public let detail: String
  }

  public struct Report: Sendable {
    public let position: Int64
    public let headHash: Digest
    /// At most ``findingsMax``: a broken chain breaks in many places, of which the first matters.
    public let findings: [Finding]
    public var isSound: Bool { findings.isEmpty }
  }

  /// A position and the hash that it had, noted where nobody who can change the database can reach.
  public struct Witness: Sendable, Equatable {
    public let position: Int64
    public let hash: Digest

    /// The log's beginning, which everybody knows.
    static let none = Witness(position: 0, hash: .zero)

    private init(position: Int64, hash: Digest) {
      self.position = position
      self.hash = hash
    }

    /// Reads `POSITION:HASH`; nil for anything else.
    public init?(_ text: String) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let position = Int64(parts[0]), position >= 1, let hash = Digest(hexadecimal: parts[1])
      else { return nil }
      self.position = position
      self.hash = hash
    }
  }

  public static let findingsMax = 100
  private static let pageCount: Int32 = 500

  private let organization: ID
  private let witness: Witness?
  private var findings: [Finding] = []
  private var head = Book.Head(position: 0, hash: .zero, recordedAt: Timestamp(microseconds: .min))
  private var balances: [Account: Int64] = [:]
  /// What top-ups brought into allowances' periods and within them, spent or not.
  private var carried: [ID: Int64] = [:]

  /// - Parameter transaction: a fresh one; it becomes a read-only snapshot.
  /// - Parameters:
  ///   - since: a trusted position: what follows it is verified, with the balances that it moves. Nil: everything.
  ///   - witness: what the log must agree with.
  static func verify(
    _ number: Int32, since: Witness? = nil, against witness: Witness? = nil, in transaction: Transaction
  ) async throws(PostgresError) -> Report {
    _ = try await transaction.query(snapshot)
    guard let row = try await transaction.query(organization, Parameters { $0.int32(number) }).first else {
      throw PostgresError(.misuse, "there is no organisation \(number)")
    }
    var verifier = Verifier(ID(rawValue: try row.uuid(0)), witness)
    let stored = try await verifier.storedHead(number, transaction)
    if let since { try await verifier.start(after: since, number, transaction) }
    var isAtEnd = false
    while !isAtEnd, verifier.findings.count < findingsMax {
      let rows = try await transaction.query(
        entries,
        Parameters {
          $0.int32(number)
          $0.int64(verifier.head.position)
          $0.int32(pageCount)
        })
      for row in rows { try verifier.check(row) }
      isAtEnd = rows.count < pageCount
    }
    if isAtEnd { try await verifier.checkTotals(stored, number, transaction, isWhole: since == nil) }
    return Report(
      position: verifier.head.position, headHash: verifier.head.hash,
      findings: try await named(Array(verifier.findings.prefix(findingsMax)), number, transaction))
  }

  private init(_ organization: ID, _ witness: Witness?) {
    self.organization = organization
    self.witness = witness
  }

  /// The same findings, with what people call somebody or something before each id that they name.
  private static func named(
    _ findings: [Finding], _ number: Int32, _ transaction: Transaction
  ) async throws(PostgresError) -> [Finding] {
    let pattern = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/
    let ids = Set(findings.flatMap { $0.detail.matches(of: pattern).map { String($0.0) } })
    if ids.isEmpty { return findings }
    let parameters = Parameters {
      $0.int32(number)
      $0.uuids(ids.compactMap { ID($0)?.rawValue })
    }
    var names: [String: String] = [:]
    for row in try await transaction.query(Self.names, parameters) {
      names[ID(rawValue: try row.uuid(0)).description] = try row.text(1)
    }
    return findings.map { finding in
      let detail = finding.detail.replacing(pattern) { match in
        names[String(match.0)].map { "\($0) (\(match.0))" } ?? String(match.0)
      }
      return Finding(invariant: finding.invariant, position: finding.position, detail: detail)
    }
  }

  private mutating func note(_ invariant: String, at position: Int64?, _ detail: String) {
    findings.append(Finding(invariant: invariant, position: position, detail: detail))
  }

  /// Takes the log up to a trusted position as it is: the hash there must be the trusted one, and accounts stand as its entries
  /// left them.
  private mutating func start(
    after trusted: Witness, _ number: Int32, _ transaction: Transaction
  ) async throws(PostgresError) {
    let parameters = Parameters {
      $0.int32(number)
      $0.int64(trusted.position)
    }
    guard let row = try await transaction.query(Self.entryHash, parameters).first else {
      return note("witness", at: trusted.position, "there is no such position")
    }
    let hash = try row.digest(0)
    if hash != trusted.hash {
      note("witness", at: trusted.position, "its hash was \(trusted.hash), and is now \(hash): history was rewritten")
    }
    head = Book.Head(
      position: trusted.position, hash: hash, recordedAt: Timestamp(microseconds: try row.timestamp(1)))
    try await checkWitness(upTo: trusted.position, number, transaction)
    for row in try await transaction.query(Self.balancesAt, parameters) {
      guard let kind = AccountKind(rawValue: try row.text(0)) else { continue }
      balances[Account(kind: kind, owner: ID(rawValue: try row.uuid(1)))] = try row.int64(2)
    }
  }

  /// The walk will not come by a witness of what is taken as it is.
  private mutating func checkWitness(
    upTo position: Int64, _ number: Int32, _ transaction: Transaction
  ) async throws(PostgresError) {
    guard let witness, witness.position <= position else { return }
    let parameters = Parameters {
      $0.int32(number)
      $0.int64(witness.position)
    }
    let hash = try await transaction.query(Self.entryHash, parameters).first?.digest(0)
    if hash != witness.hash {
      let now = hash.map { "is now \($0)" } ?? "is gone"
      note("witness", at: witness.position, "its hash was \(witness.hash), and \(now): history was rewritten")
    }
  }

  // MARK: One entry

  private mutating func check(_ row: Row) throws(PostgresError) {
    let stored: StoredEntry
    do throws(PostgresError) {
      stored = try StoredEntry(row)
    } catch {
      // Rows that this program cannot read are somebody's tampering, or a later program's: said, not passed over.
      note("known_kinds", at: try row.int64(0), error.message)
      head = Book.Head(position: try row.int64(0), hash: try row.digest(11), recordedAt: head.recordedAt)
      return
    }
    let entry = stored.entry
    let position = entry.position
    if position != head.position + 1 {
      note("gapless_positions", at: position, "position \(head.position + 1) is missing")
    }
    if entry.recordedAt < head.recordedAt { note("time_order", at: position, "recorded before its predecessor") }
    let hash = Chain.hash(entry, of: organization, after: head.hash)
    if hash != entry.hash { note("hash_chain", at: position, "the rows give \(hash), the entry says \(entry.hash)") }
    if let witness, witness.position == position, witness.hash != entry.hash {
      note("witness", at: position, "its hash was \(witness.hash), and is now \(entry.hash): history was rewritten")
    }
    if let text = stored.text, text.digest != entry.textDigest {
      note("words", at: position, "the words are not those that were recorded")
    }
    if let problem = stored.sideProblem { note("recipients", at: position, problem) }
    followCarried(entry)
    check(entry.postings, at: position)
    // Go on from what the entry says, so that one change is found once, and not in every entry after it.
    head = Book.Head(position: position, hash: entry.hash, recordedAt: max(entry.recordedAt, head.recordedAt))
  }

  private mutating func check(_ postings: [Posting], at position: Int64) {
    let sums = Dictionary(postings.map { ($0.account.unit, $0.amount) }, uniquingKeysWith: &+)
    for sum in sums.values where sum != 0 { note("zero_sum", at: position, "the postings sum to \(sum)") }
    for posting in postings {
      let balance = balances[posting.account, default: 0] &+ posting.amount
      balances[posting.account] = balance
      if balance != posting.balanceAfter {
        note(
          "balance_after", at: position,
          "\(Self.words(posting.account)) stands at \(balance), the posting says \(posting.balanceAfter)")
        balances[posting.account] = posting.balanceAfter
      }
      if balance < 0, !posting.account.kind.mayBeNegative {
        note("no_overdraft", at: position, "\(Self.words(posting.account)) falls to \(balance)")
      }
    }
  }

  /// `points of 0190…`, or `issued` of the organisation's own.
  private static func words(_ account: Account) -> String {
    account.owner == .zero ? account.kind.rawValue : "\(account.kind.rawValue) of \(account.owner)"
  }

  /// What the period gave is spent before what top-ups brought; what is left of the latter stays over a reset.
  /// - Precondition: `balances` are those before the entry.
  private mutating func followCarried(_ entry: Entry) {
    guard let person = entry.subject else { return }
    switch entry.kind {
    case .allowanceToppedUp:
      for posting in entry.postings where posting.account == .allowance(person) {
        carried[person, default: 0] &+= posting.amount
      }
    case .allowanceReset:
      if let points = carried[person] {
        carried[person] = min(points, max(0, balances[.allowance(person), default: 0]))
      }
    default:
      break
    }
    if carried[person] == 0 { carried[person] = nil }
  }

  // MARK: The whole

  private func storedHead(_ number: Int32, _ transaction: Transaction) async throws(PostgresError) -> Book.Head {
    let rows = try await transaction.query(Self.head, Parameters { $0.int32(number) })
    guard let row = rows.first else { throw PostgresError(.misuse, "there is no organisation \(number)") }
    return Book.Head(
      position: try row.int64(0), hash: try row.digest(1), recordedAt: Timestamp(microseconds: try row.timestamp(2)))
  }

  /// - Parameter isWhole: whether it was verified from the first entry on.
  private mutating func checkTotals(
    _ stored: Book.Head, _ number: Int32, _ transaction: Transaction, isWhole: Bool
  ) async throws(PostgresError) {
    if stored.position != head.position || stored.hash != head.hash {
      note("head", at: head.position, "the head says position \(stored.position), hash \(stored.hash)")
    }
    if let witness, witness.position > head.position {
      note("witness", at: witness.position, "the log ends at \(head.position): entries are missing at its end")
    }
    var unseen = balances
    for row in try await transaction.query(Self.accounts, Parameters { $0.int32(number) }) {
      guard let kind = AccountKind(rawValue: try row.text(0)) else {
        note("balances", at: nil, "there is no kind of account \(try row.text(0))")
        continue
      }
      let account = Account(kind: kind, owner: ID(rawValue: try row.uuid(1)))
      let expected = unseen.removeValue(forKey: account) ?? 0
      let balance = try row.int64(2)
      let carriedExpected = kind == .allowance ? carried[account.owner, default: 0] : 0
      // What was carried over resets takes all of an allowance's history to know.
      if isWhole, try row.int64(3) != carriedExpected {
        note("balances", at: nil, "\(Self.words(account)) carries what its entries do not give")
      }
      if balance != expected {
        note("balances", at: nil, "\(Self.words(account)) is \(balance), its postings sum to \(expected)")
      }
    }
    for (account, balance) in unseen where balance != 0 {
      note(
        "balances", at: nil, "\(Self.words(account)) is missing, its postings sum to \(balance)")
    }
    for row in try await transaction.query(Self.orphans, Parameters { $0.int32(number) }) {
      note("no_orphans", at: try row.int64(1), "a row in \(try row.text(0)) belongs to no entry")
    }
    for (invariant, statement) in Self.comparisons {
      for row in try await transaction.query(statement, Parameters { $0.int32(number) }) {
        note(invariant, at: try row.int64OrNull(0), try row.text(1))
      }
    }
  }

  private static let organization = SQL.statement("organization_by_number")
  private static let snapshot = SQL.statement("snapshot")
  private static let entries = SQL.statement("verify_entries")
  private static let entryHash = SQL.statement("verify_entry_hash")
  private static let balancesAt = SQL.statement("verify_balances_at")
  private static let head = SQL.statement("verify_head")
  private static let accounts = SQL.statement("verify_accounts")
  private static let names = SQL.statement("verify_names")
  private static let orphans = SQL.statement("verify_orphans")
  /// Of what rows say twice, or what follows from others; each by the invariant that it belongs to.
  private static let comparisons = [
    ("lots", SQL.statement("verify_lots")), ("redemptions", SQL.statement("verify_redemptions")),
    ("awards", SQL.statement("verify_awards")), ("allowances", SQL.statement("verify_allowances")),
    ("particulars", SQL.statement("verify_particulars")), ("keys", SQL.statement("verify_keys")),
  ]
}
