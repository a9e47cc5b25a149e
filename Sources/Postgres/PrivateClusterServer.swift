import CLibPQ
import EventLoop
import Glibc

/// The PostgreSQL server of one folder: `data`, `postgresql.log` and the lock file `server.lock`.
///
/// Invariants:
/// 1. `server.lock` is held by every process that works on `data` (initdb, the postmaster, each of its children) and
///    by nobody else for long: it is locked before the first of them starts and handed down. Who can take it knows
///    that nothing runs, whatever `postmaster.pid` says, and may create, clean up and start;
/// 2. all functions are called by one process at a time, the one that holds the cluster's `change.lock`;
/// 3. `data` exists only whole.
struct PrivateClusterServer: Sendable {
  /// Crash recovery reads at most max_wal_size, which a slow disk does in this time.
  private static let startSeconds = 300
  /// After this a fast shut-down becomes an immediate one, which the next start recovers from.
  private static let stopSeconds = 60
  /// What a postmaster grants its own children before it kills them.
  private static let orphanSeconds = 5
  /// How long a server may be unreachable before it counts as broken: it removes its socket while it ends, too.
  private static let silentSeconds = 3
  /// After this the user is told what is being waited for.
  private static let patienceSeconds = 5
  /// How long a lock may be held by nobody that `/proc` shows.
  private static let unseenSeconds = 10
  private static let pollMicroseconds: UInt32 = 3_000
  /// The log is set aside at a start when it is longer; one older file is kept.
  private static let logBytesMax: off_t = 1 << 20

  let folder: String
  let log: @Sendable (String) -> Void

  private var dataPath: String { "\(folder)/data" }
  private var logPath: String { "\(folder)/postgresql.log" }

  private enum Presence {
    /// Nobody holds the lock.
    case none
    /// The postmaster lives.
    case running(PostmasterFile)
    /// Something holds the lock, and `postmaster.pid` is not there: it starts or ends just now.
    case changing
    /// The postmaster was killed; these processes of its have not noticed yet.
    case orphaned([pid_t])
  }

  /// The socket folder of the server that runs, as it says itself.
  var socketFolder: String? { postmasterFile?.socketFolder }

  /// Returns when the server accepts connections, after starting it as needed.
  /// - Parameters:
  ///   - mayCreate: whether to make a database where there is no data folder.
  ///   - known: the socket folder to keep, if it can be kept.
  /// - Returns: where its socket is, and whether this call started it.
  func ensureRunning(mayCreate: Bool, knownSocketFolder known: String? = nil) throws -> (
    socketFolder: String, didStart: Bool
  ) {
    let begin = monotonicNanoseconds()
    /// Where the server that this call started listens.
    var started: String?
    var didTell = false
    var reachableAt = begin
    while true {
      let lock = try LockFile("\(folder)/server.lock")
      switch try presence(lock) {
      case .none:
        if let started {
          try PrivateClusterData(path: dataPath).removeSocketFolder(started)
          throw PrivateClusterError("PostgreSQL did not start", log: logTail)
        }
        started = try start(lock, mayCreate: mayCreate, knownSocketFolder: known)
        reachableAt = monotonicNanoseconds()
      case .running(let file):
        if let socketFolder = file.socketFolder {
          if file.isReady, answers(socketFolder) { return (socketFolder, started != nil) }
          if access(socketPath(socketFolder), F_OK) == 0 { reachableAt = monotonicNanoseconds() }
        }
        if seconds(since: reachableAt) >= Self.silentSeconds, file.socketFolder != nil {
          log("the database has lost its socket; restarting it")
          try stop()
          started = nil
        }
      case .changing:
        break
      case .orphaned(let processes):
        try end(orphans: processes, since: reachableAt)
      }
      guard seconds(since: begin) < Self.startSeconds else {
        throw PrivateClusterError("PostgreSQL was not ready after \(Self.startSeconds) seconds", log: logTail)
      }
      if !didTell, seconds(since: begin) >= Self.patienceSeconds {
        log("waiting until the database is ready")
        didTell = true
      }
      usleep(Self.pollMicroseconds)
    }
  }

  /// Ends the server, if it runs, with a checkpoint; returns when none of its processes is left.
  func stop() throws {
    let begin = monotonicNanoseconds()
    var sent: Int32?
    var socketFolder: String?
    while true {
      let lock = try LockFile("\(folder)/server.lock")
      switch try presence(lock) {
      case .none:
        if let socketFolder { try PrivateClusterData(path: dataPath).removeSocketFolder(socketFolder) }
        return
      case .running(let file):
        socketFolder = file.socketFolder ?? socketFolder
        // SIGINT is PostgreSQL's fast shut-down, SIGQUIT its immediate one.
        let wanted = seconds(since: begin) < Self.stopSeconds ? SIGINT : SIGQUIT
        if sent != wanted { kill(file.process, wanted) }
        sent = wanted
      case .changing:
        break
      case .orphaned(let processes):
        socketFolder = postmasterFile?.socketFolder ?? socketFolder
        try end(orphans: processes, since: begin)
      }
      guard seconds(since: begin) < 2 * Self.stopSeconds else {
        throw PrivateClusterError("PostgreSQL did not stop within \(2 * Self.stopSeconds) seconds", log: logTail)
      }
      usleep(Self.pollMicroseconds)
    }
  }

  // MARK: Starting

  /// - Returns: the folder where it is going to listen.
  private func start(_ lock: borrowing LockFile, mayCreate: Bool, knownSocketFolder: String?) throws -> String {
    guard mayCreate || access(dataPath, F_OK) == 0 else {
      throw PrivateClusterError("the data folder \(dataPath) is gone")
    }
    let output = try openLog()
    defer { close(output) }
    let data = try PrivateClusterData(path: dataPath)
    do {
      if access(dataPath, F_OK) != 0 {
        log("creating a PostgreSQL \(data.programs.major) database in \(folder)")
        try data.create(lock: lock, log: output)
      }
      let stale = postmasterFile
      if let stale, DataFolderProcesses(of: dataPath)?.contains(stale.process) == true {
        throw PrivateClusterError("PostgreSQL, process \(stale.process), was started on \(dataPath) by somebody else")
      }
      // PostgreSQL itself would be confused by another program that has got the process number since.
      unlink("\(dataPath)/postmaster.pid")
      let socketFolder = try data.socketFolder(preferring: stale?.socketFolder ?? knownSocketFolder)
      try data.startServer(socketFolder: socketFolder, lock: lock, log: output)
      return socketFolder
    } catch let error as PrivateClusterError {
      throw PrivateClusterError(error.reason, log: logTail)
    }
  }

  private func openLog() throws -> Int32 {
    var status = stat()
    if stat(logPath, &status) == 0, status.st_size > Self.logBytesMax { rename(logPath, "\(logPath).1") }
    return try retrying("open \(logPath)") { open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) }
  }

  private var logTail: String {
    let lines = (readText(logPath) ?? "").split(separator: "\n")
    return lines.suffix(10).joined(separator: "\n")
  }

  // MARK: Looking

  private func presence(_ lock: borrowing LockFile) throws -> Presence {
    if try lock.tryLock(.exclusive) { return .none }
    guard let file = postmasterFile, let processes = DataFolderProcesses(of: dataPath) else { return .changing }
    return processes.contains(file.process) ? .running(file) : .orphaned(processes.all())
  }

  private var postmasterFile: PostmasterFile? {
    readText("\(dataPath)/postmaster.pid").flatMap(PostmasterFile.init(text:))
  }

  private func socketPath(_ folder: String) -> String { "\(folder)/.s.PGSQL.\(PrivateClusterSettings.port)" }

  private func answers(_ socketFolder: String) -> Bool {
    let url = PrivateCluster.url(
      user: PrivateClusterSettings.superuser, database: "postgres", socketFolder: socketFolder)
    let connection = PQconnectdb("\(url)&connect_timeout=5")
    defer { PQfinish(connection) }
    // A ping alone would do, but each leaves a line in the log; it answers for a server whose connections are all taken.
    return PQstatus(connection) == CONNECTION_OK || PQping("\(url)&connect_timeout=5") == PQPING_OK
  }

  /// A killed postmaster's children end by themselves once they notice, busy ones late. What they did not commit is lost
  /// already, so they are told to go as a postmaster tells its children after a crash.
  private func end(orphans: [pid_t], since begin: UInt64) throws {
    let elapsed = seconds(since: begin)
    if orphans.isEmpty, elapsed >= Self.unseenSeconds {
      throw PrivateClusterError("\(dataPath) is in use by processes that cannot be seen from here (another container?)")
    }
    for process in orphans { kill(process, elapsed < Self.orphanSeconds ? SIGQUIT : SIGKILL) }
  }

  private func seconds(since begin: UInt64) -> Int { Int((monotonicNanoseconds() - begin) / 1_000_000_000) }
}
