import EventLoop
import HTTP
import Testing

@Suite("A connection")
struct ConnectionTests {
  @Test("stays open for one request after another, and answers with length and date")
  func keepAlive() async throws {
    try await withServer { _, port in
      let client = try RawClient(port)
      for number in 1...5 {
        client.send("POST /\(number)?a=b%20c HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
        let answer = try client.receiveAnswer()
        #expect(answer.status == 200)
        #expect(answer.body == "POST /\(number) a=b c hi")
        #expect(answer.headers["connection"] == nil)
        #expect(answer.headers["date"]?.hasSuffix(" GMT") == true)
      }
    }
  }

  @Test("calls each request by a name: the client's own where it is well-formed, else one that no other has")
  func requestIDs() async throws {
    try await withServer(respond: { _, request in
      Response(status: 200, body: .bytes(Array(request.id.utf8)))
    }) { _, port in
      let client = try RawClient(port)
      var seen: Set<String> = []
      func call(_ fields: String) throws -> String {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        let answer = try client.receiveAnswer()
        let id = try #require(answer.headers["request-id"])
        #expect(answer.body == id, "the handler knows it by another name")
        return id
      }
      for own in ["a", "0199f0c4-7a00-7000-8000-000000000001", "x/y+z=:._~", String(repeating: "q", count: 64)] {
        #expect(try call("Request-Id: \(own)\r\n") == own)
      }
      for none in [
        "", "Request-Id:\r\n", "Request-Id: a b\r\n", "Request-Id: \"a\"\r\n", "Request-Id: é\r\n",
        "Request-Id: \(String(repeating: "q", count: 65))\r\n", "Request-Id: a\r\nRequest-Id: b\r\n",
        "Request-Id: a,b\r\n", "Request-Id: a;b\r\n", "Request-Id: <b>\r\n",
      ] {
        let id = try call(none)
        #expect(id.wholeMatch(of: /[a-z0-9]+-[0-9]+/) != nil && seen.insert(id).inserted, "\(id)")
      }
    }
  }

  @Test("calls also what it refuses by a name, and never by that of the request before")
  func requestIDsOfRefusals() async throws {
    try await withServer { (_, port) async throws in
      func refused(_ text: String) throws -> String? {
        let client = try RawClient(port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\nRequest-Id: before\r\n\r\n\(text)")
        #expect(try client.receiveAnswer().headers["request-id"] == "before")
        let answer = try client.receiveAnswer()
        #expect(answer.status >= 400)
        return answer.headers["request-id"]
      }
      let long = "POST / HTTP/1.1\r\nHost: a\r\nRequest-Id: mine\r\nContent-Length: 99999999\r\n\r\n"
      for text in [
        "not HTTP\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
      ] {
        let id = try #require(try refused(text))
        #expect(id.wholeMatch(of: /[a-z0-9]+-[0-9]+/) != nil, "\(id)")
      }
      #expect(try refused(long) == "mine")
    }
  }

  @Test("answers a pipeline in order, also when an early handler takes longer than a later one")
  func pipelining() async throws {
    @Sendable func slowFirst(_ loop: EventLoop, _ request: Request) async -> Response {
      if request.path == "/0" { await loop.sleep(for: .milliseconds(30)) }
      return await echo(loop, request)
    }
    try await withServer(respond: slowFirst) { _, port in
      let client = try RawClient(port)
      client.send((0..<500).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
      for number in 0..<500 { #expect(try client.receiveAnswer().body == "GET /\(number)") }
    }
  }

  @Test("sends an answer before a pipelined request that takes long has its own")
  func promptness() async throws {
    let gate = Gate()
    @Sendable func gated(_ loop: EventLoop, _ request: Request) async -> Response {
      if request.path == "/2" { await gate.pass() }
      return await echo(loop, request)
    }
    try await withServer(respond: gated) { _, port in
      let client = try RawClient(port)
      client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.receiveAnswer().body == "GET /1")
      gate.open()
      #expect(try client.receiveAnswer().body == "GET /2")
    }
  }

  @Test("closes after a request that asks for it")
  func closing() async throws {
    try await withServer { _, port in
      let client = try RawClient(port)
      client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let answer = try client.receiveAnswer()
      #expect(answer.headers["connection"] == "close")
      #expect(try client.receiveAll() == "")
    }
  }

  @Test("serves HTTP/1.0: closing by default, open when asked")
  func version10() async throws {
    try await withServer { _, port in
      let closing = try RawClient(port)
      closing.send("GET /x HTTP/1.0\r\n\r\n")
      let answer = Answer(try closing.receiveAll())
      #expect(answer.body == "GET /x")
      #expect(answer.headers["connection"] == "close")

      let open = try RawClient(port)
      for _ in 0..<2 {
        open.send("GET /y HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let answer = try open.receiveAnswer()
        #expect(answer.body == "GET /y")
        #expect(answer.headers["connection"] == "keep-alive")
      }
    }
  }

  @Test("answers a client that has ended its side after the request")
  func halfClosed() async throws {
    try await withServer { _, port in
      let client = try RawClient(port)
      client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
      client.endSending()
      #expect(Answer(try client.receiveAll()).body == "GET /x")
    }
  }

  @Test("notices the client's end also when it came together with the last request")
  func endWithBytes() async throws {
    let gate = Gate()
    let counts = Counts()
    @Sendable func gated(_ loop: EventLoop, _ request: Request) async -> Response {
      counts.add(request.path)
      if request.path == "/1" { await gate.pass() }
      return await echo(loop, request)
    }
    try await withServer(respond: gated) { _, port in
      let client = try RawClient(port)
      client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await eventually { counts["/1"] == 1 })
      client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
      client.endSending()
      // Both reach the server while it awaits the first answer.
      try await Task.sleep(for: .milliseconds(50))
      gate.open()
      #expect(try client.receiveAll().hasSuffix("GET /2"))
    }
  }

  @Test("answers HEAD with the headers of GET and no body")
  func head() async throws {
    try await withServer { _, port in
      let client = try RawClient(port)
      client.send("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n")
      let answer = try client.receiveAnswer(toHead: true)
      #expect(answer.status == 200)
      #expect(answer.headers["content-length"] == "9")
      #expect(try client.receiveAnswer().body == "GET /x")
    }
  }

  @Test("gives 204 and 304 neither body nor length", arguments: [204, 304])
  func bodyless(_ status: Int) async throws {
    try await withServer(respond: { _, _ in Response(status: status, headers: [("ETag", "\"1\"")]) }) { _, port in
      let client = try RawClient(port)
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let answer = try client.receiveAnswer()
      #expect(answer.status == status)
      #expect(answer.headers["content-length"] == nil)
      #expect(answer.headers["etag"] == "\"1\"")
      #expect(Answer(try client.receiveAll()).status == status)
    }
  }

  @Test("asks a client that waits for 100 Continue to go on, and not one whose body is too large")
  func expectation() async throws {
    try await withServer { _, port in
      let client = try RawClient(port)
      client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      #expect(try client.receiveAnswer().status == 100)
      client.send("abc")
      #expect(try client.receiveAnswer().body == "POST /x abc")
      client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\nExpect: 100-continue\r\n\r\n")
      #expect(try client.receiveAnswer().status == 413)
    }
  }

  @Test("stays with HTTP/1.1, to whichever protocol a client would change", arguments: ["h2c", "websocket", "TLS/1.0"])
  func upgrade(_ name: String) async throws {
    try await withServer { _, port in
      let client = try RawClient(port)
      client.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: \(name)\r\n\r\n")
      let answer = try client.receiveAnswer()
      #expect(answer.status == 200 && answer.body == "GET /x" && answer.headers["upgrade"] == nil)
      client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
      #expect(Answer(try client.receiveAll()).status == 505)
    }
  }

  @Test("reads a chunked body that trickles in, and one that is as large as may be")
  func bodies() async throws {
    try await withServer { _, port in
      let client = try RawClient(port)
      let bytes =
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: 1\r\n\r\n"
      for byte in bytes.utf8 { client.send([byte]) }
      #expect(try client.receiveAnswer().body == "POST /x abcde")
      client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 262144\r\n\r\n")
      client.send([UInt8](repeating: 0x61, count: 262_144))
      #expect(try client.receiveAnswer().body.utf8.count == 262_144 + 8)
      client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n40000\r\n")
      client.send([UInt8](repeating: 0x62, count: 262_144))
      client.send("\r\n0\r\n\r\n")
      #expect(try client.receiveAnswer().body.utf8.count == 262_144 + 8)
    }
  }

  @Test("turns headers that would smuggle another one into a 500")
  func headerInjection() async throws {
    for header in [("X", "a\r\nSet-Cookie: b"), ("X", "a\0"), ("X y", "a"), ("", "a"), ("X\r\n", "a"), ("X", "\u{7F}")]
    {
      try await withServer(respond: { _, _ in Response(status: 200, headers: [header]) }) { _, port in
        let client = try RawClient(port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let answer = Answer(try client.receiveAll())
        #expect(answer.code == "internal_error")
        #expect(answer.headers["set-cookie"] == nil)
      }
    }
  }

  @Test("stops the process rather than frame a body that may not be")
  func programmingErrors() async {
    // Only a trap can fail these processes, for they ignore what a client meets.
    await #expect(processExitsWith: .failure) {
      try? await withServer(respond: { _, _ in Response(status: 204, body: .bytes([1])) }, getOnce)
    }
    await #expect(processExitsWith: .failure) {
      try? await withServer(respond: { _, _ in Response(status: 200, headers: [("content-length", "9")]) }, getOnce)
    }
    await #expect(processExitsWith: .success) {
      try? await withServer(respond: { _, _ in Response(status: 204) }, getOnce)
    }
  }

  @Test("is one of two hundred that are served at once, spread over the loops")
  func concurrency() async throws {
    let counted = Counts()
    @Sendable func count(_ loop: EventLoop, _ request: Request) async -> Response {
      counted.add(loop.label)
      await loop.sleep(for: .milliseconds(1))
      return await echo(loop, request)
    }
    try await withServer(respond: count) { server, port in
      let clients = try (0..<200).map { _ in ClientBox(try RawClient(port)) }
      for round in 0..<20 {
        for (number, client) in clients.enumerated() {
          client.client.send("POST /\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\(round + 10)")
        }
        for (number, client) in clients.enumerated() {
          #expect(try client.client.receiveAnswer().body == "POST /\(number) \(round + 10)")
        }
      }
      #expect(server.connectionCount == 200)
      #expect(counted.values == ["test-0": 2000, "test-1": 2000])
    }
  }

  @Test("survives random bytes, and the server goes on serving")
  func randomBytes() async throws {
    var random = SeededGenerator(state: 7)
    try await withServer { _, port in
      for _ in 0..<300 {
        let client = try RawClient(port)
        let source = Bool.random(using: &random) ? MalformedRequest.all.randomElement(using: &random)!.bytes : []
        var bytes =
          source.prefix(2000)
          + (0..<Int.random(in: 0..<300, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
          }
        bytes.shuffle(using: &random)
        client.send(Array(source.prefix(20)) + bytes)
        client.endSending()
        _ = try? client.receiveAll()
      }
      let client = try RawClient(port)
      client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.receiveAnswer().body == "GET /x")
    }
  }

  @Test("listens on IPv6 as well, and says which address is taken")
  func addresses() async throws {
    let loop = try EventLoop(label: "test")
    defer { loop.stop() }
    let server = HTTPServer(loops: [loop], respond: echo)
    do {
      let address = try await server.listen(host: "[::1]", port: 0)
      #expect(address.hasPrefix("[::1]:"))
      let port = Int(address.split(separator: ":").last!)!
      await #expect(throws: ListenError.self) { try await server.listen(host: "::1", port: port) }
      await #expect(throws: ListenError.self) { try await server.listen(host: "no such host", port: 0) }
    } catch {
      Issue.record(error)
    }
    await server.drain(within: .seconds(1))
  }
}

@Sendable private func getOnce(_ server: HTTPServer, _ port: Int) async throws {
  let client = try RawClient(port)
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
  _ = try client.receiveAll()
}
