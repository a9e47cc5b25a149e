import Ledger
import Postgres

/// Whom the entries of a batch concern besides the recipients of recognitions: who is given an award or a boost, whose award or
/// redemption somebody else decided on, whose thanks were taken back, who is mentioned. Written with the entries, and only where
/// there is somebody. What waits for approval is found without.
struct Notices {
  private var entries: [(Int32, Entry)] = []
  private var mentions: [(Int32, Entry, names: [String])] = []

  mutating func add(_ acceptance: Acceptance, of submission: Submission) {
    let entry = acceptance.entry
    switch entry.kind {
    case .recognition:
      guard case .recognise(let request) = submission.operation.action else { return }
      let names = Self.names(mentionedIn: request)
      if !names.isEmpty { mentions.append((submission.organization, entry, names)) }
    case .awardGranted, .awardApproved, .awardDeclined, .boost, .reversal, .redemptionApproved, .redemptionDeclined,
      .redemptionCancelled, .redemptionFulfilled, .redemptionRefunded:
      entries.append((submission.organization, entry))
    default: break
    }
  }

  /// Handles and emails that a message speaks of, where their holders may read it. History comes from elsewhere, where an `@` may
  /// have meant somebody else.
  static func names(mentionedIn request: Recognise) -> [String] {
    request.source == .history || request.visibility != .public ? [] : MarkedText.mentions(in: request.message)
  }

  /// - Parameter books: as they are after the decisions.
  /// - Returns: nil where nobody is concerned.
  func statement(_ books: [Int32: Book]) -> (Statement, Parameters)? {
    let rows = mentionRows(books) + entryRows(books)
    if rows.isEmpty { return nil }
    return (
      Self.insert,
      Parameters {
        $0.int32s(rows.map(\.0))
        $0.uuids(rows.map(\.1.rawValue))
        $0.int64s(rows.map(\.2))
      }
    )
  }

  /// Neither the giver nor recipients: they know already.
  private func mentionRows(_ books: [Int32: Book]) -> [(Int32, ID, Int64)] {
    mentions.flatMap { organization, entry, names in
      let people = names.compactMap { books[organization]?.person(named: $0) }
      let mentioned = Set(people.filter(\.isActive).map(\.id)).subtracting(entry.recognition?.recipients ?? [])
      return mentioned.filter { $0 != entry.actor }.map { (organization, $0, entry.position) }
    }
  }

  /// Whoever did it knows already.
  private func entryRows(_ books: [Int32: Book]) -> [(Int32, ID, Int64)] {
    entries.flatMap { organization, entry in
      guard let book = books[organization] else { return [(Int32, ID, Int64)]() }
      return Self.concerned(by: entry, book).filter { $0 != entry.actor }.map { (organization, $0, entry.position) }
    }
  }

  private static func concerned(by entry: Entry, _ book: Book) -> Set<ID> {
    let credited = Set(entry.postings.filter { $0.account.kind == .points && $0.amount > 0 }.map(\.account.owner))
    guard let subject = entry.subject else { return credited }
    let awarder = book.awards[subject].map { [$0.giver] } ?? []
    switch entry.kind {
    case .awardApproved, .awardDeclined: return credited.union(awarder)
    case .reversal:
      // From whom it is taken, thanks without points among it, and whoever gave it or added to it.
      guard let grant = book.grants[subject] else { return [] }
      let boosters = (book.boosts[subject] ?? []).compactMap { book.grants[$0]?.giver }
      let givers = grant.kind == .award ? awarder : grant.kind == .recognition ? [grant.giver].compactMap { $0 } : []
      return Set(grant.recipients + givers + boosters)
    default: return book.redemptions[subject].map { [$0.facts.person] } ?? credited
    }
  }

  private static let insert = SQL.statement("insert_notices")
}
