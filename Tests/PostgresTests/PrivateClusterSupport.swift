import CLibPQ
import EventLoop
import Glibc
import Testing

@testable import Postgres

/// A state folder that is open to its owner alone, as `mktemp -d` makes it, and that leaves nothing behind.
struct StateFolder: Sendable {
  let path: String
  /// What is removed in the end.
  private let root: String

  /// - Parameter below: folders that Laurel is to make itself.
  init(below: String = "") throws {
    var template = Array("/tmp/state-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    root = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    path = root + below
  }

  var cluster: String { "\(path)/postgresql" }
  var data: String { "\(cluster)/data" }
  var postmaster: PostmasterFile? { readText("\(data)/postmaster.pid").flatMap(PostmasterFile.init(text:)) }
  var processes: [pid_t] { DataFolderProcesses(of: data)?.all() ?? [] }

  /// Runs `body`, then ends whatever it left running and removes the folder.
  static func with<Result>(
    below: String = "", _ body: (StateFolder) async throws -> Result
  ) async throws -> Result {
    try await onOwnThread {
      let state = try StateFolder(below: below)
      defer { state.remove() }
      return try await body(state)
    }
  }

  func join() throws -> PrivateCluster {
    try PrivateCluster.join(state: path) { print("cluster: \($0)") }
  }

  /// Kills the postmaster as the kernel would for want of memory.
  func killPostmaster() throws {
    let process = try #require(postmaster?.process)
    #expect(kill(process, SIGKILL) == 0)
    while DataFolderProcesses(of: data)?.contains(process) == true { usleep(1_000) }
  }

  private func remove() {
    let socketFolder = postmaster?.socketFolder
    while case let left = processes, !left.isEmpty {
      for process in left { kill(process, SIGKILL) }
      usleep(5_000)
    }
    if let socketFolder, socketFolder.hasPrefix("/tmp/laurel-") {
      _ = try? Subprocess(arguments: ["/bin/rm", "-rf", "--", socketFolder]).run()
    }
    _ = try? Subprocess(arguments: ["/bin/rm", "-rf", "--", root]).run()
  }
}

/// Runs a test's task on a thread of its own: joining a cluster blocks, and other tests need the few shared threads.
func onOwnThread<Result>(_ body: () async throws -> Result) async throws -> Result {
  let thread = try EventLoop(label: "blocking test")
  defer { thread.stop() }
  return try await withTaskExecutorPreference(thread) { try await body() }
}

/// A blocking connection of libpq's: a test's own view of the database.
final class Session {
  private let connection: OpaquePointer?

  init(_ url: String) { connection = PQconnectdb(url) }

  deinit { PQfinish(connection) }

  var backend: pid_t { PQbackendPID(connection) }

  /// The first column of the rows, joined by commas; nil and an issue when the statement failed.
  @discardableResult
  func run(_ sql: String) -> String? {
    let result = PQexec(connection, sql)
    defer { PQclear(result) }
    guard [PGRES_TUPLES_OK, PGRES_COMMAND_OK].contains(PQresultStatus(result)) else {
      Issue.record("\(sql): \(String(cString: PQerrorMessage(connection)))")
      return nil
    }
    return (0..<PQntuples(result)).map { String(cString: PQgetvalue(result, $0, 0)) }.joined(separator: ",")
  }

  /// Starts a statement and does not wait for it.
  func send(_ sql: String) { #expect(PQsendQuery(connection, sql) == 1) }
}
