import Foundation
import Ledger

/// `simulate [SEED [OPERATIONS]]`: worlds of the seeds from SEED on, until so many operations were decided.
@main
enum Simulate {
  static func main() {
    let numbers = CommandLine.arguments.dropFirst().map { UInt64($0) }
    guard numbers.count <= 2, !numbers.contains(nil) else {
      say("usage: simulate [SEED [OPERATIONS]]", to: .standardError)
      exit(2)
    }
    let first = numbers.first.flatMap { $0 } ?? 1
    let count = Int(numbers.dropFirst().first.flatMap { $0 } ?? 1_000_000)
    LastWords.install()
    let start = ContinuousClock.now
    var figures = Figures()
    var seed = first
    while figures.operations < count {
      run(seed, &figures)
      seed += 1
    }
    let seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1_000
    say("seeds \(first) to \(seed - 1)\n" + figures.text(seconds: seconds), to: .standardOutput)
  }

  private static func run(_ seed: UInt64, _ figures: inout Figures) {
    LastWords.prepare(seed: seed)
    let charter = Charter(seed: seed)
    var history: [Batch] = []
    do {
      let world = try World(charter)
      var clients = Clients(charter, founder: charter.founding().founder)
      var left = charter.operationCount
      while left > 0 {
        let batch = clients.batch(world.store)
        history.append(batch)
        left -= batch.directory == nil ? batch.requests.count : 1
        clients.learn(batch, try world.perform(batch), world.store)
      }
      for batch in clients.lastBatches() {
        history.append(batch)
        _ = try world.perform(batch)
      }
      figures += try world.finish()
      figures += clients.figures
    } catch {
      fail(charter, history, error)
    }
  }

  private static func fail(_ charter: Charter, _ history: [Batch], _ error: any Error) -> Never {
    let what = (error as? Discrepancy)?.what ?? "\(error)"
    say("seed \(charter.seed): \(what)\nlooking for a shorter history …", to: .standardError)
    var shrinking = Shrinking(charter, history)
    let short = shrinking.shortened()
    let failure = Shrinking.failure(of: short, in: charter, isToldAll: true)
    say(
      """
      rules: \(Transcript.rules(charter.program))
      \(failure?.transcript ?? "")
      \(failure?.what ?? "it does not fail again")
      run it again by: make simulate SEED=\(charter.seed) OPS=1
      """, to: .standardError)
    exit(1)
  }

  private static func say(_ text: String, to file: FileHandle) { file.write(Data((text + "\n").utf8)) }
}
