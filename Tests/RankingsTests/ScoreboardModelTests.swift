import Rankings
import Testing

/// Random companies: what a scoreboard followed step by step is what the definitions say of the whole log, and what a
/// replay of it gives.
@Suite struct `A scoreboard under random histories` {
  private struct Company {
    var random: Seeded
    var directory = Directory<Int32>()
    var events: [Event<Int32>] = []
    var reversible: [Event<Int32>] = []
    var position: Int64 = 0
    let people: Int32

    init(seed: UInt64, people: Int32) {
      random = Seeded(seed: seed)
      self.people = people
      for person in 0..<people { change(person) }
    }

    mutating func change(_ person: Int32) {
      directory[person] = .init(
        handle: "\(["a", "é", "Z", "日"].randomElement(using: &random) ?? "")\(person)",
        team: ["pay", "sales", "legal", nil].randomElement(using: &random) ?? nil,
        isListed: Int.random(in: 0..<6, using: &random) > 0)
    }

    mutating func next() -> Event<Int32> {
      position += 1
      if !reversible.isEmpty, Int.random(in: 0..<3, using: &random) == 0 {
        let taken = reversible.remove(at: .random(in: 0..<reversible.count, using: &random))
        events.append(taken.reversed(at: position, monthIsClosed: taken.periods?.month == "2026-09"))
      } else {
        let crew = (0..<people).shuffled(using: &random).prefix(.random(in: 2...4, using: &random))
        let month = ["2026-09", "2026-10", "2026-11"].randomElement(using: &random) ?? ""
        let event = Event<Int32>(
          [.recognition, .recognition, .boost, .award].randomElement(using: &random) ?? .recognition,
          from: crew.last ?? 0, to: Array(crew.dropLast()), points: .random(in: 0...3, using: &random),
          values: [[], ["care"], ["care", "speed"]].randomElement(using: &random) ?? [], position: position,
          periods: Periods(day: month + "-01", week: "2026-W40", month: month, quarter: "2026-Q4", year: "2026"))
        reversible.append(event)
        events.append(event)
      }
      return events[events.count - 1]
    }
  }

  @Test(arguments: Metric.allCases, 1...4 as ClosedRange<UInt64>)
  func `agrees with the definitions`(metric: Metric, seed: UInt64) {
    var company = Company(seed: seed, people: 9)
    let kinds = [(Period.all, nil), (Period(.month, "2026-09"), nil), (Period(.month, "2026-10"), "care")]
    var boards = kinds.map { Scoreboard<Int32>(metric, in: $0.0, value: $0.1) }
    let group: Set<Int32> = [1, 2, 3, 5, 8]
    for index in boards.indices { boards[index].setGroup("some", to: group) }

    for step in 1...200 {
      if step % 5 == 0 {
        let movers = (0..<company.people).shuffled(using: &company.random).prefix(step % 3 + 1)
        for mover in movers { company.change(mover) }
        for index in boards.indices { boards[index].follow(changesOf: movers, in: company.directory) }
      }
      let event = company.next()
      for index in boards.indices { boards[index].count(event, in: company.directory) }
      if step % 4 == 1 { for board in boards { compare(board, company.events, company.directory, group) } }
    }
  }

  private func compare(
    _ scoreboard: Scoreboard<Int32>, _ events: [Event<Int32>], _ directory: Directory<Int32>, _ group: Set<Int32>
  ) {
    let counted = events.filter { event in
      event.counts(in: scoreboard.period) && (scoreboard.value.map(event.values.contains) ?? true)
    }
    var model = NaiveScores(metric: scoreboard.metric, directory: directory).board(of: counted)
    var replay = Replay(scoreboard.metric, in: scoreboard.period, value: scoreboard.value, directory: directory)
    for event in events { replay.count(event) }
    let expected = model.list()
    for board in [scoreboard.everyone, replay.finished().everyone] {
      let places = board.top(.max)
      #expect(places.map(\.member) == expected.map(\.member))
      #expect(places.map(\.standing) == expected.map(\.standing))
      for (member, row) in model.rows where row.score > 0 {
        #expect(board.row(of: member)?.lastChange == row.lastChange)
        #expect(board.score(of: member) == row.score)
      }
    }
    model.rows = model.rows.filter { group.contains($0.key) }
    let few = model.list()
    let places = scoreboard.group("some")?.top(.max) ?? []
    #expect(places.map(\.member) == few.map(\.member))
    #expect(places.map(\.standing) == few.map(\.standing))
  }
}
