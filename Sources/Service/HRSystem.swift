/// A system that keeps people, and what its export calls them. The names are those of its usual columns, those that count first
/// first; what else an export holds is passed over.
public enum HRSystem: String, Sendable, CaseIterable {
  case bamboohr, personio, workday, google

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
        ("joined", ["Hire Date", "Original Hire Date"]), ("left_on", ["Termination Date"]), ("active", ["Status"]),
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
            "Supervisor email", "Vorgesetzter (E-Mail)", "Supervisor", "Manager", "Vorgesetzter", "Vorgesetzte:r",
            "Vorgesetzte/r", "Vorgesetzte",
          ]
        ),
        ("joined", ["Hire date", "Start date", "Einstellungsdatum", "Eintrittsdatum", "Startdatum"]),
        (
          "left_on",
          [
            "Last working day", "Employment end date", "Termination date", "Letzter Arbeitstag", "Austrittsdatum",
            "Ende der Beschäftigung",
          ]
        ),
        ("active", ["Status", "Employment status", "Beschäftigungsstatus"]),
      ]
    case .workday:
      [
        ("employee_number", ["Employee ID", "Worker ID", "Employee Number"]),
        ("name", ["Preferred Name", "Full Name", "Legal Name", "Full Legal Name", "Worker", "Employee", "Name"]),
        ("preferred_name", ["Preferred First Name"]), ("first_name", ["First Name", "Legal First Name"]),
        ("last_name", ["Preferred Last Name", "Last Name", "Legal Last Name"]),
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
}
