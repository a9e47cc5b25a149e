import Ledger
import Testing

@Suite("Separation of duties")
struct DutyTests {
  /// A ledger in which Fay, of finance, leads nobody and has something to spend, and Mo awards from a budget.
  private func ledger(approvalAbove: Int64? = 0) -> RedemptionLedger {
    var ledger = RedemptionLedger()
    ledger.offer("MUG", price: 10, stock: 9, isInstant: false, needsApproval: true)
    ledger.fund("Spot", owner: "mo", points: 1_000, approvalAbove: approvalAbove)
    ledger.give("fay", 50)
    return ledger
  }

  private func decide(_ ledger: inout RedemptionLedger, _ award: ID, _ isApproved: Bool, by handle: String) -> String {
    ledger.play(handle, .decideAward(DecideAward(award, isApproved: isApproved))).outcome
  }

  @Test("A redeemer cancels, and decides nothing else about it, in any state, whatever their role")
  func redemption() {
    var ledger = ledger()
    let mug = ledger.redeem("fay", "MUG").id
    for step in [RedemptionMove.approve, .fulfil, .refund] {
      for move in RedemptionMove.allCases where move != .cancel {
        #expect(ledger.move(mug, move, by: "fay") == "own_redemption", "\(move) before \(step)")
      }
      #expect(ledger.move(mug, step, by: "mo") == "accepted")
    }
    #expect(ledger.points("fay") == 50)
    #expect(ledger.move(ledger.redeem("fay", "MUG").id, .cancel, by: "fay") == "accepted")
  }

  @Test("Neither whoever gave an award nor anybody who is to get it decides about it")
  func award() {
    var ledger = ledger()
    let award = ledger.award("mo", "Spot", ["bo", "ann"], 5).id
    for handle in ["mo", "ann", "bo"] {
      for isApproved in [true, false] {
        #expect(decide(&ledger, award, isApproved, by: handle) == "own_award", "\(handle)")
      }
    }
    #expect(decide(&ledger, award, true, by: "fay") == "accepted")
    #expect(ledger.points("ann") == 5)
  }

  @Test("Where the programme does not separate duties, people decide on what is theirs, and never correct themselves")
  func together() {
    var ledger = ledger()
    var program = ledger.book.program
    program.separatesDuties = false
    #expect(ledger.play("cy", .changeProgram(program, expected: nil)).outcome == "accepted")
    let mug = ledger.redeem("fay", "MUG").id
    for move in [RedemptionMove.approve, .fulfil, .refund] {
      #expect(ledger.move(mug, move, by: "fay") == "accepted")
    }
    let award = ledger.award("mo", "Spot", ["ann"], 5).id
    #expect(decide(&ledger, award, true, by: "mo") == "accepted")
    #expect(ledger.play("fay", .adjust(Adjust(.points, of: "fay", by: 1, reason: "Me"))).outcome == "own_points")
  }

  @Test(
    "Nobody credits, corrects or tops up themselves, by whatever name, also to take away",
    arguments: [
      .earn(Earn(person: "fay", points: 5, reason: "Me", source: "lms")),
      .earn(Earn(person: "\(RedemptionLedger().person("fay"))", points: 5, reason: "Me", source: "lms")),
      .adjust(Adjust(.points, of: "FAY", by: 1_000_000_000, reason: "Me")),
      .adjust(Adjust(.points, of: "fay", by: -5, reason: "Me")),
      .adjust(Adjust(.allowance, of: "fay", by: 5, reason: "Me")),
    ] as [Action])
  func corrections(_ action: Action) {
    var ledger = ledger()
    #expect(ledger.play("fay", action).outcome == "own_points")
    #expect(ledger.play("cy", action).outcome == "accepted")
  }

  @Test("Nobody takes back what they earned themselves")
  func earning() {
    var ledger = ledger()
    var fay = ledger.book.people[ledger.person("fay")]!
    fay.roles = [.finance, .admin]
    #expect(ledger.play("cy", .putPerson(fay)).outcome == "accepted")
    let earned = ledger.play("cy", .earn(Earn(person: "fay", points: 5, reason: "Course", source: "lms"))).id
    #expect(ledger.play("fay", .reverse(.earning, earned)).outcome == "own_points")
  }

  @Test("Nobody changes their own roles or allowance; all else, and others, they may")
  func directory() {
    var ledger = ledger()
    let fay = ledger.book.people[ledger.person("fay")]!
    func changed(_ change: (inout Person) -> Void) -> Action {
      var person = fay
      change(&person)
      return .putPerson(person)
    }
    #expect(ledger.play("fay", changed { $0.roles = [.finance, .admin] }).outcome == "own_roles")
    #expect(ledger.play("fay", changed { $0.roles = [] }).outcome == "own_roles")
    #expect(ledger.play("fay", changed { $0.allowancePoints = 1_000_000 }).outcome == "own_points")
    #expect(ledger.play("fay", changed { $0.team = "Finance" }).outcome == "accepted")
    #expect(ledger.play("mo", changed { $0.allowancePoints = 20 }).outcome == "accepted")
  }

  @Test(
    "An award waits where what its giver gave one of its recipients from the budget, it included, is above the limit")
  func limit() {
    var ledger = ledger(approvalAbove: 100)
    func state(_ to: [String], _ points: Int64) -> (id: ID, state: AwardState?) {
      let award = ledger.award("mo", "Spot", to, points)
      return (award.id, ledger.book.awards[award.id]?.state)
    }
    #expect(state(["ann", "bo"], 60).state == .granted, "the limit is for each")
    #expect(state(["ann"], 40).state == .granted)
    let more = state(["ann"], 1)
    #expect(more.state == .pendingApproval)
    #expect(state(["bo"], 40).state == .granted, "what one was given is nothing to another")
    #expect(state(["bo", "ann"], 1).state == .pendingApproval)
    // What was declined was not given.
    #expect(decide(&ledger, more.id, false, by: "fay") == "accepted")
    #expect(state(["ann"], 1).state == .pendingApproval)
  }

  @Test("What was taken back no longer counts towards the limit; what was approved does")
  func limitAfterwards() {
    var ledger = ledger(approvalAbove: 100)
    var cy = ledger.book.people[ledger.person("cy")]!
    cy.roles = [.admin]
    #expect(ledger.play("fay", .putPerson(cy)).outcome == "accepted")
    let first = ledger.award("mo", "Spot", ["ann"], 100).id
    #expect(ledger.play("cy", .reverse(.award, first)).outcome == "accepted")
    let second = ledger.award("mo", "Spot", ["ann"], 100).id
    #expect(ledger.book.awards[second]?.state == .granted)
    let third = ledger.award("mo", "Spot", ["bo"], 101).id
    #expect(decide(&ledger, third, true, by: "fay") == "accepted")
    let fourth = ledger.award("mo", "Spot", ["bo"], 1).id
    #expect(ledger.book.awards[fourth]?.state == .pendingApproval)
  }

  @Test(
    "Approving asks once more: nothing is paid after the budget's last day, to leavers, or to who reports to others now"
  )
  func approval() {
    var asked = ledger()
    let award = asked.award("mo", "Spot", ["bo"], 5).id
    let (ann, bo) = (asked.book.people[asked.person("ann")]!, asked.book.people[asked.person("bo")]!)
    func outcome(_ change: Person?, onDay day: Int32 = 10) -> [String] {
      var ledger = asked
      if let change { #expect(ledger.play("fay", .putPerson(change)).outcome == "accepted") }
      ledger.reopen(onDay: day)
      let approved = decide(&ledger, award, true, by: "fay")
      return [approved, decide(&ledger, award, false, by: "fay")]
    }
    var (left, moved) = (bo, ann)
    left.isActive = false
    moved.manager = nil
    #expect(outcome(left) == ["inactive_recipient", "accepted"])
    #expect(outcome(moved) == ["not_in_your_team", "accepted"])
    #expect(outcome(nil, onDay: 21) == ["budget_closed", "accepted"])
    #expect(outcome(nil, onDay: 20) == ["accepted", "invalid_transition"])
  }
}
