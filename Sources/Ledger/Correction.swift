/// Points from another system, or for what it says was earned there.
public struct Earn: Sendable {
  /// By id, handle or email.
  public let person: String
  public let points: Int64
  public let reason: String
  /// The system's name.
  public let source: String
  /// The system's key, where it came with one: its bounds hold.
  public let key: ID?

  public init(person: String, points: Int64, reason: String, source: String, key: ID? = nil) {
    self.person = person
    self.points = points
    self.reason = reason
    self.source = source
    self.key = key
  }
}

/// A correction of somebody's points, or an addition to what they may give; always with a reason.
public struct Adjust: Sendable {
  public enum Target: Sendable {
    /// What the person has; points may be negative.
    case points
    /// What the person may give: stays until it is given, over the ends of periods.
    case allowance
  }

  public let target: Target
  /// By id, handle or email.
  public let person: String
  public let points: Int64
  public let reason: String

  public init(_ target: Target, of person: String, by points: Int64, reason: String) {
    self.target = target
    self.person = person
    self.points = points
    self.reason = reason
  }
}

extension Book {
  mutating func earn(_ earn: Earn, _ operation: Operation) throws(Refusal) -> Acceptance {
    let person = try activePerson(named: earn.person)
    try checkDuty(of: operation.actor, onPointsOf: person.id)
    if let key = earn.key { try credit(earn, by: key) }
    let acceptance = append(
      operation, .earning, subject: person.id, text: earn.reason, detail: .earning(source: earn.source, key: earn.key),
      moves: [(.issued, -earn.points), (.points(person.id), earn.points)], source: .earning(earn.source))
    noteGrant(acceptance.entry, .earning, of: operation.id, to: [person.id], earn.points)
    return acceptance
  }

  /// Another system's key credits what it was made for.
  private mutating func credit(_ earn: Earn, by key: ID) throws(Refusal) {
    guard keys[key] != nil, var crediting = creditingKeys[key] else {
      throw Refusal(.forbidden, "This key credits nothing any more.")
    }
    let bounds = crediting.bounds
    guard earn.source == bounds.source else {
      throw Refusal(.wrongSource, "This key credits from \(bounds.source) alone.", at: "/source")
    }
    guard earn.points <= bounds.pointsMax else {
      throw Refusal(.tooManyPoints, "This key credits at most \(bounds.pointsMax) points at once.", at: "/points")
    }
    let left = crediting.pointsLeft(on: today)
    guard earn.points <= left else {
      throw Refusal(.keyLimitReached, "This key may credit \(max(0, left)) points more today.", at: "/points")
    }
    crediting.credit(earn.points, on: today)
    creditingKeys[key] = crediting
  }

  mutating func adjust(_ adjust: Adjust, _ operation: Operation) throws(Refusal) -> Acceptance {
    switch adjust.target {
    case .points: try adjustPoints(adjust, operation)
    case .allowance: try topUp(adjust, operation)
    }
  }

  /// What is taken away comes from the oldest lots, as everything spent does. Leavers can be corrected, too.
  private mutating func adjustPoints(_ adjust: Adjust, _ operation: Operation) throws(Refusal) -> Acceptance {
    guard let person = person(named: adjust.person) else {
      throw Refusal(.unknownPerson, "Nobody here is called \(adjust.person).", at: "/person")
    }
    try checkDuty(of: operation.actor, onPointsOf: person.id)
    let taken = max(0, -adjust.points)
    let available = spendablePoints(of: person.id)
    guard taken <= available else {
      throw Refusal(.insufficientPoints, "\(person.handle) has \(available) points.", at: "/points")
    }
    let preceding = taken == 0 ? nil : expireDue(of: person.id, for: operation)
    let uses = try take(taken, from: person.id)
    return append(
      operation, .adjustment, subject: person.id, text: adjust.reason,
      moves: [(.adjusted, -adjust.points), (.points(person.id), adjust.points)], lotUses: uses,
      preceding: preceding.map { [$0] } ?? [], source: .adjustment)
  }

  private mutating func topUp(_ adjust: Adjust, _ operation: Operation) throws(Refusal) -> Acceptance {
    let person = try activePerson(named: adjust.person)
    try checkDuty(of: operation.actor, onPointsOf: person.id)
    let preceding = resetAllowance(of: person, for: operation)
    carried[person.id, default: 0] += adjust.points
    return append(
      operation, .allowanceToppedUp, subject: person.id, text: adjust.reason,
      moves: [(.issued, -adjust.points), (.allowance(person.id), adjust.points)],
      preceding: preceding.map { [$0] } ?? [])
  }

  private func activePerson(named name: String) throws(Refusal) -> Person {
    guard let person = person(named: name) else {
      throw Refusal(.unknownPerson, "Nobody here is called \(name).", at: "/person")
    }
    guard person.isActive else {
      throw Refusal(.inactiveRecipient, "\(person.handle) has left the organisation.", at: "/person")
    }
    return person
  }
}
