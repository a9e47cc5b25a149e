import EventLoop
import HTTP
import Ledger
import Postgres
import Rankings
import Text

/// The boards of every organisation that somebody asked for, each on one loop. Shared by all workers of a process.
final class BoardKeeper: Sendable {
  private let homes: [Home]

  /// The boards that live on one loop; touched on it alone, which makes `@unchecked Sendable` hold.
  private final class Home: @unchecked Sendable {
    let loop: EventLoop
    let pool: PostgresPool
    var organizations: [Int32: OrganizationBoards] = [:]

    init(_ loop: EventLoop, _ pool: PostgresPool) {
      self.loop = loop
      self.pool = pool
    }
  }

  init(_ pools: [PostgresPool]) { homes = pools.map { Home($0.loop, $0) } }

  func answer(
    _ question: OrganizationBoards.Question, for organization: Int32
  ) async throws -> OrganizationBoards.Answer {
    let home = homes[Int(organization) % homes.count]
    return try await home.loop.run {
      if home.organizations[organization] == nil {
        home.organizations[organization] = OrganizationBoards(organization, home.pool)
      }
      // Made just now, if it was not there.
      return try await home.organizations[organization]!.answer(question)
    }
  }
}

/// `/v1/leaderboards`: who stands where.
enum Leaderboards {
  static let endpoints = [
    Endpoint(
      .get, "/v1/leaderboards/{metric}", .everyone, "getLeaderboard", "Who stands where, exact to the last commit.",
      "Only people with a score above zero are listed; whoever opted out or left is not.",
      path: [PathParameter("metric", .word(Metric.self, "What is counted."))],
      query: Page.parameters + [period, at, scope, around, radius], answers: Answer.board,
      refusals: [.unknownScope], board
    ).keptInMemory
  ]

  private static let period = QueryParameter(
    "period", .choice(Period.Kind.self), default: .month, "Calendar periods in the organisation's time zone.")
  private static let at = QueryParameter(
    "at", .text(4...10), "The period, as `period_id` says it, or a date in it; the current one, if absent.",
    example: "2026-11")
  private static let scope = QueryParameter(
    "scope", .scope, default: "org", "`org`, or `team:`, `department:`, `location:`, `value:` or `manager:` and a name."
  )
  private static let around = QueryParameter(
    "around", .choice(Middle.self), "`me` answers the caller's neighbours instead of the top.")
  private static let radius = QueryParameter(
    "radius", .integer(0...100), default: 5, "How many neighbours, above and below.")

  /// Around whom.
  private enum Middle: String, CaseIterable { case me }

  private static func board(_ exchange: Exchange) async throws -> Response {
    let name = exchange.parameters["metric"]
    guard let metric = Metric(rawValue: name) else {
      let hint = KnownWords(Metric.allCases.map(\.rawValue)).refusal(of: name)
      throw Refusal(.notFound, "The metric \(name) \(hint)").problem
    }
    let page = try Page(exchange)
    let scopeText = try exchange[Self.scope]
    let scope = try await scope(scopeText, exchange)
    let bounds = try await bounds(exchange)
    let radius = Int(try exchange[Self.radius])
    let isAround = try exchange[around] != nil
    let first = Int(page.afterPosition ?? 1)
    let value: String? = if case .value(let slug) = scope { slug } else { nil }
    let key = OrganizationBoards.Key(metric: metric, period: bounds.period, value: value)
    let question = OrganizationBoards.Question(
      key: key, bounds: bounds, scope: scope,
      part: isAround ? .neighbours(radius: radius) : .top(from: first, count: page.limit + 1),
      me: exchange.caller.person.id)
    let answer: OrganizationBoards.Answer
    do {
      answer = try await exchange.worker.boards.answer(question, for: exchange.caller.organization)
    } catch is OrganizationBoards.UnknownPart {
      throw try await unknown(scopeText, exchange)
    }
    return render(answer, metric, bounds, scopeText, isAround ? nil : (page, first))
  }

  /// Says what is not known of a scope, and what was probably meant.
  private static func unknown(_ scope: String, _ exchange: Exchange) async throws -> Problem {
    guard let (kind, name) = parts(of: scope), let part = OrganizationPart(rawValue: kind) else { return .notFound }
    try await part.require(name, exchange, at: "?scope")
    return part.unknown(name, names: [], at: "?scope")
  }

  // MARK: Parameters

  /// `team` and `Sales` of `team:Sales`. By code points: a colon with a mark on it is a character of its own.
  private static func parts(of scope: String) -> (kind: String, name: String)? {
    let scalars = scope.unicodeScalars
    guard let colon = scalars.firstIndex(of: ":") else { return nil }
    return (String(scalars[..<colon]), String(scalars[scalars.index(after: colon)...]).normalized)
  }

  private static func scope(_ text: String, _ exchange: Exchange) async throws -> OrganizationBoards.Scope {
    guard let (kind, name) = parts(of: text) else { return .organization }
    if let part = OrganizationPart(rawValue: kind) { return .part(part, name.folded) }
    switch kind {
    case "value":
      // Before its history is read, which for a value that is none would be read for nothing.
      if try await Values.isKnown(name, exchange) { return .value(name) }
      let nearest = try await Values.nearest(to: name, exchange)
      throw OrganizationPart.unknownScope("value \(name)", nearest, at: "?scope")
    case "manager":
      if let manager = try await People.someone(called: name, exchange) { return .manager(manager) }
      throw OrganizationPart.unknownScope("person \(name)", nil, at: "?scope")
    default: return .organization
    }
  }

  /// The period that `period` and `at` name; what the calendar says of it is PostgreSQL's to say.
  private static func bounds(_ exchange: Exchange) async throws -> OrganizationBoards.Bounds {
    let (kind, at) = (try exchange[period], try exchange[Self.at])
    if kind == .all {
      if at != nil { throw Problem.invalidParameter("at", "says nothing about all time") }
      return OrganizationBoards.Bounds(period: .all, startsAt: nil, endsAt: nil)
    }
    func mistake() -> Problem {
      .invalidParameter("at", "is a \(kind.rawValue) such as \(example(of: kind)), or a date in it")
    }
    if let at, !isWellFormed(at, kind) { throw mistake() }
    let rows = try await exchange.worker.pool.query(
      periodBounds,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.text(kind.rawValue)
        $0.text(at)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    let id = try row.text(0)
    // A week 53 that the year does not have would be the next year's first.
    if let at, RFC3339.day(at) == nil, at != id { throw mistake() }
    return OrganizationBoards.Bounds(
      period: Period(kind, id), startsAt: Timestamp(microseconds: try row.timestamp(1)),
      endsAt: Timestamp(microseconds: try row.timestamp(2)))
  }

  private static func isWellFormed(_ at: String, _ kind: Period.Kind) -> Bool {
    if RFC3339.day(at) != nil { return true }
    return switch kind {
    case .day, .all: false
    case .week: at.wholeMatch(of: /[1-9]\d{3}-W(0[1-9]|[1-4]\d|5[0-3])/) != nil
    case .month: at.wholeMatch(of: /[1-9]\d{3}-(0[1-9]|1[0-2])/) != nil
    case .quarter: at.wholeMatch(of: /[1-9]\d{3}-Q[1-4]/) != nil
    case .year: at.wholeMatch(of: /[1-9]\d{3}/) != nil
    }
  }

  private static func example(of kind: Period.Kind) -> String {
    switch kind {
    case .day, .all: "2026-11-22"
    case .week: "2026-W47"
    case .month: "2026-11"
    case .quarter: "2026-Q4"
    case .year: "2026"
    }
  }

  // MARK: The answer

  /// - Parameter paging: the page and its first place; nil around somebody.
  private static func render(
    _ answer: OrganizationBoards.Answer, _ metric: Metric, _ bounds: OrganizationBoards.Bounds, _ scope: String,
    _ paging: (Page, Int)?
  ) -> Response {
    let shown = paging.map { answer.lines.prefix($0.0.limit) } ?? answer.lines[...]
    let next = paging.flatMap { page, first in
      answer.lines.count > page.limit ? page.seal(Page.payload(Int64(first + page.limit))) : nil
    }
    let headers = next.flatMap { cursor in paging.map { [("Link", $0.0.link(cursor))] } } ?? []
    return .json(200, headers: headers) { json in
      json.object { json in
        json.member("metric", metric.rawValue)
        json.member("period", bounds.period.kind.rawValue)
        json.member("period_id", bounds.period.kind == .all ? "all" : bounds.period.id)
        json.member("starts_at", bounds.startsAt.map(RFC3339.text))
        json.member("ends_at", bounds.endsAt.map(RFC3339.text))
        json.member("scope", scope)
        // No month can be closed yet.
        json.member("final", false)
        json.member("as_of_position", answer.position)
        json.member("total", answer.total)
        json.member("entries") { json in
          json.array { json in
            for line in shown {
              json.object { json in
                json.standing(line.standing)
                json.member("person", line.person)
              }
            }
          }
        }
        json.member("me") { json in
          json.object { json in
            if let mine = answer.mine {
              json.standing(mine)
              json.member("percentile") { $0.raw(mine.percentile.rounded(toTenths: ())) }
            } else {
              for name in ["rank", "dense_rank", "position", "tied_with"] { json.member(named: name) { $0.null() } }
              json.member("score", answer.myScore)
              json.member("percentile", nil as Int?)
            }
          }
        }
        if let next { json.member("next_cursor", next) }
      }
    }
  }

  private static let periodBounds = SQL.statement("period_bounds")
}

extension JSONType where Value == String {
  /// Which part of an organisation.
  fileprivate static let scope = JSONType.text(
    3...300, pattern: "org|(team|department|location|value|manager):[^:].*",
    else: "is org, or team:, department:, location:, value: or manager: with a name")
}

extension Answer {
  fileprivate static let board: [Answer] = {
    func standing(rank: Int64, dense: Int64, position: Int64, tied: Int64, score: Int64) -> [JSONSchema.Property] {
      [
        .init(
          "rank", .count("Equal scores share a rank, and the next one is left out: 1224.", example: .integer(rank))),
        .init("dense_rank", .count("Equal scores share a rank, and none is left out: 1223.", example: .integer(dense))),
        .init(
          "position", .count("Nobody else's: who reached the score first stands before.", example: .integer(position))),
        .init("tied_with", .count("Others with the same score.", example: .integer(tied))),
        .init("score", .count(example: .integer(score))),
      ]
    }
    let entry = JSONSchema(
      .object(
        standing(rank: 1, dense: 1, position: 1, tied: 0, score: 420) + [.init("person", PersonReference.schema)]),
      name: "LeaderboardEntry")
    // Of 300, 56 have more than the 40 of these four, so 240 have less.
    let mine = standing(rank: 57, dense: 31, position: 59, tied: 3, score: 40).map {
      $0.name == "score" ? $0 : .init($0.name, $0.schema.orNull)
    }
    let me = JSONSchema(
      .object(
        mine + [
          .init(
            "percentile",
            JSONSchema(.number(0...100), "The share of the listed people whose score is lower.", example: 80).orNull)
        ]), "The caller; ranks are null for whoever is not listed.", name: "LeaderboardMe")
    let board = JSONSchema(
      .object([
        .init("metric", .word(Metric.self)),
        .init("period", JSONSchema(.words(Period.Kind.allCases.map(\.rawValue)), example: "month")),
        .init("period_id", .text(example: "2026-11")),
        .init("starts_at", JSONSchema(JSONSchema.time.shape, example: "2026-10-31T23:00:00Z").orNull),
        .init("ends_at", JSONSchema(JSONSchema.time.shape, example: "2026-11-30T23:00:00Z").orNull),
        .init("scope", .text(example: "org")),
        .init("final", JSONSchema(.boolean, "Whether every month of it is closed.", example: false)),
        .init("as_of_position", .count("What was recorded up to here is counted.", example: 4_711)),
        .init("total", .count("Listed people.", example: 300)), .init("entries", .list(of: entry)), .init("me", me),
        .init(
          "next_cursor",
          .text("Goes on from here; absent on the last page.", example: "q83vEjRWeJASNFZ4kBI0VgAAAAAAAAAC"),
          isRequired: false),
      ]), name: "Leaderboard")
    return ok(board, headers: [.link.optional])
  }()
}

extension JSONWriter {
  fileprivate mutating func standing(_ standing: Standing) {
    member("rank", standing.rank)
    member("dense_rank", standing.denseRank)
    member("position", standing.position)
    member("tied_with", standing.tiedWith)
    member("score", standing.score)
  }
}

extension Double {
  /// A JSON number with at most one digit after the point.
  fileprivate func rounded(toTenths: Void) -> String {
    let tenths = Int((self * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
