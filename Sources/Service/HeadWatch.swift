import EventLoop
import Postgres

/// Waits, on one loop, until logs have reached the positions that reads ask for. However many wait for an organisation's, PostgreSQL
/// is asked for its head by one of them, and again only when somebody joins or a pause is over. So a storm of those who ask for
/// what never comes costs little, and whoever asks for what is there waits for one answer.
///
/// `@unchecked Sendable` holds because it is touched on its loop's thread only.
final class HeadWatch: @unchecked Sendable {
  private typealias End = UnsafeContinuation<Result<Bool, PostgresError>, Never>

  /// Those who wait for one organisation's head.
  private struct Crowd {
    var waiters: [(position: Int64, deadline: UInt64, end: End)] = []
    /// Whether somebody has joined since the head was last asked for.
    var hasNewcomers = true
    /// Where the one who asks sleeps between two questions.
    var sleeper: (timer: LoopTimer, end: UnsafeContinuation<Void, Never>)?
  }

  /// How long a read waits.
  static let patience = Duration.seconds(2)
  private static let head = SQL.statement("head_position")

  private let pool: PostgresPool
  /// Between two questions where nobody joins.
  private let pause: Duration
  private var crowds: [Int32: Crowd] = [:]
  /// How often a head was asked for.
  private(set) var questionCount = 0

  init(_ pool: PostgresPool, pause: Duration = .milliseconds(20)) {
    self.pool = pool
    self.pause = pause
  }

  /// - Returns: whether the log was there within ``patience``.
  func reach(_ position: Int64, of organization: Int32) async throws(PostgresError) -> Bool {
    let deadline = pool.loop.now &+ UInt64(Self.patience / .nanoseconds(1))
    let result = await withUnsafeContinuation { (end: End) in
      if crowds[organization] == nil {
        crowds[organization] = Crowd()
        pool.loop.spawn { [self] in await follow(organization) }
      }
      crowds[organization]?.waiters.append((position, deadline, end))
      crowds[organization]?.hasNewcomers = true
      wake(organization)
    }
    return try result.get()
  }

  /// Asks for the head until nobody waits for it any more.
  private func follow(_ organization: Int32) async {
    while crowds[organization] != nil {
      crowds[organization]?.hasNewcomers = false
      let head = await askHead(of: organization)
      let now = pool.loop.now
      crowds[organization]?.waiters.removeAll { waiter in
        switch head {
        case .success(let head) where head >= waiter.position: waiter.end.resume(returning: .success(true))
        case .success where now < waiter.deadline: return false
        case .success: waiter.end.resume(returning: .success(false))
        case .failure(let error): waiter.end.resume(returning: .failure(error))
        }
        return true
      }
      guard let crowd = crowds[organization], !crowd.waiters.isEmpty else {
        crowds[organization] = nil
        return
      }
      // The question may have been on its way before what a newcomer asks for was there.
      if !crowd.hasNewcomers { await sleep(organization) }
    }
  }

  private func sleep(_ organization: Int32) async {
    await withUnsafeContinuation { end in
      let timer = pool.loop.schedule(after: pause) { [self] in wake(organization) }
      crowds[organization]?.sleeper = (timer, end)
    }
  }

  private func wake(_ organization: Int32) {
    guard let sleeper = crowds[organization]?.sleeper else { return }
    crowds[organization]?.sleeper = nil
    pool.loop.cancel(sleeper.timer)
    sleeper.end.resume()
  }

  private func askHead(of organization: Int32) async -> Result<Int64, PostgresError> {
    questionCount += 1
    do throws(PostgresError) {
      let rows = try await pool.query(Self.head, Parameters { $0.int32(organization) }, isIdempotent: true)
      return .success(try rows.first?.int64(0) ?? 0)
    } catch {
      return .failure(error)
    }
  }
}
