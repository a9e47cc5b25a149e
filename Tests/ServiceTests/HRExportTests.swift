import Ledger
import Testing

@testable import Service

/// Files as other systems write them, imported by nothing but the system's name.
extension OnLaurel {
  @Suite("People from other systems")
  struct HRExportTests {
    /// `handle|name|email|department|location|cost centre|manager|joined`, and whether they left.
    private func people(
      _ bytes: [UInt8], _ system: HRSystem?, _ change: (inout PeopleImportOptions) -> Void = { _ in }
    ) async throws -> (rows: [String], ignored: [String]) {
      var result: (rows: [String], ignored: [String]) = ([], [])
      var options = PeopleImportOptions()
      options.system = system
      change(&options)
      let asked = options
      try await Company.with("handle,name\nnobody,Nobody\n") { company in
        let imported = try await company.laurel.administration.importPeople(
          bytes, organization: company.slug, asked
        ) { _, _ in }
        let people = try await company.laurel.administration.directory(company.slug).people
        let handles = Dictionary(uniqueKeysWithValues: people.map { ($0.id, $0.handle) })
        result.ignored = imported.ignoredColumns
        result.rows = people.filter { !["admin", "nobody"].contains($0.handle) }.sorted { $0.handle < $1.handle }.map {
          person in
          let parts = [
            person.handle, person.name, person.email, person.department, person.location, person.costCentre,
            person.manager.flatMap { handles[$0] }, person.joined.map { RFC3339.text($0) },
          ]
          return parts.map { $0 ?? "" }.joined(separator: "|") + (person.isActive ? "" : " left")
        }
        // The same file again is nothing new.
        let again = try await company.laurel.administration.importPeople(
          bytes, organization: company.slug, asked
        ) { _, _ in }
        #expect(again.created + again.updated + again.left == 0)
      }
      return result
    }

    @Test("BambooHR: names in two cells, managers by name, American days, and what it keeps besides is passed over")
    func bamboo() async throws {
      let csv = """
        "Employee #","First Name","Last Name","Preferred Name","Work Email","Job Title","Department","Division","Location","Reporting to","Hire Date","Status","Mobile Phone"\r
        "4","Charlotte","Abbott","","cabbott@acme.example","Sr. HR Administrator","Human Resources","North America","Lindon, Utah","Jennifer Caldwell","11/02/2019","Active","801-724-6600"\r
        "5","Ashley","Adams","Ash","aadams@acme.example","HR Administrator","Human Resources","Europe","London, UK","Abbott, Charlotte","01/16/2021","Active","+44 207 555 4730"\r
        "8","Jennifer","Caldwell","","jcaldwell@acme.example","VP of People","Human Resources","North America","Lindon, Utah","","02/25/2014","Active",""\r
        "9","Ryota","Saito","","rsaito@acme.example","VP of Sales","Sales","Asia-Pacific","Tokyo, Japan","Jennifer Caldwell","03/01/2015","Inactive",""\r

        """
      let (rows, ignored) = try await people(Array(csv.utf8), .bamboohr)
      #expect(
        rows == [
          "aadams|Ash Adams|aadams@acme.example|Human Resources|London, UK||cabbott|2021-01-16",
          "cabbott|Charlotte Abbott|cabbott@acme.example|Human Resources|Lindon, Utah||jcaldwell|2019-11-02",
          "jcaldwell|Jennifer Caldwell|jcaldwell@acme.example|Human Resources|Lindon, Utah|||2014-02-25",
          "rsaito|Ryota Saito|rsaito@acme.example|Sales|Tokyo, Japan||jcaldwell|2015-03-01 left",
        ])
      #expect(ignored == ["Mobile Phone", "title"])
    }

    @Test("Personio: German headers, days with dots, a mark at the beginning and semicolons")
    func personio() async throws {
      let csv =
        "\u{FEFF}\"ID\";\"Vorname\";\"Nachname\";\"E-Mail\";\"Status\";\"Position\";\"Abteilung\";\"Team\";\"Büro\";\"Kostenstelle\";\"Vorgesetzte:r\";\"Einstellungsdatum\";\"Wochenstunden\"\r\n"
        + "\"1001\";\"Jörg\";\"Weiß\";\"joerg.weiss@acme.example\";\"Aktiv\";\"Leiter\";\"Vertrieb\";\"Süd\";\"München\";\"4100\";\"\";\"16.01.2012\";\"40\"\r\n"
        + "\"1002\";\"Zoë\";\"Großmann\";\"zoe.grossmann@acme.example\";\"Onboarding\";\"Referentin\";\"Vertrieb\";\"Süd\";\"München\";\"4100\";\"Jörg Weiß\";\"01.12.2026\";\"32,5\"\r\n"
        + "\"1003\";\"Anne-Marie\";\"Dupont\";\"am.dupont@acme.example\";\"Inaktiv\";\"\";\"Finanzen\";\"\";\"Lyon\";\"\";\"1001\";\"03.02.2020\";\"40\"\r\n"
      let (rows, ignored) = try await people(Array(csv.utf8), .personio)
      #expect(
        rows == [
          "am.dupont|Anne-Marie Dupont|am.dupont@acme.example|Finanzen|Lyon||joerg.weiss|2020-02-03 left",
          "joerg.weiss|Jörg Weiß|joerg.weiss@acme.example|Vertrieb|München|4100||2012-01-16",
          "zoe.grossmann|Zoë Großmann|zoe.grossmann@acme.example|Vertrieb|München|4100|joerg.weiss|2026-12-01",
        ])
      #expect(ignored == ["Wochenstunden", "title"])
    }

    @Test("Workday: managers by their number, which counts more than their name")
    func workday() async throws {
      let csv = """
        Employee ID,Worker,Preferred Name,Email - Work,Business Title,Supervisory Organization,Cost Center,Location,Manager ID,Manager,Hire Date,Active Status
        21001,"McNeil, Logan",Logan McNeil,lmcneil@acme.example,Chief HR Officer,Human Resources,41600 HR,San Francisco,,,2000-01-01,Yes
        21002,"Morgan, Steve",Steve Morgan,smorgan@acme.example,Recruiter,Recruiting,41600 HR,Chicago,21001,Logan McNeil (On Leave),2010-03-15,Yes

        """
      let (rows, ignored) = try await people(Array(csv.utf8), .workday)
      #expect(
        rows == [
          "lmcneil|Logan McNeil|lmcneil@acme.example||San Francisco|41600 HR||2000-01-01",
          "smorgan|Steve Morgan|smorgan@acme.example||Chicago|41600 HR|lmcneil|2010-03-15",
        ])
      #expect(ignored == ["Worker", "Manager", "title"])
    }

    @Test("Google Workspace: headers with notes in brackets; who is suspended has left")
    func google() async throws {
      let csv = """
        First Name [Required],Last Name [Required],Email Address [Required],Password [Required],Org Unit Path [Required],Status [READ ONLY],Employee ID,Employee Title,Manager Email,Department,Cost Center,New Status [UPLOAD ONLY]
        Ann,Ames,Ann.Ames@acme.example,****,/Sales,Active,7,Seller,mo@acme.example,Sales,4100,
        Mo,Mansour,mo@acme.example,****,/Sales,Active,8,Head,,Sales,4100,
        Cy,Ünal,cy@acme.example,****,/,Suspended,9,,,,,

        """
      let (rows, _) = try await people(Array(csv.utf8), .google)
      #expect(
        rows == [
          "ann.ames|Ann Ames|Ann.Ames@acme.example|Sales||4100|mo|", "cy|Cy Ünal|cy@acme.example||||| left",
          "mo|Mo Mansour|mo@acme.example|Sales||4100||",
        ])
    }

    @Test("A German Excel: what it calls CSV UTF-8 comes in as it is, and its plain CSV by its encoding")
    func excel() async throws {
      let text =
        "Handle;Name;E-Mail;Cost Centre;Joined;;\r\njoerg;Jörg Weiß;joerg@acme.example;4100;16.01.2012;;\r\n;;;;;;\r\n"
      let expected = ["joerg|Jörg Weiß|joerg@acme.example|||4100||2012-01-16"]
      let german = try #require(DateFormat("DD.MM.YYYY"))
      #expect(try await people(Array("\u{FEFF}\(text)".utf8), nil) { $0.dates = german }.rows == expected)
      let plain = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
      let read = try await people(plain, nil) {
        $0.dates = german
        $0.columns.encoding = .windows1252
      }
      #expect(read.rows == expected)
    }

    @Test(
      "Where two people have a name, whose manager that is has to be said otherwise; handles made of emails stay apart")
    func ambiguous() async throws {
      let csv = """
        First Name,Last Name,Work Email,Reporting to
        Ann,Lee,ann@acme.example,
        Ann,Lee,ann@other.example,
        Bo,Bell,bo@acme.example,Ann Lee

        """
      let error = await #expect(throws: ImportError.self) { _ = try await people(Array(csv.utf8), .bamboohr) }
      #expect(error?.mistakes.map(\.line) == [4])
      let fixed = csv.replacing("bo@acme.example,Ann Lee", with: "bo@acme.example,ann@other.example")
      #expect(
        try await people(Array(fixed.utf8), .bamboohr).rows == [
          "ann|Ann Lee|ann@acme.example|||||", "ann-2|Ann Lee|ann@other.example|||||",
          "bo|Bo Bell|bo@acme.example||||ann-2|",
        ])
    }

    @Test("What systems say of people in other words, behind a name, or in place of a day is read as they mean it")
    func sayings() async throws {
      let workday = """
        Employee ID,Worker,primaryWorkEmail,Worker's Manager,Worker Status
        1,Logan McNeil (On Leave),lmcneil@acme.example,,On Leave
        2,Steve Morgan (Terminated),smorgan@acme.example,Logan McNeil (On Leave),Terminated
        3,"Liu, Betty",bliu@acme.example,Logan McNeil,Active

        """
      #expect(
        try await people(Array(workday.utf8), .workday).rows == [
          "bliu|Betty Liu|bliu@acme.example||||lmcneil|", "lmcneil|Logan McNeil|lmcneil@acme.example|||||",
          "smorgan|Steve Morgan|smorgan@acme.example||||lmcneil| left",
        ])
      let bamboo = """
        Employee #,First Name,Last Name,Employment Status,Hire Date,Termination Date,Work Email
        1,Ann,Ames,Full-Time,02 Nov 2019,0000-00-00,ann@acme.example
        2,Bo,Bell,Terminated,3 Jan 2021,30 Jun 2022,bo@acme.example

        """
      #expect(
        try await people(Array(bamboo.utf8), .bamboohr).rows == [
          "ann|Ann Ames|ann@acme.example|||||2019-11-02", "bo|Bo Bell|bo@acme.example|||||2021-01-03 left",
        ])
      let personio = """
        ID;Vorname;Nachname;E-Mail;Status;Vorgesetzter;Vorgesetzter (ID);Adresse;
        1;Jörg;Weiß;jw@acme.example;Aktiv;;;"Am Tor 1
        80331 München";
        2;Zoë;Groß;zg@acme.example;Elternzeit;Jörg Weiß;1;;
        3;Jörg;Weiß;jw2@acme.example;Ausgetreten;Jörg Weiß;1;;

        """
      #expect(
        try await people(Array(personio.utf8), .personio).rows == [
          "jw|Jörg Weiß|jw@acme.example|||||", "jw2|Jörg Weiß|jw2@acme.example||||jw| left",
          "zg|Zoë Groß|zg@acme.example||||jw|",
        ])
    }

    @Test(
      "Whoever was told nothing is told what to say",
      arguments: [
        (
          "Employee #,First Name,Last Name,Work Email,Hire Date,Status\n",
          "line 1: the columns look like those of BambooHR: --from bamboohr"
        ),
        ("Vorname;Nachname;E-Mail;Abteilung;Vorgesetzter\n", "--from personio"),
        ("Employee ID,Worker,Email - Work,Business Title,Supervisory Organization\n", "--from workday"),
        (
          "First Name [Required],Last Name [Required],Email Address [Required],Employee Title,Manager Email,Building ID\n",
          "--from google"
        ),
        ("All Workers\nEmployee ID,Worker\n1,Ann\n", "where a title stands above the header, take it away"),
        ("All Workers,,\nhandle,name,email\nann,Ann,\n", "where a title stands above the header, take it away"),
        ("handle,name,manager\njw,Jörg Weiß,\nzg,Zoë,Jörg Weiß\n", "a name is read with --from alone"),
        ("handle,name\nann,\"Ann\nAmes\"\n", "the name holds a line break"),
        ("name,email\nAnn,\n", "nobody can tell who it is"),
      ])
    func hints(_ file: String, _ hint: String) async throws {
      let error = await #expect(throws: ImportError.self) { _ = try await people(Array(file.utf8), nil) }
      #expect(error?.description.contains(hint) == true, "\(error?.description ?? "")")
    }

    @Test("A file of our own columns, or of few that are another system's, is taken for no system's")
    func ours() {
      #expect(HRSystem.likely(PeopleColumns.all) == nil)
      #expect(HRSystem.likely(["handle", "name", "Status", "Hire Date", "Shoe size"]) == nil)
    }

    @Test("A handle is made of what stands before the @, as far as that can be one")
    func made() {
      let cases = [
        ("ann@x", "ann"), ("Ann.Lee@x", "ann.lee"), ("o'neil@x", "o-neil"), ("_x_@x", "x"), ("a..b@x", "a-b"),
        ("me@x", "person-me"), ("@x", "person"), ("jörg@x", "j-rg"), ("ann+test@x", "ann-test"),
        ("ann@y", "ann-2"), ("ann@z", "ann-3"),
      ]
      var handles: Set<String> = []
      for (email, handle) in cases {
        #expect(PeopleImport.made(from: email.asciiLowercased, besides: &handles) == handle)
        #expect(Handle.mistake(in: handle) == nil)
      }
      let long = PeopleImport.made(from: String(repeating: "a", count: 90) + "@x", besides: &handles)
      #expect(Handle.mistake(in: long) == nil)
    }
  }
}
