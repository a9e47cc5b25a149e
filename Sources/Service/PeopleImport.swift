import Ledger

/// `laurel import people`: a directory as CSV. People are told apart by handle; what a file has no column for stays as it is.
struct PeopleImport {
  public struct Result: Sendable, Equatable {
    public var created = 0
    public var updated = 0
    public var unchanged = 0
  }

  private static let columns = ["email", "team", "location", "manager", "joined", "department", "cost_centre", "roles"]

  /// People in an order in which everybody comes after their manager.
  let people: [Person]

  /// - Parameter existing: the directory as it is.
  init(_ bytes: [UInt8], existing: [Person], newID: () -> ID = Secrets.id) throws(ImportError) {
    let table = try ImportTable(bytes, required: ["handle", "name"], optional: Self.columns)
    let known = Dictionary(existing.map { ($0.handle, $0) }) { $1 }
    var mistakes = ImportMistakes()
    var ids = known.mapValues(\.id)
    var seen: [String: Int] = [:]
    for row in table.rows {
      let handle = row["handle"]
      if let earlier = seen.updateValue(row.line, forKey: handle) {
        mistakes.note(row.line, "the handle \"\(handle)\" is on line \(earlier) already")
      }
      if ids[handle] == nil { ids[handle] = newID() }
    }
    var read: [Person] = []
    var lines: [ID: Int] = [:]
    for row in table.rows {
      guard let id = ids[row["handle"]] else { continue }
      var person = known[row["handle"]] ?? Person(id: id, handle: row["handle"], name: row["name"])
      Self.fill(&person, from: row, table.columns, ids, &mistakes)
      lines[id] = row.line
      read.append(person)
    }
    Self.checkEmails(read, existing, lines, &mistakes)
    try mistakes.check()
    people = try Self.managersFirst(read, lines)
  }

  func run(_ run: ImportRun) async throws -> Result {
    var result = Result()
    let operations = people.map { person in
      Operation(id: Secrets.id(), actor: nil, salt: Secrets.digest(), action: .putPerson(person))
    }
    try await run.submit(operations) { decision in
      switch decision {
      case .accepted(let acceptance) where acceptance.entry.kind == .personCreated: result.created += 1
      case .accepted: result.updated += 1
      default: result.unchanged += 1
      }
    }
    return result
  }

  // MARK: Checks

  private static func fill(
    _ person: inout Person, from row: ImportTable.Row, _ columns: Set<String>, _ ids: [String: ID],
    _ mistakes: inout ImportMistakes
  ) {
    func optional(_ column: String) -> String? { row[column].isEmpty ? nil : row[column] }
    if let mistake = Handle.mistake(in: row["handle"]) {
      mistakes.note(row.line, "the handle \"\(row["handle"])\" \(mistake)")
    }
    for column in columns {
      if !row[column].isEmpty, let mistake = DisplayName.mistake(in: row[column]) {
        mistakes.note(row.line, "the \(column) \(mistake)")
      }
      if row[column].unicodeScalars.count > 200 {
        mistakes.note(row.line, "the \(column) is longer than 200 characters")
      }
    }
    if row["name"].isEmpty { mistakes.note(row.line, "the name is empty") }
    person.name = row["name"]
    if columns.contains("email") {
      person.email = optional("email")
      if let email = person.email, let mistake = EmailAddress.mistake(in: email) {
        mistakes.note(row.line, "\"\(email)\" \(mistake)")
      }
    }
    if columns.contains("team") { person.team = optional("team") }
    if columns.contains("location") { person.location = optional("location") }
    if columns.contains("department") { person.department = optional("department") }
    if columns.contains("cost_centre") { person.costCentre = optional("cost_centre") }
    if columns.contains("joined") {
      person.joined = RFC3339.day(row["joined"])
      if person.joined == nil, !row["joined"].isEmpty {
        mistakes.note(row.line, "\"\(row["joined"])\" is no date like 2026-11-22")
      }
    }
    if columns.contains("manager") {
      person.manager = ids[row["manager"]]
      if person.manager == nil, let manager = optional("manager") {
        mistakes.note(row.line, "the manager \"\(manager)\" is neither in the file nor in the directory")
      }
    }
    if columns.contains("roles") {
      let words = row["roles"].split { $0 == ";" || $0 == " " }.filter { $0 != "employee" }
      person.roles = Set(words.compactMap { Role(rawValue: String($0)) })
      for word in words where Role(rawValue: String(word)) == nil {
        mistakes.note(row.line, "there is no role \"\(word)\": use finance, admin")
      }
    }
  }

  private static func checkEmails(
    _ read: [Person], _ existing: [Person], _ lines: [ID: Int], _ mistakes: inout ImportMistakes
  ) {
    var owners: [String: ID] = [:]
    for person in existing where lines[person.id] == nil {
      if let email = person.email { owners[email.asciiLowercased] = person.id }
    }
    for person in read {
      guard let email = person.email?.asciiLowercased else { continue }
      if let other = owners.updateValue(person.id, forKey: email), other != person.id {
        mistakes.note(lines[person.id] ?? 0, "the email \"\(email)\" is somebody else's")
      }
    }
  }

  /// - Throws: when people manage each other in a circle.
  private static func managersFirst(_ people: [Person], _ lines: [ID: Int]) throws(ImportError) -> [Person] {
    let byID = Dictionary(people.map { ($0.id, $0) }) { $1 }
    var ordered: [Person] = []
    var placed: Set<ID> = []
    for person in people {
      // From this person up to the first who is placed, or whose manager the file does not speak of.
      var chain: [Person] = []
      var onChain: Set<ID> = []
      var next: Person? = person
      while let current = next, !placed.contains(current.id) {
        guard onChain.insert(current.id).inserted else {
          let mistake = "\(current.handle) is, by way of others, their own manager"
          throw ImportError(mistakes: [ImportError.Mistake(line: lines[current.id] ?? 0, detail: mistake)])
        }
        chain.append(current)
        next = current.manager.flatMap { byID[$0] }
      }
      for current in chain.reversed() {
        ordered.append(current)
        placed.insert(current.id)
      }
    }
    return ordered
  }
}
