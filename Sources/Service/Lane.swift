import EventLoop
import Ledger
import Postgres

/// Collects the operations of some organisations, and commits those of one together while the next ones gather: no timer, no linger.
/// A commit thus carries hundreds of operations when it is busy, and one when it is idle.
///
/// Invariants:
/// 1. a batch is of one organisation, which has one at a time; organisations take turns;
/// 2. operations that came by one key are decided in the order of their arrival, and keys of an organisation take turns;
/// 3. an organisation that lets others wait, since somebody else holds its head or its statements time out, is in trouble until a
///    batch of its own has passed; those in trouble never have more than ``troubledMax`` of the lane's connections;
/// 4. nobody waits for longer than ``patience`` before their batch begins.
///
/// `@unchecked Sendable` holds because everything but `submit` and `close` runs on the loop's thread.
final class Lane: @unchecked Sendable {
  typealias Answer = Result<Written, WriteFailure>
  private typealias Pending = BatchRun.Pending

  /// An organisation of this lane. Touched on its loop alone, as all of this.
  private final class Member: @unchecked Sendable {
    enum State {
      /// Nothing of it waits.
      case idle
      case inLine
      case atWork
      /// Somebody else holds its head; it is tried again in a moment.
      case aside
    }

    let number: Int32
    var state = State.idle
    var line = FairLine<Pending>()
    /// How long it is set aside next; nil while it is not in trouble.
    var trouble: Backoff?
    /// Whether it was said that clocks disagree.
    var isLeapNoted = false

    init(_ number: Int32) { self.number = number }
  }

  /// Operations in a transaction: beyond this a batch gains nothing and only delays whoever is in it.
  static let batchCountMax = 512
  /// Bytes in a transaction, as ``Submission/byteCount`` estimates them, for the same reason.
  static let batchBytesMax = 1_024 * 1_024
  /// Operations waiting: some seconds of work, after which a caller is better told to come back.
  static let waitingCountMax = 16_384
  /// Of one organisation.
  static let waitingCountMaxOfOne = 4_096
  /// How long an operation waits for its batch to begin.
  static let patience = Duration.seconds(10)
  /// Batches at once, each of another organisation.
  static let connectionsMax = 4
  /// Of those in trouble.
  static let troubledMax = 2
  /// How long a batch waits for its organisation's head: some batches of other servers of the same organisation.
  private static let headWait = Duration.milliseconds(100)
  /// The same in trouble: nobody else waits for that, and whoever waits for long has their turn for sure.
  private static let headWaitInTrouble = Duration.milliseconds(500)
  private static let asideMax = Duration.milliseconds(500)
  /// Between two looks for those who have waited for too long.
  private static let lookInterval = Duration.milliseconds(250)

  private let loop: EventLoop
  private let log: Log
  private let connections: LaneConnections
  private var members: [Int32: Member] = [:]
  private var turns = WaitingLine<Member>()
  private var turnsOfTroubled = WaitingLine<Member>()
  private var waitingCount = 0
  private var atWorkCount = 0
  private var troubledAtWorkCount = 0
  private var isLooking = false
  private var isClosed = false
  /// Those who wait for the lane to be closed.
  private var closers: [UnsafeContinuation<Void, Never>] = []

  init(_ settings: ConnectionSettings, on loop: EventLoop, log: Log) {
    self.loop = loop
    self.log = log
    connections = LaneConnections(settings, headWait: Self.headWait, on: loop)
  }

  // MARK: From any thread

  func submit(_ submission: Submission) async -> Answer {
    await withUnsafeContinuation { continuation in
      let add: @Sendable () -> Void = { self.add(submission) { continuation.resume(returning: $0) } }
      if loop.isCurrent { add() } else { loop.execute(add) }
    }
  }

  /// Hands over several at once; the answers come in the same order.
  func submit(_ submissions: [Submission]) async -> [Answer] {
    if submissions.isEmpty { return [] }
    return await withUnsafeContinuation { continuation in
      loop.execute {
        let answers = AnswerList(count: submissions.count, continuation)
        for (index, submission) in submissions.enumerated() {
          self.add(submission) { answers.set(index, $0) }
        }
      }
    }
  }

  /// Waits for the batches under way, then closes the connections. What waits behind them, or comes later, is answered
  /// `unavailable`: a database that is silent just now would make each further batch wait as long as the first.
  func close() async {
    await withUnsafeContinuation { continuation in
      loop.execute {
        self.isClosed = true
        self.closers.append(continuation)
        for member in self.members.values { self.refuse(member) { _ in true } }
        self.endWhenIdle()
      }
    }
  }

  // MARK: On the loop

  private func add(_ submission: Submission, _ answer: @escaping (Answer) -> Void) {
    guard !isClosed else { return answer(.failure(.unavailable)) }
    let member = member(submission.organization)
    guard waitingCount < Self.waitingCountMax, member.line.count < Self.waitingCountMaxOfOne else {
      return answer(.failure(.overloaded))
    }
    // The turn may have begun long ago; the clock itself says when it came.
    member.line.append(
      Pending(submission: submission, since: monotonicNanoseconds(), answer: answer), of: submission.key)
    waitingCount += 1
    lookForLate()
    guard member.state == .idle else { return }
    enterLine(member)
    serve()
  }

  private func member(_ number: Int32) -> Member {
    if let member = members[number] { return member }
    let member = Member(number)
    members[number] = member
    return member
  }

  private func enterLine(_ member: Member) {
    member.state = .inLine
    if member.trouble == nil { turns.append(member) } else { turnsOfTroubled.append(member) }
  }

  /// Begins as many batches as may be under way.
  private func serve() {
    while atWorkCount < Self.connectionsMax, let member = next() {
      let isTroubled = member.trouble != nil
      member.state = .atWork
      atWorkCount += 1
      if isTroubled { troubledAtWorkCount += 1 }
      loop.spawn { await self.work(member, isTroubled: isTroubled) }
    }
  }

  /// Those in trouble come first, since they have few places and long pauses.
  private func next() -> Member? {
    if troubledAtWorkCount < Self.troubledMax, let member = turnsOfTroubled.popFirst() { return member }
    return turns.popFirst()
  }

  /// Says so once, until a batch of the same organisation finds the clocks agreeing.
  private func note(_ leap: Refusal?, of member: Member) {
    if let leap, !member.isLeapNoted { log.error(leap.code.rawValue, ["detail": leap.detail]) }
    member.isLeapNoted = leap != nil
  }

  private func work(_ member: Member, isTroubled: Bool) async {
    let batch = takeBatch(from: member)
    var left: [Pending] = []
    if !batch.isEmpty {
      let run = BatchRun(batch, on: connections, headWait: isTroubled ? Self.headWaitInTrouble : nil, log: log)
      left = await run.run()
      note(run.clockLeap, of: member)
      if !run.hasTimedOut {
        member.trouble = nil
      } else if !isTroubled {
        member.trouble = Backoff(limit: Self.asideMax)
      }
    }
    atWorkCount -= 1
    if isTroubled { troubledAtWorkCount -= 1 }
    settle(member, left)
    serve()
    endWhenIdle()
  }

  private func takeBatch(from member: Member) -> [Pending] {
    var batch: [Pending] = []
    var byteCount = 0
    while batch.count < Self.batchCountMax, byteCount < Self.batchBytesMax, let pending = member.line.popFirst() {
      byteCount += pending.submission.byteCount
      batch.append(pending)
    }
    waitingCount -= batch.count
    return batch
  }

  /// - Parameter left: what could not be decided yet.
  private func settle(_ member: Member, _ left: [Pending]) {
    member.line.putBack(left.map { ($0.submission.key, $0) })
    waitingCount += left.count
    lookForLate()
    if isClosed { refuse(member) { _ in true } }
    if member.line.isEmpty {
      member.state = .idle
      if member.trouble == nil, !member.isLeapNoted { members[member.number] = nil }
    } else if !left.isEmpty, let pause = member.trouble?.next(random: .random(in: 0..<1)) {
      member.state = .aside
      _ = loop.schedule(after: pause) { [self] in
        enterLine(member)
        serve()
      }
    } else {
      enterLine(member)
    }
  }

  // MARK: Patience

  /// Looks from time to time while anybody waits.
  private func lookForLate() {
    guard !isLooking, waitingCount > 0 else { return }
    isLooking = true
    _ = loop.schedule(after: Self.lookInterval) { [self] in
      isLooking = false
      let since = loop.now &- UInt64(Self.patience / .nanoseconds(1))
      for member in members.values {
        let count = refuse(member) { $0.since < since }
        if count > 0 {
          log.warning(
            "operations waited in vain",
            [
              "organization": "\(member.number)", "operations": "\(count)",
              "detail": member.state == .aside ? "somebody else holds its head" : "those before them take too long",
            ])
        }
      }
      lookForLate()
    }
  }

  /// Nothing of what waits was recorded.
  /// - Returns: how many these were.
  @discardableResult
  private func refuse(_ member: Member, where isLate: (Pending) -> Bool) -> Int {
    let late = member.line.removeFirst(where: isLate)
    waitingCount -= late.count
    for pending in late { pending.answer(.failure(.unavailable)) }
    return late.count
  }

  private func endWhenIdle() {
    guard isClosed, atWorkCount == 0 else { return }
    connections.close()
    for closer in closers { closer.resume() }
    closers = []
  }
}

/// Collects the answers to several operations; confined to their lane's loop.
private final class AnswerList {
  private var answers: [Lane.Answer?]
  private var missing: Int
  private let continuation: UnsafeContinuation<[Lane.Answer], Never>

  init(count: Int, _ continuation: UnsafeContinuation<[Lane.Answer], Never>) {
    answers = Array(repeating: nil, count: count)
    missing = count
    self.continuation = continuation
  }

  func set(_ index: Int, _ answer: Lane.Answer) {
    answers[index] = answer
    missing -= 1
    if missing == 0 { continuation.resume(returning: answers.compactMap { $0 }) }
  }
}
