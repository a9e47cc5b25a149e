import Ledger
import Text

/// History with its own dates. A row is the one of its `ref`, its `value` and its giver: of whom `from` named when it came in. The
/// ledger keeps both, the giver as the entry's actor and the word as its request, so that the same file is known again after
/// people are called otherwise, and so is a later file of the same history with their new names.
struct RecognitionImport {
  static let columns = ["occurred_at", "from", "to", "value", "message", "ref"]

  struct Result: Sendable, Equatable {
    var imported = 0
    var skipped = 0
  }

  /// What came in under a key: who gave it, and the digest of the word that named them.
  struct Recorded: Sendable, Equatable {
    let giver: ID
    let word: Digest
  }

  private let table: ImportTable

  init(_ bytes: [UInt8], _ columns: ImportColumns = ImportColumns()) throws(ImportError) {
    table = try ImportTable(bytes, required: Self.columns, optional: [], columns)
    var mistakes = ImportMistakes()
    for row in table.rows {
      if row["ref"].isEmpty {
        mistakes.note(row.line, "the ref is empty: by it, its value and its giver a row is known again")
      }
      for column in ["ref", "value", "message"] where row[column].utf8.contains(0) {
        mistakes.note(row.line, "the \(column) holds a NUL character")
      }
    }
    try mistakes.check()
  }

  /// One for each row, in their order.
  var keys: [Digest] { table.rows.map(Self.key) }

  /// What is to be recorded, of a file whose rows may be there already.
  struct Plan {
    /// Values that its rows name and nobody made yet.
    let values: [Operation]
    let recognitions: [Operation]
    let skippedCount: Int
  }

  /// - Parameters:
  ///   - recorded: what came in before, by key.
  ///   - now: what happened is not after it.
  ///   - points: for each recipient of each row.
  ///   - addsValues: make values that do not exist yet.
  func plan(
    people: DirectoryDraft, recorded: [Digest: [Recorded]], values: Set<String>, now: Timestamp, points: Int64,
    addsValues: Bool
  ) throws(ImportError) -> Plan {
    let names = PeopleNames(people)
    var mistakes = ImportMistakes()
    // Lines by key, and by the word or the person that they give as their giver.
    var (words, givers): ([[Digest]: Int], [Digest: [ID: Int]]) = ([:], [:])
    var newValues: [String] = []
    var operations: [Operation] = []
    var skippedCount = 0
    for row in table.rows {
      let (key, word) = (Self.key(row), Self.word(row))
      if let earlier = words.updateValue(row.line, forKey: [key, word]) {
        mistakes.note(row.line, "line \(earlier) has the same ref, value and giver")
        continue
      }
      let before = recorded[key] ?? []
      if before.contains(where: { $0.word == word }) {
        skippedCount += 1
        continue
      }
      guard let giver = names.id(row["from"]) else {
        mistakes.note(row.line, "nobody is called \"\(row["from"])\"")
        continue
      }
      if before.contains(where: { $0.giver == giver }) {
        skippedCount += 1
        continue
      }
      if let earlier = givers[key, default: [:]].updateValue(row.line, forKey: giver) {
        mistakes.note(row.line, "line \(earlier) has the same ref, value and giver")
      }
      let recipients = Self.recipients(row, giver, names, &mistakes)
      Self.check(row, values, &newValues, addsValues: addsValues, &mistakes)
      guard let occurredAt = RFC3339.timestamp(row["occurred_at"]) else {
        mistakes.note(row.line, "\"\(row["occurred_at"])\" is no time like 2026-11-22T09:30:00Z")
        continue
      }
      if occurredAt > now { mistakes.note(row.line, "\(row["occurred_at"]) is still to come") }
      operations.append(
        Operation(
          id: Secrets.id(), actor: giver, idempotency: Idempotency(key: key, request: word), occurredAt: occurredAt,
          salt: Secrets.digest(),
          action: .recognise(
            Recognise(
              to: recipients.map(\.description), message: row["message"], points: points,
              values: row["value"].isEmpty ? [] : [row["value"]], source: .history))))
    }
    try mistakes.check()
    let creations = newValues.map { slug in
      Operation(
        id: Secrets.id(), actor: nil, salt: Secrets.digest(),
        action: .putValue(Value(slug: slug, name: slug, description: "")))
    }
    return Plan(values: creations, recognitions: operations, skippedCount: skippedCount)
  }

  static func run(_ plan: Plan, _ run: ImportRun) async throws -> Result {
    var result = Result(imported: 0, skipped: plan.skippedCount)
    // Whoever watches counts the file's recognitions.
    try await ImportRun(organization: run.organization, writer: run.writer) { _, _ in }.submit(plan.values) { _ in }
    let skipped = plan.skippedCount
    let counted = ImportRun(organization: run.organization, writer: run.writer) { done, all in
      run.progress(skipped + done, skipped + all)
    }
    try await counted.submit(plan.recognitions) { decision in
      switch decision {
      case .accepted: result.imported += 1
      case .replayed: result.skipped += 1
      default: break
      }
    }
    return result
  }

  private static func recipients(
    _ row: ImportTable.Row, _ giver: ID, _ names: PeopleNames, _ mistakes: inout ImportMistakes
  ) -> [ID] {
    var recipients: [ID] = []
    for name in row["to"].split(separator: ";", omittingEmptySubsequences: false).map({ String($0).normalized }) {
      guard let id = names.id(name) else {
        mistakes.note(row.line, "nobody is called \"\(name)\"")
        continue
      }
      if id == giver { mistakes.note(row.line, "\"\(name)\" thanks themselves") }
      if recipients.contains(id) { mistakes.note(row.line, "\"\(name)\" is named twice") }
      recipients.append(id)
    }
    if recipients.count > Limits.recipientsMax {
      mistakes.note(row.line, "names more than \(Limits.recipientsMax) people")
    }
    return recipients
  }

  private static func check(
    _ row: ImportTable.Row, _ values: Set<String>, _ newValues: inout [String], addsValues: Bool,
    _ mistakes: inout ImportMistakes
  ) {
    let value = row["value"]
    if !value.isEmpty, !values.contains(value), !newValues.contains(value) {
      if !addsValues {
        mistakes.note(row.line, "there is no value \"\(value)\"; --add-values makes it")
      } else if let mistake = Value.mistake(inSlug: value) {
        mistakes.note(row.line, "the value \"\(value)\" \(mistake)")
      } else {
        newValues.append(value)
      }
    }
    if row["message"].unicodeScalars.count > Limits.messageCharactersMax {
      mistakes.note(row.line, "the message is longer than \(Limits.messageCharactersMax) characters")
    }
  }

  /// Cannot be the digest of a client's key: those hold no control characters.
  private static func key(_ row: ImportTable.Row) -> Digest {
    .sha256(Array("import\0\(row["ref"])\0\(row["value"])".utf8))
  }

  /// Of what `from` holds; people's names are the same in capitals.
  private static func word(_ row: ImportTable.Row) -> Digest {
    .sha256(Array("import\0\(row["from"].asciiLowercased)".utf8))
  }
}
