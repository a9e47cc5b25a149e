/// A credit to somebody's points that has something left. Only its use is recorded.
public struct Lot: Sendable, Equatable {
  public let position: Int64
  public let line: Int32
  public var remaining: Int64
  public let source: PointsSource
  /// The last day on which it can be used, in the organisation's time zone; nil: every day, or not before the batch ends.
  public let expiresOn: Day?

  public init(position: Int64, line: Int32, remaining: Int64, source: PointsSource, expiresOn: Day? = nil) {
    self.position = position
    self.line = line
    self.remaining = remaining
    self.source = source
    self.expiresOn = expiresOn
  }
}

/// Which credit a lot is: the entry and its line.
struct LotPlace: Hashable {
  let position: Int64
  let line: Int32
}

extension Lot {
  var place: LotPlace { LotPlace(position: position, line: line) }

  func use(of amount: Int64) -> LotUse { LotUse(lotPosition: position, lotLine: line, amount: amount) }
}

extension LotUse {
  var lot: LotPlace { LotPlace(position: lotPosition, line: lotLine) }
}

extension Book {
  /// What a person has that can still be used: points whose last day has passed no longer count, recorded or not, where the
  /// person's lots are loaded.
  public func spendablePoints(of person: ID) -> Int64 {
    balances[.points(person), default: 0] - (lots[person] ?? []).reduce(0) { $0 + (isDue($1) ? $1.remaining : 0) }
  }

  private func isDue(_ lot: Lot) -> Bool { lot.remaining > 0 && lot.expiresOn.map { $0 < today } ?? false }

  /// Records what has run out, before anything else is taken.
  mutating func expireDue(of person: ID, for operation: Operation) -> Entry? {
    let open = lots[person] ?? []
    return expire(open.indices.filter { isDue(open[$0]) }, of: person, for: operation)
  }

  /// Records that a person's points have run out: those whose day has passed, and all of somebody whose time to redeem
  /// after leaving is over.
  mutating func expirePoints(of id: ID, _ operation: Operation) throws(Refusal) -> Acceptance? {
    guard let person = people[id] else { throw Refusal(.notFound, "There is no such person.") }
    let open = lots[id] ?? []
    let indices = open.indices.filter { open[$0].remaining > 0 && (isGone(person) || isDue(open[$0])) }
    if indices.isEmpty { return nil }
    let (uses, points) = empty(indices, of: id)
    return append(
      operation, .pointsExpired, subject: id, moves: [(.points(id), -points), (.expired, points)], lotUses: uses)
  }

  /// Whether somebody has left, and the time in which they could still redeem is over.
  func isGone(_ person: Person) -> Bool { !person.isActive && !isInGrace(person) }

  /// Whether somebody has left, and may still redeem.
  func isInGrace(_ person: Person) -> Bool {
    guard !person.isActive, let left = person.leftOn else { return false }
    return today.number <= left.number + program.leaverGraceDays
  }

  private mutating func expire(_ indices: [Int], of person: ID, for operation: Operation) -> Entry? {
    if indices.isEmpty { return nil }
    let (uses, points) = empty(indices, of: person)
    return follow(
      operation, .pointsExpired, subject: person, [(.points(person), -points), (.expired, points)], lotUses: uses)
  }

  private mutating func empty(_ indices: [Int], of person: ID) -> ([LotUse], Int64) {
    var points: Int64 = 0
    var uses: [LotUse] = []
    var open = lots[person] ?? []
    for index in indices {
      points += open[index].remaining
      uses.append(open[index].use(of: open[index].remaining))
      open[index].remaining = 0
    }
    lots[person] = open
    return (uses, points)
  }

  // MARK: Taking and giving back

  /// Takes points from a person's lots, the oldest first.
  mutating func take(_ points: Int64, from person: ID) throws(Refusal) -> [LotUse] {
    let open = lots[person] ?? []
    return try take(points, from: person, inOrder: Array(open.indices))
  }

  /// Takes points from the lots of these positions, then from the newest.
  mutating func take(_ points: Int64, from person: ID, preferring positions: Set<Int64>) throws(Refusal) -> [LotUse] {
    let open = lots[person] ?? []
    let own = open.indices.filter { positions.contains(open[$0].position) }
    let others = open.indices.reversed().filter { !positions.contains(open[$0].position) }
    return try take(points, from: person, inOrder: own + others)
  }

  private mutating func take(_ points: Int64, from person: ID, inOrder indices: [Int]) throws(Refusal) -> [LotUse] {
    var open = lots[person] ?? []
    var uses: [LotUse] = []
    var missing = points
    for index in indices where missing > 0 && open[index].remaining > 0 {
      let taken = min(open[index].remaining, missing)
      missing -= taken
      open[index].remaining -= taken
      uses.append(open[index].use(of: taken))
    }
    // Never while lots agree with balances; if they did not, nothing may be spent that cannot be traced.
    guard missing == 0 else {
      throw Refusal(
        .insufficientPoints, "These points cannot be traced to where they came from; the ledger needs verifying.")
    }
    lots[person] = open
    return uses
  }

  /// Where the points of these uses came from, in the order of their first mention.
  func sources(of uses: [LotUse], by person: ID) -> [SourcePart] {
    let open = lots[person] ?? []
    let indices = Self.indices(of: open)
    var order: [PointsSource] = []
    var points: [PointsSource: Int64] = [:]
    for use in uses {
      guard let index = indices[use.lot] else { continue }
      let source = open[index].source
      if points[source] == nil { order.append(source) }
      points[source, default: 0] += use.amount
    }
    return order.map { SourcePart($0, points[$0, default: 0]) }
  }

  /// Gives points back to the lots that they came from; a lot that was not loaded is not needed in this batch.
  mutating func giveBack(_ uses: [LotUse], to person: ID) {
    guard var open = lots[person] else { return }
    let indices = Self.indices(of: open)
    for use in uses {
      if let index = indices[use.lot] { open[index].remaining += use.amount }
    }
    lots[person] = open
  }

  /// Where each lot is: somebody may have tens of thousands, and spend all of them at once.
  private static func indices(of lots: [Lot]) -> [LotPlace: Int] {
    Dictionary(zip(lots.map(\.place), lots.indices)) { first, _ in first }
  }
}
