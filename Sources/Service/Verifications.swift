import EventLoop
import Ledger
import Postgres

/// Verifications that are asked for over HTTP. One at a time of an organisation; whoever asks for the same meanwhile is answered
/// with its result. They have a thread that yields to all others, and connections of their own, so however many are asked for,
/// nobody else waits behind them.
///
/// Invariants:
/// 1. of an organisation at most one is at work, and in the process at most ``atOnceMax``; the others wait in the order of their
///    coming;
/// 2. a report is of the log as it stood when that verification began: see ``report(on:since:against:atLeast:)``.
///
/// Everything but `report` and `close` is touched on the loop's thread alone, which makes `@unchecked Sendable` hold.
final class Verifications: @unchecked Sendable {
  typealias Result = Swift.Result<Verifier.Report, any Error>

  /// What is verified, and against what. Whoever asks for the same shares the answer.
  private struct Subject: Equatable {
    let organization: Int32
    let since: Verifier.Witness?
    let against: Verifier.Witness?
  }

  /// Touched on the loop's thread alone, as all of this.
  private final class Verification: @unchecked Sendable {
    let subject: Subject
    var isAtWork = false
    var waiting: [UnsafeContinuation<Result, Never>] = []

    init(_ subject: Subject) { self.subject = subject }
  }

  /// Each keeps a process of PostgreSQL's busy.
  private static let atOnceMax = 4
  /// Requests that wait: beyond, a caller is better told to come back.
  private static let waitingCountMax = 1_024

  private let loop: EventLoop
  private let pool: PostgresPool
  private var line: [Verification] = []
  private var waitingCount = 0

  init(_ settings: ConnectionSettings) async throws {
    let loop = try EventLoop(label: "laurel-verify", isBackground: true)
    var limits = PostgresPool.Limits()
    (limits.sharedConnections, limits.longConnections) = (0, 0)
    limits.exclusiveConnections = Self.atOnceMax
    self.loop = loop
    let bounded = limits
    pool = await loop.run { PostgresPool(settings, limits: bounded, on: loop) }
  }

  /// Verifies, or waits for a verification of the same that is under way.
  /// - Parameter position: what the caller has seen of the log: a report that ends before it is not for them.
  func report(
    on organization: Int32, since: Verifier.Witness?, against: Verifier.Witness?, atLeast position: Int64
  ) async throws -> Verifier.Report {
    let subject = Subject(organization: organization, since: since, against: against)
    while true {
      let report = try await withUnsafeContinuation { (continuation: UnsafeContinuation<Result, Never>) in
        loop.execute { self.add(continuation, for: subject) }
      }.get()
      // What was under way may have begun before; the next one cannot have.
      if report.position >= position || !report.isSound { return report }
    }
  }

  /// Lets what is under way end.
  func close() async {
    let pool = pool
    await loop.spawn { await pool.close() }.value
    loop.stop()
  }

  // MARK: On the loop

  private func add(_ continuation: UnsafeContinuation<Result, Never>, for subject: Subject) {
    guard waitingCount < Self.waitingCountMax else {
      return continuation.resume(returning: .failure(PostgresError(.overloaded, "\(waitingCount) verifications wait")))
    }
    waitingCount += 1
    if let same = line.first(where: { $0.subject == subject }) {
      same.waiting.append(continuation)
    } else {
      let verification = Verification(subject)
      verification.waiting.append(continuation)
      line.append(verification)
      beginNext()
    }
  }

  private func beginNext() {
    var busy: Set<Int32> = []
    var atWork = 0
    for verification in line where verification.isAtWork {
      busy.insert(verification.subject.organization)
      atWork += 1
    }
    for verification in line where atWork < Self.atOnceMax && !verification.isAtWork {
      guard busy.insert(verification.subject.organization).inserted else { continue }
      verification.isAtWork = true
      atWork += 1
      loop.spawn { [self] in
        let result = await work(on: verification)
        end(verification, result)
      }
    }
  }

  private func work(on verification: Verification) async -> Result {
    do {
      return .success(
        try await pool.transaction { transaction in
          let subject = verification.subject
          return try await Verifier.verify(
            subject.organization, since: subject.since, against: subject.against, in: transaction)
        })
    } catch {
      return .failure(error)
    }
  }

  private func end(_ verification: Verification, _ result: Result) {
    line.removeAll { $0 === verification }
    waitingCount -= verification.waiting.count
    for continuation in verification.waiting { continuation.resume(returning: result) }
    beginNext()
  }
}
