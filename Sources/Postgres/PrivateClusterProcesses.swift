import Glibc

/// The part of `postmaster.pid` that matters here. PostgreSQL writes it line by line while it starts.
struct PostmasterFile: Equatable {
  let process: pid_t
  /// The folder of the socket; nil until it listens.
  let socketFolder: String?
  /// Whether it says that it accepts connections.
  let isReady: Bool

  /// - Parameter text: line 1 is the process, line 5 the first socket folder, line 8 the state.
  init?(text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // A stand-alone backend (`postgres --single`) writes its number negated.
    guard let process = lines.first.flatMap({ pid_t($0) }), process > 0 else { return nil }
    self.process = process
    // The last line may be half written.
    socketFolder = lines.count > 5 && !lines[4].isEmpty ? String(lines[4]) : nil
    isReady = lines.count > 7 && lines[7].hasPrefix("ready")
  }
}

/// The PostgreSQL processes of one data folder, told by what the kernel says of them: each has the data folder as its
/// working folder. A process number alone says nothing: it may have gone to another program, or be a zombie's.
struct DataFolderProcesses {
  private let device: dev_t
  private let inode: ino_t

  /// - Returns: nil when there is no such folder.
  init?(of folder: String) {
    var status = stat()
    guard stat(folder, &status) == 0 else { return nil }
    device = status.st_dev
    inode = status.st_ino
  }

  func contains(_ process: pid_t) -> Bool {
    var status = stat()
    guard stat("/proc/\(process)/cwd", &status) == 0, status.st_dev == device, status.st_ino == inode else {
      return false
    }
    // Not somebody's shell or editor in that folder.
    let name = readText("/proc/\(process)/comm")
    return name == "postgres\n" || name == "postmaster\n"
  }

  func all() -> [pid_t] {
    folderEntries("/proc").compactMap { pid_t($0) }.filter(contains)
  }
}

/// A small file's text; nil when it cannot be read.
func readText(_ path: String) -> String? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0 {
      if errno == EINTR { continue }
      return nil
    }
    if count == 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer.prefix(count)
  }
}
