/// A refusal, answered as `application/problem+json` (RFC 9457).
public struct Problem: Error, Sendable, Equatable {
  /// What is wrong with one member of the request; `pointer` is a JSON pointer (RFC 6901).
  public struct FieldError: Sendable, Equatable {
    public let pointer: String
    public let detail: String

    public init(pointer: String, detail: String) {
      self.pointer = pointer
      self.detail = detail
    }
  }

  public var status: Int
  /// One stable snake_case word; `type` is made of it.
  public var code: String
  /// The same for every problem of that code.
  public var title: String
  /// What happened this time.
  public var detail: String
  public var errors: [FieldError]
  public var headers: [(String, String)]

  public init(
    _ status: Int, _ code: String, title: String? = nil, detail: String, errors: [FieldError] = [],
    headers: [(String, String)] = []
  ) {
    self.status = status
    self.code = code
    self.title = title ?? Status.reason(status)
    self.detail = detail
    self.errors = errors
    self.headers = headers
  }

  public func response() -> Response {
    var json = JSONWriter()
    json.object { json in
      json.member("type", "/problems/" + code)
      json.member("title", title)
      json.member("status", status)
      json.member("code", code)
      json.member("detail", detail)
      if errors.isEmpty { return }
      json.member("errors") { json in
        json.array { json in
          for error in errors {
            json.object { json in
              json.member("pointer", error.pointer)
              json.member("detail", error.detail)
            }
          }
        }
      }
    }
    return Response(
      status: status, headers: [("Content-Type", "application/problem+json")] + headers, body: .bytes(json.bytes))
  }

  public static func == (one: Problem, other: Problem) -> Bool {
    one.status == other.status && one.code == other.code && one.title == other.title && one.detail == other.detail
      && one.errors == other.errors && one.headers.elementsEqual(other.headers, by: ==)
  }
}

/// What the server itself refuses. After any of these the connection is closed.
extension Problem {
  static func malformedRequest(_ detail: String) -> Problem {
    Problem(400, "malformed_request", title: "Malformed request", detail: detail)
  }

  static let requestTimeout = Problem(
    408, "request_timeout", title: "Request timeout", detail: "The request did not arrive in time.")
  static let payloadTooLarge = Problem(
    413, "payload_too_large", title: "Payload too large", detail: "The body is larger than this server takes.")
  static let uriTooLong = Problem(
    414, "uri_too_long", title: "URI too long", detail: "The request line is longer than this server takes.")
  static let expectationFailed = Problem(
    417, "expectation_failed", title: "Expectation failed", detail: "The only expectation served is 100-continue.")
  static let headersTooLarge = Problem(
    431, "headers_too_large", title: "Headers too large",
    detail: "The header fields are longer or more than this server takes.")
  static let internalError = Problem(
    500, "internal_error", title: "Internal error", detail: "The server could not answer.")
  static let methodNotImplemented = Problem(
    501, "method_not_implemented", title: "Method not implemented", detail: "The method is unknown to this server.")
  static let unsupportedTransferCoding = Problem(
    501, "unsupported_transfer_coding", title: "Unsupported transfer coding",
    detail: "The only transfer coding served is chunked.")
  static let tooManyConnections = Problem(
    503, "too_many_connections", title: "Too many connections",
    detail: "The server holds as many connections as it may.",
    headers: [("Retry-After", "1")])
  static let versionNotSupported = Problem(
    505, "http_version_not_supported", title: "HTTP version not supported", detail: "Use HTTP/1.1.")
}
