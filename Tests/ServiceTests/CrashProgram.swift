import Foundation
import Glibc
import HTTP
import Synchronization
import Testing

/// The built `laurel` beside the tests, run as operators run it.
///
/// All of it blocks: call it from a thread of the test's own.
final class CrashProgram: Sendable {
  private struct Running {
    let process: Process
    let port: Int
  }

  /// For its logs, and for its data unless they are elsewhere.
  let folder: GuardedFolder
  /// The options that name the database.
  private let database: [String]
  private let environment: [String: String]
  /// Of `laurel serve`.
  private let options: [String]
  private let running = Mutex<Running?>(nil)
  private let lastLog = Mutex("")

  /// - Parameter url: of a PostgreSQL; nil for a private one in `folder`.
  init(
    _ folder: GuardedFolder, url: String? = nil, environment: [String: String] = [:], options: [String] = []
  ) {
    self.folder = folder
    self.options = options
    database = url.map { ["--database", $0] } ?? ["--state", folder.path]
    self.environment = Program.environment.merging(environment) { $1 }
  }

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// Far more than a start takes, recovery after a crash included.
  private static let startLimit = Duration.seconds(60)

  /// Of the program that serves now, or served last.
  var port: Int { running.withLock { $0?.port ?? 0 } }

  /// Starts `laurel serve` on a free port and waits until it says that it listens.
  func serve() throws {
    let log = newPath("serve")
    lastLog.withLock { $0 = log }
    let process = try start(["serve", "--listen", "127.0.0.1:0"] + options + database, output: nil, errors: log)
    let deadline = ContinuousClock.now + Self.startLimit
    while true {
      if let port = Self.port(announcedIn: log) {
        return running.withLock { $0 = Running(process: process, port: port) }
      }
      guard process.isRunning, ContinuousClock.now < deadline else {
        end(process, by: SIGKILL)
        throw Failed(description: "laurel serve does not listen:\n\(Self.text(log))")
      }
      usleep(5_000)
    }
  }

  /// - Parameter signal: SIGKILL for a crash, SIGTERM for an orderly end.
  func stop(by signal: Int32) {
    if let process = running.withLock({ $0?.process }) { end(process, by: signal) }
  }

  /// Runs a command to its end, beside whatever serves.
  /// - Returns: its exit status and what it printed.
  func command(_ arguments: [String]) throws -> (status: Int32, text: String) {
    let output = newPath("command")
    let process = try start(arguments + database, output: output, errors: newPath("command"))
    process.waitUntilExit()
    folder.release(process.processIdentifier)
    return (process.terminationStatus, Self.text(output))
  }

  /// The process id of the private PostgreSQL.
  var postmaster: pid_t? {
    Self.text("\(folder.path)/postgresql/data/postmaster.pid").split(separator: "\n").first.flatMap { pid_t($0) }
  }

  /// Kills PostgreSQL as the kernel would for want of memory, and waits until the service is ready with another one.
  func killPostmaster() throws {
    let killed = try #require(postmaster)
    #expect(kill(killed, SIGKILL) == 0)
    try awaitReady { self.postmaster != killed }
  }

  /// Waits until the service is ready and `condition` holds.
  func awaitReady(_ condition: () -> Bool = { true }) throws {
    let deadline = ContinuousClock.now + Self.startLimit
    while !condition() || (try? Client(port, key: nil).get("/readyz").status) != 200 {
      guard ContinuousClock.now < deadline else { throw Failed(description: "not ready again:\n\(log.suffix(4_000))") }
      usleep(20_000)
    }
  }

  /// What it has logged since it was started.
  var log: String { Self.text(lastLog.withLock { $0 }) }

  /// What its private PostgreSQL has logged.
  var databaseLog: String { Self.text("\(folder.path)/postgresql/postgresql.log") }

  /// Of its private PostgreSQL, while that runs.
  var superuserURL: String? {
    let lines = Self.text("\(folder.path)/postgresql/data/postmaster.pid").split(
      separator: "\n", omittingEmptySubsequences: false)
    return lines.count > 5 ? "postgresql://laurel_admin@/laurel?host=\(lines[4])&port=5432" : nil
  }

  // MARK: Processes

  private func start(_ arguments: [String], output: String?, errors: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: Program.path)
    process.arguments = arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try output.map(Self.newFile) ?? FileHandle.nullDevice
    process.standardError = try Self.newFile(errors)
    try process.run()
    folder.adopt(process.processIdentifier)
    return process
  }

  private func end(_ process: Process, by signal: Int32) {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    folder.release(process.processIdentifier)
  }

  private func newPath(_ name: String) -> String { "\(folder.path)/\(name)-\(UInt64.random(in: 0 ... .max)).log" }

  private static func newFile(_ path: String) throws -> FileHandle {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
    try #require(descriptor >= 0)
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  private static func text(_ path: String) -> String {
    (try? String(contentsOf: URL(filePath: path), encoding: .utf8)) ?? ""
  }

  /// From the line `{…"event":"listening","address":"127.0.0.1:1234"}`.
  private static func port(announcedIn log: String) -> Int? {
    for line in text(log).split(separator: "\n") where line.contains("\"listening\"") {
      guard let json = try? json(String(line)), let address = json["address"]?.text else { continue }
      return address.split(separator: ":").last.flatMap { Int($0) }
    }
    return nil
  }
}
