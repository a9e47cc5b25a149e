/// What a batch of decisions reads and changes: the part of one organisation that its operations mention, as it stood
/// under the head lock. Loading it and writing what was accepted is the service's; deciding is ``decide(_:)``.
public struct Book: Sendable {
  public struct Head: Sendable, Equatable {
    public var position: Int64
    public var hash: Digest
    public var recordedAt: Timestamp

    public init(position: Int64, hash: Digest, recordedAt: Timestamp) {
      self.position = position
      self.hash = hash
      self.recordedAt = recordedAt
    }
  }

  public struct IdempotencyScope: Hashable, Sendable {
    public let actor: ID
    public let key: Digest

    public init(actor: ID, key: Digest) {
      self.actor = actor
      self.key = key
    }
  }

  /// An effect that a key already had.
  public struct Recorded: Sendable, Equatable {
    public let position: Int64
    public let entry: ID
    public let request: Digest

    public init(position: Int64, entry: ID, request: Digest) {
      self.position = position
      self.entry = entry
      self.request = request
    }
  }

  public let organization: ID
  public internal(set) var head: Head
  /// When whatever is decided here is recorded.
  public let now: Timestamp
  public internal(set) var program: Program
  /// The first days of the periods that ``now`` falls in, in the organisation's time zone.
  public let periodStarts: PeriodStarts
  /// The day that ``now`` falls on there.
  public let today: Day

  /// What the organisation is called, and the position that last changed it; loaded where somebody may change it.
  public internal(set) var profile: (profile: Profile, position: Int64)?
  /// What its calendar becomes by a time zone that somebody wants, by the zone's name; loaded for those wanted.
  public internal(set) var calendars: [String: String] = [:]
  public internal(set) var people: [ID: Person] = [:]
  /// The position of the entry that last changed a person.
  public internal(set) var personPositions: [ID: Int64] = [:]
  /// Whoever is active and an admin; all of them where somebody may stop being one.
  public internal(set) var admins: Set<ID> = []
  /// Whose the keys are that work.
  public internal(set) var keys: [ID: ID] = [:]
  /// Of the keys that work, those that credit points from another system.
  public internal(set) var creditingKeys: [ID: CreditingKey] = [:]
  /// Who is meant by a handle, or an email in lower case.
  public internal(set) var names: [String: ID] = [:]
  public internal(set) var balances: [Account: Int64] = [:]
  /// The period that a person's allowance was last reset for; a balance of an earlier one no longer counts.
  public internal(set) var allowancePeriods: [ID: Day] = [:]
  /// What top-ups brought into an allowance's period and within it, spent or not.
  public internal(set) var carried: [ID: Int64] = [:]
  /// How many report to a giver; loaded where the programme asks.
  public internal(set) var reports: [ID: Int] = [:]
  /// What somebody gave somebody else, newly from their allowance; loaded where the programme bounds it.
  public internal(set) var given: [Pair: GivenPoints] = [:]
  /// Thanks without points that somebody sent somebody else today; loaded for whoever sends such.
  public internal(set) var freeThanks: [Pair: Int64] = [:]
  public internal(set) var values: [String: Value] = [:]
  /// The position of the entry that last changed a value.
  public internal(set) var valuePositions: [String: Int64] = [:]
  public internal(set) var recorded: [IdempotencyScope: Recorded] = [:]
  public internal(set) var rewards: [ID: Reward] = [:]
  public internal(set) var rewardsBySKU: [String: ID] = [:]
  public internal(set) var redemptions: [ID: Redemption] = [:]
  /// Of those who may spend in this batch: their lots with something left, oldest first.
  public internal(set) var lots: [ID: [Lot]] = [:]
  public internal(set) var budgets: [ID: Budget] = [:]
  public internal(set) var awards: [ID: Award] = [:]
  /// What was given so; loaded for whoever may be awarded in this batch.
  public internal(set) var awarded: [AwardPath: Int64] = [:]
  /// What gave points, by the id of the recognition, boost, award or earning.
  public internal(set) var grants: [ID: Grant] = [:]
  /// The boosts of a recognition, in their order.
  public internal(set) var boosts: [ID: [ID]] = [:]

  /// Why nothing can be decided now: clocks that disagree.
  public var clockLeap: Refusal?

  /// Why nothing that was decided with this book may be recorded; nil while all is well.
  public internal(set) var defect: Defect?

  public init(organization: ID, head: Head, clock: Timestamp, program: Program, periodStarts: PeriodStarts, today: Day)
  {
    self.organization = organization
    self.head = head
    self.now = max(clock, head.recordedAt)
    self.program = program
    self.periodStarts = periodStarts
    self.today = today
  }

  public mutating func load(_ person: Person) {
    people[person.id] = person
    if person.isActiveAdmin { admins.insert(person.id) } else { admins.remove(person.id) }
    names[person.handle] = person.id
    if let email = person.email { names[email.asciiLowercased] = person.id }
  }

  public mutating func load(_ profile: Profile, position: Int64) { self.profile = (profile, position) }
  public mutating func load(calendar: String, with zone: String) { calendars[zone] = calendar }
  public mutating func load(balance: Int64, of account: Account) { balances[account] = balance }
  public mutating func load(allowancePeriod start: Day, of person: ID) { allowancePeriods[person] = start }
  public mutating func load(carried points: Int64, of person: ID) { carried[person] = points }
  public mutating func load(reports count: Int, of person: ID) { reports[person] = count }
  public mutating func load(given points: GivenPoints, by giver: ID, to recipient: ID) {
    given[Pair(giver, recipient)] = points
  }

  public mutating func load(freeThanks count: Int64, by giver: ID, to recipient: ID) {
    freeThanks[Pair(giver, recipient)] = count
  }

  public mutating func load(position: Int64, ofPerson person: ID) { personPositions[person] = position }
  public mutating func load(admin: ID) { admins.insert(admin) }
  public mutating func load(key: ID, of person: ID, crediting: CreditingKey? = nil) {
    keys[key] = person
    creditingKeys[key] = crediting
  }
  public mutating func load(_ value: Value, position: Int64) {
    values[value.slug] = value
    valuePositions[value.slug] = position
  }

  public mutating func load(_ effect: Recorded, of scope: IdempotencyScope) { recorded[scope] = effect }

  public mutating func load(_ reward: Reward) {
    rewards[reward.id] = reward
    rewardsBySKU[reward.sku] = reward.id
  }

  public mutating func load(_ redemption: Redemption) { redemptions[redemption.id] = redemption }
  /// Lots come in their order, after ``loadSpender(_:)`` for the same person.
  public mutating func load(_ lot: Lot, of person: ID) { lots[person]?.append(lot) }
  /// Says that all of this person's open lots are loaded, or will be: what is earned in the batch joins them.
  public mutating func loadSpender(_ person: ID) { lots[person] = [] }
  public mutating func load(_ budget: Budget) { budgets[budget.id] = budget }
  public mutating func load(_ award: Award) { awards[award.id] = award }
  public mutating func load(awarded points: Int64, along path: AwardPath) { awarded[path] = points }

  /// Somebody by id, handle or email.
  public func person(named name: String) -> Person? {
    if let id = names[name] ?? names[name.asciiLowercased] { return people[id] }
    return ID(name).flatMap { people[$0] }
  }
}

/// What became of an operation.
public enum Decision: Sendable {
  case accepted(Acceptance)
  /// The same key and request were accepted before; this is what they did.
  case replayed(Book.Recorded)
  /// There was nothing to change.
  case unchanged
  case refused(Refusal)
}

public struct Acceptance: Sendable {
  /// What had to come first, in entries of their own: a reset of an allowance, points that had run out.
  public let preceding: [Entry]
  public let entry: Entry
  /// What it brought about at once: the fulfilment of an instant reward.
  public internal(set) var following: Entry?
  /// Somebody who came back with it: no key of before works again.
  public internal(set) var endsKeysOf: ID?
  /// The words of ``entry``.
  public let text: SaltedText?

  /// All of them, in the order of their positions.
  public var entries: [Entry] { preceding + [entry] + (following.map { [$0] } ?? []) }
  /// The position that a reader must have seen to see all of it.
  public var lastPosition: Int64 { following?.position ?? entry.position }
}

extension String {
  /// Handles and emails are compared with ASCII letters in lower case, as the database does under the collation "C".
  public var asciiLowercased: String {
    // Most are so already, and then are not held twice.
    guard utf8.contains(where: Handle.isCapital) else { return self }
    return String(decoding: utf8.map { Handle.isCapital($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}
