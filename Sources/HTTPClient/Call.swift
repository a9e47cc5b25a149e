/// One request, and its answer on a connection of its own (HTTP/1.1, `Connection: close`): no connection is ever found to have
/// died while it was kept. Redirects are not followed, for the request may carry a key.
public struct Call: Sendable {
  public let method: String
  /// With its query, as it is sent; begins with a slash.
  public let target: String
  public let headers: [(name: String, value: String)]
  public let body: [UInt8]

  /// - Precondition: the target and the headers hold no controls.
  public init(_ method: String, _ target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    for text in [target] + headers.flatMap({ [$0.name, $0.value] }) {
      precondition(text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a control would end a line of the request")
    }
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
  }

  /// Connects, sends, and waits for the head of the answer.
  /// - Parameters:
  ///   - silenceMax: the longest that any wait takes, in milliseconds.
  ///   - authorities: a file of certificates to trust besides those of the machine.
  public func send(
    to server: ServerURL, silenceMax: Int32, trusting authorities: String? = nil
  ) throws(ConnectionError) -> Answer {
    let socket = try ClientSocket(server.host, server.port, silenceMax: silenceMax)
    let stream: any ByteStream =
      server.isSecure ? try TLSStream(over: socket, host: server.host, trusting: authorities) : socket
    try stream.send(bytes(for: server))
    return try Answer(from: stream, isHead: method == "HEAD")
  }

  private func bytes(for server: ServerURL) -> [UInt8] {
    var head = "\(method) \(server.basePath)\(target) HTTP/1.1\r\nHost: \(server.authority)\r\nConnection: close\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if !body.isEmpty || method == "POST" { head += "Content-Length: \(body.count)\r\n" }
    return Array(head.utf8) + Array("\r\n".utf8) + body
  }
}

/// An answer whose body is read as it comes.
public final class Answer {
  public let status: Int
  public let headers: Fields
  /// Those after a chunked body; empty until ``next()`` has returned nil.
  public private(set) var trailers = Fields()

  private let stream: any ByteStream
  private var parser: ResponseParser

  fileprivate init(from stream: any ByteStream, isHead: Bool) throws(ConnectionError) {
    self.stream = stream
    var parser = ResponseParser(isHead: isHead)
    guard case .head(let head) = try Self.event(&parser, stream) else { throw .malformed("the answer has no head") }
    (status, headers) = (head.status, head.fields)
    self.parser = parser
  }

  /// The next bytes of the body; nil at its end, which is then known to be whole.
  public func next() throws(ConnectionError) -> [UInt8]? {
    switch try Self.event(&parser, stream) {
    case .body(let bytes): return bytes
    case .end(let trailers):
      self.trailers = trailers
      return nil
    case .head: throw .malformed("there is a second answer")
    }
  }

  /// The whole body.
  /// - Throws: `malformed` when it is longer than `bytesMax`.
  public func body(bytesMax: Int) throws(ConnectionError) -> [UInt8] {
    var body: [UInt8] = []
    while let bytes = try next() {
      body += bytes
      guard body.count <= bytesMax else { throw .malformed("the answer is longer than \(bytesMax) bytes") }
    }
    return body
  }

  private static func event(
    _ parser: inout ResponseParser, _ stream: any ByteStream
  ) throws(ConnectionError) -> ResponseParser.Event {
    while true {
      if let event = try parser.next() { return event }
      let bytes = try stream.receive()
      guard !bytes.isEmpty else { throw ConnectionError(.lost, "the connection ended before the answer did") }
      parser.feed(bytes)
    }
  }
}
