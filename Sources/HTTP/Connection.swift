import EventLoop
import Glibc

/// One client's socket: bytes in and out, and the deadlines. What they mean is decided by ``serve()``.
///
/// Invariants:
/// 1. touched on its loop's thread only, which is what makes `@unchecked Sendable` hold;
/// 2. the watch is edge-triggered and registered once, so `isReadable` and `isWritable` remember what the kernel said;
/// 3. one task at a time uses it, so at most one continuation waits;
/// 4. after `close()` nothing touches the descriptor, which may by then be another connection's.
final class Connection: EventHandler, Flushable, @unchecked Sendable {
  /// What the task waits for.
  private enum Waiting {
    case nothing
    case input(UnsafeContinuation<Void, Never>)
    case output(atMost: Int, behindBy: Int, UnsafeContinuation<Void, Never>)
  }

  /// How a wait for input ended.
  enum Input {
    case bytes(Int)
    case ended
    case timedOut
  }

  private let fd: Int32
  private(set) lazy var peer = PeerAddress(of: fd)
  let roster: Roster
  var loop: EventLoop { roster.loop }
  private(set) var isOpen = true

  private var watch: WatchID?
  private var isReadable = true
  private var isWritable = true
  private var peerHasClosed = false
  private var waiting = Waiting.nothing

  private var output: [UInt8] = []
  private var sent = 0
  private var isFlushPlanned = false

  // Deadlines in nanoseconds of the loop's clock. One timer serves both; a later deadline lets it fire and look again.
  private var inputDeadline = UInt64.max
  private var outputDeadline = UInt64.max
  private var timer: LoopTimer?
  private var timerDeadline = UInt64.max

  init(_ fd: Int32, _ roster: Roster) {
    self.fd = fd
    self.roster = roster
  }

  /// - Returns: false when the kernel refuses; the connection is closed then.
  func open() -> Bool {
    Socket.disableNagle(fd)
    do {
      watch = try loop.watch(fd, [.readable, .writable], isEdgeTriggered: true, handler: self)
      return true
    } catch {
      close()
      return false
    }
  }

  // MARK: Input

  /// Suspends until there is input, and hands it to `take`.
  /// - Parameter deadline: in nanoseconds of the loop's clock.
  /// - Returns: `ended` also when the connection was closed, or when `isIdle` and the server drains.
  func receive(until deadline: UInt64, isIdle: Bool, _ take: (Span<UInt8>) -> Void) async -> Input {
    inputDeadline = deadline
    defer { inputDeadline = .max }
    while isOpen {
      if isReadable {
        switch Socket.receive(fd, into: roster.scratch) {
        case .moved(let count):
          // A short read emptied the socket, unless its end is what follows: that was reported already.
          if count < roster.scratch.count, !peerHasClosed { isReadable = false }
          take(UnsafeRawBufferPointer(rebasing: roster.scratch[..<count]).assumingMemoryBound(to: UInt8.self).span)
          return .bytes(count)
        case .wouldBlock: isReadable = false
        case .ended: return .ended
        case .failed: close()
        }
        continue
      }
      if loop.now >= inputDeadline { return .timedOut }
      if isIdle, roster.isDraining { return .ended }
      arm()
      await withUnsafeContinuation { waiting = .input($0) }
    }
    return .ended
  }

  // MARK: Output

  private var unsent: Int { output.count - sent }

  /// Queues what `append` adds; it is sent at the end of the loop's turn at the latest.
  func send(_ append: (inout [UInt8]) -> Void) {
    guard isOpen else { return }
    append(&output)
    guard !isFlushPlanned else { return }
    isFlushPlanned = true
    loop.flushLater(self)
  }

  /// Suspends while more than a bounded amount waits for the client.
  func outputHasRoom() async {
    guard unsent > roster.configuration.unsentBytesMax else { return }
    flush()
    await outputFalls(to: roster.configuration.unsentBytesMax / 2)
    // A fast client and a fast producer would otherwise have the loop for themselves.
    await Task.yield()
  }

  /// Suspends until all output is with the kernel, or the connection closed.
  func outputIsSent() async {
    flush()
    await outputFalls(to: 0)
  }

  private func outputFalls(to limit: Int) async {
    guard isOpen, unsent > limit else { return }
    let bytes = unsent
    roster.fallsBehind(by: bytes)
    // A timer that fired for the input's sake left none for what was unsent already.
    arm()
    await withUnsafeContinuation { waiting = .output(atMost: limit, behindBy: bytes, $0) }
  }

  func flush() {
    isFlushPlanned = false
    guard isOpen, unsent > 0 else { return }
    let before = sent
    while isWritable, unsent > 0 {
      switch output.withUnsafeBytes({ Socket.send(fd, UnsafeRawBufferPointer(rebasing: $0[sent...])) }) {
      case .moved(let count): sent += count
      case .wouldBlock, .ended: isWritable = false
      case .failed: return close()
      }
    }
    if unsent == 0 {
      // A stream's or an export's memory is not kept for the small answers that follow.
      output.removeAll(keepingCapacity: output.capacity <= 64 * 1024)
      sent = 0
      outputDeadline = .max
    } else if sent > before || outputDeadline == .max {
      output.removeSubrange(..<sent)
      sent = 0
      outputDeadline = roster.deadline(after: roster.configuration.writeTimeout)
      arm()
    }
    if case .output(let limit, _, _) = waiting, unsent <= limit { wake() }
  }

  /// Tells the client that nothing more will come.
  func endOutput() {
    if isOpen { Socket.shutdownSending(fd) }
  }

  // MARK: Events

  func ready(_ readiness: Readiness) {
    if !readiness.isDisjoint(with: .failed) {
      // Reset, or both sides have ended: nobody reads an answer. What was received before is still taken.
      guard case .input = waiting else { return close() }
      isReadable = true
    }
    if readiness.contains(.peerClosed) { peerHasClosed = true }
    if !readiness.isDisjoint(with: [.readable, .peerClosed]) { isReadable = true }
    if readiness.contains(.writable) {
      isWritable = true
      flush()
    }
    if isReadable, case .input = waiting { wake() }
  }

  /// An idle connection's task looks again, and finds that the server drains.
  func wakeForDrain() {
    if case .input = waiting { wake() }
  }

  private func wake() {
    let waiting = self.waiting
    self.waiting = .nothing
    switch waiting {
    case .nothing: return
    case .input(let continuation): continuation.resume()
    case .output(_, let bytes, let continuation):
      roster.hasCaughtUp(by: bytes)
      continuation.resume()
    }
  }

  // MARK: Deadlines

  /// When the client's time is over, on the loop's clock; nil unless it is being waited for.
  var waitDeadline: UInt64? {
    switch waiting {
    case .nothing: nil
    case .input: inputDeadline
    case .output: outputDeadline
    }
  }

  /// Whether a client does not take what waits for it.
  var isBehind: Bool {
    if case .output = waiting { true } else { false }
  }

  private func arm() {
    let deadline = min(inputDeadline, outputDeadline)
    guard deadline < timerDeadline else { return }
    if let timer { loop.cancel(timer) }
    timerDeadline = deadline
    let delay = Duration.nanoseconds(Int64(clamping: deadline - min(deadline, loop.now)))
    // Unowned, for `close()` cancels the timer, and every connection is closed before it goes.
    timer = loop.schedule(after: delay) { [unowned self] in timerFired() }
  }

  private func timerFired() {
    timer = nil
    timerDeadline = .max
    if outputDeadline <= loop.now { return abort() }
    if inputDeadline <= loop.now, case .input = waiting { return wake() }
    arm()
  }

  // MARK: The end

  /// Closes at once, with a reset, so that the client cannot take a cut body for a whole one.
  func abort() {
    guard isOpen else { return }
    var option = linger(l_onoff: 1, l_linger: 0)
    _ = setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  /// Makes room for another one.
  func shed() {
    if unsent > 0 { abort() } else { close() }
  }

  func close() {
    guard isOpen else { return }
    isOpen = false
    if let watch { loop.unwatch(watch, fd: fd) }
    _ = Glibc.close(fd)
    if let timer { loop.cancel(timer) }
    timer = nil
    output = []
    sent = 0
    roster.remove(self)
    wake()
  }
}
