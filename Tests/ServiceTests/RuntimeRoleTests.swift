import EventLoop
import Glibc
import HTTP
import Testing

@testable import Postgres
@testable import Service

extension OnLaurel {
  @Suite("With the runtime role alone")
  struct RuntimeRoleTests {
    /// A new database, and the logins of its two roles; removed with the test.
    private func with(_ body: (_ runtime: String, _ owner: String) async throws -> Void) async throws {
      let cluster = try #require(Laurel.current).cluster
      let name = "roles_\(UInt32.random(in: 0 ... .max))"
      func url(_ url: String) -> String { url.replacing("/laurel?", with: "/\(name)?") }
      _ = try await onThread { try Session(cluster.superuserURL).run("CREATE DATABASE \(name) OWNER laurel_owner") }
      try await body(url(cluster.runtimeURL), url(cluster.ownerURL))
    }

    @Test(
      "What serves needs no owner: once the schema is there, every command works with the runtime login, and none before"
    )
    func commands() async throws {
      try await with { runtime, owner in
        for words in [["org", "create", "acme", "--time-zone", "UTC"], ["verify"], ["migrate"], ["serve"]] {
          let refused = try await Program.run(words + ["--database", runtime])
          #expect(refused.status == 1, "\(words): \(refused)")
          #expect(
            refused.errors.contains("laurel migrate") && refused.errors.contains("LAUREL_OWNER_URL"), "\(refused)")
          #expect(refused.errors.contains("the login laurel_runtime"), "\(refused)")
        }
        let migrated = try await Program.run("migrate", "--database", runtime, "--owner-database", owner, "--json")
        #expect(migrated.status == 0 && migrated.json["applied"]?.list.isEmpty == false, "\(migrated)")

        let again = try await Program.run("migrate", "--database", runtime, "--json")
        #expect(again.status == 0 && again.json["applied"]?.list.isEmpty == true, "\(again)")
        let founded = try await Program.run(
          "org", "create", "acme", "--time-zone", "UTC", "--json", "--database", runtime)
        #expect(founded.status == 0, "\(founded)")
        let folder = try GuardedFolder()
        defer { folder.remove() }
        let people = try folder.file("people.csv", "handle,name\nann,Ann\nbo,Bo\n")
        let imported = try await Program.run("import", "people", people, "--org", "acme", "--database", runtime)
        #expect(imported.status == 0, "\(imported)")
        // Nobody is warned of what only the owner could do.
        #expect(!imported.errors.contains("WARNING") && !imported.errors.contains("postgresql"), "\(imported)")
        let verified = try await Program.run("verify", "--json", "--database", runtime)
        #expect(verified.json["ok"]?.flag == true, "\(verified)")
        try await serves(runtime, key: try #require(founded.json["admin_key"]?.text))
      }
    }

    private func serves(_ runtime: String, key: String) async throws {
      let database = try Database.open(url: runtime, ownerURL: nil, state: "", log: Laurel.log)
      let loop = try EventLoop(label: "runtime")
      defer { loop.stop() }
      let administration = try await Administration(database, on: loop, log: Laurel.log)
      #expect(administration.migrated == [])
      let server = try await Server(database, on: [loop], listen: ("127.0.0.1", 0), log: Laurel.log)
      let port = Int(server.address.split(separator: ":").last!)!
      await onThread {
        let client = Client(port, key: key)
        #expect((try? client.get("/readyz").status) == 200)
        let thanks = #"{"to": ["ann"], "message": "Thanks."}"#
        #expect((try? client.post("/v1/recognitions", thanks).status) == 201)
      }
      await server.stop()
      await administration.close()
    }

    @Test("A schema that is another program's is said to be that, whoever asks")
    func changed() async throws {
      try await with { runtime, owner in
        #expect(try await Program.run("migrate", "--database", runtime, "--owner-database", owner).status == 0)
        _ = try await onThread {
          try Session(owner).run("UPDATE schema_migrations SET checksum = '\\x00' WHERE number = 1")
        }
        for more in [[], ["--owner-database", owner]] {
          let refused = try await Program.run(["verify", "--database", runtime] + more)
          #expect(refused.status == 1 && !refused.errors.contains("LAUREL_OWNER_URL"), "\(refused)")
        }
      }
    }
  }
}
