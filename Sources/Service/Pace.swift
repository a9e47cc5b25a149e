import EventLoop

/// Work of many milliseconds, done in turns: the loop's connections have theirs in between.
struct Pace {
  /// Of work at a stretch, in nanoseconds.
  private static let turnMax: UInt64 = 1_000_000

  private let loop: EventLoop
  private var begin = monotonicNanoseconds()

  /// A turn begins now.
  init(on loop: EventLoop) { self.loop = loop }

  /// Lets others have their turn, if this one has lasted long enough. Call it between two pieces of the work.
  mutating func breathe() async {
    guard monotonicNanoseconds() &- begin >= Self.turnMax else { return }
    await loop.nextTurn()
    begin = monotonicNanoseconds()
  }
}
