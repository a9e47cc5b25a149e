import Ledger
import Postgres

/// Whom the entries of a batch concern besides the recipients of recognitions: who is given an award or a boost, whose award or
/// redemption somebody else decided on, whose thanks were taken back, who is mentioned. Written with the entries, and only where
/// there is somebody. What waits for approval is found without.
struct Notices {
  private var rows: [(Int32, ID, Int64)] = []

  /// - Parameter book: as it is after the decision, and before the next one: a later operation may give a name to somebody else.
  mutating func add(_ acceptance: Acceptance, of submission: Submission, _ book: Book) {
    let entry = acceptance.entry
    // Whoever did it knows already.
    for person in Self.concerned(by: entry, submission.operation, book) where person != entry.actor {
      rows.append((submission.organization, person, entry.position))
    }
  }

  /// Handles and emails that a message speaks of, where their holders may read it. History comes from elsewhere, where an `@` may
  /// have meant somebody else.
  static func names(mentionedIn request: Recognise) -> [String] {
    request.source == .history || request.visibility != .public ? [] : MarkedText.mentions(in: request.message)
  }

  /// Nil where nobody is concerned.
  var statement: (Statement, Parameters)? {
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

  private static func concerned(by entry: Entry, _ operation: Operation, _ book: Book) -> Set<ID> {
    switch entry.kind {
    case .recognition:
      guard case .recognise(let request) = operation.action else { return [] }
      let people = names(mentionedIn: request).compactMap { book.person(named: $0) }
      // Recipients know already.
      return Set(people.filter(\.isActive).map(\.id)).subtracting(entry.recognition?.recipients ?? [])
    case .awardGranted, .awardApproved, .awardDeclined, .boost, .reversal, .redemptionApproved, .redemptionDeclined,
      .redemptionCancelled, .redemptionFulfilled, .redemptionRefunded:
      return concerned(by: entry, book)
    default: return []
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
