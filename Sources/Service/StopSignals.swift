import CLinux
public import EventLoop
import Glibc

/// SIGTERM and SIGINT, as an event of a loop.
///
/// A handler, and not a signalfd: libdispatch parks the main thread in sigsuspend(2) with no signal blocked, so a blocked
/// signal would still end the process there.
public final class StopSignals: EventHandler, @unchecked Sendable {
  // Touched on the loop alone.
  private var continuation: UnsafeContinuation<Void, Never>?
  private var watch: WatchID?

  public init() {
    let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    precondition(descriptor >= 0, "eventfd: \(String(cString: strerror(errno)))")
    stopDescriptor = descriptor
    for number in [SIGTERM, SIGINT] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = noteStop
      action.sa_flags = SA_RESTART
      sigaction(number, &action, nil)
    }
  }

  /// Waits for the first of them. A second one ends the process at once, for whoever cannot wait.
  public func wait(on loop: EventLoop) async {
    await withUnsafeContinuation { continuation in
      loop.execute {
        self.continuation = continuation
        do {
          self.watch = try loop.watch(stopDescriptor, .readable, isEdgeTriggered: true, handler: self)
        } catch {
          preconditionFailure("signals cannot be watched: \(error)")
        }
      }
    }
  }

  public func ready(_ readiness: Readiness) {
    continuation.take()?.resume()
  }
}

/// Written once, before the handler is installed; a C handler can reach nothing else.
nonisolated(unsafe) private var stopDescriptor: Int32 = -1
/// Touched by the handler alone.
nonisolated(unsafe) private var isStopping = false

/// Runs on whichever thread the kernel picks, and may do only what is safe there (signal-safety(7)).
private nonisolated func noteStop(_ number: Int32) {
  if isStopping { _exit(1) }
  isStopping = true
  var one: UInt64 = 1
  _ = write(stopDescriptor, &one, 8)
}
