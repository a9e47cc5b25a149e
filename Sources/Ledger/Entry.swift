/// What an entry of the log records. The words are the ones of the database, the exports and the documents.
public enum EntryKind: String, Sendable, CaseIterable {
  case organizationCreated = "organization_created"
  case organizationChanged = "organization_changed"
  case personCreated = "person_created"
  case personChanged = "person_changed"
  case keyCreated = "key_created"
  case keyRevoked = "key_revoked"
  case valueCreated = "value_created"
  case valueChanged = "value_changed"
  case allowanceReset = "allowance_reset"
  case recognition
  case rewardCreated = "reward_created"
  case rewardChanged = "reward_changed"
  case stockMoved = "stock_moved"
  case redemptionRequested = "redemption_requested"
  case redemptionApproved = "redemption_approved"
  case redemptionDeclined = "redemption_declined"
  case redemptionCancelled = "redemption_cancelled"
  case redemptionFulfilled = "redemption_fulfilled"
  case redemptionRefunded = "redemption_refunded"
  case budgetCreated = "budget_created"
  case budgetFunded = "budget_funded"
  case awardGranted = "award_granted"
  case awardRequested = "award_requested"
  case awardApproved = "award_approved"
  case awardDeclined = "award_declined"
  case boost
  case earning
  case adjustment
  case reversal
  case allowanceToppedUp = "allowance_topped_up"
  case pointsExpired = "points_expired"
  case budgetReturned = "budget_returned"
  case programChanged = "program_changed"

  /// Whether its credits to a person's points are lots, to be spent oldest first.
  public var makesLots: Bool {
    switch self {
    case .recognition, .awardGranted, .awardApproved, .boost, .earning, .adjustment: true
    default: false
    }
  }
}

/// One numbered, hashed record of the log. Its postings sum to zero.
public struct Entry: Sendable, Equatable {
  public let position: Int64
  public let id: ID
  public let kind: EntryKind
  /// PostgreSQL's clock after the head lock, never below the previous entry's: rules everything financial.
  public let recordedAt: Timestamp
  /// The same, save for imported history: rules boards and feeds.
  public let occurredAt: Timestamp
  /// Who did it; nil is the operator, by the command line.
  public let actor: ID?
  /// Whom or what it is about, where that is not in the postings.
  public let subject: ID?
  public let programVersion: Int32
  public let idempotency: Idempotency?
  public let textDigest: Digest?
  public let detail: Detail
  public let postings: [Posting]
  /// What its debits of a person's points were paid with, or its credits gave back.
  public let lotUses: [LotUse]
  public var hash: Digest

  public init(
    position: Int64, id: ID, kind: EntryKind, recordedAt: Timestamp, occurredAt: Timestamp, actor: ID?, subject: ID?,
    programVersion: Int32, idempotency: Idempotency?, textDigest: Digest?, detail: Detail = .none,
    postings: [Posting], lotUses: [LotUse] = [], hash: Digest = .zero
  ) {
    self.position = position
    self.id = id
    self.kind = kind
    self.recordedAt = recordedAt
    self.occurredAt = occurredAt
    self.actor = actor
    self.subject = subject
    self.programVersion = programVersion
    self.idempotency = idempotency
    self.textDigest = textDigest
    self.detail = detail
    self.postings = postings
    self.lotUses = lotUses
    self.hash = hash
  }
}

/// What an entry says besides its words and postings.
public enum Detail: Sendable, Equatable {
  case none
  case recognition(Recognition)
  case redemption(RedemptionFacts)
  case award(AwardFacts)
  case boost(BoostFacts)
  /// The name of the system that the points come from, and its key, where it credited them itself.
  case earning(source: String, key: ID? = nil)
  /// The positions of what is reversed: a recognition's first, then its boosts'.
  case reversal([Int64])
  case program(Program)
}

extension Entry {
  public var recognition: Recognition? {
    if case .recognition(let recognition) = detail { recognition } else { nil }
  }
}

/// Points taken from a lot, or, where negative, given back to it. A lot is the posting that once credited them.
public struct LotUse: Sendable, Equatable {
  public let lotPosition: Int64
  public let lotLine: Int32
  public let amount: Int64

  public init(lotPosition: Int64, lotLine: Int32, amount: Int64) {
    self.lotPosition = lotPosition
    self.lotLine = lotLine
    self.amount = amount
  }
}

/// One side of an entry.
public struct Posting: Sendable, Equatable {
  public let account: Account
  /// Points; never zero. Positive adds to the account.
  public let amount: Int64
  public let balanceAfter: Int64

  public init(account: Account, amount: Int64, balanceAfter: Int64) {
    self.account = account
    self.amount = amount
    self.balanceAfter = balanceAfter
  }
}

/// What a recognition says besides its words; the giver is the entry's actor.
public struct Recognition: Sendable, Equatable {
  public enum Visibility: String, Sendable, CaseIterable {
    case `public`, `private`
  }

  /// In the order in which the giver named them, each once.
  public let recipients: [ID]
  /// For each recipient.
  public let points: Int64
  /// Slugs, each once, in the order of their first mention.
  public let values: [String]
  public let visibility: Visibility

  public init(recipients: [ID], points: Int64, values: [String], visibility: Visibility) {
    self.recipients = recipients
    self.points = points
    self.values = values
    self.visibility = visibility
  }

  public var totalPoints: Int64 { points * Int64(recipients.count) }
}

/// A caller's promise to name each effect once: digests of the key and of the request that it came with.
/// Its scope is the actor's.
public struct Idempotency: Sendable, Hashable {
  public let key: Digest
  public let request: Digest

  public init(key: Digest, request: Digest) {
    self.key = key
    self.request = request
  }
}

/// Words that can be erased: the log holds their salted digest only, so that the chain stays whole and unguessable.
public struct SaltedText: Sendable, Equatable {
  public let salt: Digest
  public let text: String

  public init(salt: Digest, text: String) {
    self.salt = salt
    self.text = text
  }

  public var digest: Digest { .sha256(salt.bytes + Array(text.utf8)) }
}
