/// Who may use which of a bounded number of exclusive connections. No I/O.
///
/// Invariants:
/// 1. at most `limit` connections exist, those being opened included;
/// 2. nobody waits while a connection is idle or could be opened;
/// 3. at most `waitersMax` wait, served in the order of their coming.
struct Leases<Connection: AnyObject, Waiter: AnyObject> {
  enum Answer {
    case use(Connection)
    /// Open one, and tell ``lost()`` when that fails.
    case open
    case wait
    case refuse
  }

  let limit: Int
  let waitersMax: Int
  private var idle: [Connection] = []
  private(set) var openCount = 0
  /// Few enough for a plain array.
  private var waiters: [Waiter] = []

  init(limit: Int, waitersMax: Int) {
    self.limit = limit
    self.waitersMax = waitersMax
  }

  var waiterCount: Int { waiters.count }
  var leasedCount: Int { openCount - idle.count }

  /// After `.wait` the caller calls ``wait(_:)``.
  mutating func request() -> Answer {
    if let connection = idle.popLast() { return .use(connection) }
    if openCount < limit {
      openCount += 1
      return .open
    }
    return waiterCount < waitersMax ? .wait : .refuse
  }

  mutating func wait(_ waiter: Waiter) { waiters.append(waiter) }

  mutating func leave(_ waiter: Waiter) { waiters.removeAll { $0 === waiter } }

  /// - Returns: the waiter who has the connection now; nil when it is idle.
  mutating func giveBack(_ connection: Connection) -> Waiter? {
    if let waiter = nextWaiter() { return waiter }
    idle.append(connection)
    return nil
  }

  /// A leased connection ended, or could not be opened.
  /// - Returns: the waiter who shall open another.
  mutating func lost() -> Waiter? {
    // Whoever opens takes the lost one's place.
    if let waiter = nextWaiter() { return waiter }
    openCount -= 1
    return nil
  }

  /// An idle connection ended.
  /// - Returns: whether it was idle.
  mutating func remove(idle connection: Connection) -> Bool {
    guard let index = idle.firstIndex(where: { $0 === connection }) else { return false }
    idle.remove(at: index)
    openCount -= 1
    return true
  }

  /// Takes all waiters out, and all idle connections.
  mutating func clear() -> (waiters: [Waiter], idle: [Connection]) {
    defer {
      openCount -= idle.count
      waiters = []
      idle = []
    }
    return (waiters, idle)
  }

  private mutating func nextWaiter() -> Waiter? { waiters.isEmpty ? nil : waiters.removeFirst() }
}
