import HTTP
import Ledger

/// Every word for a refusal that an answer can carry: what the reference lists, and what `/problems/{code}` explains.
enum ProblemTable {
  /// One of each word, in their order.
  static let all: [Problem] = {
    var problems: [String: Problem] = [:]
    for problem in Routes.all.flatMap(\.problems) + beforeAnyEndpoint { problems[problem.code] = problem }
    return problems.values.sorted { $0.code < $1.code }
  }()

  /// What refuses a request before it is known what it asks for.
  private static let beforeAnyEndpoint: [Problem] = [
    .methodNotAllowed("GET, HEAD, OPTIONS"), .methodNotImplemented,
  ]

  /// What may go wrong with any call, whatever it is about; said once, not with each.
  static let general: Set<String> = {
    let codes = Routes.all.map { Set($0.problems.map(\.code)).subtracting($0.refusals.map(\.rawValue)) }
    // Half of all calls: what is less common is worth saying where it can happen.
    return Set(all.map(\.code).filter { code in codes.count { $0.contains(code) } * 2 > codes.count })
      .union(beforeAnyEndpoint.map(\.code)).union(ofMany)
  }()

  /// Of whatever changes something, of every list, of everything under an id.
  private static let ofMany: Set<String> = {
    let words: [Refusal.Code] = [.idempotencyKeyReused, .precondition, .clockLeapt, .notFound, .forbidden]
    let problems: [Problem] = [
      .invalidIdempotencyKey, .invalidRequest([]), .malformedJSON(""), .nulCharacter(at: ""), .outcomeUnknown,
      .unsupportedMediaType, .preconditionRequired, .invalidCursor, .invalidPosition, .positionNotReached,
      .unauthorized("", isKeyGiven: false),
    ]
    return Set(words.map(\.rawValue) + problems.map(\.code))
  }()

  /// What the word says, apart from any request.
  static func meaning(of problem: Problem) -> String {
    switch problem.code {
    case "invalid_request": "The body is not as the call takes it; `errors` points at each member that is wrong."
    case "invalid_parameter": "A query parameter is unknown, given twice, or not of its kind."
    case "malformed_request": "The request is not HTTP as this service takes it."
    case "malformed_json": "The body is not JSON."
    case "unauthorized": "No key came with it, or none that works."
    case "nul_character": "A text holds the character NUL, which nothing can keep."
    default: Refusal.Code(rawValue: problem.code)?.meaning ?? problem.detail
    }
  }

  /// What a program can do about a problem of that status.
  static func advice(_ status: Int) -> String {
    switch status {
    case 400, 413, 414, 415, 417, 431, 505:
      "The request itself has to be another one; sent again as it is, it is refused again. `errors` points at what is wrong."
    case 401: "Send a key that works: `Authorization: Bearer …`. Somebody with the role `admin` can make one."
    case 403: "Somebody else may do this, or another key of yours; sent again as it is, it is refused again."
    case 404: "Check the address, and whose key it is: what belongs to others is answered as if it were not there."
    case 405, 501: "Call it by one of the methods that `Allow` names."
    case 408: "The request arrived too slowly. Send it again."
    case 409: "The present state does not allow it. Read again what it is about, and decide then."
    case 412, 428: "Read it again, and send the change with the new `ETag` in `If-Match`."
    case 422: "It was understood, and a rule is against it; sent again as it is, it is refused again."
    case 429, 503:
      "Wait for as many seconds as `Retry-After` says, then send the same request again, with the same "
        + "`Idempotency-Key`: however often it arrives, it is done once."
    default: "It is not the request's fault. Tell whoever operates the service the `Request-Id` of the answer."
    }
  }
}
