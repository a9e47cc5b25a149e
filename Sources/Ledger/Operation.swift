/// Something that somebody wants recorded. What is random about it (ids, salts) was drawn before, so deciding it twice
/// gives the same entry.
public struct Operation: Sendable {
  /// The id of the entry it becomes: given before the transaction, so that an unknown outcome can be looked up.
  public let id: ID
  /// Nil is the operator, by the command line.
  public let actor: ID?
  public let idempotency: Idempotency?
  /// Of imported history; nil is now.
  public let occurredAt: Timestamp?
  /// 32 random bytes for the words of its entry.
  public let salt: Digest
  public let action: Action

  public init(
    id: ID, actor: ID?, idempotency: Idempotency? = nil, occurredAt: Timestamp? = nil, salt: Digest, action: Action
  ) {
    self.id = id
    self.actor = actor
    self.idempotency = idempotency
    self.occurredAt = occurredAt
    self.salt = salt
    self.action = action
  }
}

public enum Action: Sendable {
  case foundOrganization(Profile)
  /// `expected` is the position that it must last have changed at: what the caller saw. A `zone` counts from the next month on; the
  /// profile's own calendar says nothing here.
  case changeOrganization(Profile, zone: String?, expected: Int64)
  case recognise(Recognise)
  /// Creates the person, or changes the one of the same id. `expected` is the position that they must last have changed
  /// at: what the caller saw.
  case putPerson(Person, expected: Int64? = nil)
  case createKey(APIKey)
  case revokeKey(ID)
  /// Creates the value, or changes the one of the same slug, where `expected` is the position that it must last have
  /// changed at.
  case putValue(Value, expected: Int64? = nil)
  /// Creates the reward with units in stock, or changes the one of the same id.
  case putReward(PutReward)
  case moveStock(reward: ID, delta: Int64)
  case redeem(Redeem)
  case moveRedemption(MoveRedemption)
  case createBudget(Budget, points: Int64)
  case fundBudget(ID, points: Int64)
  case award(GiveAward)
  case decideAward(DecideAward)
  case boost(Boost)
  case earn(Earn)
  case adjust(Adjust)
  /// Takes back a recognition with its boosts, an award or an earning, by its id.
  case reverse(Grant.Kind, ID)
  /// Rules in place of the present ones, whose version must be `expected`; the new version is the ledger's to give.
  case changeProgram(Program, expected: Int32?)
  /// Records what of a person's points has run out; there may be nothing.
  case expirePoints(ID)
  /// Gives back what a budget has left after its period; there may be nothing.
  case returnBudget(ID)
}

/// A thank-you as its giver put it: people by id, handle or email.
public struct Recognise: Sendable {
  /// Where the points come from.
  public enum Source: Sendable {
    /// The giver's allowance, under the programme's rules.
    case allowance
    /// History from elsewhere: newly issued, outside allowances and limits.
    case history
  }

  public let to: [String]
  public let message: String
  /// For each recipient.
  public let points: Int64
  /// Slugs that must exist.
  public let values: [String]
  /// Slugs that count where they exist and are plain text where they do not: hashtags.
  public let hashtags: [String]
  public let visibility: Recognition.Visibility
  public let source: Source

  public init(
    to: [String], message: String, points: Int64 = 0, values: [String] = [], hashtags: [String] = [],
    visibility: Recognition.Visibility = .public, source: Source = .allowance
  ) {
    self.to = to
    self.message = message
    self.points = points
    self.values = values
    self.hashtags = hashtags
    self.visibility = visibility
    self.source = source
  }
}

/// Something the organisation stands for, which recognitions can name.
public struct Value: Sendable, Equatable {
  public static let slugLengthMax = 64
  /// For documents, and as a CHECK in the schema has it. A dash at the end of a hashtag is the sentence's.
  public static let slugPattern = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"

  /// Why a text is no slug, to be read after the member's name; nil for one.
  public static func mistake(inSlug text: String) -> String? {
    let isMade = text.utf8.allSatisfy { Handle.isInside($0) && (!Handle.isJoint($0) || $0 == UInt8(ascii: "-")) }
    guard (1...slugLengthMax).contains(text.utf8.count), isMade, text == text.asciiLowercased, text.utf8.first != dash,
      text.utf8.last != dash
    else { return "is 1 to \(slugLengthMax) of a-z, 0-9 and dash, and begins and ends with a letter or a digit" }
    return nil
  }

  private static let dash = UInt8(ascii: "-")

  public let slug: String
  public var name: String
  public var description: String
  public var isActive: Bool

  public init(slug: String, name: String, description: String, isActive: Bool = true) {
    self.slug = slug
    self.name = name
    self.description = description
    self.isActive = isActive
  }
}
