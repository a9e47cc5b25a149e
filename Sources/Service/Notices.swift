import Ledger
import Postgres

/// Whom the entries of a batch concern besides the recipients of recognitions: who is given an award or a boost, whose redemption somebody
/// else moves on, who is mentioned. Written with the entries, and only where there is somebody.
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
    case .awardGranted, .awardApproved, .boost, .redemptionApproved, .redemptionDeclined, .redemptionCancelled,
      .redemptionFulfilled, .redemptionRefunded:
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

  private func entryRows(_ books: [Int32: Book]) -> [(Int32, ID, Int64)] {
    entries.flatMap { organization, entry in
      let credited = entry.postings.filter { $0.account.kind == .points && $0.amount > 0 }.map(\.account.owner)
      let redeemer = entry.subject.flatMap { books[organization]?.redemptions[$0]?.facts.person }
      let concerned = redeemer.map { $0 == entry.actor ? [] : [$0] } ?? credited
      return concerned.map { (organization, $0, entry.position) }
    }
  }

  private static let insert = SQL.statement("insert_notices")
}
