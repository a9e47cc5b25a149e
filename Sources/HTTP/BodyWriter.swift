/// Sends a streamed body. Belongs to its request's task.
public final class BodyWriter {
  /// The client is gone, or took nothing for as long as the write time-out: nothing more can be sent.
  public struct PeerGone: Error {}

  private let connection: Connection
  private let isChunked: Bool
  private var trailers: [(String, String)] = []

  init(_ connection: Connection, isChunked: Bool) {
    self.connection = connection
    self.isChunked = isChunked
  }

  /// Whether nothing more can be sent, as far as is known by now.
  public var isPeerGone: Bool { !connection.isOpen }

  /// Sends bytes, at the latest at the end of the loop's turn. Suspends while more than
  /// ``HTTPServer/Configuration/unsentBytesMax`` wait for the client, so a producer needs no bound of its own.
  public func write(_ bytes: [UInt8]) async throws(PeerGone) {
    guard connection.isOpen else { throw PeerGone() }
    // An empty chunk would end the body.
    if bytes.isEmpty { return }
    connection.send { output in
      if isChunked {
        output.append(hexadecimal: bytes.count)
        output.append("\r\n")
      }
      output.append(contentsOf: bytes)
      if isChunked { output.append("\r\n") }
    }
    await connection.outputHasRoom()
    guard connection.isOpen else { throw PeerGone() }
  }

  /// A field to send after the last chunk (RFC 9110 section 6.5); the response's `Trailer` header should announce it.
  /// An HTTP/1.0 client does not get it.
  /// - Precondition: the name is a token and the value free of controls.
  public func trailer(_ name: String, _ value: String) {
    precondition(ResponseHead.isValid(name: name, value: value), "not a field: \(name)")
    trailers.append((name, value))
  }

  func finish() {
    guard isChunked, connection.isOpen else { return }
    connection.send { output in
      output.append("0\r\n")
      for (name, value) in trailers {
        output.append(name)
        output.append(": ")
        output.append(value)
        output.append("\r\n")
      }
      output.append("\r\n")
    }
  }
}
