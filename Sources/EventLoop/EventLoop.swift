import CLinux
import Glibc
import Synchronization

/// One thread, one epoll instance, one Swift `TaskExecutor`.
///
/// A turn of the loop: run the jobs that are ready, flush what they produced, wait for descriptors, hand out their
/// events, run due timers. Everything that belongs to a loop (descriptors, timers, connections) is touched on its thread
/// alone and therefore needs no lock. Only ``enqueue(_:)``, ``execute(_:)``, ``spawn(_:)`` and ``stop()`` may be
/// called from elsewhere; they go through the inbox.
///
/// Invariants:
/// 1. `inbox` is the only state shared between threads;
/// 2. a wake-up is written only when the inbox goes from empty to filled, so a busy loop costs its callers no system call;
/// 3. an event is delivered only to the watch that it was registered for: epoll data carry slot and generation.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
  private struct Inbox: ~Copyable {
    var jobs: [UnownedJob] = []
    var work: [@Sendable () -> Void] = []
    var isStopping = false
    var isEmpty: Bool { jobs.isEmpty && work.isEmpty && !isStopping }
  }

  private struct Slot {
    var handler: (any EventHandler)?
    var generation: UInt32 = 0
  }

  public let label: String
  private let isBackground: Bool
  private let epoll: Int32
  private let wakeUp: Int32
  private let inbox = Mutex(Inbox())
  /// Set once, by the loop's thread, before it runs anything.
  private let thread = Atomic<UInt>(0)

  // Below: the loop's thread only, which is what makes `@unchecked Sendable` hold.
  private var ready: [UnownedJob] = []
  private var running: [UnownedJob] = []
  private var flushes: [any Flushable] = []
  private var timers = TimerHeap()
  private var slots: [Slot] = []
  private var freeSlots: [Int] = []
  private var isStopping = false
  /// The monotonic clock in nanoseconds, read once a turn.
  public private(set) var now: UInt64 = monotonicNanoseconds()

  /// Starts the thread. It runs until ``stop()``.
  /// - Parameter isBackground: whether it yields to all others, for work that nobody waits a millisecond for.
  /// - Throws: when the kernel refuses a descriptor or a thread.
  public init(label: String, isBackground: Bool = false) throws(SystemError) {
    self.label = label
    self.isBackground = isBackground
    epoll = try retrying("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
    do {
      wakeUp = try retrying("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) }
    } catch {
      close(epoll)
      throw error
    }
    // Slot 0 is the wake-up's.
    slots.append(Slot(handler: nil, generation: 0))
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.u64 = 0
    try retrying("epoll_ctl") { epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event) }

    var handle = pthread_t()
    let thread = Unmanaged.passRetained(self)
    let code = pthread_create(&handle, nil, startLoop, thread.toOpaque())
    guard code == 0 else {
      thread.release()
      throw SystemError("pthread_create", code: code)
    }
    pthread_detach(handle)
  }

  deinit {
    close(wakeUp)
    close(epoll)
  }

  // MARK: From any thread

  /// Whether the caller is on this loop's thread.
  public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

  /// Traps in debug builds when the caller is on another thread.
  public func assertCurrent() { assert(isCurrent, "off the thread of \(label)") }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isCurrent {
      ready.append(job)
    } else {
      post { $0.jobs.append(job) }
    }
  }

  /// Runs `work` on the loop's thread, in order of arrival.
  public func execute(_ work: @escaping @Sendable () -> Void) {
    post { $0.work.append(work) }
  }

  /// Starts a task whose nonisolated code runs on this loop.
  @discardableResult
  public func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    Task(executorPreference: self, operation: body)
  }

  /// Ends the loop after its present turn; whatever waits on it then waits for ever, so drain first.
  public func stop() {
    post { $0.isStopping = true }
  }

  private func post(_ change: (inout Inbox) -> Void) {
    let wasEmpty = inbox.withLock { inbox in
      let wasEmpty = inbox.isEmpty
      change(&inbox)
      return wasEmpty
    }
    if wasEmpty { signalWakeUp() }
  }

  private func signalWakeUp() {
    var one: UInt64 = 1
    // EAGAIN means that the counter is full: a wake-up is pending then.
    _ = write(wakeUp, &one, 8)
  }

  // MARK: On the loop's thread

  /// Calls `handler.ready` whenever `fd` is ready for `interest`, until ``unwatch(_:fd:)``.
  /// - Parameter isEdgeTriggered: one report for each change, for who reads until EAGAIN; else as long as it is ready.
  public func watch(
    _ fd: Int32, _ interest: Readiness, isEdgeTriggered: Bool, handler: any EventHandler
  ) throws(SystemError) -> WatchID {
    assertCurrent()
    let index: Int
    if let free = freeSlots.popLast() {
      index = free
    } else {
      index = slots.count
      slots.append(Slot())
    }
    let id = WatchID(index: UInt32(index), generation: slots[index].generation)
    do {
      try control(EPOLL_CTL_ADD, fd, id, interest, isEdgeTriggered)
    } catch {
      freeSlots.append(index)
      throw error
    }
    slots[index].handler = handler
    return id
  }

  /// Changes what a level-triggered watch waits for.
  public func modify(_ id: WatchID, fd: Int32, _ interest: Readiness) throws(SystemError) {
    assertCurrent()
    try control(EPOLL_CTL_MOD, fd, id, interest, false)
  }

  /// Ends a watch. Call it before `fd` is closed.
  public func unwatch(_ id: WatchID, fd: Int32) {
    assertCurrent()
    let index = Int(id.index)
    guard slots[index].generation == id.generation, slots[index].handler != nil else { return }
    slots[index].handler = nil
    slots[index].generation &+= 1
    freeSlots.append(index)
    var event = epoll_event()
    // Fails only when the descriptor is gone already, and then there is nothing to remove.
    _ = epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event)
  }

  /// Runs `body` once, `delay` from now.
  @discardableResult
  public func schedule(after delay: Duration, _ body: @escaping () -> Void) -> LoopTimer {
    assertCurrent()
    let timer = LoopTimer(deadline: monotonicNanoseconds() &+ delay.nanoseconds, body: body)
    timers.insert(timer)
    return timer
  }

  public func cancel(_ timer: LoopTimer) {
    assertCurrent()
    guard timer.body != nil else { return }
    timer.body = nil
    timers.noteCancellation()
  }

  /// Suspends the calling task, which must run on this loop.
  public func sleep(for delay: Duration) async {
    await withUnsafeContinuation { continuation in
      _ = schedule(after: delay) { continuation.resume() }
    }
  }

  /// Suspends the calling task, which must run on this loop, until descriptors, timers and the jobs that are ready have had a turn.
  public func nextTurn() async { await sleep(for: .zero) }

  /// Calls `item.flush()` once, after the jobs that are ready now and before the loop waits.
  public func flushLater(_ item: any Flushable) {
    assertCurrent()
    flushes.append(item)
  }

  private func control(
    _ operation: Int32, _ fd: Int32, _ id: WatchID, _ interest: Readiness, _ isEdgeTriggered: Bool
  ) throws(SystemError) {
    var event = epoll_event()
    event.events = interest.rawValue | EPOLLRDHUP.rawValue | (isEdgeTriggered ? EPOLLET.rawValue : 0)
    event.data.u64 = UInt64(id.index) | UInt64(id.generation) << 32
    try retrying("epoll_ctl") { epoll_ctl(epoll, operation, fd, &event) }
  }

  // MARK: The turn

  fileprivate func run() {
    thread.store(UInt(pthread_self()), ordering: .relaxed)
    _ = label.withCString(laurel_name_thread)
    if isBackground { laurel_lower_priority() }
    let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 256)
    defer { events.deallocate() }
    while true {
      runReadyJobs()
      flush()
      if isStopping { return }
      let count = epoll_wait(epoll, events.baseAddress, Int32(events.count), timeoutMilliseconds())
      precondition(count >= 0 || errno == EINTR, "epoll_wait: \(String(cString: strerror(errno)))")
      now = monotonicNanoseconds()
      for event in events.prefix(max(0, Int(count))) { dispatch(event) }
      while let timer = timers.popDue(at: now) {
        let body = timer.body
        timer.body = nil
        body?()
      }
    }
  }

  /// One round: what the jobs enqueue meanwhile waits for the next, so that descriptors are served in between.
  private func runReadyJobs() {
    swap(&ready, &running)
    for job in running { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    running.removeAll(keepingCapacity: true)
  }

  private func flush() {
    // A flush may ask for another one (a connection that fails while it flushes), hence the index.
    var index = 0
    while index < flushes.count {
      flushes[index].flush()
      index += 1
    }
    flushes.removeAll(keepingCapacity: true)
  }

  private func timeoutMilliseconds() -> Int32 {
    if !ready.isEmpty { return 0 }
    guard let deadline = timers.nextDeadline() else { return -1 }
    let now = monotonicNanoseconds()
    if deadline <= now { return 0 }
    // Rounded up: waking early would spin until the deadline.
    return Int32(min((deadline - now) / 1_000_000 + 1, 60_000))
  }

  private func dispatch(_ event: epoll_event) {
    let index = Int(UInt32(truncatingIfNeeded: event.data.u64))
    if index == 0 { return takeInbox() }
    let generation = UInt32(truncatingIfNeeded: event.data.u64 >> 32)
    guard slots[index].generation == generation, let handler = slots[index].handler else { return }
    handler.ready(Readiness(rawValue: event.events))
  }

  private func takeInbox() {
    var counter: UInt64 = 0
    _ = read(wakeUp, &counter, 8)
    var work: [@Sendable () -> Void] = []
    inbox.withLock { inbox in
      if ready.isEmpty {
        swap(&ready, &inbox.jobs)
      } else {
        ready += inbox.jobs
        inbox.jobs.removeAll(keepingCapacity: true)
      }
      swap(&work, &inbox.work)
      isStopping = inbox.isStopping
    }
    for item in work { item() }
  }
}

/// Gets the events of one watched descriptor, on the loop's thread.
public protocol EventHandler: AnyObject {
  func ready(_ readiness: Readiness)
}

/// Has output to hand to the kernel at the end of a turn.
public protocol Flushable: AnyObject {
  func flush()
}

/// What a descriptor is waited for, or ready for: epoll's event bits.
public struct Readiness: OptionSet, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let readable = Readiness(rawValue: EPOLLIN.rawValue)
  public static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
  /// The peer has shut down its sending half; always reported, never asked for.
  public static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
  /// The connection is gone; always reported, never asked for.
  public static let failed = Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
}

/// Names a watch; a later watch in the same slot has another generation.
public struct WatchID: Sendable, Equatable {
  let index: UInt32
  let generation: UInt32
}

public func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}

extension Duration {
  /// Whole nanoseconds, zero for a negative duration.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    return seconds < 0 || attoseconds < 0 ? 0 : UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
  }
}

/// A C callback must not inherit an actor: it runs on the new thread.
private nonisolated func startLoop(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  // `init` retained the loop for exactly this.
  Unmanaged<EventLoop>.fromOpaque(argument!).takeRetainedValue().run()
  return nil
}
