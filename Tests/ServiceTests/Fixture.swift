import EventLoop
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Postgres
@testable import Service

/// One private PostgreSQL and one server, which all tests share; each test has an organisation of its own.
final class Laurel: Sendable {
  let state: GuardedFolder
  let database: Database
  let cluster: PrivateCluster
  let administration: Administration
  let server: Server
  private let loops: [EventLoop]

  @TaskLocal static var current: Laurel?

  /// What errors alone print: tests break things on purpose.
  static let log = Log(atLeast: .error)

  var port: Int { Int(server.address.split(separator: ":").last!)! }

  private init(_ state: GuardedFolder) async throws {
    self.state = state
    let path = state.path
    database = try await onThread { try Database.open(url: nil, ownerURL: nil, state: path, log: Self.log) }
    cluster = try #require(database.cluster)
    // What survives a power cut is not asked here, and waiting for the disk would take most of the time.
    let superuser = try Session(cluster.superuserURL)
    try superuser.run("ALTER SYSTEM SET fsync = off")
    try superuser.run("SELECT pg_reload_conf()")
    loops = [try EventLoop(label: "test-0"), try EventLoop(label: "test-1")]
    administration = try await Administration(database, on: loops[0], log: Self.log)
    server = try await Server(database, on: loops, listen: ("127.0.0.1", 0), log: Self.log)
  }

  /// Serves while `body` runs, and leaves nothing behind, not even when the tests crash.
  static func run(_ body: () async throws -> Void) async throws {
    let state = try GuardedFolder()
    defer { state.remove() }
    let laurel = try await Laurel(state)
    let result = await Result(asyncCatching: { try await $current.withValue(laurel) { try await body() } })
    await laurel.server.stop()
    await laurel.administration.close()
    for loop in laurel.loops { loop.stop() }
    await onThread { laurel.database.close() }
    try result.get()
  }
}

extension Laurel {
  /// Another server on the same database, as another process would be.
  func beside(_ body: (_ port: Int) async throws -> Void) async throws {
    let loops = [try EventLoop(label: "beside-0"), try EventLoop(label: "beside-1")]
    let server = try await Server(database, on: loops, listen: ("127.0.0.1", 0), log: Self.log)
    let result = await Result(asyncCatching: { try await body(Int(server.address.split(separator: ":").last!)!) })
    await server.stop()
    for loop in loops { loop.stop() }
    try result.get()
  }
}

/// All tests that need the service run inside of this suite, beside one PostgreSQL and one server.
@Suite("The service", Laurel.Trait())
struct OnLaurel {}

extension Laurel {
  struct Trait: SuiteTrait, TestScoping {
    func provideScope(
      for test: Test, testCase: Test.Case?, performing body: @concurrent @Sendable () async throws -> Void
    ) async throws {
      try await Laurel.run { try await body() }
    }
  }
}

/// Lets so many tests work at once as keep two cores busy, and stay far below what connections PostgreSQL allows; the
/// others wait in line.
actor Turnstile {
  @TaskLocal private static var isInside = false
  private static let shared = Turnstile()

  private var places = 6
  private var line: [CheckedContinuation<Void, Never>] = []

  /// Runs `body` when it is its turn; whoever is inside already goes on at once.
  static func pass(_ body: () async throws -> Void) async throws {
    if isInside { return try await body() }
    await shared.enter()
    let result = await Result(asyncCatching: { try await $isInside.withValue(true) { try await body() } })
    await shared.leave()
    try result.get()
  }

  private func enter() async {
    if places > 0 { places -= 1 } else { await withCheckedContinuation { line.append($0) } }
  }

  private func leave() {
    if line.isEmpty { places += 1 } else { line.removeFirst().resume() }
  }
}

extension Result where Failure == any Error {
  init(asyncCatching body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}

/// A temporary folder that a shell watches over: when this process ends, however it ends, the shell ends the programs that it
/// was told of and a PostgreSQL in the folder, and removes the folder.
final class GuardedFolder: Sendable {
  let path: String
  private let shell = Mutex<(process: Process, input: FileHandle)?>(nil)

  private static let script = """
    trap '' INT HUP TERM
    programs=
    while read -r sign program; do
      case $sign in
        +) programs="$programs $program" ;;
        -) programs=$(printf '%s\\n' $programs | grep -vx "$program") ;;
      esac
    done
    for program in $programs; do kill -KILL "$program"; done
    pidfile="$1/postgresql/data/postmaster.pid"
    if [ -s "$pidfile" ]; then
      postmaster=$(sed -n 1p "$pidfile") sockets=$(sed -n 5p "$pidfile")
      kill -INT "$postmaster" 2>/dev/null
      for _ in $(seq 100); do kill -0 "$postmaster" 2>/dev/null || break; sleep 0.1; done
      case $sockets in /tmp/laurel-*) rm -rf -- "$sockets" ;; esac
    fi
    mountpoint -q "$1" && umount -l "$1"
    rm -rf -- "$1"
    """

  init() throws {
    var template = Array("/tmp/laurel-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    let (process, input) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", Self.script, "guard", path]
    process.standardInput = input
    process.standardError = FileHandle.nullDevice
    try process.run()
    let handle = input.fileHandleForWriting
    shell.withLock { $0 = (process, handle) }
  }

  /// The shell ends `program` if this process cannot.
  func adopt(_ program: pid_t) { tell("+ \(program)\n") }
  func release(_ program: pid_t) { tell("- \(program)\n") }

  private func tell(_ line: String) {
    shell.withLock { $0?.input.write(Data(line.utf8)) }
  }

  /// Lets the shell do its work, and waits until it is done.
  func remove() {
    let taken = shell.withLock { $0.take() }
    try? taken?.input.close()
    taken?.process.waitUntilExit()
  }

  /// A file in the folder, for what a command is to read.
  func file(_ name: String, _ text: String) throws -> String {
    let path = "\(path)/\(name)"
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }
}

/// Runs what blocks on a thread of its own, so that it does not take one of the few that all tests share.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
  }
}

func onThread(_ body: @escaping @Sendable () -> Void) async {
  await withCheckedContinuation { continuation in
    Thread.detachNewThread {
      body()
      continuation.resume()
    }
  }
}
