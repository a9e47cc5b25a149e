import Rankings
import Testing

private let november = Periods(day: "2026-11-22", week: "2026-W47", month: "2026-11", quarter: "2026-Q4", year: "2026")
private let december = Periods(day: "2026-12-01", week: "2026-W49", month: "2026-12", quarter: "2026-Q4", year: "2026")

/// Ann and Bo pay, Cy and Di sell, Ed has no team.
private func company() -> Directory<String> {
  var directory = Directory<String>()
  for (person, team) in [("ann", "pay"), ("bo", "pay"), ("cy", "sales"), ("di", "sales"), ("ed", nil)] {
    directory[person] = .init(handle: person, team: team, isListed: true)
  }
  return directory
}

private func recognition(
  _ giver: String, _ recipients: String..., points: Int64 = 0, values: [String] = [], at position: Int64,
  _ periods: Periods = november
) -> Event<String> {
  Event(.recognition, from: giver, to: recipients, points: points, values: values, position: position, periods: periods)
}

private func scoreboard(
  _ metric: Metric, in period: Period = .all, value: String? = nil, _ events: [Event<String>]
) -> Scoreboard<String> {
  var scoreboard = Scoreboard<String>(metric, in: period, value: value)
  for event in events { scoreboard.count(event, in: company()) }
  return scoreboard
}

/// `bo 12 @3`: in order, with score and position of the last change.
private func lines(_ board: Board<String>?) -> [String] {
  guard let board else { return ["no board"] }
  return board.top(.max).map { "\($0.member) \($0.standing.score) @\(board.row(of: $0.member)?.lastChange ?? 0)" }
}

@Suite struct `A scoreboard` {
  private let mixed = [
    recognition("ann", "bo", "cy", points: 10, at: 1),
    Event(.boost, from: "di", to: ["bo", "cy"], points: 5, position: 2, periods: november),
    Event(.award, from: "ed", to: ["bo"], points: 100, position: 3, periods: november),
    recognition("ann", "bo", at: 4),
    recognition("bo", "ann", points: 1, at: 5),
  ]

  @Test func `has the metrics of the API`() {
    #expect(
      Metric.allCases.map(\.rawValue) == [
        "points_received", "points_given", "recognitions_received", "recognitions_given", "colleagues_recognised",
        "teams_reached",
      ])
    #expect(Period.Kind.allCases.map(\.rawValue) == ["day", "week", "month", "quarter", "year", "all"])
  }

  @Test func `counts points received from recognitions, boosts and awards`() {
    #expect(lines(scoreboard(.pointsReceived, mixed).everyone) == ["bo 115 @3", "cy 15 @2", "ann 1 @5"])
  }

  @Test func `counts points given in total, to everyone, but no awards`() {
    #expect(lines(scoreboard(.pointsGiven, mixed).everyone) == ["ann 20 @1", "di 10 @2", "bo 1 @5"])
  }

  @Test func `counts one recognition for each recipient, awards too, boosts not`() {
    #expect(lines(scoreboard(.recognitionsReceived, mixed).everyone) == ["bo 3 @4", "cy 1 @1", "ann 1 @5"])
  }

  @Test func `counts one recognition for its giver, awards and boosts not`() {
    #expect(lines(scoreboard(.recognitionsGiven, mixed).everyone) == ["ann 2 @4", "bo 1 @5"])
  }

  @Test func `counts distinct colleagues, whoever comes twice once`() {
    #expect(lines(scoreboard(.colleaguesRecognised, mixed).everyone) == ["ann 2 @1", "bo 1 @5"])
  }

  @Test func `counts distinct other teams`() {
    let events = [
      recognition("ann", "bo", "cy", "di", "ed", at: 1), recognition("ed", "ann", "cy", at: 2),
      recognition("bo", "ann", at: 3),
    ]
    // Ann's own team, a second of sales and somebody without a team add nothing; Ed, without a team, has no own one.
    #expect(lines(scoreboard(.teamsReached, events).everyone) == ["ed 2 @2", "ann 1 @1"])
  }

  @Test(arguments: Metric.allCases)
  func `is empty again after everything is reversed, and starts again`(metric: Metric) {
    var scoreboard = scoreboard(metric, mixed + [recognition("cy", "ann", points: 3, at: 6)])
    let before = lines(scoreboard.everyone)
    #expect(!before.isEmpty)
    for (index, event) in (mixed + [recognition("cy", "ann", points: 3, at: 6)]).enumerated() {
      scoreboard.count(event.reversed(at: Int64(10 + index), monthIsClosed: false), in: company())
    }
    #expect(lines(scoreboard.everyone) == [])
    scoreboard.count(recognition("cy", "ann", points: 3, at: 20), in: company())
    let isReceived = metric == .pointsReceived || metric == .recognitionsReceived
    let score = metric == .pointsReceived || metric == .pointsGiven ? 3 : 1
    #expect(lines(scoreboard.everyone) == ["\(isReceived ? "ann" : "cy") \(score) @20"])
  }

  @Test func `keeps a colleague until the last recognition of them is reversed`() {
    let first = recognition("ann", "bo", at: 1)
    let second = recognition("ann", "bo", at: 2)
    var scoreboard = scoreboard(.colleaguesRecognised, [first, second])
    scoreboard.count(first.reversed(at: 3, monthIsClosed: false), in: company())
    #expect(lines(scoreboard.everyone) == ["ann 1 @1"])
    scoreboard.count(second.reversed(at: 4, monthIsClosed: false), in: company())
    #expect(lines(scoreboard.everyone) == [])
  }

  @Test func `orders by the reversal when it was the last change`() {
    let taken = recognition("di", "bo", points: 5, at: 3)
    let events = [recognition("di", "bo", points: 5, at: 1), recognition("di", "cy", points: 5, at: 2), taken]
    var scoreboard = scoreboard(.pointsReceived, events)
    scoreboard.count(taken.reversed(at: 4, monthIsClosed: false), in: company())
    #expect(lines(scoreboard.everyone) == ["cy 5 @2", "bo 5 @4"])
  }

  @Test(
    arguments: [
      (Period(.day, "2026-11-22"), 1), (Period(.day, "2026-12-01"), 2), (Period(.week, "2026-W47"), 1),
      (Period(.month, "2026-11"), 1), (Period(.month, "2026-12"), 2), (Period(.month, "2025-11"), 0),
      (Period(.quarter, "2026-Q4"), 3), (Period(.year, "2026"), 3), (Period.all, 3),
    ] as [(Period, Int64)])
  func `counts what falls in its period`(period: Period, points: Int64) {
    let events = [
      recognition("ann", "bo", points: 1, at: 1), recognition("ann", "bo", points: 2, at: 2, december),
    ]
    #expect(scoreboard(.pointsReceived, in: period, events).everyone.score(of: "bo") ?? 0 == points)
  }

  @Test(arguments: [false, true])
  func `loses what is reversed in its period, or in all time only when the month is closed`(isClosed: Bool) {
    let kept = recognition("ann", "bo", points: 1, at: 1)
    let taken = recognition("ann", "bo", points: 2, at: 2)
    let reversal = taken.reversed(at: 3, monthIsClosed: isClosed)
    for period in [Period(.day, "2026-11-22"), Period(.month, "2026-11"), Period(.year, "2026"), .all] {
      let isLost = period == .all || !isClosed
      let board = scoreboard(.pointsReceived, in: period, [kept, taken, reversal]).everyone
      #expect(board.score(of: "bo") == (isLost ? 1 : 3), "\(period)")
    }
  }

  @Test func `of a value counts only what names it`() {
    let events = [
      recognition("ann", "bo", points: 1, values: ["care", "speed"], at: 1),
      recognition("ann", "cy", points: 2, values: ["speed"], at: 2), recognition("ann", "di", points: 4, at: 3),
    ]
    #expect(lines(scoreboard(.pointsReceived, value: "care", events).everyone) == ["bo 1 @1"])
    #expect(lines(scoreboard(.pointsReceived, value: "speed", events).everyone) == ["cy 2 @2", "bo 1 @1"])
    #expect(scoreboard(.pointsReceived, events).everyone.total == 3)
  }

  @Test func `has boards of groups, which follow too`() {
    var scoreboard = scoreboard(.pointsReceived, mixed)
    scoreboard.setGroup("team:sales", to: ["cy", "di"])
    #expect(lines(scoreboard.group("team:sales")) == ["cy 15 @2"])
    scoreboard.count(recognition("ann", "bo", "di", points: 20, at: 6), in: company())
    #expect(lines(scoreboard.group("team:sales")) == ["di 20 @6", "cy 15 @2"])
    #expect(scoreboard.group("team:sales")?.standing(of: "cy")?.rank == 2)
    scoreboard.setGroup("team:sales", to: ["bo", "di"])
    #expect(lines(scoreboard.group("team:sales")) == ["bo 135 @6", "di 20 @6"])
    #expect(Array(scoreboard.groupNames) == ["team:sales"])
    scoreboard.closeGroup("team:sales")
    #expect(scoreboard.group("team:sales") == nil)
  }

  @Test func `follows who opts out, comes back or is renamed`() {
    var directory = company()
    var scoreboard = scoreboard(.pointsReceived, [recognition("di", "ann", "bo", "cy", points: 5, at: 1)])
    scoreboard.setGroup("team:pay", to: ["ann", "bo"])
    directory["ann"]?.isListed = false
    scoreboard.follow(changesOf: ["ann"], in: directory)
    #expect(lines(scoreboard.everyone) == ["bo 5 @1", "cy 5 @1"])
    #expect(lines(scoreboard.group("team:pay")) == ["bo 5 @1"])
    #expect(scoreboard.everyone.score(of: "ann") == 5)
    scoreboard.count(recognition("di", "ann", points: 1, at: 2), in: directory)
    #expect(scoreboard.everyone.total == 2)
    directory["ann"]?.isListed = true
    directory["bo"]?.handle = "zo"
    scoreboard.follow(changesOf: ["ann", "bo"], in: directory)
    #expect(lines(scoreboard.everyone) == ["ann 6 @2", "cy 5 @1", "bo 5 @1"])
    #expect(lines(scoreboard.group("team:pay")) == ["ann 6 @2", "bo 5 @1"])
  }

  @Test func `lists whoever was counted before the directory knew them`() {
    var directory = company()
    var scoreboard = scoreboard(.pointsReceived, [recognition("ann", "new", points: 5, at: 1)])
    #expect(scoreboard.everyone.total == 0)
    directory["new"] = .init(handle: "new", team: nil, isListed: true)
    scoreboard.follow(changesOf: ["new"], in: directory)
    #expect(lines(scoreboard.everyone) == ["new 5 @1"])
  }

  @Test func `follows recipients and givers from team to team`() {
    var directory = company()
    // Bo is of Ann's team, so the second changes nothing until Bo moves.
    var scoreboard = scoreboard(.teamsReached, [recognition("ann", "cy", at: 1), recognition("ann", "bo", at: 2)])
    #expect(lines(scoreboard.everyone) == ["ann 1 @1"])
    directory["bo"]?.team = "legal"
    scoreboard.follow(changesOf: ["bo"], in: directory)
    #expect(lines(scoreboard.everyone) == ["ann 2 @2"])
    directory["ann"]?.team = "sales"
    scoreboard.follow(changesOf: ["ann"], in: directory)
    #expect(lines(scoreboard.everyone) == ["ann 1 @2"])
    directory["bo"]?.team = nil
    scoreboard.follow(changesOf: ["bo"], in: directory)
    #expect(lines(scoreboard.everyone) == [])
    directory["ann"]?.team = nil
    scoreboard.follow(changesOf: ["ann"], in: directory)
    #expect(lines(scoreboard.everyone) == ["ann 1 @1"])
  }
}
