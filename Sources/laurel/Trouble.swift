import HTTP
import HTTPClient
import Service

/// A server's no (RFC 9457), in words for whoever typed the command.
struct Declined: Error, CustomStringConvertible {
  private(set) var description: String
  let status: Int
  /// The problem's word; nil where no Laurel answered.
  let code: String?
  let retryAfter: Duration?

  /// The same after an attempt that may have had an effect. What is there now may differ from what was expected because of it:
  /// only that has no Idempotency-Key to tell.
  var afterDoubt: Declined {
    var declined = self
    if status == 412 {
      declined.description += "\n  An attempt that broke off may have done it: look before you try again."
    }
    return declined
  }

  /// Whether the next attempt may do better.
  var isTemporary: Bool { [429, 502, 503, 504].contains(status) }

  init(_ answer: Answer, _ server: ServerURL, bytesMax: Int) throws {
    status = answer.status
    retryAfter = answer.headers["retry-after"].flatMap(Self.duration)
    if (300..<400).contains(status) {
      let target = answer.headers["location"].map { " to \(Screen.harmless($0))" } ?? ""
      code = nil
      description = "\(server) sends elsewhere\(target), and your key is not sent after it: give the final URL"
      return
    }
    let problem = try? JSONReader.read(answer.body(bytesMax: bytesMax))
    guard let detail = problem?["detail"]?.text, let code = problem?["code"]?.text else {
      code = nil
      description = "\(server) answers \(status), and not as a Laurel would"
      return
    }
    self.code = code
    var lines = ["\(detail) (\(status) \(code))"]
    for error in problem?["errors"]?.list ?? [] {
      if let pointer = error["pointer"]?.text, let wrong = error["detail"]?.text, wrong != detail {
        lines.append("  \(pointer): \(wrong)")
      }
    }
    if status == 401 {
      lines.append("  Is it the key for \(server)? It may be revoked or expired: ask an administrator.")
    }
    description = lines.joined(separator: "\n")
  }

  /// Seconds (RFC 9110, section 10.2.3); a date is left to the client's own patience.
  private static func duration(_ text: String) -> Duration? {
    Int(text).map { .seconds(max(0, min($0, 86_400))) }
  }
}

/// Why an attempt got no yes and no no.
struct Trouble: Error, CustomStringConvertible {
  private(set) var description: String
  /// The same without what it says of the attempt's effect.
  let summary: String
  /// Whether another attempt may do better.
  let mayPass: Bool
  /// Whether it could not be done just now, rather than was found wrong.
  let isForTheMoment: Bool
  /// Whether the attempt may have had an effect all the same.
  let mayHaveActed: Bool
  let retryAfter: Duration?

  /// - Precondition: it is temporary.
  init(_ declined: Declined, _ server: ServerURL) {
    description = declined.description
    summary = "\(server) answers \(declined.status)\(declined.code.map { " \($0)" } ?? "")"
    (mayPass, isForTheMoment) = (true, true)
    // A Laurel says so where it does not know; of a proxy nobody knows.
    mayHaveActed = declined.code.map { $0 == "outcome_unknown" } ?? (declined.status != 429)
    retryAfter = declined.retryAfter
  }

  init(_ error: ConnectionError, _ server: ServerURL) {
    let hint =
      switch error.kind {
      case .unreachable, .unknownHost: "is a server running there? --url or LAUREL_URL says where to look"
      case .lost: "the connection broke off"
      case .untrusted: "nothing was sent; --ca-file trusts certificates of your own"
      case .malformed: "is it a Laurel that answers there?"
      }
    description = "\(server): \(error) (\(hint))"
    summary = description
    mayPass = error.kind == .unreachable || error.kind == .lost
    isForTheMoment = mayPass || error.kind == .unknownHost
    mayHaveActed = error.kind == .lost || error.kind == .malformed
    retryAfter = nil
  }

  /// What was read so far cannot be taken back, so there is no further attempt.
  init(cutShort error: ConnectionError, _ server: ServerURL) {
    description = "\(server): \(error); what was written is not whole"
    summary = description
    (mayPass, mayHaveActed, retryAfter) = (false, false, nil)
    isForTheMoment = error.kind == .lost
  }

  /// Says one line more.
  mutating func add(_ line: String) { description += "\n  \(line)" }
}
