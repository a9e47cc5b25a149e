import Testing

@testable import HTTP
@testable import Service

@Suite("A traceparent")
struct TraceIDTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

  @Test(
    "names the trace",
    arguments: [
      "00-\(trace)-00f067aa0ba902b7-01", "00-\(trace)-00f067aa0ba902b7-00", "01-\(trace)-00f067aa0ba902b7-ff",
      "cc-\(trace)-00f067aa0ba902b7-01-what-the-future-will-be-like",
    ])
  func valid(_ text: String) { #expect(TraceID(traceparent: text)?.description == Self.trace) }

  @Test(
    "counts as absent where it is not valid",
    arguments: [
      "", "00", "\(trace)", "00-\(trace)-00f067aa0ba902b7", "00-\(trace)-00f067aa0ba902b7-1",
      "00-\(trace)-00f067aa0ba902b7-01-", "00-\(trace)-00f067aa0ba902b7-01-x", "cc-\(trace)-00f067aa0ba902b7-01.x",
      "ff-\(trace)-00f067aa0ba902b7-01", "0g-\(trace)-00f067aa0ba902b7-01",
      "00-\(trace.uppercased())-00f067aa0ba902b7-01",
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-\(trace)-0000000000000000-01",
      "00_\(trace)-00f067aa0ba902b7-01", "00-\(trace)0-0f067aa0ba902b7-01", "00-\(trace)-00f067aa0ba902b7-0é",
    ])
  func invalid(_ text: String) { #expect(TraceID(traceparent: text) == nil) }

  @Test("is not guessed at when there are two")
  func twice() throws {
    let field = "traceparent: 00-\(Self.trace)-00f067aa0ba902b7-01\r\n"
    func trace(_ fields: String) throws -> TraceID? {
      var parser = RequestParser()
      let request = Request()
      let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8)
      parser.feed(bytes.span)
      let isComplete = try parser.next(into: request)
      #expect(isComplete)
      return TraceID(of: request)
    }
    #expect(try trace(field)?.description == Self.trace)
    #expect(try trace(field + field) == nil)
    #expect(try trace("") == nil)
  }
}

@Suite("An origin for CORS")
struct OriginTests {
  @Test(
    "is a scheme and a host, as browsers write them",
    arguments: [
      "*", "https://app.example", "http://localhost:3000", "https://[::1]:8443", "http://10.0.0.1",
    ])
  func valid(_ text: String) throws { _ = try CORS(origins: [text]) }

  @Test(
    "is nothing else",
    arguments: [
      "", "app.example", "https://", "https://app.example/", "https://app.example/x", "https://App.example", "null",
      "ftp://app.example", "https://a b", "https://*.example", "https://u@app.example", "https://a\r\nX: y",
    ])
  func invalid(_ text: String) {
    #expect(throws: CORS.BadOrigin.self) { try CORS(origins: [text]) }
  }
}

@Suite("A public address")
struct PublicURLTests {
  @Test(
    "is of http or https, with a port and a path where there are some",
    arguments: [
      ("https://laurel.acme.example", "https://laurel.acme.example"),
      ("http://localhost:8080/", "http://localhost:8080"),
      ("https://acme.example/apps/laurel/", "https://acme.example/apps/laurel"), ("http://[::1]:81", "http://[::1]:81"),
      ("HTTPS://Acme.example", "HTTPS://Acme.example"),
    ])
  func valid(_ text: String, _ expected: String) throws { #expect(try PublicURL(text).text == expected) }

  @Test(
    "is nothing else",
    arguments: [
      "", "laurel.acme.example", "//laurel.acme.example", "ftp://laurel.acme.example", "https://", "https:///x",
      "https://a b", "https://a/?q", "https://a/#f", "https://u:p@a", "https://a:0", "https://a:65536", "https://a:",
      "https://a/../b", "https://a/./b", "https://a//b", "https://a/b c", "https://a/\u{e9}", "https://a\r\nX: y",
      "https://a>; rel=evil", "https://\(String(repeating: "a", count: 1_000))",
    ])
  func invalid(_ text: String) { #expect(throws: PublicURL.Mistake.self) { try PublicURL(text) } }
}
