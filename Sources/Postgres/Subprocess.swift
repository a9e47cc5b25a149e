import EventLoop
import Glibc

/// A program run by `posix_spawn(3)`, with exactly the descriptors and the environment that it is given.
///
/// It starts in a process group of its own (Ctrl-C reaches Laurel alone), with no signal blocked or ignored, and inherits
/// no other descriptor, not even one that whoever started Laurel forgot to mark close-on-exec.
struct Subprocess {
  /// The first is the program's absolute path.
  var arguments: [String]
  /// Become the program's descriptors 0, 1, 2, … Missing ones among the first three are `/dev/null`.
  var descriptors: [Int32] = []
  var environment = ["LC_ALL=C.UTF-8", "TZ=UTC", "PATH=/usr/local/bin:/usr/bin:/bin"]

  /// Runs the program to its end.
  /// - Returns: its exit status; 128 and the signal's number when a signal ended it, as in a shell.
  func run() throws(SystemError) -> Int32 {
    Self.wait(for: try spawn())
  }

  /// Runs the program to its end and reads what it prints to standard output.
  func output() throws(SystemError) -> (status: Int32, text: String) {
    let (readEnd, writeEnd) = try Self.pipe()
    defer { close(readEnd) }
    var program = self
    program.descriptors = [try Self.nullDevice(), writeEnd]
    let process: pid_t
    do {
      defer { for descriptor in program.descriptors { close(descriptor) } }
      process = try program.spawn()
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(readEnd, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      bytes += buffer.prefix(count)
    }
    return (Self.wait(for: process), String(decoding: bytes, as: UTF8.self))
  }

  /// A descriptor from which a program reads `text`, and then the end.
  /// - Parameter text: shorter than a pipe's buffer (64 KiB), since nobody reads yet.
  static func input(_ text: String) throws(SystemError) -> Int32 {
    precondition(text.utf8.count < 65_536)
    let (readEnd, writeEnd) = try pipe()
    var text = text
    text.withUTF8 { bytes in
      let count = write(writeEnd, bytes.baseAddress, bytes.count)
      precondition(count == bytes.count, "an empty pipe takes less than its buffer in one piece")
    }
    close(writeEnd)
    return readEnd
  }

  private static func nullDevice() throws(SystemError) -> Int32 {
    try retrying("open /dev/null") { open("/dev/null", O_RDWR | O_CLOEXEC) }
  }

  private static func pipe() throws(SystemError) -> (readEnd: Int32, writeEnd: Int32) {
    var ends: [Int32] = [0, 0]
    try retrying("pipe") { Glibc.pipe(&ends) }
    // pipe2 is not visible here; what another thread spawns in between closes these too, when it is a `Subprocess`.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private func spawn() throws(SystemError) -> pid_t {
    let null = try Self.nullDevice()
    defer { close(null) }
    let wanted = descriptors + Array(repeating: null, count: max(0, 3 - descriptors.count))
    // Copies above all targets, so that no dup2 below overwrites the source of a later one.
    var sources: [Int32] = []
    defer { for source in sources { close(source) } }
    for descriptor in wanted {
      sources.append(try retrying("fcntl") { fcntl(descriptor, F_DUPFD_CLOEXEC, Int32(wanted.count)) })
    }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, source) in sources.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
    }
    for descriptor in Self.inheritable where descriptor >= wanted.count {
      posix_spawn_file_actions_addclose(&actions, descriptor)
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

    var process = pid_t()
    let code = withCStrings(arguments) { arguments in
      withCStrings(environment) { environment in
        posix_spawn(&process, arguments[0]!, &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else { throw SystemError("posix_spawn \(arguments[0])", code: code) }
    return process
  }

  private static func wait(for process: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      // ECHILD: somebody ignores SIGCHLD, so the status is lost; count it as a failure.
      if errno != EINTR { return 127 }
    }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  /// This process's descriptors that a new program would inherit.
  private static var inheritable: [Int32] {
    folderEntries("/proc/self/fd").compactMap { Int32($0) }.filter { descriptor in
      let flags = fcntl(descriptor, F_GETFD)
      return flags >= 0 && flags & FD_CLOEXEC == 0
    }
  }
}

/// The names in a folder, without `.` and `..`; none when it cannot be read.
func folderEntries(_ path: String) -> [String] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      // The kernel ends the name with a zero within the array.
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}

/// Lends `strings` as the null-terminated array that C's exec family takes.
private func withCStrings<Result>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let copies = strings.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies + [nil])
}
