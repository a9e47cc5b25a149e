import Testing

@testable import HTTP

@Suite("The request parser")
struct ParserTests {
  private static let messages: [String] = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\nGET /v1/people?q=ann+b%C3%A9&team=&x HTTP/1.1\r\nhOST: example.org:8080\r\nAccept:\t*/* \r\nX:\r\n\r\n",
    "POST /a%2Fb HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 11\r\nConnection: close\r\n\r\nhello world",
    "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      + "5;name=\"v\"\r\nhello\r\n00006 ; x\r\n world\r\n0\r\nDigest: 1\r\n\r\n",
    "DELETE http://a.example/x?y=1 HTTP/1.1\r\nHost: b\r\nX: é\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://[2001:db8::1]:8080 HTTP/1.0\r\nConnection: foo, Keep-Alive\r\n\r\n",
    "HEAD / HTTP/1.0\r\n\r\n",
    "PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-Continue\r\n\r\n",
  ]

  @Test("reads what the grammar allows")
  func valid() {
    let parsed = Parsed([Array(Self.messages.joined().utf8)])
    #expect(parsed.problem == nil)
    #expect(
      parsed.requests.map(\.line) == [
        "GET / [] 1.1", "GET /v1/people [q=ann bé&team=&x=] 1.1", "POST /a%2Fb [] 1.1", "PUT / [] 1.1",
        "DELETE /x [y=1] 1.1", "OPTIONS * [] 1.1", "GET / [] 1.0", "HEAD / [] 1.0", "PATCH / [] 1.1",
      ])
    #expect(parsed.requests.map(\.keepsAlive) == [true, true, false, true, true, true, true, false, true])
    #expect(parsed.requests[1].headers == ["host=example.org:8080", "accept=*/*", "x="])
    #expect(parsed.requests[2].body == Array("hello world".utf8))
    #expect(parsed.requests[3].body == Array("hello world".utf8))
    #expect(parsed.requests[4].headers.last == "x=é")
  }

  @Test("knows every method that there is a word for", arguments: Method.allCases)
  func methods(_ method: Method) {
    let parsed = Parsed([Array("\(method.rawValue) / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)])
    #expect(parsed.requests.map(\.line) == ["\(method.rawValue) / [] 1.1"] && parsed.problem == nil)
  }

  @Test("makes the same of a pipeline wherever its bytes are split")
  func splits() {
    let bytes = Array(Self.messages.joined().utf8)
    let whole = Parsed([bytes])
    for place in 1..<bytes.count {
      #expect(Parsed([Array(bytes[..<place]), Array(bytes[place...])]) == whole, "split at \(place)")
    }
    for size in [1, 2, 3, 7, 64] {
      let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
      #expect(Parsed(pieces) == whole, "pieces of \(size)")
    }
  }

  @Test("takes lines, heads, fields and bodies of exactly their limits, and not a byte more")
  func limits() {
    let limits = RequestParser.Limits(line: 40, head: 80, fields: 3, body: 8)
    func status(_ text: String) -> Int {
      let parsed = Parsed([Array(text.utf8)], limits: limits)
      return parsed.problem?.status ?? (parsed.requests.count == 1 ? 200 : 0)
    }
    func target(_ count: Int) -> String { "/" + String(repeating: "a", count: count - 1) }
    // "GET  HTTP/1.1\r\n" has 15 bytes.
    #expect(status("GET \(target(25)) HTTP/1.1\r\nHost: a\r\n\r\n") == 200)
    #expect(status("GET \(target(26)) HTTP/1.1\r\nHost: a\r\n\r\n") == 414)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nX: \(target(35))\r\n\r\n") == 200)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nX: \(target(36))\r\n\r\n") == 431)
    // 40 + 9 + 2 bytes leave 29.
    #expect(status("GET \(target(25)) HTTP/1.1\r\nHost: a\r\nX: \(target(24))\r\n\r\n") == 200)
    #expect(status("GET \(target(25)) HTTP/1.1\r\nHost: a\r\nX: \(target(25))\r\n\r\n") == 431)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 1\r\n\r\n") == 200)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 1\r\nX: 1\r\n\r\n") == 431)
    #expect(status("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n12345678") == 200)
    #expect(status("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n") == 413)
    let chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(status(chunked + "4\r\n1234\r\n4\r\n5678\r\n0\r\n\r\n") == 200)
    #expect(status(chunked + "4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n") == 413)
  }

  /// Each one message, whatever its body looks like, and the one after it.
  private static let enclosedMessages: [String] = {
    let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
    let sized = "Content-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)"
    let chunk = "\(String(hidden.utf8.count, radix: 16))\r\n\(hidden)\r\n0\r\n"
    return ["GET", "HEAD", "DELETE", "OPTIONS", "POST"].map { "\($0) / HTTP/1.1\r\nHost: a\r\n\(sized)" } + [
      "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tchunked \t\r\n\r\n\(chunk)\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)"
        + "Content-Length: 9\r\nTransfer-Encoding: x\r\nHost: b\r\nHost: c\r\nAuthorization: d\r\nConnection: close\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 000\(hidden.utf8.count)\r\n\r\n\(hidden)",
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\(sized)",
      "POST http://b/ HTTP/1.1\r\nHost: a\r\n\(sized)",
    ]
  }()

  @Test(
    "ends a message where its framing says, whatever the method, the trailers or an upgrade want",
    arguments: enclosedMessages)
  func enclosed(_ message: String) {
    let parsed = Parsed([Array("\(message)GET /next HTTP/1.1\r\nHost: a\r\n\r\n".utf8)])
    #expect(parsed.problem == nil)
    #expect(parsed.requests.count == 2)
    #expect(parsed.requests.first?.body.starts(with: "GET /hidden".utf8) == true)
    #expect(parsed.requests.first?.keepsAlive == true)
    #expect(parsed.requests.first?.headers.contains { $0.hasPrefix("authorization") } == false)
    #expect(parsed.requests.last?.line == "GET /next [] 1.1")
  }

  @Test("says once, and only before any of the body came, that the client waits for 100 Continue")
  func continues() throws {
    let head = Array("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n".utf8)
    var parser = RequestParser()
    let request = Request()
    parser.feed(head.span)
    var isComplete = try parser.next(into: request)
    #expect(!isComplete)
    #expect([parser.takeContinue(), parser.takeContinue()] == [true, false])

    var eager = RequestParser()
    let bytes = head + [0x61]
    eager.feed(bytes.span)
    isComplete = try eager.next(into: request)
    let waits = eager.takeContinue()
    #expect(!isComplete && !waits)
  }

  @Test("knows the bytes of a token as RFC 9110 lists them")
  func tokens() {
    let listed = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    for byte in UInt8.min...UInt8.max { #expect(byte.isToken == listed.contains(byte)) }
  }

  @Test("finds the fields of a request by name, first or all")
  func headers() throws {
    let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX-Tag: 1\r\nx-tag: 2\r\n\r\n".utf8)
    var parser = RequestParser()
    let request = Request()
    parser.feed(bytes.span)
    let isComplete = try parser.next(into: request)
    #expect(isComplete)
    #expect(request.headers["x-tag"] == "1")
    #expect(request.headers.all("x-tag") == ["1", "2"])
    #expect(request.headers["x-ta"] == nil)
    #expect(request.headers.count == 3)
  }

  @Test("survives random damage to requests, and never decides by how the bytes were split")
  func damage() {
    var random = SeededGenerator(state: 1)
    let sources = Self.messages.map { Array($0.utf8) } + MalformedRequest.all.map(\.bytes).filter { $0.count < 300 }
    let spice: [UInt8] = [0, 9, 10, 13, 32, 0x2C, 0x3A, 0x3B, 0x30, 0x35, 0x25, 0x7F, 0x80, 0xFF]
    for _ in 0..<100_000 {
      var bytes = sources.randomElement(using: &random)! + sources.randomElement(using: &random)!
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = spice.randomElement(using: &random)!
        case 1: bytes.insert(spice.randomElement(using: &random)!, at: place)
        case 2: bytes.remove(at: place)
        default: bytes[place] = UInt8.random(in: 0...255, using: &random)
        }
      }
      let place = Int.random(in: 0...bytes.count, using: &random)
      let whole = Parsed([bytes])
      let split = Parsed([Array(bytes[..<place]), Array(bytes[place...])])
      if split != whole {
        Issue.record("split at \(place): \(bytes)")
        return
      }
    }
  }
}
