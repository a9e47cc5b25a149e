import Ledger
import Testing

/// Plays lines of `verb  details  outcome`, columns apart by two spaces or more, on a ``RedemptionLedger``:
///
///     offer    MUG 10 stock 3 approval instant gone
///     fund     Spot of mo 100 above 10 from 1 to 20
///     give     ann 50
///     redeem   ann MUG 2             accepted
///     approve  r1 by fay             accepted
///     award    mo Spot ann bo 5      accepted
///     grant    a1 by fay             accepted
///     close    ann 30, held ann 20, stock MUG 1, redeemed 0, Spot 90, pending Spot 0, from r1 history:20
///
/// `r1` is the first redemption that was accepted, `a1` the first award.
@discardableResult
private func play(_ transcript: String, _ location: SourceLocation = #_sourceLocation) throws -> RedemptionLedger {
  var ledger = RedemptionLedger()
  var named: [String: ID] = [:]
  for line in transcript.split(separator: "\n") {
    let columns = line.components("  ")
    let words = columns[1].components(" ")
    let after = { (word: String) in words.firstIndex(of: word).flatMap { Int64(words[$0 + 1]) } }
    var outcome = "accepted"
    switch columns[0] {
    case "offer":
      ledger.offer(
        words[0], price: Int64(words[1])!, stock: after("stock"), isInstant: words.contains("instant"),
        needsApproval: words.contains("approval"), isActive: !words.contains("gone"))
    case "fund":
      ledger.fund(
        words[0], owner: words[2], points: Int64(words[3])!, approvalAbove: after("above"),
        days: Int32(after("from") ?? 1)...Int32(after("to") ?? 20))
    case "give": ledger.give(words[0], Int64(words[1])!)
    case "redeem":
      let redeemed = ledger.redeem(words[0], words[1], Int32(words[2])!)
      outcome = redeemed.outcome
      if outcome == "accepted" { named["r\(named.keys.count { $0.hasPrefix("r") } + 1)"] = redeemed.id }
    case "award":
      let awarded = ledger.award(words[0], words[1], Array(words[2..<(words.count - 1)]), Int64(words.last!)!)
      outcome = awarded.outcome
      if outcome == "accepted" { named["a\(named.keys.count { $0.hasPrefix("a") } + 1)"] = awarded.id }
    case "grant", "deny":
      let decision = DecideAward(named[words[0]]!, isApproved: columns[0] == "grant")
      outcome = ledger.play(words[2], .decideAward(decision)).outcome
    case "close":
      for item in columns[1].components(", ") { close(item.components(" "), ledger, named, location) }
    default:
      outcome = ledger.move(named[words[0]]!, try #require(RedemptionMove(rawValue: columns[0])), by: words[2])
    }
    if columns.count > 2 { #expect(outcome == columns[2], "\(line)", sourceLocation: location) }
  }
  return ledger
}

private func close(_ item: [String], _ ledger: RedemptionLedger, _ named: [String: ID], _ location: SourceLocation) {
  let actual: String
  switch item[0] {
  case "held": actual = "\(ledger.held(item[1]))"
  case "stock": actual = "\(ledger.stock(item[1]))"
  case "redeemed": actual = "\(ledger.book.balances[.redeemed, default: 0])"
  case "pending": actual = "\(ledger.book.balances[.budgetHeld(ledger.budget(item[1])!), default: 0])"
  case "from": actual = ledger.book.redemptions[named[item[1]]!]!.facts.sources.text
  case "state": actual = ledger.book.redemptions[named[item[1]]!]!.state.rawValue
  default:
    actual =
      ledger.budget(item[0]).map { "\(ledger.book.balances[.budget($0), default: 0])" } ?? "\(ledger.points(item[0]))"
  }
  #expect(actual == item.last, "\(item)", sourceLocation: location)
}

extension StringProtocol {
  fileprivate func components(_ separator: String) -> [String] {
    var parts: [String] = []
    var rest = String(self)[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...].drop { $0 == " " }
    }
    return (parts + [String(rest)]).filter { !$0.isEmpty }
  }
}

@Suite("Deciding redemptions")
struct RedemptionTests {
  @Test("A redemption holds points and takes stock, and is fulfilled or given back")
  func states() throws {
    try play(
      """
      offer    MUG 10 stock 3 approval
      give     ann 50
      redeem   ann MUG 2   accepted
      close    ann 30, held ann 20, stock MUG 1, redeemed 0, state r1 pending_approval
      fulfil   r1 by fay   invalid_transition
      refund   r1 by fay   invalid_transition
      approve  r1 by fay   accepted
      decline  r1 by fay   invalid_transition
      close    ann 30, held ann 20, stock MUG 1, state r1 approved
      fulfil   r1 by fay   accepted
      cancel   r1 by ann   invalid_transition
      close    ann 30, held ann 0, stock MUG 1, redeemed 20
      refund   r1 by fay   accepted
      refund   r1 by fay   invalid_transition
      close    ann 50, held ann 0, stock MUG 1, redeemed 0, state r1 refunded
      redeem   ann MUG 1   accepted
      decline  r2 by fay   accepted
      redeem   ann MUG 1   accepted
      cancel   r3 by ann   accepted
      close    ann 50, held ann 0, stock MUG 1, redeemed 0
      """)
  }

  @Test("An instant reward is fulfilled by a second entry of the same decision")
  func instant() throws {
    let ledger = try play(
      """
      offer   SEED 3 instant
      give    ann 10
      redeem  ann SEED 3   accepted
      redeem  ann SEED 1   insufficient_points
      close   ann 1, held ann 0, redeemed 9, state r1 fulfilled
      """)
    #expect(ledger.book.head.position == 4)
  }

  @Test("What cannot be redeemed is refused")
  func refusals() throws {
    try play(
      """
      offer   MUG 10 stock 1
      offer   OLD 1 gone
      give    ann 15
      redeem  ann NONE 1   unknown_reward
      redeem  ann OLD 1    inactive_reward
      redeem  ann MUG 2    out_of_stock
      redeem  bo MUG 1     insufficient_points
      redeem  ann MUG 1    accepted
      redeem  ann MUG 1    out_of_stock
      cancel  r1 by bo     not_found
      cancel  r1 by fay    forbidden
      cancel  r1 by ann    accepted
      close   ann 15, stock MUG 1
      """)
  }

  @Test("Points go out the oldest first, and come back to where they came from")
  func lots() throws {
    try play(
      """
      offer   MUG 12 instant
      fund    Spot of mo 50
      give    ann 10
      award   mo Spot ann 20   accepted
      redeem  ann MUG 1        accepted
      redeem  ann MUG 1        accepted
      refund  r1 by fay        accepted
      redeem  ann MUG 1        accepted
      close   ann 6, from r1 history:10;budget:Spot:2, from r2 budget:Spot:12, from r3 history:10;budget:Spot:2
      """)
  }

  @Test("A key has one effect")
  func keys() {
    var ledger = RedemptionLedger()
    ledger.offer("MUG", price: 10, stock: 5, isInstant: true, needsApproval: false)
    ledger.give("ann", 50)
    let first = ledger.redeem("ann", "MUG", key: "k")
    let again = ledger.redeem("ann", "MUG", key: "k")
    #expect(again.outcome == "replayed")
    #expect(again.id == first.id)
    #expect(ledger.redeem("ann", "MUG", 2, key: "k").outcome == "idempotency_key_reused")
    #expect(ledger.points("ann") == 40)
  }
}

@Suite("Deciding awards")
struct AwardTests {
  @Test("Awards reach whoever reports to the giver, directly or further down, and nobody else")
  func reports() throws {
    try play(
      """
      fund   Spot of mo 20
      award  mo Spot ann bo 3   accepted
      award  mo Spot cy 1       not_in_your_team
      award  mo Spot mo 1       self_recognition
      award  mo Spot zoe 1      unknown_person
      award  mo Spot ann ann 1  duplicate_recipient
      award  ann Spot bo 1      unknown_budget
      award  mo None ann 1      unknown_budget
      award  mo Spot ann bo 8   insufficient_budget
      award  mo Spot ann bo 7   accepted
      close  ann 10, bo 10, Spot 0
      """)
  }

  @Test("A budget is open from its first day to its last")
  func periods() throws {
    try play(
      """
      fund   Past of mo 9 from 1 to 9
      fund   Today of mo 9 from 10 to 10
      fund   Soon of mo 9 from 11 to 20
      award  mo Past ann 1    budget_closed
      award  mo Today ann 1   accepted
      award  mo Soon ann 1    budget_closed
      close  ann 1, Past 9, Today 8, Soon 9
      """)
  }

  @Test("Above the limit in all, an award waits for somebody else's decision")
  func approval() throws {
    try play(
      """
      fund   Spot of mo 40 above 10
      award  mo Spot ann bo 5   accepted
      close  ann 5, Spot 30, pending Spot 0
      award  mo Spot ann bo 6   accepted
      close  ann 5, Spot 18, pending Spot 12
      grant  a2 by mo           own_award
      deny   a2 by mo           own_award
      grant  a2 by fay          accepted
      grant  a2 by fay          invalid_transition
      close  ann 11, bo 11, Spot 18, pending Spot 0
      award  mo Spot ann 18     accepted
      award  mo Spot ann 1      insufficient_budget
      deny   a3 by fay          accepted
      grant  a3 by fay          invalid_transition
      close  ann 11, Spot 18, pending Spot 0
      """)
  }
}
