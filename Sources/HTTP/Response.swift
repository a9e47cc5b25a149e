/// An answer. The server adds `Date`, `Request-Id`, `Connection`, and what frames the body (`Content-Length` or `Transfer-Encoding`).
public struct Response: Sendable {
  public enum Body: Sendable {
    case bytes([UInt8])
    /// Runs after the head was queued; sent in chunks, or until the connection's end to an HTTP/1.0 client. When it
    /// throws, the connection is cut, so that the client can tell that the body is not complete.
    case stream(@Sendable (BodyWriter) async throws -> Void)
  }

  /// 200…599. A body with 204 or 304 is a programming error.
  public var status: Int
  /// Sent in this order. A name that is no token, or a value with control characters, turns the answer into a 500;
  /// naming `Content-Length` or `Transfer-Encoding` is a programming error. `Connection: close` is honoured.
  public var headers: [(String, String)]
  public var body: Body

  public init(status: Int, headers: [(String, String)] = [], body: Body = .bytes([])) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  public static func json(_ status: Int, _ bytes: [UInt8], headers: [(String, String)] = []) -> Response {
    var all = [("Content-Type", "application/json")]
    if !headers.isEmpty { all += headers }
    return Response(status: status, headers: all, body: .bytes(bytes))
  }

  /// One JSON value that `write` puts into the writer.
  public static func json(
    _ status: Int, headers: [(String, String)] = [], _ write: (inout JSONWriter) -> Void
  ) -> Response {
    var writer = JSONWriter()
    write(&writer)
    return json(status, writer.bytes, headers: headers)
  }
}
