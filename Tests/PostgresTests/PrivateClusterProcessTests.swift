import Glibc
import Testing

@testable import Postgres

@Suite("Many processes at one private cluster", .serialized)
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
            try await onOwnThread {
              let cluster = try state.join()
              defer { cluster.leave() }
              return Session(cluster.superuserURL).run("SELECT system_identifier FROM pg_control_system()")
            }
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
