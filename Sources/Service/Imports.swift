import Ledger
import Postgres

/// Files that the command line brings in.
extension Administration {
  public typealias Progress = @Sendable (_ done: Int, _ all: Int) -> Void

  /// All or nothing, in one transaction.
  /// - Throws: ``ImportError`` with every mistake of the file; ``CommandError`` where too many would leave. Nothing is recorded
  ///   then.
  public func importPeople(
    _ csv: [UInt8], organization slug: String, _ options: PeopleImportOptions = .init(), isDryRun: Bool = false,
    progress: @escaping Progress
  ) async throws -> PeopleImportResult {
    let number = try await number(of: slug)
    let file = try PeopleImport(csv, options)
    let zones = try await known(file.timeZones)
    let transaction = DirectoryTransaction(organization: number, file: file, zones: zones, progress: progress)
    let plan = try await connected { connection in
      try await isDryRun ? transaction.plan(on: connection) : transaction.commit(on: connection)
    }
    let result = PeopleImportResult(plan, ignoredColumns: file.ignoredColumns)
    if !isDryRun { try await analyze(afterRows: result.created) }
    return result
  }

  /// - Throws: ``ImportError`` with every mistake of the file, before anything is recorded.
  public func importRecognitions(
    _ csv: [UInt8], organization slug: String, columns: ImportColumns = ImportColumns(), points: Int64,
    addsValues: Bool,
    progress: @escaping Progress
  ) async throws -> (imported: Int, skipped: Int) {
    let file = try RecognitionImport(csv, columns)
    let (number, people) = try await directory(slug)
    let plan = try file.plan(
      people: DirectoryDraft(people, today: Day(number: 0)), recorded: await recorded(Array(Set(file.keys)), number),
      values: await values(number),
      now: await now(),
      points: points, addsValues: addsValues)
    let result = try await RecognitionImport.run(
      plan, ImportRun(organization: number, writer: writer, progress: progress))
    try await analyze(afterRows: result.imported)
    return (result.imported, result.skipped)
  }

  /// - Throws: ``ImportError`` with every mistake of the file, before anything is recorded.
  public func importRewards(
    _ csv: [UInt8], organization slug: String, columns: ImportColumns = ImportColumns(), progress: @escaping Progress
  ) async throws -> (created: Int, updated: Int, unchanged: Int) {
    let number = try await number(of: slug)
    let file = try RewardImport(csv, columns)
    let skus = file.skus
    let existing = try await connected { connection in
      let none = [Int32]()
      let rows = try await connection.query(
        Self.loadRewards,
        Parameters {
          $0.int32s(none)
          $0.uuids([UInt128]())
          $0.int32s(skus.map { _ in number })
          $0.texts(skus)
          $0.int32s(none)
          $0.uuids([UInt128]())
        })
      return Dictionary(
        try rows.map { row throws(PostgresError) in try BookReading.reward(row, from: 1) }.map { ($0.sku, $0) }
      ) { $1 }
    }
    let plan = try file.plan(existing: existing)
    let operations = plan.rewards.map { reward in
      Operation(id: Secrets.id(), actor: nil, salt: Secrets.digest(), action: .putReward(reward))
    }
    try await run(operations, on: number, progress)
    return (plan.created, plan.updated, plan.unchanged)
  }

  /// For the demo company, whose rows are not a file of the import's form.
  func run(_ operations: [Operation], on number: Int32, _ progress: @escaping Progress) async throws {
    try await ImportRun(organization: number, writer: writer, progress: progress).submit(operations) { _ in }
  }

  public static let peopleColumns = PeopleColumns.all
  public static let rewardColumns = RewardImport.columns
  public static let recognitionColumns = RecognitionImport.columns

  /// What came in under these keys before, whoever gave it.
  private func recorded(
    _ keys: [Digest], _ number: Int32
  ) async throws -> [Digest: [RecognitionImport.Recorded]] {
    try await connected { connection in
      var recorded: [Digest: [RecognitionImport.Recorded]] = [:]
      for start in stride(from: 0, to: keys.count, by: Self.keysCount) {
        let piece = keys[start..<min(start + Self.keysCount, keys.count)]
        let rows = try await connection.query(
          Self.importedKeys,
          Parameters {
            $0.int32(number)
            $0.bytesArray(piece.map(\.bytes))
          })
        for row in rows {
          recorded[try row.digest(0), default: []].append(
            .init(giver: ID(rawValue: try row.uuid(1)), word: try row.digest(2)))
        }
      }
      return recorded
    }
  }

  /// Asked for at once.
  private static let keysCount = 5_000

  private func values(_ number: Int32) async throws -> Set<String> {
    try await connected { connection in
      let rows = try await connection.query(Self.loadValues, Parameters { $0.int32s([number]) })
      return Set(try rows.map { try $0.text(1) })
    }
  }

  private func known(_ zones: Set<String>) async throws -> Set<String> {
    try await connected { connection in
      var known: Set<String> = []
      for zone in zones {
        let rows = try await connection.query(Self.knownTimeZone, Parameters { $0.text(zone) })
        if try rows.first?.bool(0) == true { known.insert(zone) }
      }
      return known
    }
  }

  private static let loadRewards = SQL.statement("load_rewards")
  private static let importedKeys = SQL.statement("imported_keys")
  private static let loadValues = SQL.statement("load_values")
  private static let knownTimeZone = SQL.statement("known_time_zone")
}
