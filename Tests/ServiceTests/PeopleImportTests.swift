import Foundation
import HTTP
import Ledger
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Importing people")
  struct PeopleImportTests {
    private func run(
      _ company: Company, _ csv: String, leavers: Leavers? = nil, isDryRun: Bool = false
    ) async throws -> PeopleImportResult {
      var options = PeopleImportOptions()
      options.leavers = leavers
      return try await company.laurel.administration.importPeople(
        Array(csv.utf8), organization: company.slug, options, isDryRun: isDryRun
      ) { _, _ in }
    }

    /// `handle email manager active roles`, of everybody but the founder.
    private func directory(_ company: Company) async throws -> [String] {
      let people = try await company.laurel.administration.directory(company.slug).people
      let handles = Dictionary(uniqueKeysWithValues: people.map { ($0.id, $0.handle) })
      return people.filter { $0.handle != "admin" }.sorted { $0.handle < $1.handle }.map { person in
        let manager = person.manager.flatMap { handles[$0] } ?? "-"
        let roles = person.roles.map(\.rawValue).sorted().joined(separator: "+")
        return
          "\(person.handle) \(person.email ?? "-") \(manager)\(person.isActive ? "" : " left")\(roles.isEmpty ? "" : " \(roles)")"
      }
    }

    private func head(_ company: Company) async throws -> Int64 {
      try await company.laurel.administration.verify(organization: company.slug).first?.report.position ?? 0
    }

    /// The mistakes of a file that is refused; the ledger stays where it was.
    private func refusal(_ company: Company, _ csv: String, leavers: Leavers? = nil) async throws -> String {
      let before = try await head(company)
      var told = "taken"
      do { _ = try await run(company, csv, leavers: leavers) } catch { told = "\(error)" }
      #expect(try await head(company) == before)
      return told
    }

    @Test("Emails are swapped and handed round, and a manager and whom they managed change places")
    func permutations() async throws {
      try await Company.with { (company) async throws in
        let swapped = try await run(
          company, "handle,email\nann,bo@acme.example\nbo,cy@acme.example\ncy,ann@acme.example\n")
        #expect(swapped.counts == [0, 3, 0, 0])
        let places = try await run(company, "handle,manager\nmo,ann\nann,-\nbo,ann\n")
        #expect(places.counts == [0, 3, 0, 0])
        #expect(
          try await directory(company) == [
            "ann bo@acme.example -", "bo cy@acme.example ann", "cy ann@acme.example -", "di di@acme.example -",
            "fay fay@acme.example - finance", "mo mo@acme.example ann",
          ])
      }
    }

    @Test("With their ids, people take each other's handles, and then are who they were")
    func handles() async throws {
      try await Company.with { (company) async throws in
        let (ann, bo) = (try company.id("ann"), try company.id("bo"))
        #expect(try await run(company, "id,handle\n\(ann),bo\n\(bo),ann\n").counts == [0, 2, 0, 0])
        #expect(try company["ann"].get("/v1/me").json["handle"]?.text == "bo")
        #expect(try company["ann"].get("/v1/people/ann").json["id"]?.text == bo)
        #expect(try await run(company, "id,handle\n\(ann),bo\n\(bo),ann\n").counts == [0, 0, 2, 0])
      }
    }

    @Test("What cannot be is refused with its line, by the directory as it would be, and nothing is recorded")
    func impossible() async throws {
      try await Company.with { (company) async throws in
        let cases: [(String, [String])] = [
          // A circle by way of Mo, whom the file does not name and who would report to Cy.
          ("handle,manager\nfay,\ncy,ann\nmo,cy\n", ["line 3", "circle"]),
          ("handle,manager\nmo,ann\n", ["line 2", "circle"]),
          ("handle,email\ndi,ann@acme.example\n", ["line 2", "ann's, who is not in the file"]),
          ("handle,email\ndi,x@acme.example\ncy,X@acme.example\n", ["line 3", "line 2's"]),
          (
            "handle,name,email\ndi,,ann@acme.example\nzoe,,zoe\nyan,Yan,\n",
            ["line 3", "name is empty", "zoe", "no email"]
          ),
          ("handle,roles\nadmin,-\n", ["line 2", "last_admin"]),
          ("handle,active\nadmin,no\n", ["line 2", "last_admin"]),
          ("handle,active\nann,perhaps\n", ["line 2", "perhaps"]),
          ("handle,roles\nann,finence\n", ["line 2", "finance"]),
          ("handle,time_zone\nann,Europe/Atlantis\n", ["line 2", "Europe/Atlantis"]),
          ("handle,left_on\nann,soon\n", ["line 2", "soon"]),
          ("id,handle\n01a20151-ba1b-7c35-8a3a-8a09be43edbc,zoe\n", ["line 2", "01a20151"]),
          ("handle,name\n,\"\"\nann,x\nann,y\n", ["line 4", "line 3"]), ("name\nAnn\n", ["line 1", "handle"]),
          ("handle,name,email\n,Zoe,\n", ["line 2", "neither handle nor email"]),
          ("handle,name\nann,\u{202E}nnA\n", ["line 2", "name"]), ("handle,name\n..,Dots\n", ["line 2", ".."]),
        ]
        for (csv, words) in cases {
          let told = try await refusal(company, csv)
          for word in words { #expect(told.contains(word), "\(csv) → \(told)") }
        }
        // Half of a file that is right is not recorded either.
        let many = (0..<1_200).map { "p\($0),P,p\($0)@acme.example,\($0 == 1_199 ? "nobody" : "mo")\n" }.joined()
        #expect(try await refusal(company, "handle,name,email,manager\n\(many)").contains("line 1201"))
        #expect(try await directory(company).count == 6)
      }
    }

    @Test(
      "Whoever is changed between the look at the directory and the writing is seen: the file is held against them again"
    )
    func changedMeanwhile() async throws {
      try await Company.with { (company) async throws in
        let lock = try Session(company.laurel.cluster.superuserURL)
        try lock.run("BEGIN; SELECT FROM ledger_heads WHERE org_id = \(company.number) FOR UPDATE")
        let holder = try lock.run("SELECT pg_backend_pid()").first ?? ""
        // Each looks at the directory as it is now, and they come to the lock in this order.
        async let first = run(company, "handle,email\nann,new@acme.example\n")
        try await waiting(1, behind: holder, company)
        async let imported = run(company, "handle,email,manager\nann,new@acme.example,\nbo,,ann\n")
        try await waiting(2, behind: holder, company)
        try lock.run("COMMIT")
        #expect(try await first.counts == [0, 1, 0, 0])
        // What somebody else did in the meantime is nothing to do.
        #expect(try await imported.counts == [0, 1, 1, 0])
      }
    }

    @Test("A file that changes nothing waits for nobody, and neither does a dry run")
    func withoutLock() async throws {
      try await Company.with { (company) async throws in
        let lock = try Session(company.laurel.cluster.superuserURL)
        try lock.run("BEGIN; SELECT FROM ledger_heads WHERE org_id = \(company.number) FOR UPDATE")
        defer { _ = try? lock.run("COMMIT") }
        #expect(try await run(company, "handle,email\nann,ann@acme.example\n").counts == [0, 0, 1, 0])
        #expect(try await run(company, "handle,name\nann,Anna\n", isDryRun: true).counts == [0, 1, 0, 0])
      }
    }

    /// Until so many wait for what the session `holder` holds, or for each other behind it.
    private func waiting(_ count: Int, behind holder: String, _ company: Company) async throws {
      let url = company.laurel.cluster.superuserURL
      let found = try await onThread {
        let session = try Session(url)
        var found = 0
        for _ in 0..<3_000 where found < count {
          let rows = try session.run(
            """
            SELECT count(*) FROM pg_stat_activity a
            WHERE \(holder) = ANY (pg_blocking_pids(a.pid)) OR EXISTS (
              SELECT FROM unnest(pg_blocking_pids(a.pid)) AS b WHERE \(holder) = ANY (pg_blocking_pids(b)))
            """)
          found = rows.first.flatMap { Int($0) } ?? 0
          usleep(1_000)
        }
        return found
      }
      #expect(found >= count)
    }

    @Test("A file of more people than a batch takes comes in whole, managers named before and after whom they manage")
    func many() async throws {
      try await Company.with { (company) async throws in
        // Everybody reports to the one after them, and the emails are handed on by one the second time.
        func csv(_ shift: Int) -> String {
          let rows = (0..<1_100).map { number in
            "p\(number),P \(number),e\((number + shift) % 1_100)@acme.example,\(number == 1_099 ? "mo" : "p\(number + 1)")\n"
          }
          return "handle,name,email,manager\n" + rows.joined()
        }
        #expect(try await run(company, csv(0)).counts == [1_100, 0, 0, 0])
        #expect(try await run(company, csv(1)).counts == [0, 1_100, 0, 0])
        #expect(try await run(company, csv(1)).counts == [0, 0, 1_100, 0])
        #expect(try company["admin"].get("/v1/people/p17").json["email"]?.text == "e18@acme.example")
      }
    }

    @Test("Any file of emails and managers is taken whole when what comes of it can be, and else changes nothing")
    func property() async throws {
      try await Company.with { (company) async throws in
        var random = SystemRandomNumberGenerator()
        let handles = ["ann", "bo", "cy", "di", "fay", "mo"]
        var state = Dictionary(
          uniqueKeysWithValues: handles.map { ($0, (email: "\($0)@acme.example", manager: String?.none)) })
        state["ann"]?.manager = "mo"
        state["bo"]?.manager = "mo"
        var taken = 0
        for round in 0..<60 {
          var rows = handles.shuffled(using: &random)
          rows.removeLast(Int.random(in: 0...3, using: &random))
          var after = state
          var emails = rows.compactMap { state[$0]?.email }
          if round % 3 > 0 { emails.shuffle(using: &random) } else { emails[0] = state["mo"]?.email ?? "" }
          for (row, email) in zip(rows, emails) {
            after[row]?.email = email
            if Int.random(in: 0..<3, using: &random) == 0 {
              after[row]?.manager = handles.randomElement(using: &random)
            }
            if Int.random(in: 0..<3, using: &random) == 0 { after[row]?.manager = nil }
          }
          let isLegal =
            Set(after.values.map(\.email)).count == handles.count
            && handles.allSatisfy { start in
              var (steps, next) = (0, after[start]?.manager)
              while let manager = next, steps <= 6 { (steps, next) = (steps + 1, after[manager]?.manager) }
              return steps <= 6
            }
          let csv =
            "handle,email,manager\n"
            + rows.map { "\($0),\(after[$0]?.email ?? ""),\((after[$0]?.manager ?? nil) ?? "-")\n" }.joined()
          if isLegal {
            let result = try await run(company, csv)
            #expect(result.updated == rows.count { state[$0]! != after[$0]! }, "\(csv)")
            (state, taken) = (after, taken + 1)
          } else {
            #expect(try await refusal(company, csv).contains("line "), "\(csv)")
          }
          let expected = state.sorted { $0.key < $1.key }.map {
            "\($0.key) \($0.value.email) \($0.value.manager ?? "-")"
          }
          #expect(try await directory(company).map { $0.replacing(" finance", with: "") } == expected, "\(csv)")
        }
        #expect(taken > 5)
      }
    }

    @Test("An absent or empty cell changes nothing, and a dash takes away")
    func cells() async throws {
      try await Company.with { (company) async throws in
        let csv = "handle,name,email,team,manager,roles\nfay,,,,,\nann,,,,,\n"
        #expect(try await run(company, csv).counts == [0, 0, 2, 0])
        #expect(
          try await run(company, "handle,email,team,manager,roles\nfay,-,-,,-\nann,,,-,\n").counts == [0, 2, 0, 0])
        let fay = try company["admin"].get("/v1/people/fay").json
        #expect(fay["email"] == .null && fay["team"] == .null)
        #expect(try fay["roles"] == json(#"["employee"]"#))
        #expect(try company["admin"].get("/v1/people/ann").json["manager"] == .null)
      }
    }

    @Test("A manager is named by handle, with or without @, by email or by id, also one whom the file brings")
    func managers() async throws {
      try await Company.with { (company) async throws in
        let mo = try company.id("mo")
        let csv =
          "handle,name,email,manager\ncy,,,@MO\ndi,,,MO@acme.example\nfay,,,\(mo)\nzoe,Zoe,zoe@acme.example,yan@acme.example\n"
          + "yan,Yan,yan@acme.example,\n"
        #expect(try await run(company, csv).counts == [2, 3, 0, 0])
        #expect(
          try await directory(company) == [
            "ann ann@acme.example mo", "bo bo@acme.example mo", "cy cy@acme.example mo", "di di@acme.example mo",
            "fay fay@acme.example mo finance", "mo mo@acme.example -", "yan yan@acme.example -",
            "zoe zoe@acme.example yan",
          ])
      }
    }

    @Test("Somebody leaves by active or by left_on, comes back, and stays what nothing says otherwise")
    func leaving() async throws {
      try await Company.with { (company) async throws in
        #expect(
          try await run(company, "handle,active,left_on\nann,no,\nbo,,2020-01-31\ncy,,2999-01-01\ndi,yes,2020-01-31\n")
            .counts == [0, 0, 2, 2])
        #expect(try await run(company, "handle,team\nann,Sales\n").counts == [0, 0, 1, 0])
        #expect(
          try await run(company, "handle,active,left_on\nann,TRUE,\nbo,,-\ncy,false,\n").counts == [0, 2, 0, 1])
        #expect(try await directory(company).filter { $0.contains("left") } == ["cy cy@acme.example - left"])
      }
    }

    @Test("Whoever a file does not name leaves on demand, as far as the brake lets them, and never the last admin")
    func leavers() async throws {
      try await Company.with { (company) async throws in
        let csv = "handle,name\nmo,Mo Mansour\nann,Ann Ames\nbo,Bo Björk\nfay,Fay Fang\n"
        // Cy and Di are missing; of seven, 5% is one.
        let told = try await refusal(company, csv, leavers: Leavers())
        #expect(told.contains("2 of 7") && told.contains("--most-leavers 2"), "\(told)")
        let dry = try await run(company, csv, leavers: Leavers(brake: .count(2)), isDryRun: true)
        #expect(dry.counts == [0, 0, 4, 2])
        #expect(dry.changes.map { "\($0.handle) \($0.kind.rawValue) \($0.line ?? 0)" } == ["cy left 0", "di left 0"])
        #expect(try await run(company, csv, leavers: Leavers(kept: ["@cy"])).counts == [0, 0, 4, 1])
        let result = try await run(company, csv, leavers: Leavers())
        #expect(result.counts == [0, 0, 4, 1] && result.keptAdmins == ["admin"])
        #expect(try await directory(company).filter { $0.contains("left") }.count == 2)
        // With somebody else who administers, the founder leaves like others; and who is in the file again is here again.
        let other = "handle,name,roles\nmo,,\nann,,admin\nbo,,\nfay,,\ncy,,\n"
        #expect(try await run(company, other, leavers: Leavers()).counts == [0, 2, 3, 1])
        #expect(try await directory(company).filter { $0.contains("left") } == ["di di@acme.example - left"])
        #expect(try await refusal(company, csv, leavers: Leavers(kept: ["nobody"])).contains("nobody"))
      }
    }

    @Test("A dry run tells what would change, a line a person, and records nothing")
    func dryRun() async throws {
      try await Company.with { (company) async throws in
        let before = try await head(company)
        let csv = "handle,name,email,manager,team\nann,Anna Ames,,-,\nzoe,Zoe,zoe@acme.example,ann,Care\nbo,,,,Sales\n"
        let file = try company.laurel.state.file("\(company.slug).csv", csv)
        let outcome = try await Program.run("import", "people", file, "--org", company.slug, "--dry-run")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
          outcome.output == """
            line 2: ann updated: name Ann Ames → Anna Ames, manager mo → nothing
            line 3: zoe created: handle zoe, name Zoe, email zoe@acme.example, team Care, manager ann, active true
            1 created, 1 updated, 1 unchanged, 0 left: nothing was recorded.

            """)
        let told = try await Program.run("import", "people", file, "--org", company.slug, "--dry-run", "--json")
        #expect(told.json["dry_run"]?.flag == true && told.json["created"]?.number == 1)
        let first = try #require(told.json["changes"]?.list.first)
        #expect(first["handle"]?.text == "ann" && first["line"]?.number == 2 && first["change"]?.text == "updated")
        #expect(try first["fields"]?["manager"] == json(#"{"from": "mo", "to": null}"#))
        #expect(try await head(company) == before)
      }
    }
  }
}
