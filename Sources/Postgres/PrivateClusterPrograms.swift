import EventLoop
import Glibc

/// One installation of PostgreSQL's server programs.
struct PostgresPrograms: Equatable {
  /// The oldest release whose `initdb` takes the options used here.
  static let majorMin = 14

  /// The folder that holds `postgres` and `initdb`.
  let folder: String
  let major: Int

  /// Looks in `PATH`, in Debian's version folders and where `pg_config` points.
  /// - Parameter major: the release that an existing data folder needs; nil takes the newest.
  static func find(major: Int?) throws(PrivateClusterError) -> PostgresPrograms {
    let installed = Set(folders()).compactMap(inspect)
    let usable = installed.filter { major.map { [major = $0.major] in major == $0 } ?? ($0.major >= majorMin) }
    if let newest = usable.max(by: { $0.major < $1.major }) { return newest }
    throw PrivateClusterError(missing(major, installed: installed.map(\.major)))
  }

  /// The release in what `postgres --version` prints, such as `postgres (PostgreSQL) 15.18 (Debian …)` or `… 18beta1`.
  static func major(inVersion text: String) -> Int? {
    guard let word = text.split(separator: " ").first(where: { $0.first?.isNumber == true }) else { return nil }
    return Int(word.prefix { $0.isNumber })
  }

  private static func missing(_ major: Int?, installed: [Int]) -> String {
    let found =
      installed.isEmpty ? "none is installed" : "found only \(installed.map(String.init).joined(separator: ", "))"
    if let major {
      return "the data was written by PostgreSQL \(major), and \(found); install the Debian package postgresql-\(major)"
    }
    return "PostgreSQL \(majorMin) or newer is needed, and \(found); install the Debian package postgresql"
  }

  private static func folders() -> [String] {
    var folders = searchPath
    folders += folderEntries("/usr/lib/postgresql").map { "/usr/lib/postgresql/\($0)/bin" }
    if let program = find("pg_config"), let said = try? Subprocess(arguments: [program, "--bindir"]).output() {
      folders.append(String(said.text.prefix { $0 != "\n" }))
    }
    return folders.compactMap { folder in
      guard let path = resolve("\(folder)/postgres"), let slash = path.lastIndex(of: "/") else { return nil }
      return String(path[..<slash])
    }
  }

  private static func inspect(_ folder: String) -> PostgresPrograms? {
    guard access("\(folder)/initdb", X_OK) == 0,
      let said = try? Subprocess(arguments: ["\(folder)/postgres", "--version"]).output(), said.status == 0,
      let major = major(inVersion: said.text)
    else { return nil }
    return PostgresPrograms(folder: folder, major: major)
  }

  /// The path of an ordinary program.
  static func find(_ name: String) -> String? {
    (searchPath + ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]).map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// As ``find(_:)``, for one that must be there.
  static func require(_ name: String, package: String) throws(PrivateClusterError) -> String {
    guard let path = find(name) else {
      throw PrivateClusterError("the program \(name) is missing; install the Debian package \(package)")
    }
    return path
  }

  private static var searchPath: [String] {
    guard let path = getenv("PATH") else { return [] }
    // An empty or relative entry would run whatever lies in the present folder.
    return String(cString: path).split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
  }
}

/// A path with its links followed; nil when there is nothing.
func resolve(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}
