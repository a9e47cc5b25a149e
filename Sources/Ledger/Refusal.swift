/// Why an operation was not done: data, not an exception. Nothing was recorded; its neighbours in the batch are unharmed.
public struct Refusal: Error, Sendable, Equatable {
  /// The stable word, the same in Swift, JSON and the documents.
  public enum Code: String, Sendable, CaseIterable {
    case insufficientAllowance = "insufficient_allowance"
    case selfRecognition = "self_recognition"
    case duplicateRecipient = "duplicate_recipient"
    case unknownPerson = "unknown_person"
    case unknownValue = "unknown_value"
    case inactiveRecipient = "inactive_recipient"
    case messageTooLong = "message_too_long"
    case tooManyRecipients = "too_many_recipients"
    case tooManyPoints = "too_many_points"
    case privateNotAllowed = "private_not_allowed"
    case idempotencyKeyReused = "idempotency_key_reused"
    case duplicateHandle = "duplicate_handle"
    case duplicateEmail = "duplicate_email"
    case duplicateValue = "duplicate_value"
    case managerCycle = "manager_cycle"
    case duplicateOrganization = "duplicate_organization"
    case inactiveCaller = "inactive_caller"
    case insufficientPoints = "insufficient_points"
    case outOfStock = "out_of_stock"
    case unlimitedStock = "unlimited_stock"
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
    case alreadyReversed = "already_reversed"
    case pointsAlreadySpent = "points_already_spent"
    case recipientCapReached = "recipient_cap_reached"
    case givingNotAllowed = "giving_not_allowed"
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
