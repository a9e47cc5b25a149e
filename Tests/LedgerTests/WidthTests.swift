import Testing

@testable import Ledger

/// Every count of an entry, past what 16 bits hold: in the arrays that decide, and in the canonical body.
@Suite("Widths")
struct WidthTests {
  /// One more than 16 bits count.
  private static let count = 65_537

  private static let (giver, receiver, finance, reward) = (id(100), id(101), id(102), id(300))

  /// Bo has `count` lots of one point each, of entries at positions before the head.
  private func book(lots count: Int) -> Book {
    var book = Book(
      organization: id(0),
      head: Book.Head(position: Int64(count) + 10, hash: .zero, recordedAt: Timestamp(microseconds: 1_000)),
      clock: Timestamp(microseconds: 2_000), program: Program(version: 1, allowancePoints: 0, pointsMax: 1_000_000),
      periodStarts: .all(Day(number: 1)), today: Day(number: 10))
    book.load(Person(id: Self.giver, handle: "ann", name: "Ann", roles: [.admin]))
    book.load(Person(id: Self.receiver, handle: "bo", name: "Bo"))
    book.load(Person(id: Self.finance, handle: "fay", name: "Fay", roles: [.finance]))
    book.loadSpender(Self.receiver)
    for position in 1...Int64(count) {
      book.load(Lot(position: position, line: Int32(position), remaining: 1, source: .history), of: Self.receiver)
    }
    book.load(balance: Int64(count), of: .points(Self.receiver))
    book.load(balance: -Int64(count), of: .issued)
    book.load(
      Reward(
        id: Self.reward, sku: "CAR", name: "Car", description: "", kind: .merchandise, pricePoints: Int64(count),
        cost: Money(tenThousandths: 0, currency: "EUR"), isLimited: false, fulfilment: .manual, needsApproval: true,
        isTaxable: false, isActive: true, imageURL: nil))
    return book
  }

  private func decide(_ book: inout Book, _ actor: ID?, _ action: Action, id number: Int = 1_000) throws -> Entry {
    let decision = book.decide(
      Operation(id: id(number), actor: actor, salt: digest("\(number)"), action: action))
    guard case .accepted(let acceptance) = decision else { throw Unexpected(decision: "\(decision)") }
    #expect(book.defect == nil)
    return acceptance.entry
  }

  private struct Unexpected: Error { let decision: String }

  @Test(
    "More lots than 16 bits count are spent at once, given back, and run out, each by one entry that the hash covers")
  func lots() throws {
    var book = book(lots: Self.count)
    let spent = try decide(&book, Self.receiver, .redeem(Redeem(reward: "CAR", quantity: 1, note: nil)))
    #expect(spent.lotUses.count == Self.count)
    #expect(spent.lotUses.last == LotUse(lotPosition: 65_537, lotLine: 65_537, amount: 1))
    #expect(book.spendablePoints(of: Self.receiver) == 0)
    if case .redemption(let facts) = spent.detail { #expect(facts.sources == [SourcePart(.history, 65_537)]) }
    #expect(bytes(of: spent, before: Self.count * 20) == [0, 1, 0, 1])

    let move = MoveRedemption(id: spent.id, move: .decline)
    let declined = try decide(&book, Self.finance, .moveRedemption(move), id: 1_001)
    #expect(declined.lotUses.map(\.amount).reduce(0, +) == -Int64(Self.count))
    #expect(book.spendablePoints(of: Self.receiver) == Int64(Self.count))

    var gone = try #require(book.people[Self.receiver])
    (gone.isActive, gone.leftOn) = (false, Day(number: -1_000))
    book.load(gone)
    let expired = try decide(&book, nil, .expirePoints(gone.id), id: 1_002)
    #expect(expired.lotUses.count == Self.count)
    #expect(book.balances[.points(gone.id)] == 0)
  }

  @Test("A lot keeps its line, and the hash tells lines apart, however far down its entry it stands")
  func line() {
    func entry(_ line: Int32) -> Entry {
      Entry(
        position: 8, id: id(2), kind: .pointsExpired, recordedAt: Timestamp(microseconds: 0),
        occurredAt: Timestamp(microseconds: 0), actor: nil, subject: nil, programVersion: 1, idempotency: nil,
        textDigest: nil, postings: [], lotUses: [LotUse(lotPosition: 1, lotLine: line, amount: 1)])
    }
    let bodies = [1, 32_769, 65_537, Int32.max].map { Chain.body(entry($0), of: id(0)) }
    #expect(Set(bodies).count == 4)
  }

  @Test("A recognition with more boosts than 16 bits count is taken back by one entry")
  func boosts() throws {
    var book = book(lots: Self.count + 1)
    func grant(_ index: Int64, boosted: ID?) -> Grant {
      Grant(
        id: id(10_000 + Int(index)), position: index, kind: boosted == nil ? .recognition : .boost, giver: Self.giver,
        recipients: [Self.receiver], points: 1, payer: .allowance(Self.giver),
        recordedAt: Timestamp(microseconds: 1_000),
        day: Day(number: 10), boosted: boosted)
    }
    let first = grant(1, boosted: nil)
    book.load(first)
    for index in 2...Int64(Self.count + 1) { book.load(grant(index, boosted: first.id)) }

    let reversal = try decide(&book, Self.giver, .reverse(.recognition, first.id))
    #expect(reversal.postings.count == 1 + Self.count + 1)
    #expect(reversal.lotUses.count == Self.count + 1)
    #expect(reversal.detail == .reversal(Array(1...Int64(Self.count + 1))))
    #expect(book.balances[.expired] == Int64(Self.count + 1))
    // Each posting is a text, an owner and an amount; all but the first are of `expired`.
    let credit = 4 + "expired".utf8.count + 16 + 8
    let postings = (Self.count + 1) * credit + 4 + "points".utf8.count + 16 + 8
    #expect(bytes(of: reversal, before: postings + 4 + (Self.count + 1) * 20) == [0, 1, 0, 3])
  }

  @Test("Boosts end where taking all of them back by one entry would")
  func boostBound() throws {
    var book = book(lots: 1)
    book.load(balance: 1_000_000, of: .allowance(Self.giver))
    book.load(balance: -1_000_001, of: .issued)
    book.load(allowancePeriod: Day(number: 1), of: Self.giver)
    let crowd = (0..<1_000).map { id(500_000 + $0) }
    for (index, person) in crowd.enumerated() { book.load(Person(id: person, handle: "c\(index)", name: "")) }
    func grant(_ index: Int, boosted: ID?) -> Grant {
      Grant(
        id: id(10_000 + index), position: 1, kind: boosted == nil ? .recognition : .boost, giver: Self.finance,
        recipients: crowd, points: 1, payer: .allowance(Self.finance), recordedAt: Timestamp(microseconds: 1_000),
        day: Day(number: 10), boosted: boosted)
    }
    let recognition = grant(0, boosted: nil)
    book.load(recognition)
    // It and one more would be as many credits as may be.
    for index in 1...Limits.creditsMax / crowd.count - 2 { book.load(grant(index, boosted: recognition.id)) }
    let boost = Action.boost(Boost(recognition: recognition.id, points: 1))
    _ = try decide(&book, Self.giver, boost)
    #expect(refusal(&book, Self.giver, boost) == .tooManyBoosts)
  }

  @Test(
    "What an account cannot hold is a defect, which whoever decides for a batch sees, and never an end of the process")
  func overflow() {
    for balance in [Limits.balanceMax, .max] {
      var book = book(lots: 1)
      book.load(balance: balance, of: .points(Self.receiver))
      let earn = Earn(person: "bo", points: 1, reason: "", source: "lms")
      _ = book.decide(Operation(id: id(1), actor: Self.giver, salt: .zero, action: .earn(earn)))
      #expect(book.defect != nil)
    }
    var book = book(lots: 1)
    book.load(balance: 0, of: .points(Self.receiver))
    book.load(balance: -5, of: .held(Self.receiver))
    _ = book.post([(.held(Self.receiver), 1), (.issued, -1)])
    #expect(book.defect?.description == "held would fall to -4")
    var other = self.book(lots: 1)
    _ = other.post([(.held(Self.receiver), 1)])
    #expect(other.defect?.description == "an entry does not sum to zero")
  }

  @Test(
    "More than any programme can let through is refused by the action alone, and leaves no trace",
    arguments: [
      (.recognise(Recognise(to: ["bo"], message: String(repeating: "x", count: 2_001))), .messageTooLong),
      (.recognise(Recognise(to: Array(repeating: "bo", count: 1_001), message: "")), .tooManyRecipients),
      (.recognise(Recognise(to: ["bo"], message: "", points: .max, source: .history)), .tooManyPoints),
      (.recognise(Recognise(to: ["bo"], message: "", points: -1)), .tooManyPoints),
      (
        .award(GiveAward(budget: .zero, to: ["bo"], message: "", points: .max, values: [])), .tooManyPoints
      ),
      (.boost(Boost(recognition: .zero, points: .max)), .tooManyPoints),
      (.earn(Earn(person: "bo", points: .max, reason: "", source: "")), .tooManyPoints),
      (.adjust(Adjust(.points, of: "bo", by: .min, reason: "")), .tooManyPoints),
      (.adjust(Adjust(.allowance, of: "bo", by: .max, reason: "")), .tooManyPoints),
      (.fundBudget(.zero, points: .max), .tooManyPoints),
      (.moveStock(reward: Self.reward, delta: .min), .tooManyPoints),
      (.redeem(Redeem(reward: "CAR", quantity: .max, note: nil)), .tooManyPoints),
      (.changeProgram(Program(version: 1, allowancePoints: .max), expected: nil), .tooManyPoints),
      (.changeProgram(Program(version: 1, allowancePoints: 1, recipientsMax: .max), expected: nil), .tooManyRecipients),
    ] as [(Action, Refusal.Code)])
  func bounds(_ action: Action, _ code: Refusal.Code) {
    var book = book(lots: 1)
    let before = Contents(book)
    #expect(throws: Refusal.self) { try action.checkBounds() }
    #expect(refusal(&book, Self.giver, action) == code)
    #expect(Contents(book) == before)
    #expect(book.defect == nil)
  }

  private func refusal(_ book: inout Book, _ actor: ID, _ action: Action) -> Refusal.Code? {
    let decision = book.decide(Operation(id: id(9), actor: actor, salt: .zero, action: action))
    if case .refused(let refusal) = decision { return refusal.code }
    return nil
  }

  /// The four bytes that stand so many before the end of the canonical body.
  private func bytes(of entry: Entry, before count: Int) -> [UInt8] {
    Array(Chain.body(entry, of: id(0)).dropLast(count).suffix(4))
  }
}
