import Ledger
import Postgres

/// Makes an organisation: its rules, its default values, and its first administrator, in one transaction.
enum Founding {
  struct Founded: Sendable {
    let organization: Int32
    let adminKey: KeyText
  }

  /// What every organisation begins with.
  static let defaultValues = [
    Value(slug: "stay-positive", name: "Stay positive", description: "Looks for the way it can work."),
    Value(
      slug: "honor-commitments", name: "Honor commitments",
      description: "Does what was promised, or says early that it cannot be."),
    Value(slug: "communicate-often", name: "Communicate often", description: "Leaves nobody guessing."),
    Value(
      slug: "negotiate-expectations", name: "Negotiate expectations",
      description: "Agrees on what, by when, before it matters."),
    Value(
      slug: "step-out-of-your-silo", name: "Step out of your silo",
      description: "Helps where the organisation chart says it need not."),
    Value(slug: "be-polite", name: "Be polite", description: "Treats colleagues as customers."),
    Value(slug: "be-helpful", name: "Be helpful", description: "Does the little things, which are the big things."),
  ]

  /// - Throws: a ``Refusal`` when the slug is taken; ``PostgresError``.
  static func found(
    slug: String, name: String, timeZone: String, allowance: Int64, on connection: PostgresConnection
  ) async throws -> Founded {
    let id = Secrets.id()
    do {
      let answers = try await connection.batch([
        (begin, .none),
        (
          insertOrganization,
          Parameters {
            $0.uuid(id.rawValue)
            $0.text(slug)
            $0.text(name)
            $0.text(timeZone)
          }
        ),
      ])
      guard let row = answers[1].first else { throw PostgresError(.misuse, "INSERT … RETURNING gave no row") }
      return try await write(id, Profile(slug: slug, name: name, calendar: timeZone), allowance, row, connection)
    } catch let error as PostgresError where error.sqlstate == SQLState.uniqueViolation {
      await connection.rollback()
      throw Refusal(.duplicateOrganization, "There is an organisation \(slug) already.")
    } catch {
      await connection.rollback()
      throw error
    }
  }

  private static func write(
    _ id: ID, _ profile: Profile, _ allowance: Int64, _ row: Row, _ connection: PostgresConnection
  ) async throws -> Founded {
    let number = try row.int32(0)
    let now = Timestamp(microseconds: try row.timestamp(1))
    if try !row.bool(6), let leap = ClockLeap.refusal(database: now, head: nil) { throw leap }
    var book = Book(
      organization: id, head: Book.Head(position: 0, hash: .zero, recordedAt: now), clock: now,
      program: Program(
        version: 1, allowancePoints: allowance, pointValue: Money(tenThousandths: 1_000, currency: "EUR")),
      periodStarts: PeriodStarts(
        week: Day(number: try row.date(3)), month: Day(number: try row.date(4)),
        quarter: Day(number: try row.date(5))),
      today: Day(number: try row.date(2)))
    let admin = Person(id: Secrets.id(), handle: "admin", name: "Administrator", roles: [.admin])
    let key = KeyText(organization: number)
    var actions: [Action] = [.foundOrganization(profile)]
    actions += defaultValues.map { .putValue($0) }
    actions += [
      .putPerson(admin), .createKey(APIKey(id: Secrets.id(), person: admin.id, digest: key.digest, expiresAt: nil)),
    ]
    var writes = BatchWrites()
    for action in actions {
      let operation = Operation(id: Secrets.id(), actor: nil, salt: Secrets.digest(), action: action)
      switch book.decide(operation) {
      case .accepted(let acceptance):
        writes.add(acceptance, of: Submission(organization: number, operation: operation), book)
      case .refused(let refusal): throw refusal
      case .replayed, .unchanged: preconditionFailure("a new book holds nothing to replay")
      }
    }
    let organization = Parameters {
      $0.int32(number)
      $0.timestamp(now.microseconds)
    }
    let program = Parameters {
      $0.int32(number)
      $0.int64(allowance)
    }
    var pace = Pace(on: connection.loop)
    let statements = await writes.statements([number: book], &pace)
    _ = try await connection.batch(
      [(insertHead, organization), (insertProgram, program)] + statements + [(commit, .none)])
    return Founded(organization: number, adminKey: key)
  }

  private static let begin = SQL.statement("begin")
  private static let commit = SQL.statement("commit")
  private static let insertOrganization = SQL.statement("insert_organization")
  private static let insertHead = SQL.statement("insert_head")
  private static let insertProgram = SQL.statement("insert_program")
}
