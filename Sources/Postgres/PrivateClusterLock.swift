import EventLoop
import Glibc

/// A file whose `flock(2)` says who uses something. The lock belongs to the open file: it ends when the last copy of the
/// descriptor is closed, a copy that a child inherited included, and the kernel closes those of a killed process.
struct LockFile: ~Copyable {
  enum Mode: Sendable {
    case shared
    case exclusive

    fileprivate var operation: Int32 { self == .shared ? LOCK_SH : LOCK_EX }
  }

  let descriptor: Int32

  init(_ path: String) throws(SystemError) {
    descriptor = try retrying("open \(path)") { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
  }

  deinit { close(descriptor) }

  func lock(_ mode: Mode) throws(SystemError) {
    try retrying("flock") { flock(descriptor, mode.operation) }
  }

  /// - Returns: false when somebody holds a lock that excludes this one.
  func tryLock(_ mode: Mode) throws(SystemError) -> Bool {
    do {
      try retrying("flock") { flock(descriptor, mode.operation | LOCK_NB) }
      return true
    } catch {
      if error.code == EWOULDBLOCK { return false }
      throw error
    }
  }

  /// Ends the lock for every copy of the descriptor.
  func unlock() { _ = flock(descriptor, LOCK_UN) }
}
