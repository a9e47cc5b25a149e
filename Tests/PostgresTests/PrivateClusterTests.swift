import Glibc
import Synchronization
import Testing

@testable import Postgres

@Suite("A private cluster")
struct PrivateClusterTests {
  @Test("is created with its roles and its database, durable, and reachable by its own user alone")
  func creation() async throws {
    try await StateFolder.with { state in
      let cluster = try state.join()
      defer { cluster.leave() }
      let admin = Session(cluster.superuserURL)
      #expect(
        Session(cluster.ownerURL).run("SELECT current_user || ' in ' || current_database()") == "laurel_owner in laurel"
      )
      #expect(Session(cluster.runtimeURL).run("SELECT current_user") == "laurel_runtime")
      #expect(
        admin.run("SELECT rolname || rolsuper::text FROM pg_roles WHERE rolcanlogin ORDER BY 1")
          == "laurel_admintrue,laurel_ownerfalse,laurel_runtimefalse")
      #expect(
        admin.run("SELECT r.rolname FROM pg_database d JOIN pg_roles r ON r.oid = datdba WHERE datname = 'laurel'")
          == "laurel_owner")
      #expect(admin.run("SHOW server_encoding") == "UTF8")
      for setting in ["fsync", "synchronous_commit", "full_page_writes", "data_checksums"] {
        #expect(admin.run("SHOW \(setting)") == "on", "\(setting)")
      }
      #expect(admin.run("SHOW listen_addresses") == "")
      #expect(admin.run("SHOW jit") == "off")

      let postmaster = try #require(state.postmaster)
      let socketFolder = try #require(postmaster.socketFolder)
      var status = stat()
      #expect(stat(socketFolder, &status) == 0 && status.st_mode & 0o777 == 0o700)
      #expect(stat(state.data, &status) == 0 && status.st_mode & 0o777 == 0o700)
      // Ctrl-C goes to the terminal's foreground group, and hanging up to its session.
      #expect(getsid(postmaster.process) == postmaster.process)
    }
  }

  @Test("keeps its data when its last user leaves and another comes, and leaves nothing running in between")
  func rejoining() async throws {
    try await StateFolder.with { state in
      let first = try state.join()
      Session(first.ownerURL).run("CREATE TABLE kept AS SELECT 42 AS value")
      let socketFolder = try #require(state.postmaster?.socketFolder)
      first.leave()
      #expect(state.postmaster == nil)
      #expect(state.processes == [])
      #expect(access(socketFolder, F_OK) != 0)

      let second = try state.join()
      defer { second.leave() }
      #expect(Session(second.ownerURL).run("SELECT value FROM kept") == "42")
    }
  }

  @Test("is one server for all its users, until the last has left")
  func sharing() async throws {
    try await StateFolder.with { state in
      let first = try state.join()
      let server = state.postmaster
      let second = try state.join()
      #expect(state.postmaster == server)
      first.leave()
      first.leave()
      #expect(state.postmaster == server)
      #expect(Session(second.runtimeURL).run("SELECT 1") == "1")
      second.leave()
      #expect(state.processes == [])
      #expect(throws: PrivateClusterError.self) { try second.revive() }
    }
  }

  @Test("works below a long path, and in folders that do not exist yet")
  func longPath() async throws {
    try await StateFolder.with(below: String(repeating: "/a long folder's näme", count: 12)) { state in
      #expect(state.path.utf8.count > 200)
      let cluster = try state.join()
      defer { cluster.leave() }
      #expect(Session(cluster.runtimeURL).run("SELECT 1") == "1")
    }
  }

  @Test("moves with its state folder")
  func moving() async throws {
    try await StateFolder.with(below: "/before") { state in
      let first = try state.join()
      Session(first.ownerURL).run("CREATE TABLE kept AS SELECT 42 AS value")
      first.leave()
      try await StateFolder.with(below: "/after") { other in
        try #require(rename(state.path, other.path) == 0)
        let second = try other.join()
        #expect(Session(second.ownerURL).run("SELECT value FROM kept") == "42")
        second.leave()
      }
    }
  }

  @Test("names the Debian package when the server of its data is not installed")
  func missingRelease() async throws {
    try await StateFolder.with { state in
      for folder in [state.cluster, state.data] { try #require(mkdir(folder, 0o700) == 0) }
      let file = try #require(fopen("\(state.data)/PG_VERSION", "w"))
      fputs("9.6\n", file)
      fclose(file)
      let error = #expect(throws: PrivateClusterError.self) { try state.join() }
      #expect(error?.description.contains("postgresql-9") == true)
    }
  }

  @Test("reports what PostgreSQL said when it does not start, and can be joined once that is mended")
  func failingStart() async throws {
    try await StateFolder.with { state in
      try state.join().leave()
      let control = "\(state.data)/global/pg_control"
      try #require(rename(control, "\(control).away") == 0)
      let error = #expect(throws: PrivateClusterError.self) { try state.join() }
      #expect(error?.log.contains("pg_control") == true)
      #expect(state.processes == [])
      try #require(rename("\(control).away", control) == 0)
      try state.join().leave()
    }
  }
}

@Suite("After a crash, a private cluster")
struct PrivateClusterCrashTests {
  @Test("is revived once, at the same address, with what was committed")
  func revival() async throws {
    try await StateFolder.with { state in
      let users = try (0..<4).map { _ in try state.join() }
      defer { for user in users { user.leave() } }
      let url = users[0].ownerURL
      Session(url).run("CREATE TABLE kept AS SELECT 42 AS value")
      #expect(try !users[0].revive())

      try state.killPostmaster()
      let revivals = try await withThrowingTaskGroup { group in
        for user in users { group.addTask { try user.revive() } }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(revivals == 1)
      #expect(users.map(\.ownerURL) == users.map { _ in url })
      #expect(Session(url).run("SELECT value FROM kept") == "42")
    }
  }

  @Test(
    "waits for what the killed server left running before it starts another",
    arguments: [
      // A backend that computes does not look whether its postmaster lives; a stopped one cannot.
      (sql: "SELECT count(*) FROM generate_series(1, 1000000000000)", isStopped: false),
      (sql: "SELECT pg_sleep(600)", isStopped: true),
    ])
  func orphans(sql: String, isStopped: Bool) async throws {
    try await StateFolder.with { state in
      let cluster = try state.join()
      defer { cluster.leave() }
      let session = Session(cluster.ownerURL)
      let orphan = session.backend
      session.send(sql)
      let observer = Session(cluster.superuserURL)
      while observer.run("SELECT state FROM pg_stat_activity WHERE pid = \(orphan)") == "idle" { usleep(1_000) }
      if isStopped { kill(orphan, SIGSTOP) }

      try state.killPostmaster()
      #expect(state.processes.contains(orphan))
      #expect(try cluster.revive())
      #expect(!state.processes.contains(orphan))
      #expect(Session(cluster.runtimeURL).run("SELECT 1") == "1")
    }
  }

  @Test("is not confused by another program that has got the postmaster's number")
  func reusedNumber() async throws {
    try await StateFolder.with { state in
      let first = try state.join()
      let text = try #require(readText("\(state.data)/postmaster.pid"))
      let rest = try #require(text.firstIndex(of: "\n"))
      try state.killPostmaster()
      while !state.processes.isEmpty { usleep(1_000) }
      // This very process lives, and is no postmaster.
      let file = try #require(fopen("\(state.data)/postmaster.pid", "w"))
      fputs("\(getpid())\(text[rest...])", file)
      fclose(file)
      let second = try state.join()
      #expect(state.postmaster?.process != getpid())
      #expect(Session(second.runtimeURL).run("SELECT 1") == "1")
      second.leave()
      first.leave()
      #expect(state.processes == [])
    }
  }

  @Test("is found by the next user when the only one was killed, and then stopped by that one")
  func killedUser() async throws {
    try await StateFolder.with { state in
      await #expect(processExitsWith: .signal(SIGKILL)) { [path = state.path as String] in
        _ = try PrivateCluster.join(state: path) { _ in }
        raise(SIGKILL)
      }
      let server = try #require(state.postmaster)
      let cluster = try state.join()
      #expect(state.postmaster == server)
      cluster.leave()
      #expect(state.processes == [])
    }
  }

  @Test("is made anew when its first user was killed while it was being made")
  func killedCreation() async throws {
    try await StateFolder.with { state in
      await #expect(processExitsWith: .signal(SIGKILL)) { [path = state.path as String] in
        let thread = Task.detached { try PrivateCluster.join(state: path) { _ in } }
        while access("\(path)/postgresql/data.new/global", F_OK) != 0 { usleep(100) }
        kill(getpid(), SIGKILL)
        _ = try await thread.value
      }
      #expect(access("\(state.data).new", F_OK) == 0)
      #expect(access(state.data, F_OK) != 0)
      let cluster = try state.join()
      defer { cluster.leave() }
      #expect(access("\(state.data).new", F_OK) != 0)
      #expect(Session(cluster.ownerURL).run("SELECT current_database()") == "laurel")
    }
  }

  @Test("gets a new socket when somebody cleaned /tmp")
  func lostSocket() async throws {
    try await StateFolder.with { state in
      let cluster = try state.join()
      defer { cluster.leave() }
      let folder = try #require(state.postmaster?.socketFolder)
      #expect(try Subprocess(arguments: ["/bin/rm", "-rf", "--", folder]).run() == 0)
      #expect(try cluster.revive())
      #expect(Session(cluster.runtimeURL).run("SELECT 1") == "1")
    }
  }
}

@Suite("Many processes at one private cluster")
struct PrivateClusterProcessTests {
  @Test("join and leave at once without losing the server or a row", .timeLimit(.minutes(3)))
  func crowd() async throws {
    try await StateFolder.with { state in
      let first = try state.join()
      Session(first.ownerURL).run("CREATE TABLE visits (id int GENERATED ALWAYS AS IDENTITY)")
      first.leave()
      await withTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            await #expect(processExitsWith: .success) { [path = state.path as String] in
              for _ in 0..<4 {
                let cluster = try PrivateCluster.join(state: path) { _ in }
                Session(cluster.ownerURL).run("INSERT INTO visits DEFAULT VALUES")
                cluster.leave()
              }
            }
          }
        }
      }
      #expect(state.processes == [])
      let last = try state.join()
      #expect(Session(last.ownerURL).run("SELECT count(*) FROM visits") == "32")
      last.leave()
    }
  }

  @Test("create it once when all come first")
  func firstComers() async throws {
    try await StateFolder.with { state in
      let identifiers = try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let cluster = try state.join()
            defer { cluster.leave() }
            return Session(cluster.superuserURL).run("SELECT system_identifier FROM pg_control_system()")
          }
        }
        return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
      }
      #expect(identifiers.count == 1)
      #expect(state.processes == [])
    }
  }

  @Test("need not be root's", .enabled(if: geteuid() == 0))
  func ordinaryUser() async throws {
    try await StateFolder.with { state in
      let nobody: uid_t = 65_534
      try #require(chown(state.path, nobody, nobody) == 0)
      await #expect(processExitsWith: .success) { [path = state.path as String, nobody = nobody as uid_t] in
        try #require(setgid(nobody) == 0 && setuid(nobody) == 0)
        let cluster = try PrivateCluster.join(state: path) { _ in }
        defer { cluster.leave() }
        #expect(Session(cluster.runtimeURL).run("SELECT 1") == "1")
      }
      #expect(state.processes == [])
      var status = stat()
      #expect(stat(state.data, &status) == 0 && status.st_uid == nobody)
      // Root serves it as that user, so that the user can have it back.
      try state.join().leave()
      #expect(stat(state.data, &status) == 0 && status.st_uid == nobody)
    }
  }
}
