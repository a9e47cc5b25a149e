import HTTP
import Ledger
import Postgres

/// The one table from a refusal's word to its status.
extension Refusal {
  var status: Int {
    switch code {
    case .insufficientAllowance, .insufficientPoints, .outOfStock, .priceChanged, .insufficientBudget, .budgetClosed,
      .invalidTransition, .alreadyReversed, .pointsAlreadySpent,
      .duplicateHandle, .duplicateEmail, .duplicateValue, .duplicateOrganization, .duplicateSKU, .duplicateBudget,
      .lastAdmin, .keyLimitReached:
      409
    case .inactiveCaller, .givingNotAllowed, .forbidden, .notInYourTeam, .ownAward, .ownRedemption, .ownPoints,
      .ownRoles, .wrongSource:
      403
    case .notFound, .unknownBudget, .unknownScope: 404
    case .precondition: 412
    case .clockLeapt: 503
    case .invalidAmount: 400
    case .selfRecognition, .duplicateRecipient, .unknownPerson, .unknownValue, .inactiveRecipient, .messageTooLong,
      .messageEmpty,
      .tooManyRecipients, .tooManyPoints, .privateNotAllowed, .idempotencyKeyReused, .unlimitedStock, .managerCycle,
      .unknownReward, .inactiveReward, .recipientCapReached, .tooManyBoosts, .tooManyThanks, .tooManyTimeZones:
      422
    }
  }

  var problem: Problem {
    Problem(
      status, code.rawValue, detail: detail,
      errors: pointer.map { [Problem.FieldError(pointer: $0, detail: detail)] } ?? [],
      headers: code == .clockLeapt ? [("Retry-After", "60")] : [])
  }
}

extension WriteFailure {
  var problem: Problem {
    switch self {
    case .overloaded: .overloaded
    case .unavailable: .databaseUnavailable
    case .outcomeUnknown: .outcomeUnknown
    case .defective: .internalError
    }
  }
}

extension PostgresError {
  var problem: Problem {
    switch kind {
    case .overloaded: .overloaded
    case .unavailable, .connectionLost, .closed, .unable: .databaseUnavailable
    case .timedOut: .databaseTimeout
    case .refused, .replicationUnconfirmed, .rolledBack, .misuse: .internalError
    }
  }
}

/// What may be wrong with any request, whatever it asks for.
extension Problem {
  static let notFound = Refusal(.notFound, "There is nothing here, or nothing that you may see.").problem

  /// - Parameter nearest: what was probably meant.
  static func noSuchPath(_ path: String, _ nearest: String?) -> Problem {
    let hint = nearest.map { "did you mean \($0)?" } ?? "/docs lists what there is."
    return Refusal(.notFound, "There is no \(path.prefix(200)) here; \(hint)").problem
  }

  static func forbidden(_ detail: String) -> Problem { Refusal(.forbidden, detail).problem }

  static func unauthorized(_ detail: String, isKeyGiven: Bool) -> Problem {
    Problem(
      401, "unauthorized", detail: detail,
      headers: [
        ("WWW-Authenticate", isKeyGiven ? #"Bearer realm="laurel", error="invalid_token""# : #"Bearer realm="laurel""#)
      ])
  }

  /// RFC 6750, section 3.1.
  static let insufficientScope = Problem(
    403, "insufficient_scope", detail: "This key is for other things; its scopes do not cover this call.",
    headers: [("WWW-Authenticate", #"Bearer realm="laurel", error="insufficient_scope""#)])

  /// - Parameter whose: `This key`, `This organisation`.
  static func rateLimited(_ whose: String, _ limit: RateLimit, headers: [(String, String)] = []) -> Problem {
    Problem(
      429, "rate_limited",
      detail: "\(whose) may send \(limit.rate) requests a second, and \(limit.burst) at once after a rest.",
      headers: headers)
  }

  static func methodNotAllowed(_ methods: String) -> Problem {
    Problem(405, "method_not_allowed", detail: "This resource answers \(methods).", headers: [("Allow", methods)])
  }

  static let preconditionRequired = Problem(
    428, "precondition_required", detail: "Send If-Match with the ETag of what you read.")
  static let unsupportedMediaType = Problem(
    415, "unsupported_media_type", detail: "Send JSON with Content-Type: application/json.")
  static let invalidIdempotencyKey = Problem(
    400, "invalid_idempotency_key", detail: "An Idempotency-Key is one field of 1 to 255 printable characters.")
  static let invalidPosition = Problem(400, "invalid_header", detail: "Min-Ledger-Position is a whole number.")
  static let invalidCursor = Problem(
    400, "invalid_cursor", detail: "This cursor is not of this list. Start again without one.",
    errors: [FieldError(pointer: "?cursor", detail: "was not given by this list")])

  static let overloaded = unavailable("overloaded", "More is waiting than can be served soon. Nothing was recorded.")
  static let databaseUnavailable = unavailable(
    "database_unavailable", "The database did not answer. Nothing was recorded.")
  static let databaseTimeout = unavailable("database_timeout", "The database took too long.")
  static let outcomeUnknown = unavailable(
    "outcome_unknown",
    "The database was lost before it was known what it had recorded. Send the request again with the same Idempotency-Key."
  )
  static let positionNotReached = unavailable(
    "position_not_reached", "The ledger has not reached the Min-Ledger-Position yet.")

  static func unavailable(_ code: String, _ detail: String) -> Problem {
    Problem(503, code, detail: detail, headers: [("Retry-After", "1")])
  }
}

extension Endpoint {
  /// Every problem that it may answer with: those that follow from what it is, then its own.
  var problems: [Problem] {
    var problems: [Problem] = [
      .malformedRequest("The request line is not a method, a target and a version."),
      .invalidParameter("limt", KnownWords(query.map(\.name)).refusal(of: "limt")),
    ]
    if query.contains(where: { $0.name == Page.cursor.name }) { problems.append(.invalidCursor) }
    if needsKey { problems += [.unauthorized("Send your key as: Authorization: Bearer <key>", isKeyGiven: false)] }
    if needsKey { problems.append(.insufficientScope) }
    if case .roles = access { problems.append(Refusal(.forbidden, Refusal.Code.forbidden.meaning).problem) }
    if !path.isEmpty { problems.append(.notFound) }
    if needsKey, !writes { problems += [.invalidPosition, .positionNotReached] }
    if writes {
      problems += [
        .invalidIdempotencyKey, .malformedJSON("At byte 7: the text ends too early."),
        .invalidRequest([Problem.FieldError(pointer: "/points", detail: "must be a whole number")]),
        .unsupportedMediaType, .nulCharacter(at: "/message"), WriteRequest.reused, .outcomeUnknown,
        Refusal(.clockLeapt, Refusal.Code.clockLeapt.meaning).problem,
      ]
    }
    if needsKey, writes || !isForLeavers {
      problems.append(Refusal(.inactiveCaller, Refusal.Code.inactiveCaller.meaning).problem)
    }
    if method == .patch {
      problems += [.preconditionRequired, Refusal(.precondition, Refusal.Code.precondition.meaning).problem]
    }
    problems += refusals.map { Refusal($0, $0.meaning).problem }
    problems += [
      .requestTimeout, .payloadTooLarge, .uriTooLong, .expectationFailed, .headersTooLarge, .internalError,
      .unsupportedTransferCoding, .tooManyConnections, .versionNotSupported,
    ]
    if needsKey { problems.append(.rateLimited("This key", Gateway.keyLimit)) }
    if needsKey { problems += [.overloaded, .databaseUnavailable, .databaseTimeout] }
    // What is common may be its own as well.
    var seen: Set<String> = []
    return problems.filter { seen.insert($0.code).inserted }.sorted { $0.status < $1.status }
  }
}
