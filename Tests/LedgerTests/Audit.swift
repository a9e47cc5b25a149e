import Ledger
import Testing

/// Checks what a book records against the rules that every entry obeys, from the entries alone.
struct Audit {
  private let organization: ID
  private(set) var head: Book.Head
  private(set) var balances: [Account: Int64]

  init(_ book: Book) {
    organization = book.organization
    head = book.head
    balances = book.balances
  }

  /// Follows the log by the entries of `acceptance`, the reset before it included.
  mutating func follow(_ acceptance: Acceptance, _ location: SourceLocation = #_sourceLocation) {
    for reset in acceptance.preceding {
      #expect(reset.kind == .allowanceReset, sourceLocation: location)
      follow(reset, location)
    }
    follow(acceptance.entry, location)
    #expect(acceptance.text?.digest == acceptance.entry.textDigest, sourceLocation: location)
  }

  private mutating func follow(_ entry: Entry, _ location: SourceLocation) {
    #expect(entry.position == head.position + 1, "positions have no gap", sourceLocation: location)
    #expect(entry.recordedAt >= head.recordedAt, "time does not go back", sourceLocation: location)
    #expect(entry.hash == Chain.hash(entry, of: organization, after: head.hash), sourceLocation: location)
    #expect(entry.postings.reduce(0) { $0 + $1.amount } == 0, "an entry sums to zero", sourceLocation: location)
    for posting in entry.postings {
      let balance = balances[posting.account, default: 0] + posting.amount
      #expect(posting.amount != 0, sourceLocation: location)
      #expect(posting.balanceAfter == balance, "\(posting.account)", sourceLocation: location)
      #expect(balance >= 0 || posting.account == .issued, "\(posting.account) overdrawn", sourceLocation: location)
      balances[posting.account] = balance
    }
    head = Book.Head(position: entry.position, hash: entry.hash, recordedAt: entry.recordedAt)
  }

  /// The book says the same as its entries.
  func agrees(with book: Book, _ location: SourceLocation = #_sourceLocation) {
    #expect(book.head == head, sourceLocation: location)
    #expect(book.balances.filter { $0.value != 0 } == balances.filter { $0.value != 0 }, sourceLocation: location)
    #expect(balances.values.reduce(0, +) == 0, "all accounts sum to zero", sourceLocation: location)
  }
}

/// Everything that a book holds, to compare before and after.
struct Contents: Equatable {
  let head: Book.Head
  let people: [ID: Person]
  let names: [String: ID]
  let balances: [Account: Int64]
  let periods: [ID: Day]
  let values: [String: Value]
  let recorded: [Book.IdempotencyScope: Book.Recorded]

  init(_ book: Book) {
    head = book.head
    people = book.people
    names = book.names
    balances = book.balances
    periods = book.allowancePeriods
    values = book.values
    recorded = book.recorded
  }
}

extension Book {
  /// The same book in another period, as the service would load it then.
  func reopened(program: Program? = nil, clock: Timestamp? = nil, periodStart: Day) -> Book {
    var book = Book(
      organization: organization, head: head, clock: clock ?? now, program: program ?? self.program,
      periodStarts: .all(periodStart), today: periodStart)
    for person in people.values { book.load(person) }
    for (account, balance) in balances { book.load(balance: balance, of: account) }
    for (person, start) in allowancePeriods { book.load(allowancePeriod: start, of: person) }
    for (person, points) in carried { book.load(carried: points, of: person) }
    for value in values.values { book.load(value, position: valuePositions[value.slug] ?? 0) }
    for (scope, effect) in recorded { book.load(effect, of: scope) }
    return book
  }
}

/// Ids and salts that are the same in every run.
func id(_ number: Int) -> ID { .version7(milliseconds: 1_800_000_000_000, random: UInt128(number)) }
func digest(_ text: String) -> Digest { .sha256(Array(text.utf8)) }

extension PeriodStarts {
  /// Of a calendar whose weeks, months and quarters are the same.
  static func all(_ day: Day) -> PeriodStarts { PeriodStarts(week: day, month: day, quarter: day) }
}
