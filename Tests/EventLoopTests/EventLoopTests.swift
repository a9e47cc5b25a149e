import EventLoop
import Glibc
import Synchronization
import Testing

final class Counter: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func add() { count.withLock { $0 += 1 } }
}

@Suite("An event loop")
struct EventLoopTests {
  @Test("runs a task's nonisolated code on its own thread, also after suspensions")
  func affinity() async throws {
    let loop = try EventLoop(label: "test")
    defer { loop.stop() }
    let seen = Mutex<[Bool]>([])
    await loop.spawn {
      seen.withLock { $0.append(loop.isCurrent) }
      await Task.yield()
      seen.withLock { $0.append(loop.isCurrent) }
      await loop.sleep(for: .milliseconds(2))
      seen.withLock { $0.append(loop.isCurrent) }
    }.value
    #expect(seen.withLock { $0 } == [true, true, true])
    #expect(!loop.isCurrent)
  }

  @Test("keeps the order of work that one thread hands over")
  func order() async throws {
    let loop = try EventLoop(label: "test")
    defer { loop.stop() }
    let seen = Mutex<[Int]>([])
    await withCheckedContinuation { continuation in
      for number in 0..<10_000 { loop.execute { seen.withLock { $0.append(number) } } }
      loop.execute { continuation.resume() }
    }
    #expect(seen.withLock { $0 } == Array(0..<10_000))
  }

  @Test("loses no wake-up when many threads hand work over at once")
  func wakeUps() async throws {
    let loop = try EventLoop(label: "test")
    defer { loop.stop() }
    let count = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<2_000 {
            await withCheckedContinuation { continuation in
              loop.execute {
                count.add()
                continuation.resume()
              }
            }
          }
        }
      }
    }
    #expect(count.value == 16_000)
  }

  @Test("fires timers by deadline, and never a cancelled one")
  func timers() async throws {
    let loop = try EventLoop(label: "test")
    defer { loop.stop() }
    let seen = Mutex<[Int]>([])
    await withCheckedContinuation { continuation in
      loop.execute {
        for milliseconds in [30, 10, 20, 5, 25] {
          loop.schedule(after: .milliseconds(milliseconds)) { seen.withLock { $0.append(milliseconds) } }
        }
        for _ in 0..<200 { loop.cancel(loop.schedule(after: .milliseconds(1)) { seen.withLock { $0.append(-1) } }) }
        loop.schedule(after: .milliseconds(40)) { continuation.resume() }
      }
    }
    #expect(seen.withLock { $0 } == [5, 10, 20, 25, 30])
  }

  @Test("tells a watch of its readiness, and no longer once it has ended")
  func watches() async throws {
    final class Reader: EventHandler {
      var bytes = 0
      let descriptor: Int32
      init(_ descriptor: Int32) { self.descriptor = descriptor }
      func ready(_ readiness: Readiness) {
        var buffer = [UInt8](repeating: 0, count: 64)
        bytes += max(0, read(descriptor, &buffer, 64))
      }
    }
    let loop = try EventLoop(label: "test")
    defer { loop.stop() }
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let (input, output) = (ends[0], ends[1])
    let counted = await withCheckedContinuation { continuation in
      loop.execute {
        let reader = Reader(input)
        do {
          let watch = try loop.watch(input, .readable, isEdgeTriggered: false, handler: reader)
          _ = write(output, "abc", 3)
          loop.schedule(after: .milliseconds(20)) {
            loop.unwatch(watch, fd: input)
            _ = write(output, "de", 2)
            loop.schedule(after: .milliseconds(20)) { continuation.resume(returning: reader.bytes) }
          }
        } catch {
          continuation.resume(returning: -1)
        }
      }
    }
    #expect(counted == 3)
  }
}
