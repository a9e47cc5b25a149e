import Ledger

@testable import Service

/// What a small organisation wants, round by round; what an operation speaks of by id was asked for in an earlier round, as
/// clients know ids from answers only. Names are another matter: they change hands within a round.
struct SharedLife {
  private var random: SplitMix
  private let people: [ID]
  private let admin: ID
  private var known = Things()
  /// Of this round: unknown to anybody before it ends.
  private var new = Things()
  private var sent: [Operation] = []
  private var owners: [ID: ID] = [:]

  private struct Things {
    var recognitions: [ID] = []
    var awards: [ID] = []
    var earnings: [ID] = []
    var redemptions: [ID] = []
    var budgets: [ID] = []
    var rewards: [ID] = []
    var keys: [ID] = []
  }

  init(seed: UInt64) {
    var random = SplitMix(state: seed)
    people = (0..<8).map { _ in random.newID() }
    self.random = random
    admin = people[0]
  }

  /// Everybody, in a line of managers; and something to spend.
  mutating func beginning() -> [Operation] {
    var operations = people.enumerated().map { index, id in
      operation(
        .putPerson(person(id, handle: "h\(index)", manager: manager(of: index))), by: nil)
    }
    operations.append(operation(.putValue(Value(slug: "kind", name: "Kind", description: "")), by: nil))
    for _ in 0..<4 { operations += [operation(putReward(), by: admin), operation(createBudget(), by: admin)] }
    known = new
    return operations
  }

  mutating func round() -> [Operation] {
    new = Things()
    // Ids of an earlier round; what was refused then is as good a question as any.
    let operations = (0..<random.number(1...70)).map { _ in next() }
    known.recognitions = Array((known.recognitions + new.recognitions).suffix(40))
    known.awards = Array((known.awards + new.awards).suffix(12))
    known.earnings = Array((known.earnings + new.earnings).suffix(12))
    known.redemptions = Array((known.redemptions + new.redemptions).suffix(16))
    known.budgets = Array((known.budgets + new.budgets).suffix(6))
    known.rewards = Array((known.rewards + new.rewards).suffix(5))
    known.keys = Array((known.keys + new.keys).suffix(5))
    sent = Array((sent + operations.filter { $0.idempotency != nil }).suffix(80))
    return operations
  }

  /// How long until the next round: mostly the same day.
  mutating func days() -> Int64 { Int64(random.one(of: [0, 0, 0, 0, 1, 2, 9, 35])) }

  private mutating func next() -> Operation {
    if !sent.isEmpty, random.once(in: 20) {
      let earlier = random.one(of: sent)
      let isOther = random.once(in: 3)
      return Operation(
        id: random.newID(), actor: earlier.actor,
        idempotency: earlier.idempotency.map { Idempotency(key: $0.key, request: isOther ? .zero : $0.request) },
        salt: Secrets.digest(), action: earlier.action)
    }
    let anyone = random.one(of: people)
    switch random.number(1...24) {
    case 1...5: return thank(source: .allowance, by: anyone)
    case 6: return thank(source: .history, by: anyone)
    case 7, 8:
      return operation(
        .boost(Boost(recognition: random.id(of: known.recognitions), points: Int64(random.number(1...9)))), by: anyone)
    case 9, 10: return redeem(by: anyone)
    case 11, 12:
      let move = MoveRedemption(
        id: random.id(of: known.redemptions), move: random.one(of: RedemptionMove.allCases), code: nil)
      return operation(.moveRedemption(move), by: random.once(in: 3) ? anyone : admin)
    case 13: return award()
    case 14:
      return operation(
        .decideAward(DecideAward(random.id(of: known.awards), isApproved: !random.once(in: 4))),
        by: random.one(of: people))
    case 15: return operation(reverse(), by: random.once(in: 3) ? anyone : admin)
    case 16: return operation(reverse(), by: admin)
    case 17: return earn()
    case 18, 19:
      return operation(
        .adjust(
          Adjust(
            random.once(in: 4) ? .allowance : .points, of: name(),
            by: random.once(in: 3) ? 15 : -Int64(random.number(1...12)),
            reason: "So.")), by: admin)
    case 20, 21: return operation(.putPerson(changed()), by: admin)
    case 22: return operation(putReward(), by: admin)
    case 23: return operation(rarely(), by: admin)
    default:
      return operation(
        random.once(in: 2) ? .expirePoints(anyone) : .returnBudget(random.id(of: known.budgets)), by: nil)
    }
  }

  private mutating func operation(_ action: Action, by actor: ID?) -> Operation {
    var action = action
    if case .adjust(let it) = action, case .allowance = it.target {
      action = .adjust(Adjust(.allowance, of: it.person, by: abs(it.points), reason: it.reason))
    }
    let idempotency =
      actor != nil && random.once(in: 3) ? Idempotency(key: Secrets.digest(), request: Secrets.digest()) : nil
    return Operation(id: random.newID(), actor: actor, idempotency: idempotency, salt: Secrets.digest(), action: action)
  }

  // MARK: One kind each

  private mutating func thank(source: Recognise.Source, by giver: ID) -> Operation {
    let made = operation(
      .recognise(
        Recognise(
          to: (0..<random.number(1...2)).map { _ in name() }, message: "Thanks, @\(name())!",
          points: Int64(random.one(of: [0, 1, 3, 8, 30])), values: random.once(in: 5) ? ["kind"] : [],
          hashtags: ["plain"], visibility: random.once(in: 6) ? .private : .public, source: source)), by: giver)
    new.recognitions.append(made.id)
    return made
  }

  private mutating func redeem(by person: ID) -> Operation {
    let reward = random.once(in: 3) ? random.id(of: known.rewards).description : sku()
    let made = operation(.redeem(Redeem(reward: reward, quantity: Int32(random.number(1...2)), note: nil)), by: person)
    new.redemptions.append(made.id)
    return made
  }

  private mutating func award() -> Operation {
    let budget = random.id(of: known.budgets)
    let made = operation(
      .award(
        GiveAward(
          budget: budget, to: [name()], message: "Well done.",
          points: Int64(random.number(1...40)),
          values: [])), by: owners[budget] ?? admin)
    new.awards.append(made.id)
    return made
  }

  private mutating func earn() -> Operation {
    let made = operation(
      .earn(Earn(person: name(), points: Int64(random.number(1...30)), reason: "Earned.", source: "lms")), by: admin)
    new.earnings.append(made.id)
    return made
  }

  private mutating func reverse() -> Action {
    switch random.number(1...5) {
    case 1: .reverse(.award, random.id(of: known.awards))
    case 2: .reverse(.earning, random.id(of: known.earnings))
    default: .reverse(.recognition, random.id(of: known.recognitions))
    }
  }

  private mutating func putReward() -> Action {
    let isNew = known.rewards.isEmpty || random.once(in: 3)
    let id = isNew ? random.newID() : random.one(of: known.rewards)
    if isNew { new.rewards.append(id) }
    // Limited or not, as it once was: its id says so.
    let isLimited = id.rawValue % 2 == 0
    let reward = Reward(
      id: id, sku: sku(), name: "Mug", description: "", kind: .merchandise, pricePoints: Int64(random.number(1...15)),
      cost: Money(tenThousandths: 25_000, currency: "EUR"), isLimited: isLimited,
      fulfilment: random.one(of: [.manual, .instant]), needsApproval: random.once(in: 3), isTaxable: false,
      isActive: !random.once(in: 8), imageURL: nil)
    return .putReward(PutReward(reward: reward, stock: isNew && isLimited ? 6 : 0))
  }

  private mutating func createBudget() -> Action {
    let id = random.newID()
    new.budgets.append(id)
    let owner = random.one(of: Array(people.prefix(2)))
    owners[id] = owner
    let today = Int32(Timestamp.now.microseconds / 86_400_000_000)
    return .createBudget(
      Budget(
        id: id, name: "Spot \(random.number(1...9))", owner: owner,
        startsOn: Day(number: today - 3), endsOn: Day(number: today + Int32(random.one(of: [5, 60, 400]))),
        costCentre: nil, approvalAbove: random.one(of: [nil, 0, 10]), isTaxable: false), points: 300)
  }

  private mutating func rarely() -> Action {
    switch random.number(1...8) {
    case 1: return createBudget()
    case 2: return .fundBudget(random.id(of: known.budgets), points: 40)
    case 3, 4: return .moveStock(reward: random.id(of: known.rewards), delta: Int64(random.one(of: [5, -1, -4])))
    case 5:
      let id = random.newID()
      new.keys.append(id)
      return .createKey(APIKey(id: id, person: admin, digest: Secrets.digest(), expiresAt: nil))
    case 6: return .revokeKey(random.id(of: known.keys))
    case 7:
      return .putValue(Value(slug: "kind", name: "Kind", description: "", isActive: !random.once(in: 3)), expected: nil)
    default:
      return .changeProgram(
        Ledger.Program(
          version: 0, allowancePoints: 60, allowancePeriod: random.one(of: AllowancePeriod.allCases),
          allowanceByRole: [.finance: 90, .manager: 75],
          recipientCap: RecipientCap(share: 5_000, mode: random.one(of: RecipientCap.Mode.allCases)),
          expiryMonths: random.one(of: [nil, 1, 1]), leaverGraceDays: 4,
          givers: random.one(of: [Givers.everyone, .everyone, .managers])), expected: nil)
    }
  }

  /// Handles and emails are few, so they change hands.
  private mutating func changed() -> Person {
    let index = random.number(0...people.count - 1)
    return person(
      people[index], handle: "h\(random.once(in: 2) ? index : random.number(0...11))",
      manager: random.once(in: 4) ? random.one(of: people) : manager(of: index))
  }

  private func manager(of index: Int) -> ID? { index == 0 ? nil : people[(index - 1) / 2] }

  private mutating func person(_ id: ID, handle: String, manager: ID?) -> Person {
    Person(
      id: id, handle: handle, name: handle, email: random.once(in: 3) ? "e\(random.number(0...5))@acme.example" : nil,
      costCentre: random.one(of: [nil, "CC-1"]), manager: manager == id ? nil : manager,
      roles: id == admin ? [.admin] : random.once(in: 4) ? [.finance] : [],
      isActive: id == admin || !random.once(in: 7),
      allowancePoints: random.once(in: 6) ? 25 : nil)
  }

  /// Somebody by whichever name; perhaps nobody's just now.
  private mutating func name() -> String {
    switch random.number(1...5) {
    case 1: random.one(of: people).description
    case 2: "E\(random.number(0...5))@acme.example"
    default: "h\(random.number(0...9))"
    }
  }

  private mutating func sku() -> String { "SKU-\(random.number(1...6))" }
}

/// Numbers that follow from a seed (Steele, Lea and Flood 2014).
private struct SplitMix {
  var state: UInt64

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return range.lowerBound + Int((bits ^ (bits >> 31)) % UInt64(range.count))
  }

  /// The same again from the same seed, so that a life is the same each time.
  mutating func newID() -> ID {
    .version7(
      milliseconds: 1_800_000_000_000, random: UInt128(number(0...Int.max - 1)) << 64 | UInt128(number(0...Int.max - 1))
    )
  }

  mutating func once(in count: Int) -> Bool { number(1...count) == 1 }
  mutating func one<Element>(of elements: [Element]) -> Element { elements[number(0...elements.count - 1)] }
  mutating func id(of ids: [ID]) -> ID { ids.isEmpty ? .zero : one(of: ids) }
}
