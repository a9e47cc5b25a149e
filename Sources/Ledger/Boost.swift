/// Points of one's own added to somebody's recognition.
public struct Boost: Sendable {
  /// Of the recognition.
  public let recognition: ID
  /// For each of its recipients.
  public let points: Int64

  public init(recognition: ID, points: Int64) {
    self.recognition = recognition
    self.points = points
  }
}

/// What of a boost its hash covers.
public struct BoostFacts: Sendable, Equatable {
  public let recognitionPosition: Int64
  /// For each recipient.
  public let points: Int64
  public let recipients: [ID]

  public init(recognitionPosition: Int64, points: Int64, recipients: [ID]) {
    self.recognitionPosition = recognitionPosition
    self.points = points
    self.recipients = recipients
  }

  public var totalPoints: Int64 { points * Int64(recipients.count) }
}

extension Book {
  /// Decides a boost: like a recognition of the same people, save that it has no words of its own.
  mutating func boost(_ boost: Boost, _ operation: Operation) throws(Refusal) -> Acceptance {
    guard let giver = operation.actor.flatMap({ people[$0] }), giver.isActive else {
      throw Refusal(.inactiveCaller, "Whoever this key belongs to has left the organisation.")
    }
    guard let recognition = grants[boost.recognition], recognition.kind == .recognition else {
      throw Refusal(.notFound, "There is no such recognition.")
    }
    if recognition.isReversed { throw Refusal(.alreadyReversed, "The recognition was reversed.") }
    for recipient in recognition.recipients {
      if recipient == giver.id { throw Refusal(.selfRecognition, "Nobody can boost what they were given.") }
      guard let person = people[recipient], person.isActive else {
        throw Refusal(.inactiveRecipient, "\(people[recipient]?.handle ?? "") has left the organisation.")
      }
    }
    // What takes the recognition back takes back every credit of it in one entry, which has to stay possible.
    let boostCount = boosts[boost.recognition]?.count ?? 0
    if (boostCount + 2) * recognition.recipients.count > Limits.creditsMax {
      throw Refusal(.tooManyBoosts, "This was boosted \(boostCount) times; more than that could not be taken back.")
    }
    try checkGiving(
      boost.points, to: recognition.recipients, by: giver, beside: ownPoints(of: giver.id, in: recognition))
    let facts = BoostFacts(
      recognitionPosition: recognition.position, points: boost.points, recipients: recognition.recipients)
    let acceptance = append(
      operation, .boost, subject: boost.recognition, detail: .boost(facts),
      moves: [(.allowance(giver.id), -facts.totalPoints)] + facts.recipients.map { (.points($0), facts.points) },
      preceding: resetAllowance(of: giver, for: operation).map { [$0] } ?? [], source: .allowance)
    noteGift(of: boost.points, to: facts.recipients, by: giver.id, on: today)
    noteGrant(
      acceptance.entry, .boost, of: operation.id, to: facts.recipients, facts.points, boosted: boost.recognition)
    return acceptance
  }

  /// What somebody gave each recipient of a recognition already: as its giver, unless it is history, and by boosts.
  private func ownPoints(of giver: ID, in recognition: Grant) -> Int64 {
    let isOwn = recognition.giver == giver && recognition.payer != .issued
    let own = (boosts[recognition.id] ?? []).compactMap { grants[$0] }.filter { $0.giver == giver }
    return own.reduce(isOwn ? recognition.points : 0) { $0 + $1.points }
  }
}
