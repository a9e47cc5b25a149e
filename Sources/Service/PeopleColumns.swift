import HTTP
import Ledger
import Text

/// What a file of people may say of each, and how its cells are read. An absent or empty cell changes nothing; `-` takes away what
/// was there.
enum PeopleColumns {
  static let all = [
    "handle", "name", "email", "team", "location", "manager", "joined", "title", "department", "country", "cost_centre",
    "roles", "active", "left_on", "time_zone", "id", "employee_number", "first_name", "last_name", "preferred_name",
  ]

  /// Known, so that files of the usual columns come in, and kept nowhere.
  static let unkept = ["title", "country"]

  /// Other spellings of our own names.
  static let spellings = [(header: "cost_center", column: "cost_centre")]

  private static let yes: Set = ["true", "yes", "y", "1", "ja", "j", "wahr"]
  private static let no: Set = ["false", "no", "n", "0", "nein", "falsch"]
  /// What systems say of whoever is here, and of whoever is not.
  private static let here: Set = [
    "active", "employed", "onboarding", "leave", "on leave", "paid leave", "full-time", "part-time", "contractor",
    "aktiv", "abwesend", "beurlaubt", "elternzeit", "in elternzeit", "mutterschutz",
  ]
  private static let gone: Set = [
    "inactive", "left", "terminated", "suspended", "archived", "inaktiv", "ausgeschieden", "ausgetreten",
  ]

  /// Yes or no, in the words that spreadsheets write; nil for anything else.
  static func flag(_ word: String) -> Bool? {
    let word = word.folded
    return yes.contains(word) ? true : no.contains(word) ? false : nil
  }

  private static func isHere(_ word: String) -> Bool? {
    flag(word) ?? (here.contains(word.folded) ? true : gone.contains(word.folded) ? false : nil)
  }

  /// Whether somebody is here: what `active` says, else whether `left_on` has come. Nil where neither says anything.
  static func isActive(
    _ row: ImportTable.Row, _ dates: FileDates, today: Day, _ mistakes: inout ImportMistakes
  ) -> Bool? {
    let leaving = dates.cell(row["left_on"])
    let last = leaving.isEmpty || leaving == "-" ? nil : dates.day(leaving)
    if last == nil, !leaving.isEmpty, leaving != "-" { mistakes.note(row.line, dates.refusal(of: leaving)) }
    if let isActive = isHere(row["active"]) { return isActive }
    if !row["active"].isEmpty {
      mistakes.note(
        row.line, "\"\(row["active"])\" is neither yes nor no: active is true or false, or a word such as terminated")
    }
    if let last { return last >= today }
    return leaving == "-" ? true : nil
  }

  /// The name in one cell, or in two.
  static func name(_ row: ImportTable.Row, _ system: HRSystem?) -> String {
    let whole = row["name"]
    if !whole.isEmpty { return system?.spoken(whole) ?? whole }
    let first = row["preferred_name"].isEmpty ? row["first_name"] : row["preferred_name"]
    return "\(first) \(row["last_name"])".normalized
  }

  /// Fills in what a row says of somebody, but for their handle and manager.
  static func fill(
    _ person: inout Person, from row: ImportTable.Row, _ dates: FileDates, zones: Set<String>,
    _ mistakes: inout ImportMistakes
  ) {
    func text(_ column: String, _ member: WritableKeyPath<Person, String?>) {
      let cell = row[column]
      if cell.isEmpty { return }
      if cell == "-" {
        person[keyPath: member] = nil
        return
      }
      check(cell, column, row.line, &mistakes)
      person[keyPath: member] = cell
    }
    text("team", \.team)
    text("location", \.location)
    text("department", \.department)
    text("cost_centre", \.costCentre)
    let email = row["email"]
    if email == "-" {
      person.email = nil
    } else if !email.isEmpty {
      if let mistake = EmailAddress.mistake(in: email) { mistakes.note(row.line, "\"\(email)\" \(mistake)") }
      if email.unicodeScalars.count > textMax { mistakes.note(row.line, tooLong("email")) }
      person.email = email
    }
    let zone = row["time_zone"]
    if zone == "-" {
      person.timeZone = nil
    } else if !zone.isEmpty {
      if !zones.contains(zone) { mistakes.note(row.line, "\"\(zone)\" is no time zone like Europe/Berlin") }
      person.timeZone = zone
    }
    let joined = dates.cell(row["joined"])
    if joined == "-" {
      person.joined = nil
    } else if !joined.isEmpty {
      if let day = dates.day(joined) { person.joined = day } else { mistakes.note(row.line, dates.refusal(of: joined)) }
    }
    if !row["roles"].isEmpty { person.roles = roles(row, &mistakes) }
  }

  private static func roles(_ row: ImportTable.Row, _ mistakes: inout ImportMistakes) -> Set<Role> {
    if row["roles"] == "-" { return [] }
    let words = row["roles"].split { ";, ".contains($0) }.map { $0.lowercased() }.filter { $0 != "employee" }
    let known = KnownWords(Role.allCases.map(\.rawValue))
    for word in words where Role(rawValue: word) == nil {
      mistakes.note(row.line, "the role \"\(word)\" \(known.refusal(of: word))")
    }
    return Set(words.compactMap(Role.init(rawValue:)))
  }

  /// Of a person's texts, in code points.
  private static let textMax = 200

  private static func tooLong(_ column: String) -> String { "the \(column) is longer than \(textMax) characters" }

  static func check(_ text: String, _ column: String, _ line: Int, _ mistakes: inout ImportMistakes) {
    if text.contains(where: \.isNewline) {
      mistakes.note(line, "the \(column) holds a line break")
    } else if let mistake = DisplayName.mistake(in: text) {
      mistakes.note(line, "the \(column) \(mistake)")
    }
    if text.unicodeScalars.count > textMax { mistakes.note(line, tooLong(column)) }
  }
}
