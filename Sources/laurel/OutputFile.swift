import Glibc
import Service

/// What a command writes, piece by piece; `-` is standard output. A file appears whole or not at all, under its name only
/// after ``finish()``, and only its owner can read it. What is there already and is no file, such as a pipe, is written to
/// directly.
final class OutputFile: Sendable {
  private let path: String
  private let descriptor: Int32
  /// Where it is written until it is finished; nil where it is written to directly.
  private let draft: String?

  init(_ path: String) throws(CommandError) {
    self.path = path
    guard path != "-" else {
      (descriptor, draft) = (STDOUT_FILENO, nil)
      return
    }
    if !Self.isFile(path), access(path, F_OK) == 0 {
      draft = nil
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
    } else {
      let draft = "\(Self.target(of: path)).partial-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
      descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      self.draft = draft
    }
    guard descriptor >= 0 else { throw Self.failure(path) }
  }

  /// Whether there is a file of that name; a pipe is none.
  static func isFile(_ path: String) -> Bool {
    var status = stat()
    return path != "-" && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  deinit {
    guard descriptor >= 0, descriptor != STDOUT_FILENO else { return }
    close(descriptor)
    // Gone already, if it was finished.
    if let draft { unlink(draft) }
  }

  func write(_ bytes: [UInt8]) throws(CommandError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(path) }
      rest = rest.dropFirst(count)
    }
  }

  /// Whether what was written can be taken back.
  var canRestart: Bool { draft != nil }

  /// Takes back what was written.
  /// - Precondition: ``canRestart``.
  func restart() throws(CommandError) {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw Self.failure(path) }
  }

  /// Makes sure that it is on the disk, and gives it its name.
  func finish() throws(CommandError) {
    guard let draft else { return }
    guard fsync(descriptor) == 0, rename(draft, Self.target(of: path)) == 0 else { throw Self.failure(path) }
  }

  /// The file that a link leads to, so that the link stays one.
  private static func target(of path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func failure(_ path: String) -> CommandError {
    CommandError("\(path): \(String(cString: strerror(errno)))")
  }
}
