import EventLoop
import Glibc
import Synchronization

/// A PostgreSQL of Laurel's own, kept in `<state>/postgresql`: created once, shared by all Laurel processes that use the
/// state folder, recovered after a crash, stopped by the last one that leaves.
///
/// Two lock files beside the data settle who may do what; the kernel lets go of both when a process dies:
/// - `users.lock`: each user holds it shared. Who can take it exclusively is the last;
/// - `change.lock`: whoever looks for, starts or stops the server holds it exclusively meanwhile.
///
/// Invariants:
/// 1. `users.lock` is taken, in either mode, only under `change.lock`: so a joiner never waits for a leaver's decision, and a
///    server that was found running cannot be stopped before the joiner is counted;
/// 2. a user's own lock ends before it asks whether it was the last: so of several that leave at once, one stops the server.
///
/// A user that is killed leaves the server running; the next one joins it and, leaving, stops it.
public final class PrivateCluster: Sendable {
  private let server: PrivateClusterServer
  private let membership: Mutex<Membership>

  private struct Membership: ~Copyable {
    /// Nil once left.
    var users: LockFile?
    var socketFolder: String
  }

  /// Joins the cluster under `state`, starting it as needed, and creating it where that is wanted. Blocks: about a second the
  /// first time, until recovery is done after a crash.
  /// - Parameters:
  ///   - state: the state folder; made, open to its owner alone, when missing.
  ///   - mayCreate: whether to make a cluster where there is none, and the folders for it. Without, nothing is made.
  ///   - log: gets a line for what takes time or went wrong.
  /// - Throws: ``PrivateClusterError`` or ``SystemError``; ``NoPrivateCluster`` where there is none to join.
  public static func join(
    state: String, mayCreate: Bool = true, log: @escaping @Sendable (String) -> Void
  ) throws -> PrivateCluster {
    if !mayCreate, access("\(state)/postgresql/data", F_OK) != 0, errno == ENOENT {
      throw NoPrivateCluster(state: state)
    }
    try makeFolders(state)
    guard let state = resolve(state) else { throw SystemError("realpath \(state)") }
    let server = PrivateClusterServer(folder: "\(state)/postgresql", log: log)
    try retryingExisting("mkdir \(server.folder)") { mkdir(server.folder, 0o700) }
    let change = try Self.change(server)
    defer { change.unlock() }
    let users = try LockFile("\(server.folder)/users.lock")
    try users.lock(.shared)
    let socketFolder = try server.ensureRunning(mayCreate: mayCreate).socketFolder
    return PrivateCluster(server, Membership(users: users, socketFolder: socketFolder))
  }

  private init(_ server: PrivateClusterServer, _ membership: consuming sending Membership) {
    self.server = server
    self.membership = Mutex(membership)
  }

  /// Connects to the database `laurel` as the role that owns it: for migrations.
  public var ownerURL: String { url(user: PrivateClusterSettings.owner) }

  /// Connects to the database `laurel` as the role whose rights the migrations limit: for everything else.
  public var runtimeURL: String { url(user: PrivateClusterSettings.runtime) }

  /// Connects to the database `laurel` as the superuser: for maintenance and tests.
  public var superuserURL: String { url(user: PrivateClusterSettings.superuser) }

  /// Starts PostgreSQL again if it does not run, because it crashed or was killed, and blocks until it answers. Several
  /// users may call this at once. Data that are gone, as where a disk was taken away, stay so: an empty database in their place
  /// would answer that nobody is known.
  /// - Returns: true when this call had to start it.
  public func revive() throws -> Bool {
    let change = try Self.change(server)
    defer { change.unlock() }
    // Not before: whoever left while this waited may have stopped the server, and nobody would stop it again.
    let known = try membership.withLock { membership throws(PrivateClusterError) in
      guard membership.users != nil else { throw PrivateClusterError("this process has left the database") }
      return membership.socketFolder
    }
    let (socketFolder, didStart) = try server.ensureRunning(mayCreate: false, knownSocketFolder: known)
    membership.withLock { $0.socketFolder = socketFolder }
    return didStart
  }

  /// Ends this use. If it was the last, stops PostgreSQL, with a checkpoint, and blocks until it has gone. Calling it again does
  /// nothing.
  public func leave() {
    let wasUser = membership.withLock { membership in
      let wasUser = membership.users != nil
      // A program that another thread is just starting has a copy of the descriptor until it runs: closing ours would not do.
      membership.users?.unlock()
      membership.users = nil
      return wasUser
    }
    guard wasUser else { return }
    do {
      let change = try Self.change(server)
      defer { change.unlock() }
      let users = try LockFile("\(server.folder)/users.lock")
      if try users.tryLock(.exclusive) { try server.stop() }
    } catch {
      server.log("the database could not be stopped: \(error)")
    }
  }

  private func url(user: String) -> String {
    let known = membership.withLock { $0.socketFolder }
    return Self.url(
      user: user, database: PrivateClusterSettings.database, socketFolder: server.socketFolder ?? known)
  }

  static func url(user: String, database: String, socketFolder: String) -> String {
    "postgresql://\(user)@/\(database)?host=\(socketFolder)&port=\(PrivateClusterSettings.port)"
  }

  private static func change(_ server: PrivateClusterServer) throws -> LockFile {
    let change = try LockFile("\(server.folder)/change.lock")
    if try !change.tryLock(.exclusive) {
      server.log("waiting for another process that starts or stops the database")
      try change.lock(.exclusive)
    }
    return change
  }

  private static func makeFolders(_ path: String) throws(SystemError) {
    for end in path.indices.dropFirst() where path[end] == "/" {
      let parent = String(path[..<end])
      try retryingExisting("mkdir \(parent)") { mkdir(parent, 0o755) }
    }
    try retryingExisting("mkdir \(path)") { mkdir(path, 0o700) }
  }

  private static func retryingExisting(_ call: String, _ body: () -> Int32) throws(SystemError) {
    do {
      try retrying(call, body)
    } catch {
      guard error.code == EEXIST else { throw error }
    }
  }
}

/// There is no private PostgreSQL under a state folder, and none was to be made.
public struct NoPrivateCluster: Error {
  public let state: String
}

/// Why the private PostgreSQL could not be had, in words for whoever started Laurel.
public struct PrivateClusterError: Error, CustomStringConvertible {
  public let reason: String
  /// The last lines that PostgreSQL logged, if they may explain it.
  public let log: String

  init(_ reason: String, log: String = "") {
    self.reason = reason
    self.log = log
  }

  public var description: String { log.isEmpty ? reason : "\(reason):\n\(log)" }
}
