import HTTP
import Ledger
import Postgres
import Rankings

/// The boards of one organisation: built when first asked for, then following the log. Confined to one loop.
///
/// Before each answer the log is read up to its head, so an answer is exact to the last commit, whichever process made
/// it. Invariant: every board has counted exactly the events up to `followed`, private ones only where the rules of then say
/// so, and the directory is as of it.
final class OrganizationBoards {
  struct Key: Hashable, Sendable {
    let metric: Metric
    let period: Period
    let value: String?
  }

  /// Whom a board is about.
  enum Scope: Equatable, Sendable {
    case organization
    /// By its folded name.
    case part(OrganizationPart, String)
    case manager(ID)
    case value(String)

    /// Of the group within a scoreboard; nil where the scope is none.
    var group: String? {
      switch self {
      case .organization, .value: nil
      case .part(let part, let name): "\(part.rawValue):\(name)"
      case .manager(let person): "manager:\(person)"
      }
    }
  }

  struct Bounds: Sendable {
    let period: Period
    /// Nil for all time.
    let startsAt: Timestamp?
    let endsAt: Timestamp?
  }

  private struct Colleague {
    let reference: PersonReference
    /// Folded, as are departments and locations.
    let team: String?
    let department: String?
    let location: String?
    let manager: ID?

    func name(of part: OrganizationPart) -> String? {
      switch part {
      case .team: team
      case .department: department
      case .location: location
      }
    }
  }

  /// Boards kept: the ones asked for most recently.
  private static let boardsMax = 64

  private let organization: Int32
  private let pool: PostgresPool
  private let lock = LoopLock()
  private var followed: Int64 = 0
  /// Whether private recognitions count, by the programme as of `followed`.
  private var countsPrivate = false
  private var boards: [Key: Scoreboard<ID>] = [:]
  /// Keys of `boards`, the one asked for last at the end.
  private var recent: [Key] = []
  private var directory = Directory<ID>()
  private var colleagues: [ID: Colleague] = [:]

  init(_ organization: Int32, _ pool: PostgresPool) {
    self.organization = organization
    self.pool = pool
  }

  /// What is asked of a board.
  struct Question: Sendable {
    enum Part: Sendable {
      /// From this place on.
      case top(from: Int, count: Int)
      /// The caller's neighbours, above and below.
      case neighbours(radius: Int)
    }

    let key: Key
    let bounds: Bounds
    let scope: Scope
    let part: Part
    let me: ID
  }

  struct Line: Sendable {
    let person: PersonReference
    let standing: Standing
  }

  struct Answer: Sendable {
    let position: Int64
    let total: Int
    let lines: [Line]
    /// Nil for whoever is not listed.
    let mine: Standing?
    let myScore: Int64
  }

  /// How long a question waits for those before it, such as one whose board is being built.
  private static let patience = Duration.seconds(5)

  /// Exact to the last commit before the call.
  /// - Throws: 404 `unknown_scope` for a part that nobody is or was of, before anything is read for it; `overloaded` when others take longer than a question should wait.
  func answer(_ question: Question) async throws -> Answer {
    guard await lock.acquire(on: pool.loop, within: Self.patience) else {
      throw PostgresError(.overloaded, "these boards answer others, and that takes long")
    }
    defer { lock.release() }
    try await follow()
    let (key, group) = (question.key, question.scope.group)
    let isOpen = group.map { boards[key]?.group($0) != nil } ?? true
    let members = isOpen ? [] : try members(of: question.scope)
    if boards[key] == nil { boards[key] = try await build(key, question.bounds) }
    recent.removeAll { $0 == key }
    recent.append(key)
    if recent.count > Self.boardsMax { boards[recent.removeFirst()] = nil }
    if let group, !isOpen {
      // Whoever leads nobody has an empty board, which need not be kept for each of them.
      if members.isEmpty { return answer(question, from: Board()) }
      boards[key]?.setGroup(group, to: members)
    }
    // Just built, or found.
    let scoreboard = boards[key]!
    return answer(question, from: group.flatMap { scoreboard.group($0) } ?? scoreboard.everyone)
  }

  private func answer(_ question: Question, from board: Board<ID>) -> Answer {
    let rows =
      switch question.part {
      case .top(let first, let count): board.top(count, from: first)
      case .neighbours(let radius): board.around(question.me, radius: radius)
      }
    return Answer(
      position: followed, total: board.total,
      lines: rows.compactMap { row in
        colleagues[row.member].map { Line(person: $0.reference, standing: row.standing) }
      },
      mine: board.standing(of: question.me), myScore: board.score(of: question.me) ?? 0)
  }

  // MARK: Following

  private func follow() async throws {
    let rows = try await pool.query(Self.boardHead, Parameters { $0.int32(organization) }, isIdempotent: true)
    guard let row = rows.first else { return }
    let (head, countsPrivate) = (try row.int64(0), try row.bool(1))
    guard head > followed else { return }
    if countsPrivate != self.countsPrivate {
      // Boards are built anew when they are asked for: what they left out, or took in, is spread over all of history.
      (boards, recent) = ([:], [])
      self.countsPrivate = countsPrivate
    }
    var range = Parameters {
      $0.int32(organization)
      $0.int64(followed)
      $0.int64(head)
    }
    let isMuch = head - followed > Self.briefChangesMax
    let changed = try await pool.query(isMuch ? Self.manyPeople : Self.people, range, isIdempotent: true)
    range.bool(countsPrivate)
    let events = boards.isEmpty ? [] : try await self.events(isMuch ? Self.manyEventsAfter : Self.eventsAfter, range)
    // From here on nothing waits or fails, so boards, directory and position move together.
    let moved = try changed.map { row throws(PostgresError) in try note(row) }
    // Copied: the dictionary's own view of its keys would hold it, and each change would copy a whole board.
    let keys = Array(boards.keys)
    if !moved.isEmpty {
      for key in keys {
        boards[key]?.follow(changesOf: moved, in: directory)
        for name in Array(boards[key]?.groupNames.map { $0 } ?? []) { boards[key]?.closeGroup(name) }
      }
    }
    for key in keys {
      for event in events { boards[key]?.count(event, in: directory) }
    }
    followed = head
  }

  private func build(_ key: Key, _ bounds: Bounds) async throws -> Scoreboard<ID> {
    var replay = Replay<ID>(key.metric, in: key.period, value: key.value, directory: directory)
    let events = try await self.events(
      Self.eventsBetween,
      Parameters {
        $0.int32(organization)
        $0.int64(followed)
        // PostgreSQL's own bounds of a timestamp are wider than any history. Those of the question may be of before the
        // organisation moved, which moves them by a day and two hours at most; what is of other periods is left out below.
        $0.timestamp(bounds.startsAt.map { $0.microseconds - Self.moveMicrosecondsMax } ?? -100_000_000_000_000_000)
        $0.timestamp(bounds.endsAt.map { $0.microseconds + Self.moveMicrosecondsMax } ?? Int64.max / 4)
        $0.bool(countsPrivate)
      })
    for event in events { replay.count(event) }
    return replay.finished()
  }

  private func events(_ statement: Statement, _ parameters: Parameters) async throws -> [Event<ID>] {
    try await pool.query(statement, parameters, isIdempotent: true).map { row throws(PostgresError) in
      let kind: Event<ID>.Kind =
        switch try row.text(1) {
        case "award": .award
        case "boost": .boost
        default: .recognition
        }
      return Event(
        kind, isReversal: try row.int32(11) < 0, from: ID(rawValue: try row.uuid(2)),
        to: try row.uuids(3).map(ID.init(rawValue:)), points: try row.int64(4), values: try row.texts(5),
        position: try row.int64(0),
        periods: Periods(
          day: try row.text(6), week: try row.text(7), month: try row.text(8), quarter: try row.text(9),
          year: try row.text(10)))
    }
  }

  private func note(_ row: Row) throws(PostgresError) -> ID {
    let id = ID(rawValue: try row.uuid(0))
    let reference = PersonReference(id: id, handle: try row.text(1), name: try row.text(2))
    let team = try row.textOrNull(3)
    colleagues[id] = Colleague(
      reference: reference, team: team, department: try row.textOrNull(4), location: try row.textOrNull(5),
      manager: try row.uuidOrNull(6).map(ID.init(rawValue:)))
    directory[id] = .init(handle: reference.handle, team: team, isListed: try row.bool(7))
    return id
  }

  // MARK: Scopes

  /// Nobody is of the team, department or location that a board is asked of.
  struct UnknownPart: Error {}

  private func members(of scope: Scope) throws -> Set<ID> {
    switch scope {
    case .organization, .value: return Set(colleagues.keys)
    case .part(let part, let name):
      let members = Set(colleagues.filter { $0.value.name(of: part) == name }.keys)
      if members.isEmpty { throw UnknownPart() }
      return members
    case .manager(let manager): return everyone(below: manager)
    }
  }

  private func everyone(below manager: ID) -> Set<ID> {
    let reports = Dictionary(grouping: colleagues.keys) { colleagues[$0]?.manager }
    var below: Set<ID> = []
    var next = [manager]
    while let current = next.popLast() {
      for person in reports[current] ?? [] where person != manager && below.insert(person).inserted {
        next.append(person)
      }
    }
    return below
  }

  private static let moveMicrosecondsMax: Int64 = 2 * 86_400 * 1_000_000
  private static let boardHead = SQL.statement("board_head")
  /// Entries; what more of them brought, all of the directory at first, is read on connections where others need not wait for it.
  private static let briefChangesMax: Int64 = 1_000
  private static let people = SQL.statement("ranking_people")
  private static let manyPeople = SQL.statement("ranking_people", .long)
  private static let eventsAfter = SQL.statement("ranking_events_after")
  private static let manyEventsAfter = SQL.statement("ranking_events_after", .long)
  private static let eventsBetween = SQL.statement("ranking_events_between", .long)
}
