import CLinux
public import EventLoop
import Glibc

/// SIGTERM and SIGINT, as events of a loop. Made before any other thread, so that every thread inherits the block.
public final class StopSignals: @unchecked Sendable {
  // `descriptor` never changes; the rest is touched on the loop alone.
  private let descriptor: Int32
  private var continuation: UnsafeContinuation<Void, Never>?
  private var watch: WatchID?

  public init() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    descriptor = signalfd(-1, &signals, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    precondition(descriptor >= 0, "signalfd: \(String(cString: strerror(errno)))")
  }

  /// Waits for the first of them. A second one ends the process at once, for whoever cannot wait.
  public func wait(on loop: EventLoop) async {
    await withUnsafeContinuation { continuation in
      loop.execute {
        self.continuation = continuation
        do {
          self.watch = try loop.watch(self.descriptor, .readable, isEdgeTriggered: true, handler: self)
        } catch {
          preconditionFailure("signals cannot be watched: \(error)")
        }
      }
    }
  }
}

extension StopSignals: EventHandler {
  public func ready(_ readiness: Readiness) {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    while read(descriptor, &information, size) == size {
      guard let waiting = continuation.take() else { _exit(1) }
      waiting.resume()
    }
  }
}
