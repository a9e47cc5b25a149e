import Ledger

/// `laurel import recognitions`: history with its own dates. A row is told apart by (`ref`, `value`, `from`), so a file can
/// be imported again.
struct RecognitionImport {
  public struct Result: Sendable, Equatable {
    public var imported = 0
    public var skipped = 0
  }

  private(set) var operations: [Operation] = []

  /// - Parameters:
  ///   - now: what happened is not after it.
  ///   - points: for each recipient of each row.
  ///   - addsValues: make values that do not exist yet.
  init(
    _ bytes: [UInt8], people: [Person], values: Set<String>, now: Timestamp, points: Int64, addsValues: Bool
  ) throws(ImportError) {
    let table = try ImportTable(
      bytes, required: ["occurred_at", "from", "to", "value", "message", "ref"], optional: [])
    let ids = Dictionary(people.map { ($0.handle, $0.id) }) { $1 }
    var mistakes = ImportMistakes()
    var seen: [Digest: Int] = [:]
    var newValues: [String] = []
    for row in table.rows {
      let recipients = row["to"].split(separator: ";", omittingEmptySubsequences: false).map(String.init)
      Self.check(row, recipients, ids, &mistakes)
      let identity = Self.identity(row)
      if let earlier = seen.updateValue(row.line, forKey: identity) {
        mistakes.note(row.line, "line \(earlier) has the same ref, value and giver")
      }
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
      guard let occurredAt = RFC3339.timestamp(row["occurred_at"]), let giver = ids[row["from"]] else { continue }
      if occurredAt > now { mistakes.note(row.line, "\(row["occurred_at"]) is still to come") }
      operations.append(
        Operation(
          id: Secrets.id(), actor: giver, idempotency: Idempotency(key: identity, request: Self.requestDigest),
          occurredAt: occurredAt, salt: Secrets.digest(),
          action: .recognise(
            Recognise(
              to: recipients, message: row["message"], points: points, values: value.isEmpty ? [] : [value],
              source: .history))))
    }
    try mistakes.check()
    let creations = newValues.map { slug in
      Operation(
        id: Secrets.id(), actor: nil, salt: Secrets.digest(),
        action: .putValue(Value(slug: slug, name: slug, description: "")))
    }
    operations = creations + operations
  }

  func run(_ run: ImportRun) async throws -> Result {
    var result = Result()
    try await run.submit(operations) { decision in
      switch decision {
      case .accepted(let acceptance) where acceptance.entry.kind == .recognition: result.imported += 1
      case .replayed: result.skipped += 1
      default: break
      }
    }
    return result
  }

  private static func check(
    _ row: ImportTable.Row, _ recipients: [String], _ ids: [String: ID], _ mistakes: inout ImportMistakes
  ) {
    if RFC3339.timestamp(row["occurred_at"]) == nil {
      mistakes.note(row.line, "\"\(row["occurred_at"])\" is no time like 2026-11-22T09:30:00Z")
    }
    if ids[row["from"]] == nil { mistakes.note(row.line, "nobody is called \"\(row["from"])\"") }
    for (index, handle) in recipients.enumerated() {
      if ids[handle] == nil { mistakes.note(row.line, "nobody is called \"\(handle)\"") }
      if handle == row["from"] { mistakes.note(row.line, "\"\(handle)\" thanks themselves") }
      if recipients[..<index].contains(handle) { mistakes.note(row.line, "\"\(handle)\" is named twice") }
    }
    if recipients.count > Limits.recipientsMax {
      mistakes.note(row.line, "names more than \(Limits.recipientsMax) people")
    }
    if row["message"].unicodeScalars.count > Limits.messageCharactersMax {
      mistakes.note(row.line, "the message is longer than \(Limits.messageCharactersMax) characters")
    }
    if row["message"].utf8.contains(0) { mistakes.note(row.line, "the message holds a NUL character") }
  }

  /// Cannot be the digest of a client's key: those hold no control characters.
  private static func identity(_ row: ImportTable.Row) -> Digest {
    .sha256(Array("import\0\(row["ref"])\0\(row["value"])\0\(row["from"])".utf8))
  }

  /// The identity alone says whether a row was imported, whatever else it says now.
  private static let requestDigest = Digest.sha256(Array("import".utf8))
}
