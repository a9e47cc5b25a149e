import CLibPQ
import EventLoop
import Glibc

/// Runs `body`, which may block, on a thread of its own while the calling task, one of `loop`, is suspended. For name
/// look-ups and cancel requests, which libpq does not offer otherwise; their number is bounded by that of the connections.
func offLoop<T: Sendable>(_ loop: EventLoop, _ body: @escaping @Sendable () -> T) async -> T {
  await withUnsafeContinuation { continuation in
    startThread {
      let value = body()
      loop.execute { continuation.resume(returning: value) }
    }
  }
}

/// Runs `body` on a thread of its own, or here when the kernel grants none.
func startThread(_ body: @escaping @Sendable () -> Void) {
  let box = Unmanaged.passRetained(ThreadBody(body))
  var handle = pthread_t()
  guard pthread_create(&handle, nil, runThread, box.toOpaque()) == 0 else { return box.takeRetainedValue().body() }
  pthread_detach(handle)
}

private final class ThreadBody: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private nonisolated func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  // `startThread` retained the body for exactly this.
  Unmanaged<ThreadBody>.fromOpaque(argument!).takeRetainedValue().body()
  return nil
}

/// A libpq object on its way from one thread to another, with one user at a time; hence `@unchecked Sendable` holds.
struct Handover: @unchecked Sendable {
  let pointer: OpaquePointer?
}

extension PostgresConnection {
  /// Asks the server to cancel what it is doing, by a connection of its own. Nothing waits for it.
  func cancelOffLoop() {
    guard let raw, let cancel = PQgetCancel(raw) else { return }
    let handover = Handover(pointer: cancel)
    startThread {
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
        _ = PQcancel(handover.pointer, message.baseAddress, 256)
      }
      PQfreeCancel(handover.pointer)
    }
  }
}
