import Testing

/// Messages that must be refused, each with its status and code, whatever surrounds them.
struct MalformedRequest: CustomTestStringConvertible, Sendable {
  let name: String
  let bytes: [UInt8]
  let status: Int
  let code: String

  init(_ name: String, _ text: String, _ status: Int = 400, _ code: String = "malformed_request") {
    self.init(name, bytes: Array(text.utf8), status, code)
  }

  init(_ name: String, bytes: [UInt8], _ status: Int = 400, _ code: String = "malformed_request") {
    self.name = name
    self.bytes = bytes
    self.status = status
    self.code = code
  }

  var testDescription: String { name }

  private static let host = "Host: a\r\n"

  /// A head around one more line of fields.
  private static func field(
    _ name: String, _ field: String, _ status: Int = 400, _ code: String = "malformed_request"
  ) -> MalformedRequest {
    MalformedRequest(name, "POST / HTTP/1.1\r\n\(host)\(field)\r\n\r\n", status, code)
  }

  private static func chunked(
    _ name: String, _ body: String, _ status: Int = 400, _ code: String = "malformed_request"
  ) -> MalformedRequest {
    MalformedRequest(name, "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n\(body)", status, code)
  }

  static let all = requestLines + targets + fields + lengths + codings + chunks + limits

  static let requestLines: [MalformedRequest] = [
    MalformedRequest("no method", " / HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("HTTP/0.9", "GET /\r\n"),
    MalformedRequest("two spaces after the method", "GET  / HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("two spaces after the target", "GET /  HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a tab for a space", "GET\t/ HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a space after the version", "GET / HTTP/1.1 \r\n\(host)\r\n"),
    MalformedRequest("a lower-case protocol", "GET / http/1.1\r\n\(host)\r\n"),
    MalformedRequest("a version of two digits", "GET / HTTP/1.10\r\n\(host)\r\n"),
    MalformedRequest("a comma in the version", "GET / HTTP/1,1\r\n\(host)\r\n"),
    MalformedRequest("no version's number", "GET / HTTP/\r\n\(host)\r\n"),
    MalformedRequest("a bare LF after the request line", "GET / HTTP/1.1\n\(host)\r\n"),
    MalformedRequest("a bare CR within the request line", "GET /\rx HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("two CRs", "GET / HTTP/1.1\r\r\n\(host)\r\n"),
    MalformedRequest("a method that is no token", "GE(T / HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("two empty lines before the request", "\r\n\r\nGET / HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a bare LF before the request", "\nGET / HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a TLS greeting", bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]),
    MalformedRequest("an unknown method", "BREW / HTTP/1.1\r\n\(host)\r\n", 501, "method_not_implemented"),
    MalformedRequest("a method in lower case", "get / HTTP/1.1\r\n\(host)\r\n", 501, "method_not_implemented"),
    MalformedRequest("CONNECT", "CONNECT a:443 HTTP/1.1\r\n\(host)\r\n", 501, "method_not_implemented"),
    MalformedRequest("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http_version_not_supported"),
    MalformedRequest("HTTP/1.2", "GET / HTTP/1.2\r\n\(host)\r\n", 505, "http_version_not_supported"),
    MalformedRequest("HTTP/3.0", "GET / HTTP/3.0\r\n\(host)\r\n", 505, "http_version_not_supported"),
    MalformedRequest("HTTP/0.9 by name", "GET / HTTP/0.9\r\n\(host)\r\n", 505, "http_version_not_supported"),
  ]

  static let targets: [MalformedRequest] = [
    MalformedRequest("a relative path", "GET x HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("an asterisk without OPTIONS", "GET * HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a scheme that is not ours", "GET ftp://a/ HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("an absolute URI without a host", "GET http:///x HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("user information in the authority", "GET http://u@a/ HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a fragment", "GET /#x HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a quote in the path", "GET /\"x HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a backslash in the path", "GET /\\x HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("raw UTF-8 in the path", "GET /é HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a NUL in the path", "GET /\0 HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("half an encoded byte", "GET /a%4 HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("an encoded byte that is not hexadecimal", "GET /%zz HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("an encoded NUL", "GET /%00 HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a path that is not UTF-8", "GET /%FF HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("an overlong slash", "GET /%C0%AF HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("an encoded surrogate", "GET /%ED%A0%80 HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a query that is not UTF-8", "GET /?a=%E9 HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a query's name badly encoded", "GET /?%=1 HTTP/1.1\r\n\(host)\r\n"),
    MalformedRequest("a NUL in the query", "GET /?a=%00 HTTP/1.1\r\n\(host)\r\n"),
  ]

  static let fields: [MalformedRequest] = [
    MalformedRequest("no Host", "GET / HTTP/1.1\r\n\r\n"),
    field("two Hosts", "Host: a"),
    MalformedRequest("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    MalformedRequest("a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    MalformedRequest("a Host with two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n"),
    MalformedRequest("a Host list", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    MalformedRequest("an unclosed address as Host", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
    field("a space before the colon", "X : 1"),
    field("a tab before the colon", "X\t: 1"),
    field("a line without a colon", "X"),
    field("an empty name", ": 1"),
    field("a name with a bracket", "X(: 1"),
    field("a name that is not ASCII", "Xé: 1"),
    field("a folded line", "X: 1\r\n 2"),
    field("a folded line that begins with a tab", "X: 1\r\n\t2"),
    MalformedRequest("a space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    field("a NUL in a value", "X: a\0b"),
    field("a bare CR in a value", "X: a\rb"),
    field("a bare LF between fields", "X: a\nY: b"),
    field("a DEL in a value", "X: a\u{7F}b"),
    field("an escape in a value", "X: a\u{1B}b"),
    MalformedRequest(
      "a value that is not UTF-8", bytes: Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xE9, 13, 10, 13, 10]),
    MalformedRequest("an end of the head by bare LF", "GET / HTTP/1.1\r\n\(host)\n"),
    field("an expectation that is unknown", "Expect: 200-ok", 417, "expectation_failed"),
  ]

  static let lengths: [MalformedRequest] = [
    field("two differing lengths", "Content-Length: 1\r\nContent-Length: 2"),
    field("the same length twice", "Content-Length: 1\r\nContent-Length: 1"),
    field("a list of lengths", "Content-Length: 1, 1"),
    field("a signed length", "Content-Length: +1"),
    field("a negative length", "Content-Length: -1"),
    field("a hexadecimal length", "Content-Length: 0x1"),
    field("a length in words", "Content-Length: one"),
    field("an empty length", "Content-Length:"),
    field("a length with a space", "Content-Length: 1 2"),
    field("a length with a fraction", "Content-Length: 1.0"),
    field("a length beyond every integer", "Content-Length: 99999999999999999999999", 413, "payload_too_large"),
    field("a length beyond the bound", "Content-Length: 262145", 413, "payload_too_large"),
  ]

  static let codings: [MalformedRequest] = [
    field("a length and a coding", "Content-Length: 1\r\nTransfer-Encoding: chunked"),
    field("a coding and a length", "Transfer-Encoding: chunked\r\nContent-Length: 1"),
    field("chunked twice", "Transfer-Encoding: chunked, chunked"),
    field("chunked twice in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    field("an empty coding", "Transfer-Encoding:"),
    MalformedRequest(
      "a coding in HTTP/1.0", "POST / HTTP/1.0\r\n\(host)Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    field("gzip", "Transfer-Encoding: gzip", 501, "unsupported_transfer_coding"),
    field("gzip, then chunked", "Transfer-Encoding: gzip, chunked", 501, "unsupported_transfer_coding"),
    field("chunked, then gzip", "Transfer-Encoding: chunked, gzip", 501, "unsupported_transfer_coding"),
    field("identity", "Transfer-Encoding: identity", 501, "unsupported_transfer_coding"),
    field("chunked in quotes", "Transfer-Encoding: \"chunked\"", 501, "unsupported_transfer_coding"),
    field("chunked with a parameter", "Transfer-Encoding: chunked;q=1", 501, "unsupported_transfer_coding"),
    field("almost chunked", "Transfer-Encoding: xchunked", 501, "unsupported_transfer_coding"),
  ]

  static let chunks: [MalformedRequest] = [
    chunked("a chunk without a size", "\r\nabc\r\n"),
    chunked("a chunk's size that is not hexadecimal", "g\r\nabc\r\n"),
    chunked("a chunk's size with a prefix", "0x3\r\nabc\r\n"),
    chunked("a signed chunk's size", "+3\r\nabc\r\n"),
    chunked("a space before a chunk's size", " 3\r\nabc\r\n"),
    chunked("a space after a chunk's size", "3 \r\nabc\r\n"),
    chunked("a chunk's size that ends with a bare LF", "3\nabc\r\n0\r\n\r\n"),
    chunked("a chunk that is longer than its size", "3\r\nabcd\r\n0\r\n\r\n"),
    chunked("a chunk that ends with a bare LF", "3\r\nabc\n0\r\n\r\n"),
    chunked("a chunk extension with a NUL", "3;a=\0\r\nabc\r\n"),
    chunked("a chunk extension without end", "3;" + String(repeating: "a", count: 9000) + "\r\nabc\r\n"),
    chunked(
      "chunk extensions without end",
      String(repeating: "1;" + String(repeating: "a", count: 1000) + "\r\nx\r\n", count: 40)),
    chunked("a chunk's size beyond every integer", "fffffffffffffffff\r\n", 413, "payload_too_large"),
    chunked("a chunk beyond the bound", "40001\r\n", 413, "payload_too_large"),
    chunked("a trailer without a colon", "0\r\nx\r\n\r\n"),
    chunked("a trailer with a space before the colon", "0\r\nx : 1\r\n\r\n"),
    chunked("a trailer that is folded", "0\r\nx: 1\r\n y\r\n\r\n"),
    chunked(
      "trailers beyond the bound", "0\r\n" + String(repeating: "x: 1\r\n", count: 101) + "\r\n", 431,
      "headers_too_large"),
  ]

  static let limits: [MalformedRequest] = [
    MalformedRequest(
      "a long target", "GET /\(String(repeating: "a", count: 8192)) HTTP/1.1\r\n\(host)\r\n", 414, "uri_too_long"),
    MalformedRequest(
      "a long line without an end", "GET /" + String(repeating: "a", count: 8200), 414, "uri_too_long"),
    field("a long field", "X: " + String(repeating: "a", count: 8192), 431, "headers_too_large"),
    field("many fields", Array(repeating: "X: 1", count: 101).joined(separator: "\r\n"), 431, "headers_too_large"),
    field(
      "a large head", Array(repeating: "X: " + String(repeating: "a", count: 4000), count: 9).joined(separator: "\r\n"),
      431, "headers_too_large"),
  ]
}
