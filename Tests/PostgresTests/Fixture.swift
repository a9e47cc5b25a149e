import EventLoop
import Foundation
import Glibc
import Postgres
import Testing

/// A throw-away PostgreSQL on a Unix socket. A shell stands between: it stops the server when its input ends, so neither the
/// server nor its folder outlives this process, however that ends.
final class TestCluster: @unchecked Sendable {
  let folder: String
  private let shell: Child
  private static let binaries = "/usr/lib/postgresql/15/bin"

  var url: String { "host=\(folder) user=postgres dbname=postgres" }
  func settings() throws -> ConnectionSettings { try ConnectionSettings(url) }

  /// - Parameter folder: of a cluster that was stopped; nil makes a new one.
  init(reusing folder: String? = nil) async throws {
    self.folder = folder ?? "/tmp/laurel-pg-\(UInt32.random(in: 0 ... .max))"
    // PostgreSQL refuses to run as root.
    let asUser = getuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : ""
    let options = """
      -c listen_addresses= -c unix_socket_directories=\(self.folder) -c fsync=off -c max_connections=100 \
      -c synchronous_commit=local -c synchronous_standby_names=nobody -c shared_buffers=32MB
      """
    let create = """
      mkdir -m 700 \(self.folder) && { [ "$(id -u)" != 0 ] || chown postgres \(self.folder); } || exit 1
      cd \(self.folder)
      \(asUser) \(Self.binaries)/initdb -D data -U postgres -A trust -E UTF8 --locale=C -N >/dev/null || exit 1
      """
    let run = """
      cd \(self.folder)
      \(asUser) \(Self.binaries)/postgres -D data \(options) >>/dev/null 2>&1 &
      server=$!
      word=$(cat)
      kill -INT $server; wait $server
      [ "$word" = keep ] || rm -rf \(self.folder)
      """
    shell = try Child("/bin/sh", ["-c", folder == nil ? create + "\n" + run : run])
    do {
      try await waitUntilReady()
    } catch {
      stop(removing: true)
      throw error
    }
  }

  private func waitUntilReady() async throws {
    let settings = try settings()
    for _ in 0..<600 {
      if (try? await onLoop { try await PostgresConnection.connect(settings, on: $0).close() }) != nil { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw PostgresError(.unavailable, "the test cluster did not start")
  }

  func stop(removing: Bool) {
    shell.finish(saying: removing ? "" : "keep")
  }

  @TaskLocal static var current: TestCluster?
}

/// Runs a suite's tests beside one cluster, and stops it afterwards.
struct ClusterTrait: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @concurrent @Sendable () async throws -> Void
  ) async throws {
    let cluster = try await TestCluster()
    defer { cluster.stop(removing: true) }
    try await TestCluster.$current.withValue(cluster) { try await body() }
  }
}

/// All tests that talk to PostgreSQL share one cluster; each works in names of its own.
@Suite("PostgreSQL", ClusterTrait())
struct OnPostgreSQL {}

/// Runs `body` as a task on an event loop of its own.
func onLoop<T: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> T) async throws -> T {
  let loop = try EventLoop(label: "test")
  defer { loop.stop() }
  return try await Task(executorPreference: loop) { try await body(loop) }.value
}

/// Runs `body` with a connection of its own, on a loop of its own.
func withConnection<T: Sendable>(
  _ adjust: (inout ConnectionSettings) -> Void = { _ in },
  _ body: @escaping @Sendable (PostgresConnection) async throws -> T
) async throws -> T {
  var settings = try #require(TestCluster.current).settings()
  adjust(&settings)
  return try await onLoop { [settings] loop in
    let connection = try await PostgresConnection.connect(settings, on: loop)
    defer { connection.close() }
    return try await body(connection)
  }
}

/// The error that `body` throws.
func failure(_ body: () async throws -> Void) async throws -> PostgresError {
  do {
    try await body()
  } catch let error as PostgresError {
    return error
  }
  throw PostgresError(.misuse, "the test expected a failure")
}

/// A Unix socket where libpq looks for PostgreSQL, and nobody answers.
struct SilentListener {
  let folder: String
  private let descriptor: Int32

  init() throws {
    folder = "/tmp/laurel-silent-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(folder)/.s.PGSQL.5432".utf8) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0, listen(descriptor, 8) == 0 else { throw SystemError("bind") }
  }

  func close() {
    _ = Glibc.close(descriptor)
    try? FileManager.default.removeItem(atPath: folder)
  }
}
