import Ledger
import Text

/// How a file of people is to be read, and what it may do.
public struct PeopleImportOptions: Sendable {
  public var columns = ImportColumns()
  /// The system that wrote the file.
  public var system: HRSystem?
  public var dates: DateFormat?
  /// Nil: whoever the file does not name stays as they are.
  public var leavers: Leavers?

  public init() {}
}

/// A directory as CSV. A row is about whom its `id` names, else its `handle`, else its `email`; somebody new gets a handle from
/// their email where the file has none. Everything is held against the directory as it will be, so people may take each other's
/// names, emails and places; what cannot be is told by its line, and then nothing is recorded.
struct PeopleImport {
  /// Of a file: more is another file's.
  static let rowCountMax = 200_000

  let ignoredColumns: [String]
  private let table: ImportTable
  private let options: PeopleImportOptions
  private let dates: FileDates

  /// - Throws: what is wrong with the file whatever the directory is.
  init(_ bytes: [UInt8], _ options: PeopleImportOptions = .init()) throws(ImportError) {
    let table = try ImportTable(
      bytes, required: [], optional: PeopleColumns.all, options.columns,
      others: options.system?.columns ?? [], spellings: PeopleColumns.spellings)
    var mistakes = ImportMistakes()
    if !["id", "handle", "email"].contains(where: table.columns.contains) {
      mistakes.note(1, "the column \"handle\" is missing, and so are \"email\" and \"id\": nothing says who is who")
    }
    if table.rows.count > Self.rowCountMax {
      mistakes.note(1, "has \(table.rows.count) rows; one file takes \(Self.rowCountMax)")
    }
    try mistakes.check()
    self.table = table
    self.options = options
    ignoredColumns = table.ignored + PeopleColumns.unkept.filter(table.columns.contains)
    dates = FileDates(
      named: options.dates, usual: options.system?.dates ?? [], hasSlashes: options.system?.hasSlashes ?? false,
      cells: table.rows.flatMap { [$0["joined"], $0["left_on"]] })
  }

  /// The time zones that the file names.
  var timeZones: Set<String> {
    table.columns.contains("time_zone") ? Set(table.rows.map { $0["time_zone"] }).subtracting(["", "-"]) : []
  }

  /// - Parameters:
  ///   - existing: everybody of the organisation.
  ///   - today: there.
  ///   - zones: the names of time zones that exist, of those that the file names.
  /// - Throws: ``ImportError`` with every mistake; ``CommandError`` where too many would leave.
  func plan(_ existing: [Person], today: Day, zones: Set<String>, newID: () -> ID = Secrets.id) throws -> PeoplePlan {
    let before = Dictionary(existing.map { ($0.id, $0) }) { $1 }
    var mistakes = ImportMistakes()
    var people = before
    let subjects = subjects(existing, &mistakes, newID)
    var lines: [ID: Int] = [:]
    var numbers: [String: ID] = [:]
    for (row, subject) in zip(table.rows, subjects) {
      guard let subject else { continue }
      lines[subject.id] = row.line
      var person = before[subject.id] ?? Person(id: subject.id, handle: subject.handle, name: "")
      rename(&person, subject, row, isNew: before[subject.id] == nil, &mistakes)
      PeopleColumns.fill(&person, from: row, dates, zones: zones, &mistakes)
      if let isActive = PeopleColumns.isActive(row, dates, today: today, &mistakes) {
        person.isActive = isActive
      } else if options.leavers != nil {
        person.isActive = true
      }
      if person.isActive { person.leftOn = nil }
      people[subject.id] = person
      let number = row["employee_number"]
      if !number.isEmpty, numbers.updateValue(subject.id, forKey: number) != nil {
        mistakes.note(row.line, "the employee number \"\(number)\" comes twice")
      }
    }
    assignManagers(&people, subjects, numbers, &mistakes)
    let leaving = try leavers(existing, among: people, lines)
    for id in leaving.ids { people[id]?.isActive = false }
    // As the ledger has it: whoever left has no role.
    for id in leaving.ids + lines.keys where people[id]?.isActive == false { people[id]?.roles = [] }
    let hadAdmin = WholeDirectory.hasAdmin(existing)
    for fault in WholeDirectory.faults(among: people, hadAdmin: hadAdmin) {
      note(fault, before, people, lines, &mistakes)
    }
    try mistakes.check()
    try checkBrake(leaving.ids.count, of: existing)
    var changes: [PeoplePlan.Change] = []
    for subject in subjects.compactMap({ $0 }) {
      guard let after = people[subject.id], before[subject.id] != after else { continue }
      changes.append(.init(line: lines[subject.id], before: before[subject.id], after: after))
    }
    for id in leaving.ids {
      if let after = people[id] { changes.append(.init(line: nil, before: before[id], after: after)) }
    }
    return PeoplePlan(
      changes: changes, unchangedCount: table.rows.count - (changes.count - leaving.ids.count),
      keptAdmins: leaving.keptAdmins)
  }

  // MARK: Who is who

  private struct Subject {
    let id: ID
    /// What they are to be called.
    var handle: String
  }

  /// Whom each row is about; nil where it does not say.
  private func subjects(_ existing: [Person], _ mistakes: inout ImportMistakes, _ newID: () -> ID) -> [Subject?] {
    let byID = Dictionary(existing.map { ($0.id, $0) }) { $1 }
    let byHandle = Dictionary(existing.map { ($0.handle, $0) }) { $1 }
    let byEmail = Dictionary(existing.compactMap { person in person.email.map { ($0.asciiLowercased, person) } }) { $1 }
    var seen: [ID: Int] = [:]
    var new: [String: ID] = [:]
    var handles = Set(byHandle.keys)
    for row in table.rows { handles.insert(Self.handle(row)) }
    return table.rows.map { row in
      let (handle, email) = (Self.handle(row), row["email"] == "-" ? "" : row["email"].asciiLowercased)
      var subject: Subject
      if !row["id"].isEmpty {
        guard let person = ID(row["id"]).flatMap({ byID[$0] }) else {
          mistakes.note(row.line, "nobody has the id \"\(row["id"])\"")
          return nil
        }
        subject = Subject(id: person.id, handle: handle.isEmpty ? person.handle : Self.written(row))
      } else if !handle.isEmpty {
        let known = byHandle[handle]
        subject = Subject(id: known?.id ?? new[handle] ?? newID(), handle: known?.handle ?? Self.written(row))
        new[handle] = subject.id
      } else if let person = byEmail[email] {
        subject = Subject(id: person.id, handle: person.handle)
      } else if !email.isEmpty {
        subject = Subject(id: new[email] ?? newID(), handle: "")
        if new.updateValue(subject.id, forKey: email) == nil {
          subject.handle = Self.made(from: email, besides: &handles)
        }
      } else {
        mistakes.note(row.line, "says neither handle nor email")
        return nil
      }
      if let earlier = seen.updateValue(row.line, forKey: subject.id) {
        mistakes.note(row.line, "is about the same person as line \(earlier)")
        return nil
      }
      return subject
    }
  }

  /// Somebody who is known is named in whatever case; who is not is called as it is written.
  private static func handle(_ row: ImportTable.Row) -> String { written(row).asciiLowercased }

  private static func written(_ row: ImportTable.Row) -> String {
    row["handle"].hasPrefix("@") ? String(row["handle"].dropFirst()) : row["handle"]
  }

  /// A handle from what stands before the `@` of an email, that nobody has.
  static func made(from email: String, besides handles: inout Set<String>) -> String {
    let local = Array(email.utf8.prefix { $0 != UInt8(ascii: "@") }.prefix(Handle.lengthMax - 16))
    var base = String(decoding: local, as: UTF8.self)
    if Handle.mistake(in: base) != nil {
      let words = local.split { Handle.isJoint($0) || !Handle.isInside($0) }
      base = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
    }
    if Handle.mistake(in: base) != nil { base = base.isEmpty ? "person" : "person-\(base)" }
    var handle = base
    var number = 2
    while !handles.insert(handle).inserted {
      handle = "\(base)-\(number)"
      number += 1
    }
    return handle
  }

  private func rename(
    _ person: inout Person, _ subject: Subject, _ row: ImportTable.Row, isNew: Bool, _ mistakes: inout ImportMistakes
  ) {
    if isNew || person.handle != subject.handle {
      if let mistake = Handle.mistake(in: subject.handle) {
        mistakes.note(row.line, "the handle \"\(subject.handle)\" \(mistake)")
      }
      person.handle = subject.handle
    }
    let name = PeopleColumns.name(row, isForeign: options.system != nil)
    if name == "-" || (name.isEmpty && isNew) {
      mistakes.note(row.line, "the name is empty")
    } else if !name.isEmpty {
      PeopleColumns.check(name, "name", row.line, &mistakes)
      person.name = name
    }
  }

  private func assignManagers(
    _ people: inout [ID: Person], _ subjects: [Subject?], _ numbers: [String: ID], _ mistakes: inout ImportMistakes
  ) {
    guard table.columns.contains("manager") else { return }
    let names = PeopleNames(Array(people.values), numbers: numbers, byName: options.system != nil)
    for (row, subject) in zip(table.rows, subjects) {
      let word = row["manager"]
      guard let subject, !word.isEmpty else { continue }
      if word == "-" {
        people[subject.id]?.manager = nil
        continue
      }
      switch names.find(word) {
      case .one(let manager): people[subject.id]?.manager = manager
      case .nobody: mistakes.note(row.line, "the manager \"\(word)\" is neither in the file nor in the directory")
      case .several(let count):
        mistakes.note(row.line, "\(count) people are called \"\(word)\": name the manager by email or handle")
      }
    }
  }

  // MARK: Who leaves

  /// Whoever is here and is named by no row. Admins among them stay where nobody else would administer.
  private func leavers(
    _ existing: [Person], among people: [ID: Person], _ lines: [ID: Int]
  ) throws(CommandError) -> (ids: [ID], keptAdmins: [String]) {
    guard let leavers = options.leavers else { return ([], []) }
    let names = PeopleNames(existing, numbers: [:], byName: false)
    var kept: Set<ID> = []
    for word in leavers.kept {
      guard case .one(let id) = names.find(word) else { throw CommandError("nobody is called \"\(word)\"") }
      kept.insert(id)
    }
    let missing = existing.filter { $0.isActive && lines[$0.id] == nil && !kept.contains($0.id) }
      .sorted { $0.handle < $1.handle }
    let gone = Set(missing.map(\.id))
    if WholeDirectory.hasAdmin(people.values.filter { !gone.contains($0.id) }) { return (missing.map(\.id), []) }
    let admins = missing.filter(\.isActiveAdmin)
    return (missing.filter { !$0.isActiveAdmin }.map(\.id), admins.map(\.handle))
  }

  private func checkBrake(_ count: Int, of existing: [Person]) throws(CommandError) {
    guard let leavers = options.leavers else { return }
    let active = existing.count { $0.isActive }
    let most = leavers.brake.countMax(of: active)
    if count > most {
      throw CommandError(
        "\(count) of \(active) people would leave, since the file does not name them, and at most \(most) may: nothing was "
          + "imported. Where that is meant, say --most-leavers \(count)")
    }
  }

  // MARK: What cannot be

  private func note(
    _ fault: WholeDirectory.Fault, _ before: [ID: Person], _ people: [ID: Person], _ lines: [ID: Int],
    _ mistakes: inout ImportMistakes
  ) {
    func handle(_ id: ID) -> String { people[id]?.handle ?? "\(id)" }
    func place(_ ids: [ID]) -> (line: Int, id: ID)? {
      ids.compactMap { id in lines[id].map { (line: $0, id: id) } }.max { $0.line < $1.line }
    }
    switch fault {
    case .sharedHandle(let name, let ids), .sharedEmail(let name, let ids):
      let place = place(ids)
      let others = ids.filter { $0 != place?.id }.map { id in
        lines[id].map { "line \($0)'s" } ?? "\(before[id]?.handle ?? "somebody")'s, who is not in the file"
      }
      let what = if case .sharedEmail = fault { "email" } else { "handle" }
      mistakes.note(place?.line ?? 1, "the \(what) \"\(name)\" is also \(others.joined(separator: " and "))")
    case .noManager(let id):
      mistakes.note(lines[id] ?? 1, "the manager of \(handle(id)) is not in the directory")
    case .circle(let ids):
      let first = ids.compactMap { lines[$0] }.min()
      let names = ids.map(handle).joined(separator: " reports to ")
      mistakes.note(first ?? 1, "\(names) reports to \(ids.first.map(handle) ?? ""): a circle")
    case .noAdmin:
      let demoted = before.values.filter(\.isActiveAdmin).compactMap { lines[$0.id] }
      mistakes.note(demoted.max() ?? 1, "nobody would be left who administers (last_admin)")
    }
  }
}
