import Ledger

/// Everybody who asks for something, and the clock: makes up batches, and remembers what was answered.
struct Clients {
  var chance: Chance
  /// Of the organisation, as it is before the batch.
  var calendar: ZoneCalendar
  let founder: ID
  /// The clock of the next batch.
  var clock: Timestamp
  var figures = Figures()

  // What clients know of, whether it came to be or not.
  var people: [ID]
  var slugs = ["be-kind"]
  var recognitions: [ID] = []
  var awards: [ID] = []
  var earnings: [ID] = []
  var redemptions: [ID] = []
  var budgets: [ID] = []
  var rewards: [ID] = []
  var keys: [ID] = []
  /// Names that were somebody's once.
  var names = ["admin"]
  var handleCount = 0
  /// Keyed and not answered: to be sent again.
  var open: [Operation] = []
  /// Keyed and answered; some are sent again nevertheless.
  var sent: [Operation] = []
  /// How often which kind is wished for, in this world.
  private let weights: [(Wish, Int)]
  private let weightSum: Int
  private let personCountMax: Int
  private let batchCountMax: Int

  init(_ charter: Charter, founder: ID) {
    chance = Chance(seed: charter.seed ^ 0xC11E_4757)
    calendar = ZoneCalendar(charter.zone)
    clock = charter.start
    self.founder = founder
    people = [founder]
    personCountMax = 4 + chance.magnitude(upTo: 60)
    // In quiet worlds, years pass; in busy ones, much happens at once.
    batchCountMax = chance.any(3, 10, 40, 150, 1_000)
    var weights: [(Wish, Int)] = []
    for wish in Wish.allCases { weights.append((wish, wish.weight * chance.number(1...6))) }
    self.weights = weights
    weightSum = weights.reduce(0) { $0 + $1.1 }
  }

  mutating func batch(_ store: Store) -> Batch {
    calendar = store.calendar
    if chance.once(in: 30) {
      defer { advance() }
      return Batch(clock: clock, requests: [], directory: directory(store), fault: fault())
    }
    var requests: [Request] = []
    for _ in 0..<min(512, chance.magnitude(upTo: batchCountMax)) {
      let isPoison = chance.once(in: 1_000)
      requests.append(Request(operation: operation(store), isPoison: isPoison))
    }
    let batch = Batch(clock: clock, requests: requests, fault: fault())
    advance()
    return batch
  }

  private mutating func fault() -> Fault? {
    guard chance.once(in: 10) else { return nil }
    return Fault(
      point: chance.one(of: Fault.Point.allCases) ?? .afterCommit, victim: chance.any(.connection, .server),
      count: chance.number(1...2))
  }

  /// Everything that is still open, without trouble.
  mutating func lastBatches() -> [Batch] {
    let left = open.map { again($0) }
    return stride(from: 0, to: left.count, by: 512).map { first in
      Batch(clock: clock, requests: left[first..<min(first + 512, left.count)].map { Request(operation: $0) })
    }
  }

  mutating func learn(_ batch: Batch, _ answers: [Answer], _ store: Store) {
    people.removeAll { store.people[$0] == nil }
    for (request, answer) in zip(batch.requests, answers) {
      guard request.operation.idempotency != nil, !request.isPoison else { continue }
      if answer.leavesOpen { open.append(request.operation) } else { sent.append(request.operation) }
    }
    // As many as it takes for old ones to come again; the end counts.
    if sent.count > 600 { sent.removeFirst(sent.count - 400) }
    recognitions.keepLast(300) { store.grants[$0] != nil }
    awards.keepLast(60) { store.awards[$0] != nil }
    redemptions.keepLast(100) { store.redemptions[$0] != nil }
    earnings.keepLast(60) { store.grants[$0] != nil }
    budgets.keepLast(20) { store.budgets[$0] != nil }
    rewards.keepLast(20) { store.rewards[$0] != nil }
    keys.keepLast(30) { _ in true }
    names.keepLast(40) { _ in true }
  }

  // MARK: Time

  private mutating func advance() {
    let from = clock
    switch chance.number(1...100) {
    case 1...55: clock = clock.advanced(bySeconds: chance.magnitude(upTo: 20_000))
    case 56...75: clock = clock.advanced(bySeconds: chance.number(1_000...200_000))
    case 76...85: clock = clock.advanced(bySeconds: chance.number(1...15) * 86_400 + chance.number(0...86_399))
    case 86:
      // What ends after a day or two, to the microsecond.
      clock = Timestamp(
        microseconds: clock.microseconds + 86_400_000_000 * chance.any(1, 1, 2) + chance.any(-1, 0, 0, 1))
    case 87...88: clock = clock.advanced(bySeconds: chance.number(15...100) * 86_400)
    case 89...90:
      clock = clock.advanced(bySeconds: -chance.magnitude(upTo: 200_000))
      figures.stepsBack += 1
    default:
      // Just before, at, or just after something begins.
      guard let edge = chance.one(of: calendar.edges(after: clock)) else { return }
      clock = Timestamp(microseconds: edge.microseconds + Int64(chance.any(-1, 0, 0, 1, -1_000_000, 3_600_000_000)))
    }
    if calendar.offset(at: from) != calendar.offset(at: clock) { figures.clockChanges += 1 }
    let today = CivilDate(calendar.calendar(at: clock).today)
    if today.month == 2 && today.day == 29 { figures.leapDays += 1 }
    if CivilDate(today.start(of: .week)).year != today.year { figures.yearEdges += 1 }
  }

  // MARK: What is asked for

  private mutating func operation(_ store: Store) -> Operation {
    if let due = open.first, chance.once(in: 4) {
      open.removeFirst()
      return again(due)
    }
    if people.count < personCountMax, chance.once(in: 4) { return keyed(newPerson(store), by: admin(store)) }
    var left = chance.number(0...weightSum - 1)
    for (wish, weight) in weights {
      if left < weight { return operation(wish, store) }
      left -= weight
    }
    preconditionFailure("the weights do not sum to what they sum to")
  }

  private mutating func operation(_ wish: Wish, _ store: Store) -> Operation {
    switch wish {
    case .resend:
      guard let earlier = chance.one(of: sent) else { return operation(.thank, store) }
      return again(earlier)
    case .reuseKey:
      guard let earlier = chance.one(of: sent), let key = earlier.idempotency?.key else {
        return operation(.thank, store)
      }
      let idempotency = Idempotency(key: key, request: chance.digest())
      return make(thank(store), by: earlier.actor, idempotency)
    case .history:
      let then = Timestamp(microseconds: clock.microseconds - Int64(chance.number(0...40_000_000)) * 1_000_000)
      return make(history(store), by: anyone(), chance.once(in: 2) ? idempotency() : nil, at: then)
    case .expire, .giveBackBudget: return make(action(wish, store), by: nil, nil)
    default:
      let action = action(wish, store)
      return keyed(action, by: actor(of: action, store))
    }
  }

  private mutating func keyed(_ action: Action, by actor: ID?) -> Operation {
    make(action, by: actor, chance.number(1...10) <= 6 ? idempotency() : nil)
  }

  private mutating func idempotency() -> Idempotency { Idempotency(key: chance.digest(), request: chance.digest()) }

  private mutating func make(
    _ action: Action, by actor: ID?, _ idempotency: Idempotency?, at occurred: Timestamp? = nil
  ) -> Operation {
    let id = chance.id(at: clock)
    switch action {
    case .recognise: recognitions.append(id)
    case .award: awards.append(id)
    case .earn: earnings.append(id)
    case .redeem: redemptions.append(id)
    default: break
    }
    return Operation(
      id: id, actor: actor, idempotency: actor == nil ? nil : idempotency, occurredAt: occurred, salt: chance.digest(),
      action: action)
  }

  /// The same request once more: it gets ids of its own again.
  private mutating func again(_ earlier: Operation) -> Operation {
    figures.resends += 1
    let action: Action =
      switch earlier.action {
      case .createBudget(let it, let points):
        .createBudget(
          Budget(
            id: chance.id(at: clock), name: it.name, owner: it.owner, startsOn: it.startsOn, endsOn: it.endsOn,
            costCentre: it.costCentre, approvalAbove: it.approvalAbove, isTaxable: it.isTaxable), points: points)
      case .createKey(let it):
        .createKey(
          APIKey(id: chance.id(at: clock), person: it.person, digest: chance.digest(), expiresAt: it.expiresAt))
      default: earlier.action
      }
    return make(action, by: earlier.actor, earlier.idempotency, at: earlier.occurredAt)
  }
}

extension Array {
  fileprivate mutating func keepLast(_ most: Int, where isThere: (Element) -> Bool) {
    removeAll { !isThere($0) }
    if count > most { removeFirst(count - most) }
  }
}
