/// When a connection's plans are made anew. PostgreSQL keeps the plan of a prepared statement until statistics of its tables come, and
/// one that was made for an empty table would be kept for what the table is now. Plans made anew go by the table's present size.
///
/// The interval doubles each time: a young table outgrows its plans fast, and a grown one hardly ever makes anybody wait for planning.
struct PlanAge {
  /// In nanoseconds.
  private var most: UInt64
  private var madeAt: UInt64

  /// - Parameter first: how old the first plans get.
  init(first: Duration, at now: UInt64) {
    most = UInt64(first.milliseconds) * 1_000_000
    madeAt = now
  }

  /// Whether plans are to be made anew, which begins the next interval.
  mutating func ends(at now: UInt64) -> Bool {
    guard now > madeAt &+ most else { return false }
    madeAt = now
    most &*= 2
    return true
  }
}

extension PostgresConnection {
  private static let discardPlans = Statement("DISCARD PLANS")

  /// Has plans made anew that have become old. Call it before statements are sent.
  public func renewPlans() async throws(PostgresError) {
    guard planAge.ends(at: loop.now) else { return }
    _ = try await query(Self.discardPlans)
  }
}
