import Ledger
import Postgres
import Text

/// Gathers what a batch of decisions changed into arrays, and makes of them the statements that write it: one statement a
/// table, whatever the size of the batch. The second round trip of a lane.
struct BatchWrites {
  private(set) var entries: [(Int32, Entry)] = []
  private var texts: [(Int32, Int64, SaltedText)] = []
  private var people: [(Int32, Person, Int64)] = []
  private var keys: [(Int32, APIKey, Entry)] = []
  /// Keys of other systems that credited, by organisation.
  private var crediting: [Int32: Set<ID>] = [:]
  /// Whoever came back, with the entry that says so.
  private var returns: [(Int32, ID, Entry)] = []
  private var revocations: [(Int32, ID, Timestamp)] = []
  private var values: [(Int32, Value, Int64)] = []
  /// The last of each organisation.
  private var profiles: [Int32: (Profile, Int64)] = [:]
  private(set) var rewards: [(Int32, Reward)] = []
  private(set) var budgets: [(Int32, Budget, Int64)] = []
  /// Redemptions and awards whose state changes, with a code where one is given.
  private(set) var redemptions: [(Int32, ID, Int64, code: String?)] = []
  private(set) var awards: [(Int32, ID, Int64)] = []
  /// What awards gave, less what was taken back.
  private(set) var awarded: [AwardTotal: Int64] = [:]
  private var notices = Notices()
  /// Entries whose lots run out after so many months.
  private(set) var expiring: [(Int32, Entry, Int32)] = []
  private var heads: [Int32: Book.Head] = [:]

  var isEmpty: Bool { entries.isEmpty }

  /// - Parameter book: as it is after the decision.
  mutating func add(_ acceptance: Acceptance, of submission: Submission, _ book: Book) {
    let organization = submission.organization
    let entry = acceptance.entry
    entries += acceptance.entries.map { (organization, $0) }
    notices.add(acceptance, of: submission, book)
    if let text = acceptance.text { texts.append((organization, entry.position, text)) }
    switch submission.operation.action {
    case .putPerson(let person, _):
      // The ledger has noted when somebody left.
      people.append((organization, book.people[person.id] ?? person, entry.position))
      if let person = acceptance.endsKeysOf { returns.append((organization, person, entry)) }
    case .createKey(let key): keys.append((organization, key, entry))
    case .revokeKey(let key): revocations.append((organization, key, entry.recordedAt))
    case .changeOrganization:
      if let profile = book.profile { profiles[organization] = (profile.profile, profile.position) }
    case .putValue(let value, _): values.append((organization, value, entry.position))
    case .putReward(let put):
      var reward = put.reward
      reward.position = entry.position
      rewards.append((organization, reward))
    case .redeem:
      redemptions.append((organization, submission.operation.id, acceptance.lastPosition, code: nil))
    case .moveRedemption(let request):
      redemptions.append((organization, request.id, entry.position, code: request.code))
    case .createBudget(let budget, _): budgets.append((organization, budget, entry.position))
    case .decideAward(let request):
      awards.append((organization, request.id, entry.position))
      if request.isApproved { note(book.awards[request.id], 1, organization) }
    case .award where entry.kind == .awardGranted: note(book.awards[submission.operation.id], 1, organization)
    case .reverse(.award, let award): note(book.awards[award], -1, organization)
    case .earn(let earn): if let key = earn.key { crediting[organization, default: []].insert(key) }
    case .recognise, .foundOrganization, .moveStock, .fundBudget, .award, .boost, .adjust, .reverse,
      .changeProgram,
      .expirePoints, .returnBudget:
      break
    }
    if let months = book.program.expiryMonths, entry.kind.makesLots { expiring.append((organization, entry, months)) }
    if let last = acceptance.entries.last {
      heads[organization] = Book.Head(position: last.position, hash: last.hash, recordedAt: last.recordedAt)
    }
  }

  private mutating func note(_ award: Award?, _ sign: Int64, _ organization: Int32) {
    guard let award else { return assertionFailure("what was decided about is in the book") }
    for path in award.paths {
      awarded[AwardTotal(organization: organization, path: path), default: 0] += sign * award.facts.points
    }
  }

  struct AwardTotal: Hashable {
    let organization: Int32
    let path: AwardPath
  }

  /// In an order that satisfies the foreign keys. Statements without rows are left out.
  /// - Parameter books: as they are after the decisions, for the balances and states.
  func statements(_ books: [Int32: Book], _ pace: inout Pace) async -> [(Statement, Parameters)] {
    var statements = [entryRows()]
    await pace.breathe()
    statements.append(postingRows())
    await pace.breathe()
    statements.append(accountRows(books))
    await pace.breathe()
    if !texts.isEmpty { statements.append(textRows()) }
    let recognitions = entries.filter { $0.1.recognition != nil }
    if !recognitions.isEmpty { statements += [recognitionRows(recognitions), recipientRows(recognitions)] }
    await pace.breathe()
    if !people.isEmpty { statements.append(personRows()) }
    if !keys.isEmpty { statements.append(keyRows()) }
    if !crediting.isEmpty { statements.append(creditingRows(books)) }
    if !returns.isEmpty { statements.append(returnRows()) }
    if !revocations.isEmpty { statements.append(revocationRows()) }
    if !profiles.isEmpty { statements.append(profileRows()) }
    if !values.isEmpty { statements.append(valueRows()) }
    if !rewards.isEmpty { statements.append(rewardRows()) }
    if !budgets.isEmpty { statements.append(budgetRows()) }
    await pace.breathe()
    statements += redemptionStatements(books) + awardStatements(books) + grantStatements() + lotStatements()
    await pace.breathe()
    statements += programStatements()
    if let concerned = notices.statement { statements.append(concerned) }
    statements.append(headRows())
    return statements
  }

  private func entryRows() -> (Statement, Parameters) {
    (
      Self.insertEntries,
      Parameters {
        $0.int32s(entries.map(\.0))
        $0.int64s(entries.map(\.1.position))
        $0.uuids(entries.map(\.1.id.rawValue))
        $0.texts(entries.map(\.1.kind.rawValue))
        $0.timestamps(entries.map(\.1.recordedAt.microseconds))
        $0.timestamps(entries.map(\.1.occurredAt.microseconds))
        $0.uuids(entries.map(\.1.actor?.rawValue))
        $0.uuids(entries.map(\.1.subject?.rawValue))
        $0.int32s(entries.map(\.1.programVersion))
        $0.bytesArray(entries.map(\.1.idempotency?.key.bytes))
        $0.bytesArray(entries.map(\.1.idempotency?.request.bytes))
        $0.bytesArray(entries.map(\.1.textDigest?.bytes))
        $0.bytesArray(entries.map(\.1.hash.bytes))
      }
    )
  }

  private func postingRows() -> (Statement, Parameters) {
    let rows = entries.flatMap { organization, entry in
      zip(Int32(0)..., entry.postings).map { (organization, entry.position, $0, $1) }
    }
    return (
      Self.insertPostings,
      Parameters {
        $0.int32s(rows.map(\.0))
        $0.int64s(rows.map(\.1))
        $0.int32s(rows.map(\.2))
        $0.texts(rows.map(\.3.account.kind.rawValue))
        $0.uuids(rows.map(\.3.account.owner.rawValue))
        $0.int64s(rows.map(\.3.amount))
        $0.int64s(rows.map(\.3.balanceAfter))
      }
    )
  }

  /// Every account that the batch moved, and every allowance that it reset, once.
  private func accountRows(_ books: [Int32: Book]) -> (Statement, Parameters) {
    var touched: [Int32: Set<Account>] = [:]
    for (organization, entry) in entries {
      touched[organization, default: []].formUnion(entry.postings.map(\.account))
      if entry.kind == .allowanceReset, let person = entry.subject {
        touched[organization, default: []].insert(.allowance(person))
      }
    }
    let rows = touched.flatMap { organization, accounts in accounts.map { (organization, $0) } }
    return (
      Self.storeAccounts,
      Parameters {
        $0.int32s(rows.map(\.0))
        $0.texts(rows.map(\.1.kind.rawValue))
        $0.uuids(rows.map(\.1.owner.rawValue))
        $0.int64s(rows.map { books[$0.0]?.balances[$0.1] ?? 0 })
        $0.dates(
          rows.map { organization, account in
            account.kind == .allowance ? books[organization]?.allowancePeriods[account.owner]?.number : nil
          })
        $0.int64s(
          rows.map { organization, account in
            account.kind == .allowance ? books[organization]?.carried[account.owner] ?? 0 : 0
          })
      }
    )
  }

  private func textRows() -> (Statement, Parameters) {
    (
      Self.insertTexts,
      Parameters {
        $0.int32s(texts.map(\.0))
        $0.int64s(texts.map(\.1))
        $0.bytesArray(texts.map(\.2.salt.bytes))
        $0.texts(texts.map(\.2.text))
      }
    )
  }

  private func recognitionRows(_ rows: [(Int32, Entry)]) -> (Statement, Parameters) {
    (
      Self.insertRecognitions,
      Parameters {
        $0.int32s(rows.map(\.0))
        $0.int64s(rows.map(\.1.position))
        $0.uuids(rows.map(\.1.actor?.rawValue))
        $0.int64s(rows.map(\.1.recognition?.points))
        $0.texts(rows.map(\.1.recognition?.visibility.rawValue))
        $0.texts(rows.map { $0.1.recognition?.values.joined(separator: " ") })
        $0.timestamps(rows.map(\.1.occurredAt.microseconds))
      }
    )
  }

  private func recipientRows(_ recognitions: [(Int32, Entry)]) -> (Statement, Parameters) {
    let rows = recognitions.flatMap { organization, entry in
      zip(Int32(0)..., entry.recognition?.recipients ?? []).map { (organization, entry.position, $0, $1) }
    }
    return (
      Self.insertRecipients,
      Parameters {
        $0.int32s(rows.map(\.0))
        $0.int64s(rows.map(\.1))
        $0.int32s(rows.map(\.2))
        $0.uuids(rows.map(\.3.rawValue))
      }
    )
  }

  /// The last state of each person of the batch: an upsert cannot touch a row twice.
  private func personRows() -> (Statement, Parameters) {
    let rows = lastOfEach(people) { $0.1.id }
    return (
      Self.storePeople,
      Parameters {
        $0.int32s(rows.map(\.0))
        $0.uuids(rows.map(\.1.id.rawValue))
        $0.texts(rows.map(\.1.handle))
        $0.texts(rows.map(\.1.name))
        $0.texts(rows.map(\.1.email))
        $0.texts(rows.map(\.1.team))
        $0.texts(rows.map(\.1.department))
        $0.texts(rows.map(\.1.location))
        $0.texts(rows.map(\.1.costCentre))
        $0.uuids(rows.map(\.1.manager?.rawValue))
        $0.texts(rows.map { $0.1.roles.map(\.rawValue).sorted().joined(separator: " ") })
        $0.texts(rows.map(\.1.timeZone))
        $0.dates(rows.map(\.1.joined?.number))
        $0.bools(rows.map(\.1.isActive))
        $0.bools(rows.map(\.1.isOptedOut))
        $0.int64s(rows.map(\.1.allowancePoints))
        $0.dates(rows.map(\.1.leftOn?.number))
        $0.int64s(rows.map(\.2))
        $0.texts(rows.map(\.1.team?.folded))
        $0.texts(rows.map(\.1.department?.folded))
        $0.texts(rows.map(\.1.location?.folded))
        $0.texts(rows.map { Search.text(name: $0.1.name, handle: $0.1.handle, email: $0.1.email) })
      }
    )
  }

  private func keyRows() -> (Statement, Parameters) {
    (
      Self.insertKeys,
      Parameters {
        $0.int32s(keys.map(\.0))
        $0.uuids(keys.map(\.1.id.rawValue))
        $0.bytesArray(keys.map(\.1.digest.bytes))
        $0.uuids(keys.map(\.1.person.rawValue))
        $0.timestamps(keys.map(\.2.recordedAt.microseconds))
        $0.timestamps(keys.map(\.1.expiresAt?.microseconds))
        $0.texts(keys.map { $0.1.scopes.map(\.rawValue).sorted().joined(separator: " ") })
        $0.int64s(keys.map(\.2.position))
        $0.texts(keys.map(\.1.label))
        $0.texts(keys.map(\.1.bounds?.source))
        $0.int64s(keys.map(\.1.bounds?.pointsMax))
        $0.int64s(keys.map(\.1.bounds?.pointsMaxDay))
      }
    )
  }

  /// What keys have credited on the batch's day, as it is after the batch.
  private func creditingRows(_ books: [Int32: Book]) -> (Statement, Parameters) {
    let rows = crediting.flatMap { organization, keys in
      keys.compactMap { key in books[organization]?.creditingKeys[key].map { (organization, key, $0) } }
    }
    return (
      Self.storeCredits,
      Parameters {
        $0.int32s(rows.map(\.0))
        $0.uuids(rows.map(\.1.rawValue))
        $0.dates(rows.map(\.2.day?.number))
        $0.int64s(rows.map(\.2.points))
      }
    )
  }

  private func returnRows() -> (Statement, Parameters) {
    (
      Self.endKeys,
      Parameters {
        $0.int32s(returns.map(\.0))
        $0.uuids(returns.map(\.1.rawValue))
        $0.int64s(returns.map(\.2.position))
        $0.timestamps(returns.map(\.2.recordedAt.microseconds))
      }
    )
  }

  private func revocationRows() -> (Statement, Parameters) {
    (
      Self.revokeKeys,
      Parameters {
        $0.int32s(revocations.map(\.0))
        $0.uuids(revocations.map(\.1.rawValue))
        $0.timestamps(revocations.map(\.2.microseconds))
      }
    )
  }

  private func profileRows() -> (Statement, Parameters) {
    let rows = profiles.sorted { $0.key < $1.key }
    return (
      Self.storeProfiles,
      Parameters {
        $0.int32s(rows.map(\.key))
        $0.texts(rows.map(\.value.0.name))
        $0.texts(rows.map(\.value.0.calendar))
        $0.texts(rows.map(\.value.0.currencyName))
        $0.texts(rows.map(\.value.0.currencySymbol))
        $0.texts(rows.map(\.value.0.publicURL))
        $0.int64s(rows.map(\.value.1))
      }
    )
  }

  private func valueRows() -> (Statement, Parameters) {
    // The last state of each: an upsert cannot touch a row twice.
    let last = Dictionary(values.map { ("\($0.0) \($0.1.slug)", $0) }) { $1 }
    let rows = Array(last.values)
    return (
      Self.storeValues,
      Parameters {
        $0.int32s(rows.map(\.0))
        $0.texts(rows.map(\.1.slug))
        $0.texts(rows.map(\.1.name))
        $0.texts(rows.map(\.1.description))
        $0.bools(rows.map(\.1.isActive))
        $0.int64s(rows.map(\.2))
      }
    )
  }

  private func headRows() -> (Statement, Parameters) {
    let rows = heads.sorted { $0.key < $1.key }
    return (
      Self.storeHeads,
      Parameters {
        $0.int32s(rows.map(\.key))
        $0.int64s(rows.map(\.value.position))
        $0.bytesArray(rows.map(\.value.hash.bytes))
        $0.timestamps(rows.map(\.value.recordedAt.microseconds))
      }
    )
  }

  private static let insertEntries = SQL.statement("insert_entries")
  private static let insertPostings = SQL.statement("insert_postings")
  private static let storeAccounts = SQL.statement("store_accounts")
  private static let insertTexts = SQL.statement("insert_texts")
  private static let insertRecognitions = SQL.statement("insert_recognitions")
  private static let insertRecipients = SQL.statement("insert_recipients")
  private static let storePeople = SQL.statement("store_people")
  private static let insertKeys = SQL.statement("insert_keys")
  private static let storeCredits = SQL.statement("store_credits")
  private static let endKeys = SQL.statement("end_keys")
  private static let revokeKeys = SQL.statement("revoke_keys")
  private static let storeProfiles = SQL.statement("store_profiles")
  private static let storeValues = SQL.statement("store_values")
  private static let storeHeads = SQL.statement("store_heads")
}
