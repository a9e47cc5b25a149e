import EventLoop
import Glibc
import HTTP
import Ledger
import Postgres
import Service

extension Arguments {
  /// The database that the options or the environment name. An option counts more than the environment, so `--state` is
  /// heeded also where DATABASE_URL is set.
  /// - Parameter mayCreate: whether the command begins something, so that a private database may be made for it. To all
  ///   others a folder without one is a slip of whoever typed.
  func openDatabase(mayCreate: Bool, _ log: Log) throws -> Database {
    let fromEnvironment = !has("--state")
    let url = self["--database"] ?? (fromEnvironment ? environment("DATABASE_URL") : nil)
    let owner = self["--owner-database"] ?? (fromEnvironment ? environment("LAUREL_OWNER_URL") : nil)
    if has("--state"), url != nil || owner != nil {
      throw UsageError(description: "--state and --database exclude each other")
    }
    do {
      return try Database.open(
        url: url, ownerURL: owner, state: self["--state"] ?? defaultState, mayCreate: mayCreate,
        acceptsClock: has("--accept-clock"), log: log)
    } catch let missing as NoPrivateCluster {
      throw UsageError(
        description: "there is no database in \(missing.state): --state says the folder of one that Laurel keeps, "
          + "--database or DATABASE_URL the address of one of yours")
    } catch let error as PostgresError where error.kind == .misuse {
      throw UsageError(description: error.message)
    }
  }

  /// Runs `body` on the database, and lets go of it afterwards.
  func administer(mayCreate: Bool = false, _ body: (Administration) async throws -> Void) async throws {
    // A command prints its result; of the log, only what should worry.
    let log = Log(atLeast: .warning)
    let database = try openDatabase(mayCreate: mayCreate, log)
    defer { database.close() }
    let loop = try EventLoop(label: "laurel")
    defer { loop.stop() }
    let administration = try await Administration(database, on: loop, log: log)
    do {
      try await body(administration)
    } catch {
      await administration.close()
      throw error
    }
    await administration.close()
  }
}

/// A folder of the user's own (XDG Base Directory Specification); root's is the system's.
private var defaultState: String {
  if getuid() == 0 { return "/var/lib/laurel/state" }
  let base = environment("XDG_STATE_HOME") ?? (environment("HOME") ?? "/tmp") + "/.local/state"
  return base + "/laurel"
}

func environment(_ name: String) -> String? {
  // Read before any thread could change it: nothing here calls setenv.
  getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}

/// An error in a sentence for whoever typed the command.
func explain(_ error: any Error) -> String {
  switch error {
  case let refusal as Refusal: refusal.detail
  case let error as ImportError: "nothing was imported:\n\(error)"
  case let error as PostgresError: "the database: \(error)"
  default: "\(error)"
  }
}

/// Reads a whole file; `-` is standard input.
func readFile(_ path: String) throws(CommandError) -> [UInt8] {
  let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw CommandError("\(path): \(String(cString: strerror(errno)))") }
  defer { if descriptor != STDIN_FILENO { close(descriptor) } }
  var bytes: [UInt8] = []
  var status = stat()
  // It need not grow by copies then. A pipe says nothing of its size.
  if fstat(descriptor, &status) == 0, status.st_size > 0 { bytes.reserveCapacity(Int(clamping: status.st_size)) }
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw CommandError("\(path): \(String(cString: strerror(errno)))") }
    if count == 0 { return bytes }
    bytes += buffer[..<count]
  }
}

/// One JSON object on standard output.
func printJSON(_ members: (inout JSONWriter) -> Void) {
  var json = JSONWriter()
  json.object(members)
  print(String(decoding: json.bytes, as: UTF8.self))
}

/// A line that counts on a terminal, and nothing where nobody watches.
func progress(_ what: String) -> Administration.Progress {
  let isTerminal = isatty(STDERR_FILENO) == 1
  return { done, all in
    let line = "\(isTerminal ? "\r" : "")\(what): \(done) of \(all)\(isTerminal && done < all ? "" : "\n")"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
  }
}
