import Glibc

/// File descriptors of this process: a connection takes one, and whoever may hold too few can be shut out by idle clients.
enum Descriptors {
  /// For pools, lanes, loops, PostgreSQL's files and connections that are being refused.
  private static let reserve = 512

  /// Raises the limit as far as the system lets it (`ulimit -Hn`).
  /// - Returns: how many connections may be held at once; at least a few, so that a small limit shows as 503.
  static func raise() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return 64 }
    var raised = limit
    raised.rlim_cur = limit.rlim_max
    // A limit that cannot be raised is the one that holds.
    if setrlimit(resource, &raised) == 0 { limit = raised }
    return max(64, Int(clamping: limit.rlim_cur) - reserve)
  }
}
