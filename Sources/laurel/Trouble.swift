import HTTP
import HTTPClient
import Service

/// A server's no (RFC 9457), in words for whoever typed the command.
struct Declined: Error, CustomStringConvertible {
  let description: String
  let isTemporary: Bool
  let retryAfter: Duration?

  init(_ answer: Answer, _ server: ServerURL, bytesMax: Int) throws {
    let status = answer.status
    isTemporary = [429, 502, 503, 504].contains(status)
    retryAfter = answer.headers["retry-after"].flatMap(Self.duration)
    if (300..<400).contains(status) {
      let target = answer.headers["location"].map { " to \(Screen.harmless($0))" } ?? ""
      description = "\(server) sends elsewhere\(target), and your key is not sent after it: give the final URL"
      return
    }
    let problem = try? JSONReader.read(answer.body(bytesMax: bytesMax))
    guard let detail = problem?["detail"]?.text, let code = problem?["code"]?.text else {
      description = "\(server) answers \(status), and not as a Laurel would"
      return
    }
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

/// Why an attempt failed for the moment, or for good.
struct Trouble: Error, CustomStringConvertible {
  let description: String
  let retryAfter: Duration?

  init(_ declined: Declined) {
    description = declined.description
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
    self.init(description: "\(server): \(error) (\(hint))", retryAfter: nil)
  }

  private init(description: String, retryAfter: Duration?) {
    self.description = description
    self.retryAfter = retryAfter
  }

  /// - Parameter key: that the call was sent under, if it changes something.
  func givenUp(after failures: Int, _ key: String?) -> Trouble {
    var text = description
    if let retryAfter { text += "\n  The server asks to wait for \(retryAfter.inSeconds)." }
    if failures > 1 { text += "\n  Given up after \(failures) attempts." }
    if let key {
      text += "\n  Whether it was done is not known. The same command with this has it done once at most:"
      text += "\n  --idempotency-key \(key)"
    }
    return Trouble(description: text, retryAfter: nil)
  }
}

extension ConnectionError {
  /// Whether the next attempt may do better.
  var isTemporary: Bool { kind == .unreachable || kind == .lost }
}
