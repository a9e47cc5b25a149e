/// One request, complete with its body.
///
/// A connection reuses the object for its next request: a handler must not keep it past its return.
public final class Request {
  /// What it is called in the log, and in its answer: the client's own `Request-Id`, or one made for it.
  public internal(set) var id = ""
  public internal(set) var method = Method.get
  /// The path as sent, still percent-encoded (its encoding is known to be valid UTF-8 without NUL); `*` for `OPTIONS *`.
  public internal(set) var path = "/"
  public internal(set) var query = Query()
  public internal(set) var headers = Headers()
  public internal(set) var body: [UInt8] = []

  /// Where the connection comes from; behind a proxy, where the proxy is.
  public internal(set) var peer = PeerAddress.unknown
  /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110, section 10.1.1).
  public internal(set) var expectsContinue = false

  /// Whether the client speaks HTTP/1.1 and so understands chunks and 100 Continue.
  var isVersion11 = true
  /// Whether the client wants the connection to stay open after the answer (RFC 9112 section 9.3).
  var keepsAlive = true

  init() {}

  func reset() {
    id = ""
    headers.removeAll()
    if !query.isEmpty { query = Query() }
    releaseBody()
    isVersion11 = true
    keepsAlive = true
    expectsContinue = false
  }

  /// Idle connections are many: a large body's memory is not kept for the small ones that may follow.
  func releaseBody() { body.removeAll(keepingCapacity: body.capacity <= Self.keptBodyBytesMax) }

  static let keptBodyBytesMax = 4096
}
