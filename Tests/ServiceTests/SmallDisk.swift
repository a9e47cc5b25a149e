import Foundation
import Glibc
import Testing

/// A file system of a few MiB in memory, for what shall run out of room. To mount it takes root.
struct SmallDisk: Sendable {
  private let folder: GuardedFolder
  private var ballast: String { "\(folder.path)/ballast" }

  static let isPermitted = getuid() == 0 && (try? shell("unshare --mount mount -t tmpfs none /tmp")) != nil

  /// - Parameter megabytes: its size in MiB.
  init(megabytes: Int) throws {
    folder = try GuardedFolder()
    try Self.shell(
      "mount -t tmpfs -o size=\(megabytes)m,mode=700,uid=$(id -u postgres),gid=$(id -g postgres) none \(folder.path)")
  }

  func remove() { folder.remove() }

  /// Moves a part of a data folder here, and leaves a link to it there.
  func take(_ part: String, of data: String) throws {
    try Self.shell(
      "mv \(data)/\(part) \(folder.path)/ && ln -s \(folder.path)/\(part) \(data)/\(part) && chown -h postgres: \(data)/\(part)"
    )
  }

  /// Leaves no room at all.
  func fill() throws {
    let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    try #require(file >= 0)
    defer { close(file) }
    // The smallest piece is a page, which is what a tmpfs counts.
    for size in [1 << 20, 1 << 12] {
      let bytes = [UInt8](repeating: 0, count: size)
      while write(file, bytes, size) > 0 {}
    }
    #expect(errno == ENOSPC)
  }

  func free() { unlink(ballast) }

  private struct Failed: Error { let command: String }

  private static func shell(_ command: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", command]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(command: command) }
  }
}
