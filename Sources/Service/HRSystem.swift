import Text

/// A system that keeps people, and what its export calls them. The names are those of its usual columns, those that count first
/// first; what else an export holds is passed over.
public enum HRSystem: String, Sendable, CaseIterable {
  case bamboohr, personio, workday, google

  /// What people call it.
  var title: String {
    switch self {
    case .bamboohr: "BambooHR"
    case .personio: "Personio"
    case .workday: "Workday"
    case .google: "Google Workspace"
    }
  }

  /// Headers, each with the column of ours that it is.
  var columns: [(header: String, column: String)] {
    names.flatMap { column, headers in headers.map { (header: $0, column: column) } }
  }

  private var names: [(String, [String])] {
    switch self {
    case .bamboohr:
      [
        ("employee_number", ["Employee #", "Employee Number", "Employee ID", "EEID", "ID"]),
        ("preferred_name", ["Preferred Name", "Preferred First Name"]), ("first_name", ["First Name"]),
        ("last_name", ["Last Name"]),
        ("name", ["Display Name", "Full Name", "Employee Name", "Last Name, First Name", "Name", "Employee"]),
        ("email", ["Work Email", "Best Email", "Email"]), ("title", ["Job Title", "Title"]),
        ("department", ["Department"]), ("team", ["Team", "Division"]), ("location", ["Location"]),
        ("country", ["Country"]), ("cost_centre", ["Cost Center", "Cost Centre"]),
        (
          "manager",
          [
            "Supervisor Email", "Manager Email", "Supervisor EID", "Reporting to", "Reports To", "Supervisor",
            "Manager",
          ]
        ),
        ("joined", ["Hire Date", "Original Hire Date"]), ("left_on", ["Termination Date"]),
        ("active", ["Status", "Employment Status"]),
      ]
    case .personio:
      [
        (
          "employee_number",
          ["Employee number", "Personnel number", "Employee ID", "ID", "Personalnummer", "Mitarbeiter-ID"]
        ),
        ("preferred_name", ["Preferred name", "Rufname", "Bevorzugter Name"]),
        ("first_name", ["First name", "Vorname"]), ("last_name", ["Last name", "Nachname"]),
        ("name", ["Name", "Full name", "Vollständiger Name"]), ("email", ["Email", "Work email", "E-Mail-Adresse"]),
        ("title", ["Position", "Job title", "Stellenbezeichnung"]), ("department", ["Department", "Abteilung"]),
        ("team", ["Team"]),
        ("location", ["Office", "Workplace", "Location", "Büro", "Arbeitsplatz", "Standort", "Arbeitsort"]),
        ("cost_centre", ["Cost center", "Cost centers", "Kostenstelle", "Kostenstellen"]),
        (
          "manager",
          [
            "Supervisor email", "Vorgesetzter (E-Mail)", "Supervisor ID", "Vorgesetzter (ID)", "Supervisor", "Manager",
            "Vorgesetzter", "Vorgesetzte:r",
            "Vorgesetzte/r", "Vorgesetzte",
          ]
        ),
        ("joined", ["Hire date", "Start date", "Einstellungsdatum", "Eintrittsdatum", "Startdatum"]),
        (
          "left_on",
          [
            "Last working day", "Last day of work", "Employment end date", "Termination date", "Letzter Arbeitstag",
            "Austrittsdatum",
            "Ende der Beschäftigung",
          ]
        ),
        ("active", ["Status", "Employment status", "Beschäftigungsstatus"]),
      ]
    case .workday:
      [
        ("employee_number", ["Employee ID", "Worker ID", "Employee Number"]),
        ("name", ["Preferred Name", "Full Name", "Legal Name", "Full Legal Name", "Worker", "Employee", "Name"]),
        ("preferred_name", ["Preferred First Name"]),
        ("first_name", ["First Name", "Legal First Name", "Legal Name - First Name"]),
        ("last_name", ["Preferred Last Name", "Last Name", "Legal Last Name", "Legal Name - Last Name"]),
        (
          "email",
          ["Email - Work", "Work Email", "Primary Work Email", "Email - Primary Work", "Email Address - Work", "Email"]
        ),
        ("title", ["Business Title", "Job Title", "Position Title"]),
        ("team", ["Supervisory Organization", "Team"]), ("department", ["Department"]),
        ("cost_centre", ["Cost Center - ID", "Cost Center ID", "Cost Center"]),
        ("location", ["Work Location", "Primary Location", "Location"]), ("country", ["Country", "Location Country"]),
        (
          "manager",
          [
            "Manager Email", "Manager - Email", "Manager's Email", "Manager ID", "Manager - Employee ID",
            "Manager Employee ID", "Worker's Manager", "Manager",
          ]
        ),
        ("joined", ["Hire Date", "Original Hire Date", "Most Recent Hire Date"]), ("left_on", ["Termination Date"]),
        ("active", ["Active Status", "Active", "Worker Status", "Employee Status", "Status"]),
      ]
    case .google:
      [
        ("first_name", ["First Name"]), ("last_name", ["Last Name"]), ("email", ["Email Address"]),
        ("employee_number", ["Employee ID"]), ("title", ["Employee Title"]), ("manager", ["Manager Email"]),
        ("department", ["Department"]), ("cost_centre", ["Cost Center"]), ("location", ["Building ID"]),
        ("active", ["Status"]),
      ]
    }
  }

  /// How its days look besides ISO's.
  var dates: [DateFormat] {
    switch self {
    case .bamboohr: ["D MMM YYYY", "MMM D, YYYY"].compactMap(DateFormat.init)
    case .personio: ["DD.MM.YYYY"].compactMap(DateFormat.init)
    case .workday, .google: []
    }
  }

  /// Whether its days may be parted by slashes, in the order of the customer's country.
  var hasSlashes: Bool { self != .google }

  /// Somebody's name as people say it: `Last, First`, where only one comma stands in it, is turned round, and what the system says of
  /// somebody behind their name is left out.
  func spoken(_ name: String) -> String {
    var name = name
    if self == .workday {
      while let note = ["(Terminated)", "(On Leave)"].first(where: name.hasSuffix) {
        name = String(name.dropLast(note.count)).normalized
      }
    }
    let halves = name.split(separator: ",", omittingEmptySubsequences: false).map { String($0).normalized }
    return halves.count == 2 && halves.allSatisfy { !$0.isEmpty } ? "\(halves[1]) \(halves[0])" : name
  }

  /// What stands where there is no day.
  var noDay: String { self == .bamboohr ? "0000-00-00" : "" }

  /// The system whose file this seems to be: it knows three of the headers at least that we do not, and more of them than others.
  static func likely(_ header: [String]) -> HRSystem? {
    let own = Set((PeopleColumns.all + PeopleColumns.spellings.map(\.header)).map(ImportColumns.folded))
    let foreign = Set(header.map(ImportColumns.folded)).subtracting(own)
    let counts = allCases.map { system in
      (system: system, count: foreign.intersection(system.columns.map { ImportColumns.folded($0.header) }).count)
    }.sorted { $0.count > $1.count }
    guard let first = counts.first, first.count >= 3, counts.dropFirst().allSatisfy({ $0.count < first.count }) else {
      return nil
    }
    return first.system
  }
}
