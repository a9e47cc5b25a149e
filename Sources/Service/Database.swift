import Glibc
import Postgres

/// Where the data are: a PostgreSQL that the operator runs, or a private one under a state folder.
public struct Database: Sendable {
  /// For migrations: the role that owns the schema.
  let owner: ConnectionSettings
  /// For everything else: the role that cannot rewrite the log.
  private(set) var runtime: ConnectionSettings
  /// The private PostgreSQL, if it is one.
  let cluster: PrivateCluster?
  /// Whether owner and runtime are one login; one that owns the schema could undo what its role forbids.
  let isOneLogin: Bool

  static let schema = "laurel"
  static let runtimeRole = "laurel_runtime"

  /// Opens what the operator named. Blocks while a private PostgreSQL starts.
  /// - Parameters:
  ///   - url: of the runtime role's login, or the only one.
  ///   - ownerURL: of the schema's owner; nil when `url` serves for both.
  ///   - state: the folder of a private PostgreSQL, used when there is no `url`.
  ///   - mayCreate: whether to make a private PostgreSQL where there is none; else ``NoPrivateCluster`` is thrown.
  ///   - acceptsClock: whether its clock is right whatever others say.
  public static func open(
    url: String?, ownerURL: String?, state: String, mayCreate: Bool = true, acceptsClock: Bool = false, log: Log
  ) throws -> Database {
    var database: Database
    if let url = url ?? ownerURL {
      database = try Database(ownerURL: ownerURL ?? url, url: url, cluster: nil, isOneLogin: ownerURL == nil, log)
    } else {
      let cluster = try PrivateCluster.join(state: state, mayCreate: mayCreate) {
        log.info("private_database", ["detail": $0])
      }
      database = try Database(
        ownerURL: cluster.ownerURL, url: cluster.runtimeURL, cluster: cluster, isOneLogin: false, log)
    }
    // What reads the books asks for it, so that whatever writes by this database knows.
    if acceptsClock { database.runtime.parameters.append(("laurel.accept_clock", "on")) }
    return database
  }

  private init(ownerURL: String, url: String, cluster: PrivateCluster?, isOneLogin: Bool, _ log: Log) throws {
    func settings(_ url: String) throws -> ConnectionSettings {
      var settings = try ConnectionSettings(url)
      settings.parameters = [("search_path", Self.schema)]
      settings.onNotice = { notice in
        if notice.severity == "WARNING" { log.warning("postgresql", ["detail": notice.message]) }
      }
      return settings
    }
    owner = try settings(ownerURL)
    var runtime = try settings(url)
    runtime.role = Self.runtimeRole
    // Every statement is written to be planned once: planning one anew would cost more than running it.
    runtime.parameters += [("plan_cache_mode", "force_generic_plan"), ("jit", "off")]
    self.runtime = runtime
    self.cluster = cluster
    self.isOneLogin = isOneLogin
  }

  /// Lets go of a private PostgreSQL; whoever is last stops it.
  public func close() { cluster?.leave() }
}
