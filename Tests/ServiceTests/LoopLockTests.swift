import EventLoop
import Synchronization
import Testing

@testable import Service

@Suite("A lock of a loop")
struct LoopLockTests {
  /// Confined to one loop, which makes `@unchecked Sendable` hold.
  private final class Shared: @unchecked Sendable {
    let lock = LoopLock()
    var order: [Int] = []
  }

  @Test("lets tasks through one at a time, in the order of their coming")
  func order() async throws {
    let loop = try EventLoop(label: "test")
    defer { loop.stop() }
    let shared = Shared()
    await withTaskGroup { group in
      for number in 0..<100 {
        group.addTask(executorPreference: loop) {
          #expect(await shared.lock.acquire(on: loop, within: .seconds(60)))
          shared.order.append(number)
          await loop.sleep(for: .microseconds(100))
          shared.order.append(number)
          shared.lock.release()
        }
      }
    }
    #expect(await loop.run { shared.order } == (0..<100).flatMap { [$0, $0] })
  }

  @Test("is given up by who has waited for too long, and then goes to the next one, or to nobody")
  func patience() async throws {
    let loop = try EventLoop(label: "test")
    defer { loop.stop() }
    let shared = Shared()
    await loop.run {
      #expect(await shared.lock.acquire(on: loop, within: .zero))
      let patient = loop.spawn {
        #expect(await shared.lock.acquire(on: loop, within: .seconds(60)))
        shared.order.append(1)
      }
      for _ in 0..<3 { #expect(await !shared.lock.acquire(on: loop, within: .milliseconds(5))) }
      shared.lock.release()
      await patient.value
      #expect(await !shared.lock.acquire(on: loop, within: .milliseconds(5)))
      shared.lock.release()
      #expect(await shared.lock.acquire(on: loop, within: .zero))
    }
    #expect(await loop.run { shared.order } == [1])
  }
}
