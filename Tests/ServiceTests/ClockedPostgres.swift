import EventLoop
import Foundation
import Glibc
import Testing

@testable import Service

/// A PostgreSQL whose wall clock a test sets, by a library loaded before it (`Tests/SteppedClock`); and the same clock for
/// whoever else is given ``environment``. It begins at this process's own time, which may be a moved one itself.
final class ClockedPostgres: Sendable {
  private let folder: GuardedFolder

  var url: String { "postgresql://postgres@/postgres?host=\(folder.path)/sockets&port=5432" }
  var environment: [String: String] {
    ["LD_PRELOAD": "\(folder.path)/clock.so", "STEPPED_CLOCK": "\(folder.path)/step"]
  }

  static func with(_ body: (ClockedPostgres) async throws -> Void) async throws {
    let postgres = try await onThread { try ClockedPostgres() }
    let result = await Result(asyncCatching: { try await body(postgres) })
    await onThread { postgres.folder.remove() }
    try result.get()
  }

  /// A server on it, and what founds organisations there. This process's own clock stays.
  func serve(
    acceptsClock: Bool = true, _ body: (Administration, Server) async throws -> Void
  ) async throws {
    let database = try Database.open(url: url, ownerURL: url, state: "", acceptsClock: acceptsClock, log: Laurel.log)
    let loops = [try EventLoop(label: "clocked-0"), try EventLoop(label: "clocked-1")]
    let administration = try await Administration(database, on: loops[0], log: Laurel.log)
    let server = try await Server(database, on: loops, listen: ("127.0.0.1", 0), log: Laurel.log)
    let result = await Result(asyncCatching: { try await body(administration, server) })
    await server.stop()
    await administration.close()
    for loop in loops { loop.stop() }
    try result.get()
  }

  private init() throws {
    folder = try GuardedFolder()
    let library = URL(filePath: Program.path).deletingLastPathComponent().appending(path: "libSteppedClock.so").path
    try Data(contentsOf: URL(filePath: library)).write(to: URL(filePath: "\(folder.path)/clock.so"))
    set(0)
    // PostgreSQL refuses root, and postgres must then find the way; the guard looks for its data where Laurel has them.
    let script = """
      set -e
      cd "$1" && mkdir -p postgresql sockets
      programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
      user=
      if [ "$(id -u)" = 0 ]; then
        chmod 711 . && chmod 644 clock.so step && chown postgres postgresql sockets
        user="setpriv --reuid=postgres --regid=postgres --clear-groups"
      fi
      $user $programs/initdb -D postgresql/data -U postgres -A trust -E UTF8 --locale=C -N >/dev/null
      export LD_PRELOAD="$1/clock.so" STEPPED_CLOCK="$1/step"
      exec $user $programs/postgres -D postgresql/data -c listen_addresses= -c unix_socket_directories="$1/sockets"
      """
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", script, "clocked", folder.path]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try Program.file("\(folder.path)/postgres.out")
    process.standardError = try Program.file("\(folder.path)/postgres.err")
    try process.run()
    while process.isRunning {
      // Not yet.
      if (try? Session(url)) != nil { return }
      usleep(20_000)
    }
    let errors = try String(contentsOfFile: "\(folder.path)/postgres.err", encoding: .utf8)
    folder.remove()
    throw CrashProgram.Failed(description: "PostgreSQL does not start:\n\(errors)")
  }

  /// By how many seconds this process's own clock is moved, as where tests run at another date.
  static let ownStep: Int64 = {
    guard let path = ProcessInfo.processInfo.environment["STEPPED_CLOCK"] else { return 0 }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    var step: Int64 = 0
    let count = read(file, &step, 8)
    precondition(count == 8)
    return step
  }()

  /// Sets the clock, by seconds from the time of this process. At once, for every process.
  func set(_ step: Int64) {
    let file = open("\(folder.path)/step", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    var step = Self.ownStep + step
    // Eight bytes at once: nobody sees half of them.
    let count = pwrite(file, &step, 8, 0)
    close(file)
    precondition(count == 8)
  }

  /// Sets the clock, by what it shall show, such as `2026-11-22T09:30:00Z`.
  func set(to time: String) throws {
    set(Int64(try Date(time, strategy: .iso8601).timeIntervalSinceNow.rounded()))
  }
}
