import Ledger
import Testing

/// A second opinion: the rules of thanking in plain dictionaries, written without a look at the ledger's own code.
/// It does not say which of several reasons a refusal names, only which ones there are.
private struct Model {
  struct Someone {
    var isActive: Bool
    var allowance: Int64 = 0
    var period: Int32 = -1
    var points: Int64 = 0
  }

  struct Thanks {
    var giver: String
    var to: [String]
    var points: Int64
    var values: [String]
    var isPrivate: Bool
    var isHistory: Bool
    var key: String?
  }

  enum Answer: Equatable {
    case accepted
    case replayed(Int64)
    case refused(Set<Refusal.Code>)
  }

  var people: [String: Someone] = [:]
  var values: [String: Bool] = [:]
  var period: Int32 = 0
  var allowance: Int64 = 0
  var most: Int64 = 0
  var recipientsMax = 0
  var isPrivateAllowed = true
  var issued: Int64 = 0
  var position: Int64 = 0
  var keys: [String: (request: String, position: Int64)] = [:]

  func available(_ name: String) -> Int64 {
    people[name].map { $0.period == period ? $0.allowance : allowance } ?? 0
  }

  mutating func thank(_ thanks: Thanks) -> Answer {
    if let key = thanks.key, let earlier = keys["\(thanks.giver) \(key)"] {
      return earlier.request == thanks.request ? .replayed(earlier.position) : .refused([.idempotencyKeyReused])
    }
    let reasons = reasons(against: thanks)
    guard reasons.isEmpty else { return .refused(reasons) }
    let total = thanks.points * Int64(thanks.to.count)
    if thanks.isHistory {
      issued -= total
    } else if total > 0 {
      let before = people[thanks.giver]!
      if before.period != period {
        issued -= allowance - before.allowance
        people[thanks.giver]!.allowance = allowance
        people[thanks.giver]!.period = period
        position += 1
      }
      people[thanks.giver]!.allowance -= total
    }
    for name in thanks.to { people[name]!.points += thanks.points }
    position += 1
    if let key = thanks.key { keys["\(thanks.giver) \(key)"] = (thanks.request, position) }
    return .accepted
  }

  private func reasons(against thanks: Thanks) -> Set<Refusal.Code> {
    var reasons: Set<Refusal.Code> = []
    if thanks.to.contains(thanks.giver) { reasons.insert(.selfRecognition) }
    if Set(thanks.to).count < thanks.to.count { reasons.insert(.duplicateRecipient) }
    if thanks.to.contains(where: { people[$0] == nil }) { reasons.insert(.unknownPerson) }
    if thanks.values.contains(where: { values[$0] == nil }) { reasons.insert(.unknownValue) }
    if thanks.isHistory { return reasons }
    if thanks.to.count > recipientsMax { reasons.insert(.tooManyRecipients) }
    if thanks.to.contains(where: { people[$0]?.isActive == false }) { reasons.insert(.inactiveRecipient) }
    if people[thanks.giver]?.isActive == false { reasons.insert(.inactiveCaller) }
    if thanks.values.contains(where: { values[$0] == false }) { reasons.insert(.unknownValue) }
    if thanks.points > most { reasons.insert(.tooManyPoints) }
    if thanks.isPrivate, !isPrivateAllowed { reasons.insert(.privateNotAllowed) }
    if thanks.points * Int64(thanks.to.count) > available(thanks.giver) { reasons.insert(.insufficientAllowance) }
    return reasons
  }
}

extension Model.Thanks {
  /// The same for the same request.
  var request: String { "\(to) \(points) \(values) \(isPrivate) \(isHistory)" }
}

@Suite("Thousands of random operations")
struct RandomTests {
  @Test(
    "The book and a naive model give the same answers and balances, and the log holds",
    arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func agreement(_ seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    var (model, book) = Self.setting(&random)
    var audit = Audit(book)
    var outcomes: [String: Int] = [:]
    var sent: [Model.Thanks] = []
    for step in 0..<1_000 {
      if step % 100 == 99 {
        model.period += 1
        model.allowance = .random(in: 0...30, using: &random)
        var program = book.program
        program.allowancePoints = model.allowance
        book = book.reopened(program: program, periodStart: Day(number: model.period))
      }
      // Some come again, as retries do.
      let isRetry = !sent.isEmpty && Int.random(in: 0..<8, using: &random) == 0
      let thanks = isRetry ? sent.randomElement(using: &random)! : Self.thanks(&random)
      sent.append(thanks)
      let before = Contents(book)
      let decision = book.decide(Self.operation(thanks, step, book))
      switch (model.thank(thanks), decision) {
      case (.accepted, .accepted(let acceptance)):
        audit.follow(acceptance)
        outcomes["accepted", default: 0] += 1
      case (.replayed(let position), .replayed(let earlier)):
        #expect(position == earlier.position)
        #expect(Contents(book) == before)
        outcomes["replayed", default: 0] += 1
      case (.refused(let reasons), .refused(let refusal)):
        #expect(reasons.contains(refusal.code), "\(thanks)")
        #expect(Contents(book) == before)
        outcomes[refusal.code.rawValue, default: 0] += 1
      case (let expected, let decision):
        Issue.record("\(thanks): the model says \(expected), the book \(decision)")
        return
      }
      Self.compare(model, book)
    }
    audit.agrees(with: book)
    // The mixture reaches what it is meant to reach.
    for word in ["accepted", "replayed", "insufficient_allowance", "idempotency_key_reused", "duplicate_recipient"] {
      #expect(outcomes[word, default: 0] > 0, "\(word)")
    }
  }

  private static func compare(_ model: Model, _ book: Book) {
    #expect(book.head.position == model.position)
    #expect(book.balances[.issued, default: 0] == model.issued)
    for (name, someone) in model.people {
      guard let person = book.person(named: name) else {
        Issue.record("\(name) is missing")
        continue
      }
      #expect(book.effectiveAllowance(of: person) == model.available(name), "\(name)")
      #expect(book.balances[.points(person.id), default: 0] == someone.points, "\(name)")
    }
  }

  private static let names = ["ann", "bo", "cy", "di", "ed", "flo"]

  private static func setting(_ random: inout SeededGenerator) -> (Model, Book) {
    var model = Model()
    model.allowance = 20
    model.most = 8
    model.recipientsMax = 4
    model.isPrivateAllowed = Bool.random(using: &random)
    model.values = ["be-helpful": true, "retired": false]
    var book = Book(
      organization: id(0), head: Book.Head(position: 0, hash: .zero, recordedAt: Timestamp(microseconds: 0)),
      clock: Timestamp(microseconds: 1),
      program: Program(
        version: 1, allowancePoints: 20, pointsMax: 8, recipientsMax: 4, isPrivateAllowed: model.isPrivateAllowed),
      periodStarts: .all(Day(number: 0)), today: Day(number: 0))
    for (index, name) in names.enumerated() {
      let isActive = name != "flo"
      model.people[name] = Model.Someone(isActive: isActive)
      book.load(Person(id: id(100 + index), handle: name, name: name, isActive: isActive))
    }
    for (slug, isActive) in model.values {
      book.load(Value(slug: slug, name: slug, description: "", isActive: isActive), position: 1)
    }
    return (model, book)
  }

  private static func thanks(_ random: inout SeededGenerator) -> Model.Thanks {
    let sometimes = { (odds: Int, random: inout SeededGenerator) in Int.random(in: 0..<odds, using: &random) == 0 }
    let count = Int.random(in: 1...(sometimes(10, &random) ? 5 : 2), using: &random)
    let name = { (random: inout SeededGenerator) in
      sometimes(40, &random) ? "zoe" : names.randomElement(using: &random)!
    }
    return Model.Thanks(
      giver: names.randomElement(using: &random)!, to: (0..<count).map { _ in name(&random) },
      points: .random(in: 0...(sometimes(10, &random) ? 12 : 4), using: &random),
      values: sometimes(4, &random) ? [["be-helpful", "retired", "nope"].randomElement(using: &random)!] : [],
      isPrivate: sometimes(5, &random), isHistory: sometimes(12, &random),
      key: sometimes(3, &random) ? "k\(Int.random(in: 0..<20, using: &random))" : nil)
  }

  private static func operation(_ thanks: Model.Thanks, _ step: Int, _ book: Book) -> Operation {
    Operation(
      id: id(1_000 + step), actor: book.person(named: thanks.giver)?.id,
      idempotency: thanks.key.map { Idempotency(key: digest($0), request: digest(thanks.request)) },
      occurredAt: thanks.isHistory ? Timestamp(microseconds: -1) : nil, salt: digest("\(step)"),
      action: .recognise(
        Recognise(
          to: thanks.to, message: "Thanks \(step).", points: thanks.points, values: thanks.values,
          visibility: thanks.isPrivate ? .private : .public, source: thanks.isHistory ? .history : .allowance)))
  }
}

/// Repeatable randomness (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
