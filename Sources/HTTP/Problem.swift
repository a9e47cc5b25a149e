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
  /// The same for every problem of that code: the word as people write it, unless another is given.
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
    self.title = title ?? code.prefix(1).uppercased() + code.dropFirst().replacing("_", with: " ")
    self.detail = detail
    self.errors = errors
    self.headers = headers
  }

  /// What a problem document is sent as (RFC 9457, section 3).
  public static let mediaType = "application/problem+json"

  /// The problem document.
  public var document: [UInt8] {
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
    return json.bytes
  }

  /// What ``document`` is.
  /// - Parameter codes: the words that there are.
  public static func schema(codes: [String]) -> JSONSchema {
    let error = JSONSchema(
      .object([
        .init(
          "pointer",
          JSONSchema(.string(), "A JSON pointer (RFC 6901) into the body; `?` and the name of a query parameter.")),
        .init("detail", JSONSchema(.string())),
      ]), name: "FieldError")
    return JSONSchema(
      .object([
        .init("type", JSONSchema(.string(format: "uri-reference"))),
        .init("title", JSONSchema(.string(), "The same for every problem of that code.")),
        .init("status", JSONSchema(.integer(400...599))),
        .init("code", JSONSchema(.words(codes), "One stable word, for programs.")),
        .init("detail", JSONSchema(.string(), "What happened this time, for people.")),
        .init("errors", JSONSchema(.array(of: error), "Everything that is wrong with the request."), isRequired: false),
      ]), "Why something was not done (RFC 9457).", name: "Problem")
  }

  public func response() -> Response {
    Response(status: status, headers: [("Content-Type", Self.mediaType)] + headers, body: .bytes(document))
  }

  public static func == (one: Problem, other: Problem) -> Bool {
    one.status == other.status && one.code == other.code && one.title == other.title && one.detail == other.detail
      && one.errors == other.errors && one.headers.elementsEqual(other.headers, by: ==)
  }
}

/// What is refused about the members and parameters of a request.
extension Problem {
  public static func invalidRequest(_ errors: [FieldError]) -> Problem {
    Problem(
      400, "invalid_request",
      detail: errors.count == 1 ? "One member is not valid." : "\(errors.count) members are not valid.",
      errors: errors)
  }

  /// - Parameter detail: read after the parameter's name.
  public static func invalidParameter(_ name: String, _ detail: String) -> Problem {
    Problem(
      400, "invalid_parameter", detail: "The query parameter \(name) \(detail)\(detail.hasSuffix("?") ? "" : ".")",
      errors: [FieldError(pointer: "?\(name)", detail: detail)])
  }
}

/// What the server itself refuses. After any of these the connection is closed.
extension Problem {
  public static func malformedRequest(_ detail: String) -> Problem {
    Problem(400, "malformed_request", detail: detail)
  }

  public static let requestTimeout = Problem(408, "request_timeout", detail: "The request did not arrive in time.")
  public static let payloadTooLarge = Problem(
    413, "payload_too_large", detail: "The body is larger than this server takes.")
  public static let uriTooLong = Problem(
    414, "uri_too_long", detail: "The request line is longer than this server takes.")
  public static let expectationFailed = Problem(
    417, "expectation_failed", detail: "The only expectation served is 100-continue.")
  public static let headersTooLarge = Problem(
    431, "headers_too_large", detail: "The header fields are longer or more than this server takes.")
  public static let internalError = Problem(500, "internal_error", detail: "The server could not answer.")
  public static let methodNotImplemented = Problem(
    501, "method_not_implemented", detail: "The method is unknown to this server.")
  public static let unsupportedTransferCoding = Problem(
    501, "unsupported_transfer_coding", detail: "The only transfer coding served is chunked.")
  public static let tooManyConnections = Problem(
    503, "too_many_connections", detail: "The server holds as many connections as it may.",
    headers: [("Retry-After", "1")])
  public static let tooManyBodies = Problem(
    503, "overloaded", detail: "More is being sent than the server can hold. Nothing was recorded.",
    headers: [("Retry-After", "1")])
  public static let versionNotSupported = Problem(505, "http_version_not_supported", detail: "Use HTTP/1.1.")
}
