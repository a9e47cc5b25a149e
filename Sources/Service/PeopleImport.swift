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
      others: options.system?.columns ?? [], spellings: PeopleColumns.spellings,
      hint: options.system == nil ? Self.hint : { _ in nil })
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
      noDay: options.system?.noDay ?? "", cells: table.rows.lazy.flatMap { [$0["joined"], $0["left_on"]] })
  }

  /// What to say of columns that are not known.
  private static func hint(_ header: [String]) -> String? {
    HRSystem.likely(header).map { "the columns look like those of \($0.title): --from \($0.rawValue) reads them" }
  }

  /// The time zones that the file names.
  var timeZones: Set<String> {
    table.columns.contains("time_zone") ? Set(table.rows.map { $0["time_zone"] }).subtracting(["", "-"]) : []
  }

  /// - Parameters:
  ///   - draft: everybody of the organisation; it gets what the file changes.
  ///   - today: there.
  ///   - zones: the names of time zones that exist, of those that the file names.
  /// - Throws: ``ImportError`` with every mistake; ``CommandError`` where too many would leave.
  func plan(
    _ draft: inout DirectoryDraft, today: Day, zones: Set<String>, newID: () -> ID = Secrets.id
  ) throws -> PeoplePlan {
    var mistakes = ImportMistakes()
    let activeCount = (0..<draft.count).count { draft[$0].isActive }
    let leavers = try options.leavers.map { ($0, kept: try kept($0, draft)) }
    let subjects = subjects(&draft, &mistakes, newID)
    // By place; zero for whom the file does not name.
    var lines = Array(repeating: Int32(0), count: draft.count)
    var numbers: [String: Int32] = [:]
    for (row, subject) in zip(table.rows, subjects) {
      guard let place = subject.map({ Int($0) }) else { continue }
      lines[place] = Int32(clamping: row.line)
      var person = draft[place]
      rename(&person, row, isNew: draft.before(place) == nil, &mistakes)
      PeopleColumns.fill(&person, from: row, dates, zones: zones, &mistakes)
      if let isActive = PeopleColumns.isActive(row, dates, today: today, &mistakes) {
        person.isActive = isActive
      } else if leavers != nil {
        person.isActive = true
      }
      draft[place] = person
      let number = row["employee_number"]
      if !number.isEmpty, numbers.updateValue(Int32(place), forKey: number) != nil {
        mistakes.note(row.line, "the employee number \"\(number)\" comes twice")
      }
    }
    assignManagers(&draft, subjects, numbers, &mistakes)
    var missing: (places: [Int32], keptAdmins: [String]) = ([], [])
    if let (_, kept) = leavers { missing = self.missing(draft, lines, kept: kept) }
    for place in missing.places { draft[Int(place)].isActive = false }
    let update: DirectoryUpdate
    do throws(WholeDirectory.Faults) {
      update = try DirectoryUpdate(draft)
    } catch {
      for fault in error.list { note(fault, draft, lines, &mistakes) }
      throw ImportError(mistakes)
    }
    try mistakes.check()
    if let (leavers, _) = leavers { try checkBrake(leavers.brake, missing.places.count, of: activeCount) }
    let named = subjects.compactMap { $0 }.filter { draft.isChanged(Int($0)) }
    return PeoplePlan(
      update: update, places: named + missing.places, lines: lines, unchangedCount: table.rows.count - named.count,
      keptAdmins: missing.keptAdmins)
  }

  // MARK: Who is who

  /// Whom each row is about, by their places; nil where it does not say. Whoever is new is put into the draft.
  private func subjects(
    _ draft: inout DirectoryDraft, _ mistakes: inout ImportMistakes, _ newID: () -> ID
  ) -> [Int32?] {
    let presentCount = draft.count
    var byHandle: [String: Int32] = [:]
    if table.columns.contains("handle") {
      for place in 0..<presentCount { byHandle[draft[place].handle] = Int32(place) }
    }
    // What follows takes room, and is made where a row has no handle.
    var byEmail: [String: Int32]?
    var handles: Set<String>?
    // By place, the last line that is about somebody.
    var seen = Array(repeating: Int32(0), count: presentCount)
    var subjects: [Int32?] = []
    subjects.reserveCapacity(table.rows.count)
    for row in table.rows {
      let handle = Self.handle(row)
      let place: Int
      if !row["id"].isEmpty {
        guard let known = ID(row["id"]).flatMap({ draft.place(of: $0) }), known < presentCount else {
          mistakes.note(row.line, "nobody has the id \"\(row["id"])\"")
          subjects.append(nil)
          continue
        }
        place = known
      } else if !handle.isEmpty {
        place =
          byHandle[handle].map { Int($0) } ?? draft.append(Person(id: newID(), handle: Self.written(row), name: ""))
        byHandle[handle] = Int32(place)
      } else {
        let email = row["email"] == "-" ? "" : row["email"].asciiLowercased
        if byEmail == nil { byEmail = Self.emails(draft, presentCount) }
        if let known = byEmail?[email] {
          place = Int(known)
        } else if !email.isEmpty {
          var taken = handles ?? Set((0..<presentCount).map { draft[$0].handle } + table.rows.lazy.map(Self.handle))
          handles = nil
          let made = Self.made(from: email, besides: &taken)
          handles = taken
          place = draft.append(Person(id: newID(), handle: made, name: ""))
          byEmail?[email] = Int32(place)
        } else {
          mistakes.note(
            row.line, "says neither handle nor email, so nobody can tell who it is: add one, or leave the row out")
          subjects.append(nil)
          continue
        }
      }
      if place == seen.count { seen.append(0) }
      let earlier = seen[place]
      seen[place] = Int32(clamping: row.line)
      if earlier > 0 { mistakes.note(row.line, "is about the same person as line \(earlier)") }
      subjects.append(earlier > 0 ? nil : Int32(place))
    }
    return subjects
  }

  private static func emails(_ draft: DirectoryDraft, _ count: Int) -> [String: Int32] {
    var emails: [String: Int32] = Dictionary(minimumCapacity: count)
    for place in 0..<count {
      if let email = draft[place].email { emails[email.asciiLowercased] = Int32(place) }
    }
    return emails
  }

  /// Somebody who is known is named in whatever case; who is not is called as it is written.
  private static func handle(_ row: ImportTable.Row) -> String { written(row).asciiLowercased }

  private static func written(_ row: ImportTable.Row) -> String {
    let handle = row["handle"]
    return handle.hasPrefix("@") ? String(handle.dropFirst()) : handle
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
    _ person: inout Person, _ row: ImportTable.Row, isNew: Bool, _ mistakes: inout ImportMistakes
  ) {
    // With an id, a handle is what somebody is to be called; else it names them.
    let handle = row["id"].isEmpty ? "" : Self.written(row)
    if isNew || !handle.isEmpty && handle != person.handle {
      if !handle.isEmpty { person.handle = handle }
      if let mistake = Handle.mistake(in: person.handle) {
        mistakes.note(row.line, "the handle \"\(person.handle)\" \(mistake)")
      }
    }
    let name = PeopleColumns.name(row, options.system)
    if name == "-" || (name.isEmpty && isNew) {
      mistakes.note(row.line, "the name is empty")
    } else if !name.isEmpty {
      PeopleColumns.check(name, "name", row.line, &mistakes)
      person.name = name
    }
  }

  private func assignManagers(
    _ draft: inout DirectoryDraft, _ subjects: [Int32?], _ numbers: [String: Int32], _ mistakes: inout ImportMistakes
  ) {
    guard table.columns.contains("manager") else { return }
    let found = managers(draft, subjects, numbers, &mistakes)
    for (subject, manager) in zip(subjects, found) {
      guard let place = subject.map({ Int($0) }), let manager else { continue }
      draft[place].manager = manager < 0 ? nil : draft[Int(manager)].id
    }
  }

  /// Whom each row names as the manager, by place; below zero: nobody any more; nil where it says nothing that can be.
  private func managers(
    _ draft: DirectoryDraft, _ subjects: [Int32?], _ numbers: [String: Int32], _ mistakes: inout ImportMistakes
  ) -> [Int32?] {
    let names = PeopleNames(draft, numbers: numbers, system: options.system)
    // What people are called in full, of whom no manager's word may be one; made where one seems to be.
    var fullNames: Set<String>?
    return zip(table.rows, subjects).map { row, subject in
      let word = row["manager"]
      if subject == nil || word.isEmpty { return nil }
      if word == "-" { return -1 }
      switch names.find(word) {
      case .one(let manager): return manager
      case .nobody:
        let known = fullNames ?? Set((0..<draft.count).map { draft[$0].name.folded })
        fullNames = known
        let hint = known.contains(word.folded) ? " by that handle, email or id: a name is read with --from alone" : ""
        mistakes.note(row.line, "the manager \"\(word)\" is neither in the file nor in the directory\(hint)")
      case .several(let count):
        mistakes.note(row.line, "\(count) people are called \"\(word)\": name the manager by email or handle")
      }
      return nil
    }
  }

  // MARK: Who leaves

  private func kept(_ leavers: Leavers, _ present: DirectoryDraft) throws(CommandError) -> Set<Int32> {
    if leavers.kept.isEmpty { return [] }
    let names = PeopleNames(present)
    var kept: Set<Int32> = []
    for word in leavers.kept {
      guard case .one(let place) = names.find(word) else { throw CommandError("nobody is called \"\(word)\"") }
      kept.insert(place)
    }
    return kept
  }

  /// Whoever is here and is named by no row, by handle. Admins among them stay where nobody else would administer.
  private func missing(
    _ draft: DirectoryDraft, _ lines: [Int32], kept: Set<Int32>
  ) -> (places: [Int32], keptAdmins: [String]) {
    let missing = (0..<Int32(draft.count)).filter { place in
      draft[Int(place)].isActive && lines[Int(place)] == 0 && !kept.contains(place)
    }.sorted { draft[Int($0)].handle < draft[Int($1)].handle }
    let gone = Set(missing)
    let staying = (0..<Int32(draft.count)).lazy.filter { !gone.contains($0) }
    if staying.contains(where: { draft[Int($0)].isActiveAdmin }) { return (missing, []) }
    let admins = missing.filter { draft[Int($0)].isActiveAdmin }
    return (missing.filter { !draft[Int($0)].isActiveAdmin }, admins.map { draft[Int($0)].handle })
  }

  private func checkBrake(_ brake: Leavers.Brake, _ count: Int, of active: Int) throws(CommandError) {
    let most = brake.countMax(of: active)
    if count > most {
      throw CommandError(
        "\(count) of \(active) people would leave, since the file does not name them, and at most \(most) may: nothing was "
          + "imported. Where that is meant, say --most-leavers \(count)")
    }
  }

  // MARK: What cannot be

  private func note(
    _ fault: WholeDirectory.Fault, _ draft: DirectoryDraft, _ lines: [Int32], _ mistakes: inout ImportMistakes
  ) {
    func line(_ place: Int) -> Int? { lines[place] > 0 ? Int(lines[place]) : nil }
    switch fault {
    case .sharedHandle(let name, let places), .sharedEmail(let name, let places):
      let last = places.max { lines[$0] < lines[$1] }
      let others = places.filter { $0 != last }.map { place in
        line(place).map { "line \($0)'s" } ?? "\(draft.before(place)?.handle ?? "somebody")'s, who is not in the file"
      }
      let what = if case .sharedEmail = fault { "email" } else { "handle" }
      mistakes.note(last.flatMap(line) ?? 1, "the \(what) \"\(name)\" is also \(others.joined(separator: " and "))")
    case .noManager(let place):
      mistakes.note(line(place) ?? 1, "the manager of \(draft[place].handle) is not in the directory")
    case .circle(let places):
      let names = places.map { draft[$0].handle }.joined(separator: " reports to ")
      let first = places.first.map { draft[$0].handle } ?? ""
      mistakes.note(places.compactMap(line).min() ?? 1, "\(names) reports to \(first): a circle")
    case .noAdmin:
      let demoted = (0..<draft.count).filter { draft.before($0)?.isActiveAdmin == true }.compactMap(line)
      mistakes.note(demoted.max() ?? 1, "nobody would be left who administers (last_admin)")
    }
  }
}
