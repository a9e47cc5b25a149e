import HTTP

/// Which pages of other origins may call from a browser (the Fetch standard, section 3.2). A key travels in a header
/// that the page sets, never in a cookie, so credentials are never allowed.
public struct CORS: Sendable {
  /// Not `*` and not an origin: `https://app.example`, with a port where it is not the scheme's own.
  public struct BadOrigin: Error, Sendable {
    public let text: String
  }

  /// Headers of an answer that a page may read, beside those that the standard lets it read anyway.
  private static let exposed =
    "Ledger-Position, Ledger-Head-Hash, ETag, Link, Location, Idempotent-Replayed, RateLimit, RateLimit-Policy, Request-Id, "
    + "Retry-After, Content-Disposition"
  /// Headers that a page may send.
  private static let accepted =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Min-Ledger-Position, "
    + "Request-Id, traceparent, tracestate"
  /// Seconds for which a browser may remember; two hours is the most that any of them does.
  private static let maxAge = "7200"

  private let origins: Set<String>
  private var allowsAll: Bool { origins.contains("*") }

  /// - Parameter origins: as browsers send them; `*` is all.
  /// - Throws: what is no origin.
  public init(origins: [String]) throws(BadOrigin) {
    for origin in origins where origin != "*" {
      guard origin.wholeMatch(of: /https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?/) != nil else {
        throw BadOrigin(text: origin)
      }
    }
    self.origins = Set(origins)
  }

  /// Adds what the browser asks, to answers of every kind; a preflight is an answer to OPTIONS with its `Allow`.
  func mark(_ response: inout Response, for request: Request) {
    // Caches must keep the answers for different origins apart, also the one without an origin.
    if !allowsAll { response.headers.append(("Vary", "Origin")) }
    guard let origin = request.headers["origin"], allowsAll || origins.contains(origin) else { return }
    response.headers.append(("Access-Control-Allow-Origin", allowsAll ? "*" : origin))
    guard request.method == .options, request.headers["access-control-request-method"] != nil else {
      response.headers.append(("Access-Control-Expose-Headers", Self.exposed))
      return
    }
    if let allow = response.headers.first(where: { $0.0 == "Allow" }) {
      response.headers.append(("Access-Control-Allow-Methods", allow.1))
    }
    response.headers.append(("Access-Control-Allow-Headers", Self.accepted))
    response.headers.append(("Access-Control-Max-Age", Self.maxAge))
  }
}
