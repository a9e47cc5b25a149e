import EventLoop
import Testing

@testable import Service

@Suite("A key's pages on a loop")
struct TurnsTests {
  /// What happened, in order; touched on the loop alone.
  private final class Record: @unchecked Sendable {
    var begun: [String] = []
    var atWork: [UInt64: Int] = [:]
    var atWorkMost = 0
    var ended = 0
  }

  @Test("take turns beyond some, in the order of their asking, and no other key waits for them")
  func turns() async throws {
    let loop = try EventLoop(label: "turns")
    defer { loop.stop() }
    let (turns, record) = (Turns(), Record())
    let count = 100
    // From the loop itself, so that all have asked before the first is done.
    await Task(executorPreference: loop) {
      await withTaskGroup(of: Void.self) { group in
        for index in 0..<count {
          // The last belongs to somebody else.
          let key: UInt64 = index == count - 1 ? 2 : 1
          group.addTask {
            await turns.begin(key)
            record.begun.append("\(key).\(index)")
            record.atWork[key, default: 0] += 1
            record.atWorkMost = max(record.atWorkMost, record.atWork[key] ?? 0)
            await loop.sleep(for: .milliseconds(2))
            record.atWork[key, default: 0] -= 1
            record.ended += 1
            turns.end(key)
          }
        }
      }
    }.value
    #expect(record.ended == count && turns.keyCount == 0)
    #expect(record.atWorkMost == Turns.atOnceMax)
    // The stranger came when the others' first were at work, and waited for none of those in line.
    #expect(record.begun.firstIndex(of: "2.\(count - 1)") == Turns.atOnceMax)
    let mine = record.begun.filter { $0.hasPrefix("1.") }
    #expect(mine == (0..<count - 1).map { "1.\($0)" })
  }
}
