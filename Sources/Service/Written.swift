import HTTP
import Ledger
import Postgres

/// What became of an operation, and whom it was about.
struct Written: Sendable {
  let decision: Decision
  /// Everybody whom the batch mentions, the operation's own people among them.
  let people: [ID: Person]
  /// The actor's balances after it.
  let balances: Balances?
}

struct Balances: Sendable {
  let allowance: Int64
  let points: Int64
  let held: Int64
  /// What the budget of an award has left.
  var available: Int64?
}

extension Written {
  init(decision: Decision, actor: ID?, _ book: Book) {
    self.decision = decision
    people = book.people
    balances = actor.flatMap { book.people[$0] }.map { person in
      Balances(
        allowance: book.effectiveAllowance(of: person), points: book.spendablePoints(of: person.id),
        held: book.balances[.held(person.id), default: 0], available: Self.available(after: decision, book))
    }
  }

  /// What is left in the budget of the award that was decided about.
  private static func available(after decision: Decision, _ book: Book) -> Int64? {
    guard case .accepted(let acceptance) = decision,
      let award = acceptance.entry.subject.flatMap({ book.awards[$0] })
    else { return nil }
    return book.balances[.budget(award.facts.budget)]
  }

  /// What every write answers with; for a replay as well.
  var headers: [(String, String)] {
    switch decision {
    case .accepted(let acceptance): [("Ledger-Position", "\(acceptance.lastPosition)")]
    case .replayed(let earlier): [("Ledger-Position", "\(earlier.position)"), ("Idempotent-Replayed", "true")]
    case .unchanged, .refused: []
    }
  }

  /// The id of the entry that it is.
  var entry: ID {
    switch decision {
    case .accepted(let acceptance): acceptance.entry.id
    case .replayed(let earlier): earlier.entry
    case .unchanged, .refused: .zero
    }
  }

  /// The position of the entry that it is.
  var position: Int64 {
    switch decision {
    case .accepted(let acceptance): acceptance.entry.position
    case .replayed(let earlier): earlier.position
    case .unchanged, .refused: 0
    }
  }

  /// What the entry was about, and the headers that every write answers with; for a replay as well.
  func subject(_ exchange: Exchange) async throws -> (ID, [(String, String)]) {
    switch decision {
    case .accepted(let acceptance):
      return (acceptance.entry.subject ?? .zero, headers)
    case .replayed(let earlier):
      let rows = try await exchange.worker.pool.query(
        Self.subjectAt,
        Parameters {
          $0.int32(exchange.caller.organization)
          $0.int64(earlier.position)
        }, isIdempotent: true)
      guard let row = rows.first else { throw Problem.notFound }
      return (ID(rawValue: try row.uuid(0)), headers)
    case .unchanged, .refused:
      throw Defect("a refusal was thrown, and only people can be unchanged")
    }
  }

  /// What the entry was about, as it was with the entry, so that a replay is answered as the first time; and the headers that every
  /// write answers with.
  /// - Parameter statement: takes the organisation, the subject and the position.
  func subject(_ exchange: Exchange, as statement: Statement) async throws -> (Row, ID, [(String, String)]) {
    let (subject, headers) = try await subject(exchange)
    let rows = try await exchange.worker.pool.query(
      statement,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(subject.rawValue)
        $0.int64(position)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    return (row, subject, headers)
  }

  private static let subjectAt = SQL.statement("subject_at")
}
