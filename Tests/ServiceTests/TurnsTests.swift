import EventLoop
import Synchronization
import Testing

@testable import Service

@Suite("A key's pages")
struct TurnsTests {
  private struct Record {
    var begun: [String] = []
    var atWork: [UInt64: Int] = [:]
    var atWorkMost = 0
    var ended = 0
  }

  private final class Pages: Sendable {
    let turns = Turns()
    let record = Mutex(Record())

    /// A page of `key`, which takes as long as `work` does.
    func page(_ name: String, of key: UInt64, rows: Int, _ work: () async -> Void) async {
      await turns.begin(key, rows: rows)
      record.withLock {
        $0.begun.append(name)
        $0.atWork[key, default: 0] += rows
        $0.atWorkMost = max($0.atWorkMost, $0.atWork[key] ?? 0)
      }
      await work()
      record.withLock {
        $0.atWork[key, default: 0] -= rows
        $0.ended += 1
      }
      turns.end(key, rows: rows)
    }
  }

  @Test(
    "take turns, in the order of their asking, and no other key waits for them",
    arguments: [(50, 2), (100, 1), (1_000, 1), (30, 3)])
  func turns(_ rows: Int, _ atOnce: Int) async throws {
    let loop = try EventLoop(label: "turns")
    defer { loop.stop() }
    let pages = Pages()
    let count = 100
    // From the loop itself, so that all have asked before the first is done.
    await Task(executorPreference: loop) {
      await withTaskGroup(of: Void.self) { group in
        for index in 0..<count {
          // The last belongs to somebody else.
          let key: UInt64 = index == count - 1 ? 2 : 1
          group.addTask {
            await pages.page("\(key).\(index)", of: key, rows: rows) { await loop.sleep(for: .milliseconds(2)) }
          }
        }
      }
    }.value
    let record = pages.record.withLock { $0 }
    #expect(record.ended == count && pages.turns.keyCount == 0)
    #expect(record.atWorkMost == atOnce * rows)
    // The stranger came when the others' first were at work, and waited for none of those in line.
    #expect(record.begun.firstIndex(of: "2.\(count - 1)") == atOnce)
    let mine = record.begun.filter { $0.hasPrefix("1.") }
    #expect(mine == (0..<count - 1).map { "1.\($0)" })
  }

  @Test("take turns over all loops, and none is forgotten")
  func loops() async throws {
    let loops = try (0..<3).map { try EventLoop(label: "turns-\($0)") }
    defer { for loop in loops { loop.stop() } }
    let pages = Pages()
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<300 {
        group.addTask(executorPreference: loops[index % 3]) {
          for page in 0..<20 { await pages.page("", of: 7, rows: (index + page) % 120 + 1) { await Task.yield() } }
        }
      }
    }
    let record = pages.record.withLock { $0 }
    #expect(record.ended == 6_000 && pages.turns.keyCount == 0)
    #expect(record.atWorkMost <= 120)
  }
}
