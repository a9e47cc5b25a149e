import HTTP
import Ledger
import Postgres

/// The one table from a refusal's word to its status.
extension Refusal {
  var status: Int {
    switch code {
    case .insufficientAllowance, .insufficientPoints, .outOfStock, .insufficientBudget, .budgetClosed,
      .invalidTransition,
      .duplicateHandle, .duplicateEmail, .duplicateValue, .duplicateOrganization, .duplicateSKU, .duplicateBudget:
      409
    case .inactiveCaller: 401
    case .forbidden, .notInYourTeam, .ownAward: 403
    case .notFound: 404
    case .precondition: 412
    case .selfRecognition, .duplicateRecipient, .unknownPerson, .unknownValue, .inactiveRecipient, .messageTooLong,
      .tooManyRecipients, .tooManyPoints, .privateNotAllowed, .idempotencyKeyReused, .unlimitedStock, .managerCycle,
      .unknownReward, .inactiveReward, .unknownBudget:
      422
    }
  }

  var problem: Problem {
    Problem(
      status, code.rawValue, detail: detail,
      errors: pointer.map { [Problem.FieldError(pointer: $0, detail: detail)] } ?? [])
  }
}

extension WriteFailure {
  var problem: Problem {
    switch self {
    case .overloaded:
      .unavailable("overloaded", "More is waiting to be written than can be served soon. Nothing was recorded.")
    case .unavailable: .unavailable("database_unavailable", "The database did not answer. Nothing was recorded.")
    case .outcomeUnknown:
      .unavailable(
        "outcome_unknown",
        "The database was lost while it committed. Send the request again with the same Idempotency-Key.")
    case .defective: Problem(500, "internal_error", detail: "This could not be recorded; the operator's log says why.")
    }
  }
}

extension PostgresError {
  var problem: Problem {
    switch kind {
    case .overloaded: .unavailable("overloaded", "More is waiting than can be served soon.")
    case .unavailable, .connectionLost, .closed: .unavailable("database_unavailable", "The database did not answer.")
    case .timedOut: .unavailable("database_timeout", "The database took too long.")
    case .refused, .replicationUnconfirmed, .rolledBack, .misuse:
      Problem(500, "internal_error", detail: "This could not be answered; the operator's log says why.")
    }
  }
}

extension Problem {
  static func unavailable(_ code: String, _ detail: String) -> Problem {
    Problem(503, code, detail: detail, headers: [("Retry-After", "1")])
  }

  static func unauthorized(_ detail: String, isKeyGiven: Bool) -> Problem {
    Problem(
      401, "unauthorized", detail: detail,
      headers: [
        ("WWW-Authenticate", isKeyGiven ? #"Bearer realm="laurel", error="invalid_token""# : #"Bearer realm="laurel""#)
      ])
  }

  /// - Parameter whose: `This key`, `This organisation`.
  static func rateLimited(
    _ whose: String, _ limit: RateLimit, _ standing: RateLimit.Standing, _ headers: [(String, String)]
  ) -> Problem {
    Problem(
      429, "rate_limited",
      detail: "\(whose) may send \(limit.rate) requests a second, and \(limit.burst) at once after a rest.",
      headers: [("Retry-After", "\(standing.reset)")] + headers)
  }

  static let notFound = Refusal(.notFound, "There is nothing here, or nothing that you may see.").problem

  static func forbidden(_ detail: String) -> Problem { Refusal(.forbidden, detail).problem }

  static func invalidParameter(_ name: String, _ detail: String) -> Problem {
    Problem(
      400, "invalid_parameter", detail: "The query parameter \(name) \(detail).",
      errors: [Problem.FieldError(pointer: "?\(name)", detail: detail)])
  }
}
