import EventLoop
import Postgres

/// Waits, on one loop, until logs have reached the positions that reads ask for. However many wait for an organisation's, PostgreSQL
/// is asked for its head by one of them, so a storm of those who ask for what never comes costs no more than one.
///
/// `@unchecked Sendable` holds because it is touched on its loop's thread only.
final class HeadWatch: @unchecked Sendable {
  private struct Waiter {
    let position: Int64
    /// By the loop's clock.
    let deadline: UInt64
    let end: UnsafeContinuation<Result<Bool, PostgresError>, Never>
  }

  /// How long a read waits.
  static let patience = Duration.seconds(2)
  private static let pause = Duration.milliseconds(20)
  private static let head = SQL.statement("head_position")

  let pool: PostgresPool
  /// The last head of each organisation that was asked for.
  private var seen: [Int32: Int64] = [:]
  private var waiters: [Int32: [Waiter]] = [:]
  /// How often a head was asked for.
  private(set) var questionCount = 0

  init(_ pool: PostgresPool) { self.pool = pool }

  /// - Returns: whether the log was there within ``patience``.
  func reach(_ position: Int64, of organization: Int32) async throws(PostgresError) -> Bool {
    if let seen = seen[organization], seen >= position { return true }
    let deadline = pool.loop.now &+ UInt64(Self.patience / .nanoseconds(1))
    let result = await withUnsafeContinuation { continuation in
      let isFirst = waiters[organization] == nil
      waiters[organization, default: []].append(Waiter(position: position, deadline: deadline, end: continuation))
      if isFirst { pool.loop.spawn { [self] in await follow(organization) } }
    }
    return try result.get()
  }

  /// Asks for the head until nobody waits for it any more.
  private func follow(_ organization: Int32) async {
    while true {
      let head = await askHead(of: organization)
      if case .success(let head) = head { seen[organization] = head }
      let late = pool.loop.now
      // Whoever has joined meanwhile is among them: what they ask for is there at whichever moment it was.
      var patient: [Waiter] = []
      for waiter in waiters[organization] ?? [] {
        switch head {
        case .success(let head) where head >= waiter.position: waiter.end.resume(returning: .success(true))
        case .success where late < waiter.deadline: patient.append(waiter)
        case .success: waiter.end.resume(returning: .success(false))
        case .failure(let error): waiter.end.resume(returning: .failure(error))
        }
      }
      waiters[organization] = patient.isEmpty ? nil : patient
      if patient.isEmpty { return }
      await pool.loop.sleep(for: Self.pause)
    }
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
