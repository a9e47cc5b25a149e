import Glibc
import Testing

@testable import Postgres

@Suite("After a crash, a private cluster", .serialized)
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
        for user in users { group.addTask { try await onOwnThread { try user.revive() } } }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(revivals == 1)
      #expect(users.map(\.ownerURL) == users.map { _ in url })
      #expect(Session(url).run("SELECT value FROM kept") == "42")
    }
  }

  @Test("is not revived empty when its data are gone, and is back with them")
  func goneData() async throws {
    try await StateFolder.with { state in
      let user = try state.join()
      defer { user.leave() }
      Session(user.ownerURL).run("CREATE TABLE kept AS SELECT 42 AS value")
      try state.killPostmaster()
      while !state.processes.isEmpty { usleep(1_000) }
      let elsewhere = "\(state.path)/elsewhere"
      try #require(rename(state.data, elsewhere) == 0)
      #expect(throws: PrivateClusterError.self) { try user.revive() }
      #expect(access(state.data, F_OK) != 0)
      try #require(rename(elsewhere, state.data) == 0)
      #expect(try user.revive())
      #expect(Session(user.ownerURL).run("SELECT value FROM kept") == "42")
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

  @Test("gets its socket again, at the same address, when somebody cleaned /tmp")
  func lostSocket() async throws {
    try await StateFolder.with { state in
      let cluster = try state.join()
      defer { cluster.leave() }
      let folder = try #require(state.postmaster?.socketFolder)
      #expect(try Subprocess(arguments: ["/bin/rm", "-rf", "--", folder]).run() == 0)
      let url = cluster.runtimeURL
      #expect(try cluster.revive())
      // Whoever serves was told the address once, at the beginning.
      #expect(cluster.runtimeURL == url)
      #expect(Session(url).run("SELECT 1") == "1")
    }
  }
}
