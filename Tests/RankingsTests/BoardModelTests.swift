import Rankings
import Testing

/// Random histories, compared with sorting everybody each time.
@Suite struct `A board under random changes` {
  struct History: Sendable, CustomTestStringConvertible {
    let seed: UInt64
    let people: Int32
    let steps: Int
    /// Scores reach about this far: few for ties and crossings of zero, many for long trees of scores.
    let spread: Int64

    var testDescription: String { "seed \(seed), \(people) people, \(steps) steps, spread \(spread)" }
  }

  @Test(arguments: [
    History(seed: 1, people: 5, steps: 4_000, spread: 2),
    History(seed: 2, people: 60, steps: 20_000, spread: 3),
    History(seed: 3, people: 300, steps: 20_000, spread: 40),
    History(seed: 4, people: 3_000, steps: 40_000, spread: 5),
    History(seed: 5, people: 3_000, steps: 40_000, spread: 1_000_000),
  ])
  func `agrees with sorting`(history: History) {
    var random = Seeded(seed: history.seed)
    var board = Board<Int32>()
    var model = NaiveBoard()
    var position: Int64 = 0
    let checks = 40
    for step in 1...history.steps {
      // Several people change by one entry, so that handles decide too.
      if Int.random(in: 0..<4, using: &random) == 0 { position += 1 }
      let member = Int32.random(in: 0..<history.people, using: &random)
      // A third of the time people leave, mostly; then the tree shrinks and its nodes merge.
      let isShrinking = step % (history.steps / 4) > history.steps / 6
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<3 where !isShrinking, 0:
        let row = Board.Row(
          member: member, handle: handle(member, &random), score: .random(in: -1...history.spread, using: &random),
          lastChange: position, isHidden: .random(in: 0..<10, using: &random) == 0)
        board.set(row)
        model.rows[member] = row
      case 3 where !isShrinking, 1..<10 where isShrinking:
        board.remove(member)
        model.rows[member] = nil
      case 10:
        let handle = handle(member, &random)
        board.rename(member, to: handle)
        model.rows[member]?.handle = handle
      case 11:
        let isHidden = Bool.random(using: &random)
        board.hide(member, isHidden)
        model.rows[member]?.isHidden = isHidden
      default:
        if model.rows[member] == nil {
          let row = Board.Row(member: member, handle: handle(member, &random), score: 0, lastChange: 0)
          board.set(row)
          model.rows[member] = row
        }
        let change = Int64.random(in: -history.spread...history.spread, using: &random)
        board.add(change, at: position, to: member)
        model.add(change, at: position, to: member)
      }
      if history.people <= 5 || step % (history.steps / checks) == 0 { compare(board, model) }
    }
  }

  @Test(arguments: [0, 1, 27, 28, 29, 30, 56, 57, 784, 785, 1_000, 5_000])
  func `built at once is the same as one by one, and changes as well`(people: Int32) {
    var random = Seeded(seed: UInt64(people))
    var model = NaiveBoard()
    var oneByOne = Board<Int32>()
    for member in 0..<people {
      let row = Board.Row(
        member: member, handle: handle(member, &random), score: .random(in: -2...90, using: &random),
        lastChange: .random(in: 1...9, using: &random))
      model.rows[member] = row
      oneByOne.set(row)
    }
    var board = Board(Array(model.rows.values))
    compare(board, model)
    compare(oneByOne, model)
    for member in (0..<people).shuffled(using: &random).prefix(Int(people) * 9 / 10) {
      board.remove(member)
      model.rows[member] = nil
    }
    compare(board, model)
  }

  private func handle(_ member: Int32, _ random: inout Seeded) -> String {
    let stem = ["a", "Z", "é", "e\u{301}", "ßß", "日本", "a-handle-too-long-to-be-inline-"].randomElement(using: &random)
    return "\(stem ?? "")\(member)"
  }

  private func compare(_ board: Board<Int32>, _ model: NaiveBoard) {
    let expected = model.list()
    let places = board.top(.max)
    #expect(board.total == expected.count)
    #expect(board.count == model.rows.count)
    #expect(places.map(\.member) == expected.map(\.member))
    #expect(places.map(\.standing) == expected.map(\.standing))
    for (member, standing) in expected where board.standing(of: member) != standing {
      Issue.record(
        Comment(rawValue: "\(member) stands at \(board.standing(of: member), default: "nothing"), not \(standing)"))
    }
    let listed = Set(expected.map(\.member))
    for (member, row) in model.rows {
      if board.score(of: member) != row.score || board.row(of: member)?.lastChange != row.lastChange {
        Issue.record(Comment(rawValue: "\(member) has \(board.row(of: member), default: "nothing"), not \(row)"))
      }
      if !listed.contains(member), board.standing(of: member) != nil {
        Issue.record(Comment(rawValue: "\(member) is listed"))
      }
    }
  }
}
