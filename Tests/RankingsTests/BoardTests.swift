import Rankings
import Testing

/// A board of listed people, first changed in the order given.
private func board(_ scores: KeyValuePairs<String, Int64>) -> Board<String> {
  Board(
    scores.enumerated().map { index, row in
      Board.Row(member: row.key, handle: row.key, score: row.value, lastChange: Int64(index + 1))
    })
}

private func handles(_ places: [(member: String, standing: Standing)]) -> [String] { places.map(\.member) }

@Suite struct `A board` {
  @Test func `ranks 1 2 2 4, densely 1 2 2 3, and gives everybody a position`() throws {
    let board = board(["ann": 30, "bo": 20, "cy": 20, "di": 10])
    let places = board.top(10)
    #expect(handles(places) == ["ann", "bo", "cy", "di"])
    #expect(places.map(\.standing.rank) == [1, 2, 2, 4])
    #expect(places.map(\.standing.denseRank) == [1, 2, 2, 3])
    #expect(places.map(\.standing.position) == [1, 2, 3, 4])
    #expect(places.map(\.standing.tiedWith) == [0, 1, 1, 0])
  }

  @Test func `puts who reached a score earlier first`() {
    var board = board(["ann": 10, "bo": 10])
    board.add(5, at: 10, to: "bo")
    board.add(5, at: 11, to: "ann")
    #expect(handles(board.top(2)) == ["bo", "ann"])
    board.add(-5, at: 12, to: "bo")
    board.add(5, at: 13, to: "bo")
    #expect(handles(board.top(2)) == ["ann", "bo"])
  }

  @Test func `does not take a change of zero for a change`() {
    var board = board(["ann": 10, "bo": 10])
    board.add(0, at: 99, to: "ann")
    #expect(handles(board.top(2)) == ["ann", "bo"])
    #expect(board.row(of: "ann")?.lastChange == 1)
  }

  @Test func `breaks the last tie by the bytes of handles, not by their letters`() {
    // In bytes: 5A, 61, 65 CC 81 (e and an accent), 7A, C3 A9 (é as one), EF BF BD, F0 9F 98 80. Swift's `<` takes the two é for equal.
    let ordered = ["Z", "a", "e\u{301}", "z", "\u{E9}", "\u{FFFD}", "\u{1F600}"]
    var board = Board<Int>()
    for (member, handle) in ordered.enumerated().reversed() {
      board.set(.init(member: member, handle: handle, score: 5, lastChange: 7))
    }
    #expect(board.top(9).map(\.member) == Array(0..<7))
    let loaded = Board(
      ordered.enumerated().map { .init(member: $0.offset, handle: $0.element, score: 5, lastChange: 7) })
    #expect(loaded.top(9).map(\.member) == Array(0..<7))

    board.rename(4, to: "e\u{300}")
    #expect(board.top(9).map(\.member) == [0, 1, 4, 2, 3, 5, 6])
    board.rename(4, to: "\u{E9}")
    #expect(board.top(9).map(\.member) == Array(0..<7))
  }

  @Test func `says in percent how many of the listed have less`() throws {
    let board = board(["ann": 30, "bo": 20, "cy": 20, "di": 10, "ed": 0])
    #expect(board.standing(of: "ann")?.percentile == 75)
    #expect(board.standing(of: "bo")?.percentile == 25)
    #expect(board.standing(of: "di")?.percentile == 0)

    // 312 people, 56 above, 3 others at the same score: 252 below.
    var crowd = Board<Int>()
    for member in 1...312 {
      let score = member <= 56 ? 1_000 - member : member <= 60 ? 40 : 1
      crowd.set(.init(member: member, handle: "\(member)", score: Int64(score), lastChange: Int64(member)))
    }
    let standing = try #require(crowd.standing(of: 59))
    #expect(
      standing
        == Standing(rank: 57, denseRank: 57, position: 59, tiedWith: 3, score: 40, percentile: 100 * 252 / 312.0))
  }

  @Test func `lists only scores above zero, and keeps the others`() {
    var board = board(["ann": 10, "bo": 5])
    board.add(-10, at: 20, to: "ann")
    #expect(board.standing(of: "ann") == nil)
    #expect(board.score(of: "ann") == 0)
    #expect(board.around("ann", radius: 3).isEmpty)
    #expect(board.standing(of: "bo")?.rank == 1)
    #expect(board.total == 1)
    board.add(-3, at: 21, to: "ann")
    board.add(8, at: 22, to: "ann")
    #expect(board.standing(of: "ann")?.score == 5)
    #expect(handles(board.top(9)) == ["bo", "ann"])
  }

  @Test func `shows nobody that somebody is hidden`() {
    var board = board(["ann": 30, "bo": 20, "cy": 10])
    board.hide("ann")
    #expect(
      board.top(9).map(\.standing) == [
        Standing(rank: 1, denseRank: 1, position: 1, tiedWith: 0, score: 20, percentile: 50),
        Standing(rank: 2, denseRank: 2, position: 2, tiedWith: 0, score: 10, percentile: 0),
      ])
    board.add(-25, at: 9, to: "ann")
    #expect(board.score(of: "ann") == 5)
    board.hide("ann", false)
    #expect(handles(board.top(9)) == ["bo", "cy", "ann"])
  }

  @Test func `forgets who is removed`() {
    var board = board(["ann": 30, "bo": 20])
    board.remove("ann")
    #expect(board.score(of: "ann") == nil)
    let isThere = board.add(5, at: 9, to: "ann")
    #expect(!isThere)
    #expect(board.total == 1 && board.count == 1)
    board.set(.init(member: "cy", handle: "cy", score: 20, lastChange: 1))
    #expect(handles(board.top(9)) == ["cy", "bo"])
  }

  @Test func `shows neighbours, and fewer at its ends`() {
    let board = board(["a": 50, "b": 40, "c": 30, "d": 20, "e": 10])
    #expect(handles(board.around("c", radius: 1)) == ["b", "c", "d"])
    #expect(handles(board.around("a", radius: 2)) == ["a", "b", "c"])
    #expect(handles(board.around("e", radius: 2)) == ["c", "d", "e"])
    #expect(handles(board.around("d", radius: 0)) == ["d"])
    #expect(handles(board.around("d", radius: -1)) == ["d"])
    #expect(handles(board.around("b", radius: .max)) == ["a", "b", "c", "d", "e"])
  }

  @Test func `answers nothing beyond its ends`() {
    let board = board(["a": 50, "b": 40])
    #expect(board.top(5, from: 3).isEmpty)
    #expect(board.top(5, from: .max).isEmpty)
    #expect(board.top(0).isEmpty)
    #expect(board.top(-1).isEmpty)
    #expect(handles(board.top(.max, from: -7)) == ["a", "b"])
    #expect(Board<Int>().top(5).isEmpty)
    #expect(Board<Int>().standing(of: 1) == nil)
  }

  @Test(arguments: [1, 7, 28, 29, 100])
  func `covers everybody once, page by page`(limit: Int) {
    var random = Seeded(seed: 3)
    let board = Board(
      (0..<2_000).map { member in
        Board.Row(
          member: member, handle: "p\(member)", score: .random(in: -20...60, using: &random),
          lastChange: .random(in: 1...50, using: &random))
      })
    var seen: [Int] = []
    while true {
      let page = board.top(limit, from: seen.count + 1)
      if page.isEmpty { break }
      #expect(page.map(\.standing.position) == Array(seen.count + 1...seen.count + page.count))
      seen += page.map(\.member)
    }
    #expect(seen.count == board.total && Set(seen).count == seen.count)
    #expect(seen == board.top(.max).map(\.member))
  }

  @Test func `is a value: a copy does not follow`() {
    var board = board(["ann": 30, "bo": 20])
    let copy = board
    board.add(50, at: 9, to: "bo")
    #expect(handles(board.top(1)) == ["bo"])
    #expect(handles(copy.top(1)) == ["ann"])
  }
}
