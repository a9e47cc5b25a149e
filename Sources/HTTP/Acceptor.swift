import CLinux
import EventLoop
import Glibc

/// The listening socket, on the first loop. Hands each connection to the loop that has the fewest.
final class Acceptor: EventHandler, @unchecked Sendable {
  /// Connections accepted in one go, so that a storm of them leaves the loop time for the others.
  private static let burst = 16
  /// Connections beyond the cap that wait for room to be made or are told that there is none; those beyond these are
  /// just closed.
  private static let surplusMax = 256
  /// How long to leave the queue alone when the process has no descriptor left.
  private static let pause = Duration.milliseconds(100)

  private let fd: Int32
  private let rosters: [Roster]
  private let connectionsMax: Int
  private var loop: EventLoop { rosters[0].loop }
  // Below: the loop's thread only, which is what makes `@unchecked Sendable` hold.
  private var watch: WatchID?
  private var isClosed = false

  init(_ fd: Int32, _ rosters: [Roster], connectionsMax: Int) {
    self.fd = fd
    self.rosters = rosters
    self.connectionsMax = connectionsMax
  }

  func open() throws(SystemError) {
    watch = try loop.watch(fd, .readable, isEdgeTriggered: false, handler: self)
  }

  /// Whoever waits in the kernel's queue is reset.
  func close() {
    if isClosed { return }
    isClosed = true
    if let watch { loop.unwatch(watch, fd: fd) }
    _ = Glibc.close(fd)
  }

  func ready(_ readiness: Readiness) {
    for _ in 0..<Self.burst where !isClosed {
      let connection = laurel_accept(fd, nil, nil)
      if connection >= 0 {
        assign(connection)
        continue
      }
      switch errno {
      case EAGAIN: return
      // No descriptor or memory left: the socket stays readable, so without a pause this would spin.
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: return rest()
      // The connection failed before it was accepted (accept(2) lists the network's errors): the next one may be well.
      default: continue
      }
    }
  }

  private func rest() {
    guard let watch else { return }
    // Cannot fail: the watch exists, and nothing is allocated for it.
    try? loop.modify(watch, fd: fd, [])
    loop.schedule(after: Self.pause) { [self] in
      if !isClosed { try? loop.modify(watch, fd: fd, .readable) }
    }
  }

  private func assign(_ connection: Int32) {
    var total = 0
    var fewest = (count: Int.max, roster: rosters[0])
    for roster in rosters {
      let count = roster.count.load(ordering: .relaxed)
      total += count
      if count < fewest.count { fewest = (count, roster) }
    }
    if total >= connectionsMax + Self.surplusMax {
      _ = Glibc.close(connection)
      return
    }
    let roster = fewest.roster
    roster.count.add(1, ordering: .relaxed)
    let isFull = total >= connectionsMax
    roster.loop.execute { roster.adopt(connection, isFull: isFull) }
  }
}
