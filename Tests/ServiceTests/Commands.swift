import Foundation
import Glibc
import HTTP
import Testing

@testable import Service

/// What a command left behind.
struct Outcome: Sendable {
  let status: Int32
  let output: String
  let errors: String

  var json: JSONValue { (try? JSONReader.read(Array(output.utf8))) ?? .null }
}

/// The `laurel` that was built beside these tests.
enum Program {
  static let path: String = {
    let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(filePath: tests ?? "").deletingLastPathComponent().appending(path: "laurel").path
  }()

  /// Where it lies.
  static var folder: String { URL(filePath: path).deletingLastPathComponent().path }

  /// Nothing of this process's environment, where a database may be named.
  static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"]

  /// Runs `laurel` to its end, on the state folder that all tests share unless it names another.
  static func run(
    _ arguments: String..., state: String? = nil, environment more: [String: String] = [:]
  ) async throws -> Outcome {
    try await run(arguments, state: state, environment: more)
  }

  static func run(
    _ arguments: [String], state: String? = nil, environment more: [String: String] = [:]
  ) async throws -> Outcome {
    try #require(FileManager.default.isExecutableFile(atPath: path), "\(path) is not built")
    let laurel = try #require(Laurel.current)
    let isNamed =
      ["--database", "--url"].contains(where: arguments.contains) || arguments.contains { $0.hasSuffix("help") }
      || arguments == ["org"]
    let stateArguments = isNamed ? [] : ["--state", state ?? laurel.state.path]
    return try await onThread {
      let name = "\(laurel.state.path)/command-\(UInt32.random(in: 0 ... .max))"
      let (output, errors) = (try file(name + ".out"), try file(name + ".err"))
      let process = Process()
      process.executableURL = URL(filePath: path)
      process.arguments = arguments + stateArguments
      process.environment = environment.merging(more) { $1 }
      process.standardInput = FileHandle.nullDevice
      (process.standardOutput, process.standardError) = (output, errors)
      try process.run()
      laurel.state.adopt(process.processIdentifier)
      process.waitUntilExit()
      laurel.state.release(process.processIdentifier)
      return Outcome(
        status: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
        // As bytes: to read it as a text would take a byte order mark away.
        output: String(decoding: try Data(contentsOf: URL(filePath: name + ".out")), as: UTF8.self),
        errors: try String(contentsOfFile: name + ".err", encoding: .utf8))
    }
  }

  static func file(_ path: String) throws -> FileHandle {
    try Data().write(to: URL(filePath: path))
    return try FileHandle(forWritingTo: URL(filePath: path))
  }
}

/// A `laurel serve` on a state folder of its own, ended at the latest with the test.
final class ServingProgram: Sendable {
  let folder: GuardedFolder
  let port: Int
  private let process: Process
  private var log: String { "\(folder.path)/serve.err" }

  /// - Parameter options: of `laurel serve`, beside those that say where.
  static func with(_ options: [String] = [], _ body: (ServingProgram) async throws -> Void) async throws {
    try await Turnstile.pass {
      let folder = try GuardedFolder()
      defer { folder.remove() }
      let serving = try await onThread { try ServingProgram(folder, options) }
      let result = await Result(asyncCatching: { try await body(serving) })
      _ = await serving.stop(SIGKILL)
      try result.get()
    }
  }

  private init(_ folder: GuardedFolder, _ options: [String]) throws {
    self.folder = folder
    process = Process()
    process.executableURL = URL(filePath: Program.path)
    process.arguments = ["serve", "--listen", "127.0.0.1:0", "--state", "\(folder.path)"] + options
    process.environment = Program.environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try Program.file("\(folder.path)/serve.out")
    process.standardError = try Program.file("\(folder.path)/serve.err")
    try process.run()
    folder.adopt(process.processIdentifier)
    for _ in 0..<6_000 where process.isRunning {
      let lines = try String(contentsOfFile: "\(folder.path)/serve.err", encoding: .utf8).split(separator: "\n")
      let event = lines.compactMap { try? JSONReader.read(Array($0.utf8)) }.first { $0["event"]?.text == "listening" }
      if let address = event?["address"]?.text, let port = Int(address.split(separator: ":").last ?? "") {
        self.port = port
        return
      }
      usleep(10_000)
    }
    process.terminate()
    throw Unready(log: try String(contentsOfFile: "\(folder.path)/serve.err", encoding: .utf8))
  }

  private struct Unready: Error { let log: String }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Ends it and waits until it is gone.
  /// - Returns: its exit code; 128 and the signal's number when that ended it.
  func stop(_ number: Int32) async -> Int32 {
    if process.isRunning { signal(number) }
    let process = process
    await onThread { process.waitUntilExit() }
    folder.release(process.processIdentifier)
    return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }

  /// What it printed so far.
  var output: String { (try? String(contentsOfFile: "\(folder.path)/serve.out", encoding: .utf8)) ?? "" }

  var errors: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

  /// Of its PostgreSQL; nil when none is noted.
  var postmaster: pid_t? {
    let file = try? String(contentsOfFile: "\(folder.path)/postgresql/data/postmaster.pid", encoding: .utf8)
    return file?.split(separator: "\n").first.flatMap { pid_t($0) }
  }
}
