extension HTTPServer {
  /// The server's bounds. Each one exists so that no client can make the server hold or wait without end.
  public struct Configuration: Sendable {
    /// Bytes of one line: a request line (414 beyond) or a header field (431 beyond), with its end.
    public var lineBytesMax = 8 * 1024
    /// Bytes of a request line and its fields together; 431 beyond.
    public var headBytesMax = 32 * 1024
    /// Header fields of a request; 431 beyond.
    public var fieldsMax = 100
    /// Bytes of a request's body, which is held whole in memory; 413 beyond.
    public var bodyBytesMax = 256 * 1024

    /// How long a connection may stay open between requests. Longer than the minute at which most proxies give up
    /// theirs, so that it is they who close, and no request meets a closing connection.
    public var idleTimeout = Duration.seconds(75)
    /// From a request's first byte to the end of its head, however the bytes trickle; 408 beyond.
    public var headerTimeout = Duration.seconds(10)
    /// From the end of the head to the end of the body; 408 beyond.
    public var bodyTimeout = Duration.seconds(30)
    /// How long a client may take none of the bytes that wait for it.
    public var writeTimeout = Duration.seconds(30)

    /// Connections held at once. Beyond, a new one takes the place of one that waits for its client; while all are at
    /// work, it is answered 503 and closed. Each takes a descriptor.
    public var connectionsMax = 10_000
    /// Bytes of all bodies held at once, those of a few KiB apart; whoever sends more then is answered 503.
    public var bodyBytesTotalMax = 128 * 1024 * 1024
    /// Answer bytes that wait for one client before a stream's producer, or the next pipelined request, is made to wait.
    public var unsentBytesMax = 32 * 1024
    /// Answer bytes that wait for all clients that are behind; beyond, those are cut that have taken nothing for longest.
    public var unsentBytesTotalMax = 128 * 1024 * 1024

    public init() {}

    var parserLimits: RequestParser.Limits {
      RequestParser.Limits(line: lineBytesMax, head: headBytesMax, fields: fieldsMax, body: bodyBytesMax)
    }
  }
}
