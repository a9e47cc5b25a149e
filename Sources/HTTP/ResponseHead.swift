/// The bytes of a response's head (RFC 9112 section 4).
enum ResponseHead {
  /// How the client can tell where the body ends.
  enum Framing: Equatable {
    case none
    case length(Int)
    case chunked
    case untilClose
  }

  /// - Parameters:
  ///   - date: the whole `Date` line.
  ///   - requestID: what the request is called.
  ///   - connection: the `Connection` field's value, if the client must be told.
  static func append(
    to output: inout [UInt8], status: Int, headers: [(String, String)], framing: Framing, date: [UInt8],
    requestID: String, connection: StaticString?
  ) {
    if status == 200 {
      output.append("HTTP/1.1 200 OK\r\n")
    } else {
      output.append("HTTP/1.1 ")
      output.append(decimal: status)
      output.append(.space)
      output.append(Status.reason(status))
      output.append("\r\n")
    }
    output.append(contentsOf: date)
    output.append("Request-Id: ")
    output.append(requestID)
    output.append("\r\n")
    for (name, value) in headers where !isConnection(name) {
      output.append(name)
      output.append(": ")
      output.append(value)
      output.append("\r\n")
    }
    if let connection {
      output.append("Connection: ")
      output.append(connection)
      output.append("\r\n")
    }
    switch framing {
    case .none, .untilClose: output.append("\r\n")
    case .length(let length):
      output.append("Content-Length: ")
      output.append(decimal: length)
      output.append("\r\n\r\n")
    case .chunked: output.append("Transfer-Encoding: chunked\r\n\r\n")
    }
  }

  /// Whether the name is a token and the value free of controls: else one header could smuggle in another.
  static func isValid(name: String, value: String) -> Bool {
    var (name, value) = (name, value)
    return name.withUTF8 { !$0.isEmpty && $0.allSatisfy { $0.isToken } }
      && value.withUTF8 { $0.allSatisfy { $0.isFieldContent } }
  }

  /// Whether a header asks for what only the server may decide.
  static func frames(_ name: String) -> Bool {
    (name.utf8.count == 14 && equals(name, "content-length"))
      || (name.utf8.count == 17 && equals(name, "transfer-encoding"))
  }

  static func isConnection(_ name: String) -> Bool { name.utf8.count == 10 && equals(name, "connection") }

  private static func equals(_ name: String, _ lowercased: StaticString) -> Bool {
    var name = name
    return name.withUTF8 { $0.span.equalsIgnoringCase(lowercased) }
  }
}
