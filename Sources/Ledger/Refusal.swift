/// Why an operation was not done: data, not an exception. Nothing was recorded; its neighbours in the batch are unharmed.
public struct Refusal: Error, Sendable, Equatable {
  /// The stable word, the same in Swift, JSON and the documents.
  public enum Code: String, Sendable, CaseIterable {
    case insufficientAllowance = "insufficient_allowance"
    case selfRecognition = "self_recognition"
    case duplicateRecipient = "duplicate_recipient"
    case unknownPerson = "unknown_person"
    case unknownValue = "unknown_value"
    case unknownScope = "unknown_scope"
    case inactiveRecipient = "inactive_recipient"
    case messageTooLong = "message_too_long"
    case messageEmpty = "message_empty"
    case invalidAmount = "invalid_amount"
    case tooManyRecipients = "too_many_recipients"
    case tooManyPoints = "too_many_points"
    case tooManyBoosts = "too_many_boosts"
    case tooManyThanks = "too_many_thanks"
    case privateNotAllowed = "private_not_allowed"
    case idempotencyKeyReused = "idempotency_key_reused"
    case duplicateHandle = "duplicate_handle"
    case duplicateEmail = "duplicate_email"
    case duplicateValue = "duplicate_value"
    case managerCycle = "manager_cycle"
    case lastAdmin = "last_admin"
    case duplicateOrganization = "duplicate_organization"
    case inactiveCaller = "inactive_caller"
    case insufficientPoints = "insufficient_points"
    case outOfStock = "out_of_stock"
    case unlimitedStock = "unlimited_stock"
    case priceChanged = "price_changed"
    case unknownReward = "unknown_reward"
    case inactiveReward = "inactive_reward"
    case duplicateSKU = "duplicate_sku"
    case invalidTransition = "invalid_transition"
    case insufficientBudget = "insufficient_budget"
    case budgetClosed = "budget_closed"
    case unknownBudget = "unknown_budget"
    case duplicateBudget = "duplicate_budget"
    case notInYourTeam = "not_in_your_team"
    case ownAward = "own_award"
    case ownRedemption = "own_redemption"
    case ownPoints = "own_points"
    case ownRoles = "own_roles"
    case alreadyReversed = "already_reversed"
    case pointsAlreadySpent = "points_already_spent"
    case recipientCapReached = "recipient_cap_reached"
    case givingNotAllowed = "giving_not_allowed"
    case wrongSource = "wrong_source"
    case keyLimitReached = "key_limit_reached"
    case tooManyTimeZones = "too_many_time_zones"
    case clockLeapt = "clock_leapt"
    case precondition = "precondition_failed"
    case notFound = "not_found"
    case forbidden
  }

  public let code: Code
  /// A sentence for people; says what to do where that is not plain.
  public let detail: String
  /// JSON pointer (RFC 6901) to the member at fault, where there is one.
  public let pointer: String?

  public init(_ code: Code, _ detail: String, at pointer: String? = nil) {
    self.code = code
    self.detail = detail
    self.pointer = pointer
  }
}

extension Refusal.Code {
  /// What the word says whenever it is said, in a sentence for people.
  public var meaning: String {
    switch self {
    case .insufficientAllowance: "The giver's allowance does not cover it."
    case .selfRecognition: "Nobody can thank themselves."
    case .duplicateRecipient: "A recipient is named twice."
    case .unknownPerson: "Nobody here is called so."
    case .unknownScope: "The organisation has no such team, department, location, value or manager."
    case .unknownValue: "The organisation has no such value, or it is no longer in use."
    case .inactiveRecipient: "A recipient has left."
    case .messageEmpty: "The message holds nothing that can be seen."
    case .invalidAmount: "Something in the line looks like points, and is no `+` with a number behind it."
    case .messageTooLong: "The message has more characters than are taken."
    case .tooManyRecipients: "More recipients than one recognition may have."
    case .tooManyPoints: "More points than may be given at once."
    case .tooManyThanks: "The giver has thanked this person without points as often as may be in a day."
    case .tooManyBoosts: "It was boosted as often as can be taken back at once."
    case .privateNotAllowed: "The organisation does not allow private recognitions."
    case .idempotencyKeyReused: "This Idempotency-Key came with another request before."
    case .duplicateHandle: "Somebody has this handle already."
    case .duplicateEmail: "Somebody has this email already."
    case .duplicateValue: "There is a value of this name already."
    case .managerCycle: "People would report to themselves."
    case .lastAdmin: "Nobody else could administer the organisation."
    case .duplicateOrganization: "There is an organisation of this name already."
    case .inactiveCaller: "The caller has left."
    case .insufficientPoints: "The points do not cover it."
    case .outOfStock: "Fewer are in stock."
    case .unlimitedStock: "The stock of this reward is not limited."
    case .priceChanged: "It costs another number of points than was expected."
    case .unknownReward: "There is no such reward."
    case .inactiveReward: "The reward is not offered now."
    case .duplicateSKU: "There is a reward with this SKU already."
    case .invalidTransition: "The present state does not allow this change."
    case .insufficientBudget: "The budget does not cover it."
    case .budgetClosed: "The budget's period has not begun or is over."
    case .unknownBudget: "There is no such budget, or it is not the caller's."
    case .duplicateBudget: "There is a budget of this name already."
    case .notInYourTeam: "A recipient does not report to the caller."
    case .ownAward: "Nobody decides on an award that they gave or get."
    case .ownRedemption: "Nobody decides on a redemption of their own."
    case .ownPoints: "Nobody credits, corrects or tops up themselves."
    case .ownRoles: "Nobody changes their own roles."
    case .alreadyReversed: "It was taken back already."
    case .pointsAlreadySpent: "A recipient has spent points of it already."
    case .recipientCapReached: "The giver has given this recipient as much as the programme allows in a period."
    case .givingNotAllowed: "The programme does not let the giver give points."
    case .wrongSource: "The key credits from another system."
    case .keyLimitReached: "The key has credited what it may in a day."
    case .tooManyTimeZones: "The organisation has changed its time zone as often as it can."
    case .clockLeapt: "The clocks of the server, of PostgreSQL and of the ledger disagree. Nothing was recorded."
    case .precondition: "It has changed since it was read."
    case .notFound: "There is nothing here, or nothing that the caller may see."
    case .forbidden: "This is not the caller's to do."
    }
  }
}
