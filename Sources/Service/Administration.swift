public import EventLoop
public import Ledger
import Postgres
import Text

/// What the command line does to a database: the operator's own calls, without a server in between.
public final class Administration: Sendable {
  private let database: Database
  private let loop: EventLoop
  let writer: LedgerWriter
  private let log: Log

  /// Migrates first where it may, so that every command works on a database as it finds it.
  public init(_ database: Database, on loop: EventLoop, log: Log) async throws {
    self.database = database
    self.loop = loop
    self.log = log
    migrated = try await Schema.prepare(database, on: loop).map(\.name)
    writer = LedgerWriter(database.runtime, on: [loop], log: log)
  }

  /// The migrations that were run when it was made.
  public let migrated: [String]

  public func close() async { await writer.close() }

  // MARK: Organisations and keys

  public struct NewOrganization: Sendable {
    public let slug: String
    public let name: String
    public let timeZone: String
    /// Points a month.
    public let allowance: Int64

    public init(slug: String, name: String, timeZone: String, allowance: Int64) {
      self.slug = slug
      self.name = name
      self.timeZone = timeZone
      self.allowance = allowance
    }
  }

  /// - Returns: the key of its first administrator, which is shown this once.
  public func create(_ new: NewOrganization) async throws -> String {
    guard new.slug.wholeMatch(of: /[a-z0-9][a-z0-9\-]{0,62}/) != nil else {
      throw CommandError("\"\(new.slug)\" cannot be a slug: use a-z, 0-9 and dash, at most 63 characters")
    }
    let name = new.name.normalized
    if let mistake = DisplayName.mistake(in: name) { throw CommandError("the name of an organisation \(mistake)") }
    guard (0...Limits.pointsMax).contains(new.allowance) else {
      throw CommandError("an allowance is from 0 to \(Limits.pointsMax) points")
    }
    return try await connected { connection in
      let known = try await connection.query(Self.knownTimeZone, Parameters { $0.text(new.timeZone) })
      guard try known.first?.bool(0) == true else {
        throw CommandError("\"\(new.timeZone)\" is no time zone; use a name like Europe/Berlin")
      }
      return try await Founding.found(
        slug: new.slug, name: name, timeZone: new.timeZone, allowance: new.allowance, on: connection
      ).adminKey.text
    }
  }

  /// - Parameters:
  ///   - handle: whose.
  ///   - roles: granted to the person besides those they have.
  ///   - scopes: what the key is for; empty: for whatever the person may.
  ///   - expiresAt: nil for never.
  ///   - bounds: of a key of the scope `earnings`.
  public func createKey(
    organization slug: String, handle: String, roles: Set<Role> = [], scopes: Set<Scope> = [],
    expiresAt: Timestamp? = nil, label: String? = nil, bounds: EarningBounds? = nil
  ) async throws -> String {
    guard scopes.contains(.earnings) == (bounds != nil) else {
      throw CommandError(
        bounds == nil
          ? "a key of the scope earnings credits from one system: say which by --source"
          : "--source, --points-max and --points-max-day are for keys of the scope earnings")
    }
    let (number, people) = try await directory(slug)
    guard var person = people.first(where: { $0.handle == PersonName.plain(handle) }) else {
      throw CommandError("nobody in \(slug) has the handle \"\(handle)\"")
    }
    if !person.isActive, !roles.isEmpty {
      throw CommandError("\(handle) has left; whoever left has no role")
    }
    person.roles.formUnion(roles)
    let key = KeyText(organization: number)
    try await submit([.putPerson(person), .createKey(person.id, key, expiresAt, scopes, label, bounds)], to: number)
    return key.text
  }

  /// A key for everyone active who has none.
  /// - Returns: in the order of handles.
  public func createMissingKeys(organization slug: String) async throws -> [(handle: String, key: String)] {
    let number = try await self.number(of: slug)
    let people = try await connected { connection in
      try await connection.query(Self.peopleWithoutKey, Parameters { $0.int32(number) }).map { row in
        (id: ID(rawValue: try row.uuid(0)), handle: try row.text(1))
      }
    }
    var keys: [(handle: String, key: String)] = []
    for start in stride(from: 0, to: people.count, by: Lane.batchCountMax) {
      let batch = people[start..<min(start + Lane.batchCountMax, people.count)].map {
        (person: $0, key: KeyText(organization: number))
      }
      try await submit(batch.map { .createKey($0.person.id, $0.key, nil) }, to: number)
      keys += batch.map { ($0.person.handle, $0.key.text) }
    }
    try await Schema.analyze(database, afterRows: keys.count, on: loop)
    return keys
  }

  private func submit(_ actions: [Action], to number: Int32) async throws {
    let operations = actions.map { Operation(id: Secrets.id(), actor: nil, salt: Secrets.digest(), action: $0) }
    for answer in await writer.submit(operations, to: number) {
      if case .refused(let refusal) = try answer.get().decision { throw refusal }
    }
  }

  // MARK: Verification

  /// - Parameters:
  ///   - slug: nil for every organisation.
  ///   - since: a trusted position: what follows it is verified.
  ///   - witness: what the log must agree with. Either takes a slug where there are several organisations.
  public func verify(
    organization slug: String?, since: Verifier.Witness? = nil, against witness: Verifier.Witness? = nil
  ) async throws -> [(organization: String, report: Verifier.Report)] {
    let all = try await connected { connection in
      try await connection.query(Self.listOrganizations).map { row in (number: try row.int32(0), slug: try row.text(2))
      }
    }
    if let slug, !all.contains(where: { $0.slug == slug }) { throw Self.noOrganization(slug) }
    if witness != nil || since != nil, slug == nil, all.count > 1 {
      throw CommandError("--since and --against take --org: a hash is of one organisation")
    }
    var reports: [(organization: String, report: Verifier.Report)] = []
    for organization in all where slug == nil || organization.slug == slug {
      let report = try await connected { connection in
        try await connection.transaction {
          try await Verifier.verify(organization.number, since: since, against: witness, in: $0)
        }
      }
      reports.append((organization.slug, report))
    }
    return reports
  }

  // MARK: Reading

  func number(of slug: String) async throws -> Int32 {
    guard let number = try await find(slug) else { throw Self.noOrganization(slug) }
    return number
  }

  func find(_ slug: String) async throws -> Int32? {
    try await connected { connection in
      try await connection.query(Self.findOrganization, Parameters { $0.text(slug) }).first?.int32(0)
    }
  }

  private static func noOrganization(_ slug: String) -> CommandError {
    CommandError("there is no organisation \"\(slug)\"; `laurel org create` makes one")
  }

  func directory(_ slug: String) async throws -> (number: Int32, people: [Person]) {
    let number = try await number(of: slug)
    let people = try await connected { connection in
      try await connection.query(Self.allPeople, Parameters { $0.int32(number) }).map {
        try BookReading.person($0, from: 0)
      }
    }
    return (number, people)
  }

  /// PostgreSQL's clock, as the ledger has it.
  func now() async throws -> Timestamp {
    try await connected { connection in
      guard let row = try await connection.query(Self.clock, Parameters()).first else { throw CommandError("no clock") }
      return Timestamp(microseconds: try row.timestamp(0))
    }
  }

  /// When the present month began where the organisation is.
  func monthStart(_ number: Int32) async throws -> Timestamp {
    try await connected { connection in
      guard let row = try await connection.query(Self.monthStart, Parameters { $0.int32(number) }).first else {
        throw CommandError("there is no organisation \(number)")
      }
      return Timestamp(microseconds: try row.timestamp(0))
    }
  }

  /// Tells the planner what the tables hold now.
  func analyze(afterRows count: Int) async throws { try await Schema.analyze(database, afterRows: count, on: loop) }

  /// Lends a connection of the runtime role on the loop.
  func connected<Value: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    let (loop, settings) = (loop, database.runtime)
    return try await loop.run {
      let connection = try await PostgresConnection.connect(settings, on: loop)
      defer { connection.close() }
      return try await body(connection)
    }
  }

  private static let monthStart = SQL.statement("month_start")
  private static let clock = SQL.statement("clock")
  private static let knownTimeZone = SQL.statement("known_time_zone")
  private static let peopleWithoutKey = SQL.statement("people_without_key")
  private static let listOrganizations = SQL.statement("list_organizations")
  private static let findOrganization = SQL.statement("find_organization")
  private static let allPeople = SQL.statement("all_people")
}

/// What a command refuses, in words for whoever typed it.
public struct CommandError: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

extension Action {
  static func createKey(
    _ person: ID, _ key: KeyText, _ expiresAt: Timestamp?, _ scopes: Set<Scope> = [], _ label: String? = nil,
    _ bounds: EarningBounds? = nil
  ) -> Action {
    .createKey(
      APIKey(
        id: Secrets.id(), person: person, digest: key.digest, expiresAt: expiresAt, scopes: scopes, label: label,
        bounds: bounds))
  }
}
