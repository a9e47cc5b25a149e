import Glibc
import Testing

@testable import Postgres

@Suite("A private cluster", .serialized)
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

  @Test("stops with its last user, even while a program that is just starting has a copy of that user's lock")
  func copiedLock() async throws {
    try await StateFolder.with { state in
      let cluster = try state.join()
      let lock = try #require(openDescriptor(of: "\(state.cluster)/users.lock"))
      let copy = fcntl(lock, F_DUPFD_CLOEXEC, 0)
      defer { close(copy) }
      cluster.leave()
      #expect(state.processes == [])
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

/// This process's descriptor of the file at `path`.
private func openDescriptor(of path: String) -> Int32? {
  var wanted = stat()
  guard stat(path, &wanted) == 0 else { return nil }
  return folderEntries("/proc/self/fd").compactMap { Int32($0) }.first { descriptor in
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_dev == wanted.st_dev && status.st_ino == wanted.st_ino
  }
}
