import EventLoop

/// Notices when a server that owes an answer says nothing for too long: `statement_timeout` cannot help when the server
/// or the network is gone without a word. Touched on the loop's thread alone.
///
/// The timer runs on while queries come and go, since arming one for each would cost more than a look now and then.
final class SilenceWatch {
  /// Nil means never.
  var limit: Duration?
  private let loop: EventLoop
  private let onSilence: (Duration) -> Void
  /// The moment of the last sign of life; nil while no answer is due.
  private var lastSign: UInt64?
  private var timer: LoopTimer?

  init(_ loop: EventLoop, limit: Duration?, onSilence: @escaping (Duration) -> Void) {
    self.loop = loop
    self.limit = limit
    self.onSilence = onSilence
  }

  /// An answer is due from now on.
  func start() {
    lastSign = loop.now
    guard timer == nil, let limit else { return }
    arm(after: limit)
  }

  /// The server said something.
  func progress() {
    if lastSign != nil { lastSign = loop.now }
  }

  /// No answer is due.
  func stop() { lastSign = nil }

  /// Drops the timer too.
  func end() {
    stop()
    if let timer { loop.cancel(timer) }
    timer = nil
  }

  private func arm(after delay: Duration) {
    timer = loop.schedule(after: delay) { [weak self] in self?.look() }
  }

  private func look() {
    timer = nil
    guard let lastSign, let limit else { return }
    let quiet = Duration.nanoseconds(Int64(loop.now &- lastSign))
    if quiet < limit { arm(after: limit - quiet) } else { onSilence(limit) }
  }
}
