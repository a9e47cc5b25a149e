import Foundation
import HTTP
import Testing

@testable import Postgres
@testable import Service

extension OnLaurel {
  /// Beside a running server, on its state folder: as operators work.
  @Suite("The command line")
  struct CommandTests {
    private func slug() -> String { "shop-\(UInt32.random(in: 0 ... .max))" }
    private func state() throws -> GuardedFolder { try #require(Laurel.current).state }

    @Test("From an organisation to a verified ledger, while a server runs")
    func story() async throws {
      let slug = slug()
      let founded = try await Program.run(
        "org", "create", slug, "--name", "The Shop", "--time-zone", "Europe/Berlin", "--allowance", "40", "--json")
      #expect(founded.status == 0)
      #expect(founded.json.names == ["organization", "admin_key"])
      #expect(founded.json["organization"]?.text == slug)

      let people = try state().file("\(slug)-people.csv", Company.people)
      let first = try await Program.run("import", "people", people, "--org", slug, "--json")
      #expect(first.status == 0)
      #expect(try first.json == json(#"{"created": 6, "updated": 0, "unchanged": 0, "left": 0}"#))
      let second = try await Program.run("import", "people", people, "--org", slug, "--json")
      #expect(try second.json == json(#"{"created": 0, "updated": 0, "unchanged": 6, "left": 0}"#))
      let changed = try state().file("\(slug)-changed.csv", Company.people.replacing("Support", with: "Care"))
      let third = try await Program.run("import", "people", changed, "--org", slug, "--json")
      #expect(try third.json == json(#"{"created": 0, "updated": 2, "unchanged": 4, "left": 0}"#))

      let made = try await Program.run("key", "create", "--org", slug, "--person", "ann", "--json")
      #expect(made.status == 0 && made.json.names == ["key"])
      let port = try #require(Laurel.current).port
      let ann = Client(port, key: made.json["key"]?.text)
      #expect(try ann.get("/v1/me").json["balances"]?["allowance"]?.number == 40)
      #expect(try ann.post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 4}"#).status == 201)

      let rows = #"""
        occurred_at,from,to,value,message,ref
        2020-02-03T04:05:06+01:00,ann,bo;cy,be-helpful,"one, ""quoted""",r1
        2020-02-03T04:05:06+01:00,ann,bo,be-polite,two,r1

        """#
      let history = try state().file("\(slug)-history.csv", rows)
      let imported = try await Program.run("import", "recognitions", history, "--org", slug, "--points", "3", "--json")
      #expect(try imported.json == json(#"{"imported": 2, "skipped": 0}"#))
      let again = try await Program.run("import", "recognitions", history, "--org", slug, "--points", "3", "--json")
      #expect(try again.json == json(#"{"imported": 0, "skipped": 2}"#))
      #expect(again.status == 0)

      let admin = Client(port, key: founded.json["admin_key"]?.text)
      let feed = try admin.get("/v1/recognitions").json["data"]?.list ?? []
      #expect(feed.count == 3)
      #expect(feed.last?["message"]?.text == "one, \"quoted\"")
      #expect(feed.last?["created_at"]?.text == "2020-02-03T03:05:06Z")
      #expect(try admin.get("/v1/people/bo").json["balances"]?["points"]?.number == 10)
      #expect(try ann.get("/v1/me").json["balances"]?["allowance"]?.number == 36)

      let verified = try await Program.run("verify", "--org", slug, "--json")
      #expect(verified.status == 0)
      #expect(verified.json["ok"]?.flag == true)
      let organization = try #require(verified.json["organizations"]?.list.first)
      #expect(organization["organization"]?.text == slug)
      #expect(organization["position"] == (feed.compactMap { $0["position"]?.number }.max()).map { .integer($0) })
      #expect(organization["head_hash"]?.text?.wholeMatch(of: /[0-9a-f]{64}/) != nil)
      #expect(organization["problems"]?.list == [])
    }

    @Test("Roles are granted with a key, and --all gives one to everyone who has none")
    func keys() async throws {
      let slug = slug()
      #expect(try await Program.run("org", "create", slug, "--time-zone", "UTC").status == 0)
      let people = try state().file("\(slug).csv", Company.people)
      #expect(try await Program.run("import", "people", people, "--org", slug).status == 0)
      let made = try await Program.run(
        "key", "create", "--org", slug, "--person", "bo", "--role", "finance", "--role", "admin", "--json")
      let port = try #require(Laurel.current).port
      let me = try Client(port, key: made.json["key"]?.text).get("/v1/me").json
      #expect(try me["roles"] == json(#"["employee", "admin", "finance"]"#))

      let path = "\(try state().path)/\(slug)-keys.csv"
      let all = try await Program.run("key", "create", "--org", slug, "--all", "-o", path, "--json")
      #expect(try all.json == json(#"{"keys": 5}"#))
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let table = try CSV(Array(String(contentsOfFile: path, encoding: .utf8).utf8))
      #expect(table.header == ["handle", "key"])
      #expect(table.records.map { $0.fields[0] } == ["ann", "cy", "di", "fay", "mo"])
      for record in table.records {
        #expect(try Client(port, key: record.fields[1]).get("/v1/me").json["handle"]?.text == record.fields[0])
      }

      let before = try String(contentsOfFile: path, encoding: .utf8)
      #expect(try await Program.run("key", "create", "--org", slug, "--all", "-o", path).status == 0)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == before, "keys that are nowhere else stay")
      let zoe = try state().file("\(slug)-zoe.csv", "handle,name\nzoe,Zoe\n")
      #expect(try await Program.run("import", "people", zoe, "--org", slug).status == 0)
      #expect(try await Program.run("key", "create", "--org", slug, "--all", "-o", path).status == 0)
      let after = try String(contentsOfFile: path, encoding: .utf8)
      #expect(after.hasPrefix(before + "zoe,laurel_") && after.split(separator: "\n").count == 7)
      let other = try await Program.run("key", "create", "--org", slug, "--all", "-o", zoe)
      #expect(other.status == 1)
      #expect(other.errors.contains(zoe))
      #expect(try String(contentsOfFile: zoe, encoding: .utf8) == "handle,name\nzoe,Zoe\n")
    }

    @Test("What is refused says why, on standard error, and is 1")
    func refused() async throws {
      let slug = slug()
      #expect(try await Program.run("org", "create", slug, "--time-zone", "UTC").status == 0)
      let cases: [([String], String)] = [
        (["org", "create", slug, "--time-zone", "UTC", "--json"], slug),
        (["org", "create", "Not A Slug", "--time-zone", "UTC"], "slug"),
        (["org", "create", "other-\(slug)", "--time-zone", "Europe/Atlantis"], "Europe/Atlantis"),
        (["key", "create", "--org", slug, "--person", "zoe", "--json"], "zoe"),
        (["key", "create", "--org", "no-such-org", "--person", "ann"], "no-such-org"),
        (["import", "people", "/nonexistent/people.csv", "--org", slug], "/nonexistent/people.csv"),
        (["verify", "--org", "no-such-org", "--json"], "no-such-org"),
      ]
      for (arguments, words) in cases {
        let outcome = try await Program.run(arguments)
        #expect(outcome.status == 1, "\(arguments)")
        #expect(outcome.output == "", "\(arguments)")
        #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
      }
    }

    @Test(
      "Wrong usage is 2, and says where help is",
      arguments: [
        ["org", "create"], ["org", "create", "a", "b", "--time-zone", "UTC"], ["org", "create", "a"], ["fly"], ["org"],
        ["org", "create", "a", "--time-zone", "UTC", "--allowance", "-1"], ["verify", "--bogus"], ["verify", "--org"],
        ["verify", "--org", "a", "--org", "b"], ["verify", "extra"], ["import", "people", "--org", "a"],
        ["key", "create", "--org", "a", "--person", "b", "--role", "king"], ["serve", "--listen", "nowhere"],
        ["serve", "--rate-limit", "50"], ["serve", "--rate-limit", "0:1"], ["serve", "--rate-limit", "org=fast"],
        ["serve", "--cors-origin", "app.example"], ["serve", "--cors-origin", "https://app.example/"],
        ["import", "recognitions", "f.csv", "--org", "a", "--points", "1.5"], ["migrate", "--json=yes"],
        ["export", "redemptions", "--org", "a", "--format", "xls"],
        ["export", "redemptions", "--org", "a", "--to", "May"],
      ])
    func usage(_ arguments: [String]) async throws {
      let outcome = try await Program.run(arguments)
      #expect(outcome.status == 2)
      #expect(outcome.output == "")
      #expect(outcome.errors.contains("--help") || outcome.errors.contains("laurel help"), "\(outcome.errors)")
    }

    @Test("A file of people with mistakes is refused whole, each by its line")
    func brokenPeople() async throws {
      try await Company.with { company in
        let cases: [(String, [String])] = [
          ("handle,name\nzoe,Zoe\nzoe,Zoe\nBAD,Name\nyan,\n", ["line 3:", "line 4:", "line 5:"]),
          ("handle,name,email\nzoe,Zoe,nonsense\nyan,Yan,ANN@acme.example\n", ["line 2:", "line 3:"]),
          ("handle,name,manager\nzoe,Zoe,nobody\n", ["line 2:", "nobody"]),
          ("handle,name,manager\nzoe,Zoe,\nyan,Yan,yan\n", ["line 3:"]),
          ("handle,name,manager\nzoe,Zoe,yan\nyan,Yan,zoe\n", ["line "]),
          ("handle,name,joined,roles\nzoe,Zoe,2026-02-30,king\n", ["line 2:", "2026-02-30", "king"]),
          ("handle,name\nzoe\n", ["line 2:"]), ("handle,name\nzoe,\"Zoe\n", ["line 2:"]),
          ("handle,nickname\nzoe,Zoe\n", ["line 1:", "nickname", "name"]), ("", ["line 1:"]),
          ("handle,name\nzoe,Z\u{7}e\n", ["line 2:"]),
        ]
        for (text, words) in cases {
          let file = try company.laurel.state.file("\(company.slug)-broken.csv", text)
          let outcome = try await Program.run("import", "people", file, "--org", company.slug, "--json")
          #expect(outcome.status == 1, "\(text)")
          #expect(outcome.output == "")
          for word in words { #expect(outcome.errors.contains(word), "\(text): \(outcome.errors)") }
        }
        #expect(try company["ann"].get("/v1/people").json["data"]?.list.count == 7)
      }
    }

    @Test("A file of history with mistakes is refused whole, each by its line")
    func brokenHistory() async throws {
      try await Company.with { company in
        let header = "occurred_at,from,to,value,message,ref\n"
        let good = "2020-01-01T00:00:00Z,ann,bo,,good,1\n"
        let cases: [(String, [String])] = [
          ("yesterday,ann,bo,,m,2\n", ["line 3:", "yesterday"]),
          ("2999-01-01T00:00:00Z,ann,bo,,m,2\n", ["line 3:", "2999-01-01T00:00:00Z is still to come"]),
          ("2020-01-01T00:00:00Z,zoe,bo,,m,2\n", ["line 3:", "zoe"]),
          ("2020-01-01T00:00:00Z,ann,bo;zoe,,m,2\n", ["line 3:", "zoe"]),
          ("2020-01-01T00:00:00Z,ann,,,m,2\n", ["line 3:"]),
          ("2020-01-01T00:00:00Z,ann,bo;bo,,m,2\n", ["line 3:"]),
          ("2020-01-01T00:00:00Z,ann,bo;ann,,m,2\n", ["line 3:"]),
          ("2020-01-01T00:00:00Z,ann,bo,zeal,m,2\n", ["line 3:", "zeal", "--add-values"]),
          ("2020-01-01T00:00:00Z,ann,cy,,m,1\n", ["line 3:", "line 2"]),
          ("2020-01-01T00:00:00Z,ann,bo,,\(String(repeating: "x", count: 2_001)),2\n", ["line 3:", "2000"]),
          ("2020-01-01T00:00:00Z,ann,bo\n", ["line 3:"]),
          ("nope,zoe,yan,,m,2\nnope,zoe,yan,,m,3\n", ["line 3:", "line 4:"]),
        ]
        for (rows, words) in cases {
          let file = try company.laurel.state.file("\(company.slug)-broken.csv", header + good + rows)
          let outcome = try await Program.run("import", "recognitions", file, "--org", company.slug)
          #expect(outcome.status == 1, "\(rows)")
          for word in words { #expect(outcome.errors.contains(word), "\(rows): \(outcome.errors)") }
        }
        #expect(try company["ann"].get("/v1/recognitions").json["data"]?.list == [])
      }
    }

    @Test("A ledger that is not sound is 1, and the report says where")
    func unsound() async throws {
      try await Company.with(staysSound: false) { company in
        let position =
          try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 1}"#).json[
            "position"]?.number ?? 0
        try Session.intruder().run(
          "UPDATE recognitions SET points = 50 WHERE org_id = \(company.number) AND position = \(position)")
        let outcome = try await Program.run("verify", "--org", company.slug, "--json")
        #expect(outcome.status == 1)
        #expect(outcome.json["ok"]?.flag == false)
        let problem = outcome.json["organizations"]?.list.first?["problems"]?.list.first
        #expect(problem?["invariant"]?.text == "hash_chain")
        #expect(problem?["position"]?.number == position)
        let plain = try await Program.run("verify", "--org", company.slug)
        #expect(plain.status == 1)
        #expect(plain.output.contains("NOT SOUND"))
      }
    }

    @Test("What is found names people by their handles")
    func handles() async throws {
      try await Company.with(staysSound: false) { company in
        try await company.give(["bo"], points: 3)
        let bo = try company.id("bo")
        try Session.intruder().run(
          "UPDATE accounts SET balance = 4 WHERE org_id = \(company.number) AND owner = '\(bo)' AND account = 'points'")
        let outcome = try await Program.run("verify", "--org", company.slug)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("points of @bo (\(bo)) is 4, its postings sum to 3"), "\(outcome.output)")
        #expect(outcome.output.contains("the lots of @bo (\(bo)) hold 3"), "\(outcome.output)")
      }
    }

    @Test("A database that is away is 3, and no finding")
    func away() async throws {
      let gone = ["--database", "postgresql://laurel_runtime@127.0.0.1:1/none?connect_timeout=2"]
      let people = try state().file("away-\(slug()).csv", "handle,name\nann,Ann\n")
      for arguments in [
        ["verify", "--json"], ["verify"], ["migrate"], ["import", "people", people, "--org", "a"],
        ["export", "redemptions", "--org", "a"], ["key", "create", "--org", "a", "--person", "b"],
        ["serve", "--listen", "127.0.0.1:0"],
      ] {
        let outcome = try await Program.run(arguments + gone)
        #expect(outcome.status == 3, "\(arguments): \(outcome)")
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("the database"), "\(outcome.errors)")
      }
      let garbled = try await Program.run("verify", "--database", "postgresql://[::1")
      #expect(garbled.status == 2)
    }

    @Test(
      "A folder without a database is a slip of whoever named it, but where something begins: nothing is made, nothing is sound"
    )
    func noDatabase() async throws {
      let folder = try GuardedFolder()
      defer { folder.remove() }
      let people = try state().file("nobody-\(slug()).csv", "handle,name\nann,Ann\n")
      for arguments in [
        ["verify", "--json"], ["verify"], ["import", "people", people, "--org", "a"],
        ["export", "redemptions", "--org", "a"], ["key", "create", "--org", "a", "--person", "b"],
      ] {
        let outcome = try await Program.run(arguments, state: "\(folder.path)/state")
        #expect(outcome.status == 2, "\(arguments): \(outcome)")
        #expect(outcome.output == "" && outcome.errors.contains("there is no database in \(folder.path)/state"))
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/state"))
      }
      // One that nobody has founded anything in yet proves nothing.
      #expect(try await Program.run("migrate", state: "\(folder.path)/state").status == 0)
      let empty = try await Program.run("verify", "--json", state: "\(folder.path)/state")
      #expect(empty.status == 2 && empty.output == "", "\(empty)")
    }

    @Test("A database may be named by URL, by option or environment, instead")
    func databaseURL() async throws {
      try await Company.with { company in
        let (url, owner) = (company.laurel.cluster.runtimeURL, company.laurel.cluster.ownerURL)
        let named = try await Program.run(
          "verify", "--org", company.slug, "--json", "--database", url, "--owner-database", owner)
        #expect(named.status == 0)
        let both = try await Program.run("verify", "--org", company.slug, "--database", url, "--state", "x")
        #expect(both.status == 2)
        // --state is heeded although the environment names a database that is not there.
        let state = try await Program.run(
          "verify", "--org", company.slug, environment: ["DATABASE_URL": "postgresql://localhost:1/none"])
        #expect(state.status == 0)
      }
    }
  }

  @Suite("Serving")
  struct ServingTests {
    private func found(_ serving: ServingProgram) async throws -> Client {
      let state = serving.folder.path
      let founded = try await Program.run("org", "create", "acme", "--time-zone", "UTC", "--json", state: state)
      try #require(founded.status == 0, "\(founded.errors)")
      let people = try serving.folder.file("people.csv", "handle,name\nann,Ann\nbo,Bo\n")
      #expect(try await Program.run("import", "people", people, "--org", "acme", state: state).status == 0)
      let key = try await Program.run("key", "create", "--org", "acme", "--person", "ann", "--json", state: state)
      return Client(serving.port, key: key.json["key"]?.text)
    }

    @Test("Serve says where it listens, serves, and on SIGTERM answers what runs, ends by 0 and takes PostgreSQL along")
    func serve() async throws {
      try await ServingProgram.with { serving in
        let ann = try await found(serving)
        #expect(try ann.post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 1}"#).status == 201)
        let postmaster = try #require(serving.postmaster)
        // A read that waits for a position keeps the server at work while it is told to stop.
        let waiting = Client(serving.port, key: ann.key)
        try waiting.send("GET", "/v1/recognitions", [("Min-Ledger-Position", "1000")])
        try await Task.sleep(for: .milliseconds(200))
        async let status = serving.stop(SIGTERM)
        #expect(try waiting.receive().status == 503)
        #expect(await status == 0)
        #expect(DataFolderProcesses(of: "\(serving.folder.path)/postgresql/data")?.contains(postmaster) != true)
        #expect(serving.postmaster == nil)
        #expect(throws: (any Error).self) { try Client(serving.port, key: nil).get("/healthz") }
        let verified = try await Program.run("verify", "--json", state: serving.folder.path)
        #expect(verified.json["ok"]?.flag == true)
      }
    }

    @Test("Whoever read its output may go: what is written to nobody ends no server")
    func brokenPipe() async throws {
      try await ServingProgram.with { serving in
        // What the kernel sends to whoever writes into a pipe without a reader.
        serving.signal(SIGPIPE)
        let answer = try Client(serving.port, key: nil).get("/healthz")
        #expect(answer.status == 200)
        #expect(await serving.stop(SIGTERM) == 0)
      }
    }

    @Test("A PostgreSQL that is killed is brought back, and nothing acknowledged is lost")
    func revival() async throws {
      try await ServingProgram.with { serving in
        let ann = try await found(serving)
        for index in 0..<20 {
          #expect(
            try ann.post("/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 1}"#, key: "k\(index)")
              .status == 201)
        }
        let killed = try #require(serving.postmaster)
        #expect(kill(killed, SIGKILL) == 0)
        // Some time within thirty seconds.
        let deadline = ContinuousClock.now + .seconds(30)
        var ready = 0
        repeat {
          try await Task.sleep(for: .milliseconds(50))
          ready = try ann.get("/readyz").status
        } while (ready != 200 || serving.postmaster == killed) && ContinuousClock.now < deadline
        #expect(ready == 200, "\(serving.errors)")
        for index in 0..<25 {
          var answer = try ann.post(
            "/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 1}"#, key: "k\(index)")
          for _ in 0..<200 where answer.status == 503 {
            try await Task.sleep(for: .milliseconds(50))
            answer = try ann.post(
              "/v1/recognitions", #"{"to": ["bo"], "message": "Thank you", "points": 1}"#, key: "k\(index)")
          }
          #expect(answer.status == 201)
          #expect((answer["Idempotent-Replayed"] != nil) == (index < 20), "\(index)")
        }
        #expect(try ann.get("/v1/me").json["balances"]?["allowance"]?.number == 75)
        let verified = try await Program.run("verify", "--json", state: serving.folder.path)
        #expect(verified.json["ok"]?.flag == true, "\(verified)")
        #expect(await serving.stop(SIGTERM) == 0)
      }
    }
  }
}
