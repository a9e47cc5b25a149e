import HTTP
import Ledger
import Postgres

/// An operation and the organisation it is for. The organisation comes from the caller's key, never from a request.
struct Submission: Sendable {
  let organization: Int32
  let operation: Operation
  /// Decide, and record nothing.
  let isDryRun: Bool

  init(organization: Int32, operation: Operation, isDryRun: Bool = false) {
    self.organization = organization
    self.operation = operation
    self.isDryRun = isDryRun
  }
}

/// Reads the books that a batch of operations needs: which rows to ask for, and what they say. The first round trip of
/// a lane; the caller holds, or takes in the same batch, the locks of the heads.
enum Books {
  /// In this order: ``load(_:for:)`` reads their answers.
  static func reads(for submissions: [Submission]) -> [(Statement, Parameters)] {
    var mentions = Mentions()
    for submission in submissions { mentions.collect(submission) }
    let organizations = organizationIDs(of: submissions)
    return [
      (Self.lockHeads, Parameters { $0.int32s(organizations) }),
      (Self.loadBooks, Parameters { $0.int32s(organizations) }),
      (
        Self.loadPeople,
        Parameters {
          $0.int32s(mentions.people.map(\.0))
          $0.uuids(mentions.people.map(\.1.rawValue))
          $0.int32s(mentions.handles.map(\.0))
          $0.texts(mentions.handles.map(\.1))
          $0.int32s(mentions.emails.map(\.0))
          $0.texts(mentions.emails.map(\.1))
        }
      ),
      (Self.loadValues, Parameters { $0.int32s(mentions.needsValues ? organizations : []) }),
      (
        Self.loadEffects,
        Parameters {
          $0.int32s(mentions.effects.map(\.0))
          $0.uuids(mentions.effects.map(\.1.actor.rawValue))
          $0.bytesArray(mentions.effects.map(\.1.key.bytes))
        }
      ),
    ]
  }

  static func organizationIDs(of submissions: [Submission]) -> [Int32] {
    Set(submissions.map(\.organization)).sorted()
  }

  /// - Parameter answers: to ``reads(for:)``, in its order.
  static func load(_ answers: some Collection<Rows>) throws(PostgresError) -> [Int32: Book] {
    let answers = Array(answers)
    var books: [Int32: Book] = [:]
    for row in answers[1] { books[try row.int32(0)] = try book(row) }
    for row in answers[2] {
      let person = try Self.person(row, from: 1)
      try books[row.int32(0)]?.load(person)
      try books[row.int32(0)]?.load(balance: row.int64OrNull(14) ?? 0, of: .allowance(person.id))
      try books[row.int32(0)]?.load(balance: row.int64OrNull(16) ?? 0, of: .points(person.id))
      if let start = try row.dateOrNull(15) {
        try books[row.int32(0)]?.load(allowancePeriod: Day(number: start), of: person.id)
      }
    }
    for row in answers[3] {
      try books[row.int32(0)]?.load(
        Value(slug: row.text(1), name: row.text(2), description: row.text(3), isActive: row.bool(4)))
    }
    for row in answers[4] {
      try books[row.int32(0)]?.load(
        Book.Recorded(position: row.int64(3), entry: ID(rawValue: row.uuid(4)), request: row.digest(5)),
        of: Book.IdempotencyScope(actor: ID(rawValue: row.uuid(1)), key: row.digest(2)))
    }
    return books
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
      periodStart: Day(number: try row.date(12)))
    book.load(balance: try row.int64(13), of: .issued)
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
      isActive: try row.bool(first + 12))
  }

  private static let lockHeads = SQL.statement("lock_heads")
  private static let loadBooks = SQL.statement("load_books")
  private static let loadPeople = SQL.statement("load_people")
  private static let loadValues = SQL.statement("load_values")
  private static let loadEffects = SQL.statement("load_effects")
}

/// Whom and what the operations of a batch speak of.
private struct Mentions {
  var people: [(Int32, ID)] = []
  var handles: [(Int32, String)] = []
  var emails: [(Int32, String)] = []
  var effects: [(Int32, Book.IdempotencyScope)] = []
  var needsValues = false

  mutating func collect(_ submission: Submission) {
    let organization = submission.organization
    let operation = submission.operation
    if let actor = operation.actor {
      people.append((organization, actor))
      if let key = operation.idempotency?.key { effects.append((organization, .init(actor: actor, key: key))) }
    }
    switch operation.action {
    case .recognise(let request):
      for name in request.to { mention(name, in: organization) }
      needsValues = needsValues || !request.values.isEmpty || !request.hashtags.isEmpty
    case .putPerson(let person):
      people.append((organization, person.id))
      if let manager = person.manager { people.append((organization, manager)) }
      handles.append((organization, person.handle))
      if let email = person.email { emails.append((organization, email.lowercased())) }
    case .createValue:
      needsValues = true
    case .createKey, .foundOrganization:
      break
    }
  }

  private mutating func mention(_ name: String, in organization: Int32) {
    if let id = ID(name) {
      people.append((organization, id))
    } else if name.utf8.contains(UInt8(ascii: "@")) {
      emails.append((organization, name.lowercased()))
    } else {
      handles.append((organization, name.lowercased()))
    }
  }
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
