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

  @Test("is replaced by a random one that is valid")
  func random() {
    let ids = Set((0..<100).map { _ in TraceID().description })
    #expect(ids.count == 100)
    for id in ids { #expect(TraceID(traceparent: "00-\(id)-00f067aa0ba902b7-01") != nil) }
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
