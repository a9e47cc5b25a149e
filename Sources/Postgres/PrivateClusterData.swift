import EventLoop
import Glibc

/// Whom PostgreSQL runs as when Laurel is root, which PostgreSQL refuses to be.
struct ServerAccount {
  let user: uid_t
  let group: gid_t

  /// - Returns: nil when Laurel is not root: then everything is one user's.
  /// - Parameter data: an existing data folder says whom it belongs to.
  static func find(data: String) throws(PrivateClusterError) -> ServerAccount? {
    guard geteuid() == 0 else { return nil }
    var status = stat()
    if stat(data, &status) == 0, status.st_uid != 0 {
      return ServerAccount(user: status.st_uid, group: status.st_gid)
    }
    guard let entry = getpwnam("postgres") else {
      throw PrivateClusterError("there is no user postgres to run PostgreSQL as; install the Debian package postgresql")
    }
    return ServerAccount(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
  }
}

/// Makes the data folder of a private cluster, and runs PostgreSQL's programs on it.
///
/// The programs get the data folder as descriptor 4 and know it as `/proc/self/fd/4`. The kernel follows that without
/// looking at the folders above, so the `postgres` user reaches its data below a folder that only root may enter,
/// and all of a cluster lies in its state folder, to be moved or deleted with it. Descriptor 3 is the lock file that
/// says that something runs on the data; children inherit both.
struct PrivateClusterData {
  private static let inheritedPath = "/proc/self/fd/4"

  let path: String
  let programs: PostgresPrograms
  private let account: ServerAccount?

  /// Finds the programs for the data folder at `path`, which need not exist yet.
  init(path: String) throws(PrivateClusterError) {
    self.path = path
    // "15", or "9.6" long ago.
    let version = readText("\(path)/PG_VERSION")?.split { !$0.isNumber }.first.flatMap { Int($0) }
    programs = try PostgresPrograms.find(major: version)
    account = try ServerAccount.find(data: path)
  }

  /// Makes the data folder under another name first, so that one by the right name is whole and on the disk.
  func create(lock: borrowing LockFile, log: Int32) throws {
    let unfinished = "\(path).new"
    try Self.remove(unfinished)
    try retrying("mkdir \(unfinished)") { mkdir(unfinished, 0o700) }
    try giveAway(unfinished)
    // Durability is asked for once, at the end.
    try run(
      "initdb",
      [
        "--pgdata=\(Self.inheritedPath)", "--username=\(PrivateClusterSettings.superuser)", "--auth=trust",
        "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-sync", "--no-instructions",
      ], in: unfinished, lock: lock, log: log)
    let setup = try Subprocess.input(PrivateClusterSettings.setup)
    defer { close(setup) }
    try run(
      "postgres", ["--single", "-F", "-j", "-D", Self.inheritedPath, "-c", "exit_on_error=on", "postgres"],
      in: unfinished, lock: lock, log: log, input: setup)
    try run("initdb", ["--sync-only", "--pgdata=\(Self.inheritedPath)"], in: unfinished, lock: lock, log: log)
    try retrying("rename \(unfinished)") { rename(unfinished, path) }
    try Self.syncFolder(above: path)
  }

  /// Starts PostgreSQL in a session of its own and as nobody's child, and returns at once.
  func startServer(socketFolder: String, lock: borrowing LockFile, log: Int32) throws {
    try writeSettings()
    // setsid forks and leaves: the server is adopted by init, which also takes away its remains when it is killed.
    let detach = try PostgresPrograms.require("setsid", package: "util-linux")
    try run(
      "postgres",
      ["-D", Self.inheritedPath, "-c", "unix_socket_directories=\(socketFolder)"],
      in: path, lock: lock, log: log, prefix: [detach, "--fork"])
  }

  /// A folder for the socket: in /tmp, since a socket's path has at most 107 bytes, and open to nobody else.
  /// - Parameter wanted: emptied and taken again, or made again when it went with a start that failed or with a clean-up of
  ///   /tmp, so that those who know it find the server again.
  func socketFolder(preferring wanted: String?) throws -> String {
    if let wanted, isOwn(wanted) {
      removeSocket(in: wanted)
      return wanted
    }
    // Fails where anything has taken the place.
    if let wanted, isName(wanted), mkdir(wanted, 0o700) == 0 {
      try giveAway(wanted)
      return wanted
    }
    var template = Array("/tmp/laurel-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp /tmp/laurel-XXXXXX") }
    let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }  // not empty
    try giveAway(folder)
    return folder
  }

  /// Removes a socket folder and what a killed server left in it.
  func removeSocketFolder(_ folder: String) {
    guard isOwn(folder) else { return }
    removeSocket(in: folder)
    rmdir(folder)
  }

  /// The socket and its own lock file, which names a process and is as easily misled as `postmaster.pid`.
  private func removeSocket(in folder: String) {
    let socket = "\(folder)/.s.PGSQL.\(PrivateClusterSettings.port)"
    unlink(socket)
    unlink("\(socket).lock")
  }

  /// Whether the folder is one that ``socketFolder(preferring:)`` made, and not what a stranger put in its place.
  private func isOwn(_ folder: String) -> Bool {
    var status = stat()
    return isName(folder) && lstat(folder, &status) == 0 && status.st_mode == S_IFDIR | 0o700
      && status.st_uid == account?.user ?? geteuid()
  }

  private func isName(_ folder: String) -> Bool {
    folder.hasPrefix("/tmp/laurel-") && !folder.dropFirst(5).contains("/")
  }

  private func writeSettings() throws {
    for (name, text) in [
      ("postgresql.conf", PrivateClusterSettings.configuration), ("pg_hba.conf", PrivateClusterSettings.authentication),
    ] {
      let file = "\(path)/\(name)"
      // A new file, so that root never writes through a link that the server's user may have put there.
      unlink(file)
      let descriptor = try retrying("open \(file)") { open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
      defer { close(descriptor) }
      var text = text
      let written = text.withUTF8 { write(descriptor, $0.baseAddress, $0.count) }
      guard written == text.utf8.count else { throw SystemError("write \(file)") }
      if let account { try retrying("fchown \(file)") { fchown(descriptor, account.user, account.group) } }
    }
  }

  /// Runs one of PostgreSQL's programs on `folder`, as the user that may.
  private func run(
    _ program: String, _ arguments: [String], in folder: String, lock: borrowing LockFile, log: Int32,
    input: Int32? = nil, prefix: [String] = []
  ) throws {
    let data = try retrying("open \(folder)") { open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    defer { close(data) }
    let null = try retrying("open /dev/null") { open("/dev/null", O_RDONLY | O_CLOEXEC) }
    defer { close(null) }
    var command = prefix
    if let account {
      // setpriv replaces itself by the program: no PAM, no shell, no process in between.
      command += [try PostgresPrograms.require("setpriv", package: "util-linux")]
      command += ["--reuid=\(account.user)", "--regid=\(account.group)", "--clear-groups", "--no-new-privs"]
    }
    command += ["\(programs.folder)/\(program)"] + arguments
    let status = try Subprocess(
      arguments: command, descriptors: [input ?? null, log, log, lock.descriptor, data]
    ).run()
    guard status == 0 else { throw PrivateClusterError("\(program) failed with status \(status)") }
  }

  private func giveAway(_ path: String) throws(SystemError) {
    guard let account else { return }
    try retrying("chown \(path)") { chown(path, account.user, account.group) }
  }

  private static func remove(_ path: String) throws {
    guard access(path, F_OK) == 0 else { return }
    let program = try PostgresPrograms.require("rm", package: "coreutils")
    let status = try Subprocess(arguments: [program, "-rf", "--", path]).run()
    guard status == 0 else { throw PrivateClusterError("cannot remove \(path)") }
  }

  private static func syncFolder(above path: String) throws(SystemError) {
    let parent = "\(path)/.."
    let descriptor = try retrying("open \(parent)") { open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    defer { close(descriptor) }
    try retrying("fsync \(parent)") { fsync(descriptor) }
  }
}
