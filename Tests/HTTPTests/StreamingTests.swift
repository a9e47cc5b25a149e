import EventLoop
import HTTP
import Testing

@Suite("A streamed body")
struct StreamingTests {
  private static func streaming(
    _ headers: [(String, String)] = [], _ body: @escaping @Sendable (BodyWriter) async throws -> Void
  ) -> @Sendable (EventLoop, Request) async -> Response {
    { _, _ in Response(status: 200, headers: headers, body: .stream(body)) }
  }

  @Test("comes in chunks, with its trailers, and the connection goes on")
  func chunks() async throws {
    let respond = Self.streaming([("Trailer", "Repr-Digest")]) { writer in
      try await writer.write(Array("hello".utf8))
      try await writer.write([])
      await Task.yield()
      try await writer.write(Array(" wonderful world".utf8))
      writer.trailer("Repr-Digest", "x")
    }
    try await withServer(respond: respond) { _, port in
      let client = try RawClient(port)
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let text = try client.receiveAll()
      let body = "5\r\nhello\r\n10\r\n wonderful world\r\n0\r\nRepr-Digest: x\r\n\r\n"
      #expect(text.ranges(of: body).count == 2)
      let answer = Answer(text)
      #expect(answer.headers["transfer-encoding"] == "chunked")
      #expect(answer.headers["content-length"] == nil)
      #expect(answer.headers["trailer"] == "Repr-Digest")
    }
  }

  @Test("reaches an HTTP/1.0 client unchunked, until the connection closes")
  func version10() async throws {
    let respond = Self.streaming { writer in
      try await writer.write(Array("hello".utf8))
      writer.trailer("X", "y")
    }
    try await withServer(respond: respond) { _, port in
      let client = try RawClient(port)
      client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let answer = Answer(try client.receiveAll())
      #expect(answer.body == "hello")
      #expect(answer.headers["connection"] == "close")
      #expect(answer.headers["transfer-encoding"] == nil)
    }
  }

  @Test("is not produced for HEAD")
  func head() async throws {
    let counts = Counts()
    try await withServer(respond: Self.streaming { _ in counts.add("produced") }) { _, port in
      let client = try RawClient(port)
      client.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let answer = Answer(try client.receiveAll())
      #expect(answer.status == 200)
      #expect(answer.body == "")
    }
    #expect(counts["produced"] == 0)
  }

  @Test("makes its producer wait for a client that does not read, and go on when it does")
  func backPressure() async throws {
    let counts = Counts()
    let chunk = [UInt8](repeating: 0x61, count: 10_000)
    let respond = Self.streaming { writer in
      for _ in 0..<5_000 {
        try await writer.write(chunk)
        counts.add("chunks")
      }
    }
    var configuration = HTTPServer.Configuration()
    configuration.writeTimeout = .seconds(600)
    try await withServer(configuration, respond: respond) { _, port in
      let client = try RawClient(port, receiveBuffer: 16_384)
      client.send("GET / HTTP/1.0\r\n\r\n")
      // The producer comes to rest: twice in a row, after a while, it has got no further.
      var last = -1
      while counts["chunks"] != last || last <= 0 {
        last = counts["chunks"]
        try await Task.sleep(for: .milliseconds(200))
      }
      #expect(last < 2_500, "50 MB were produced for nobody")
      #expect(try client.receiveAll().utf8.count > 50_000_000)
      #expect(counts["chunks"] == 5_000)
    }
  }

  @Test("fails its producer once the client has gone")
  func peerGone() async throws {
    let counts = Counts()
    let respond = Self.streaming { writer in
      do {
        while true {
          try await writer.write([UInt8](repeating: 0x61, count: 1_000))
          counts.add("chunks")
          await Task.yield()
        }
      } catch {
        counts.add(writer.isPeerGone ? "gone" : "odd")
        throw error
      }
    }
    try await withServer(respond: respond) { server, port in
      do {
        let client = try RawClient(port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try client.receive()
      }
      #expect(await eventually { counts["gone"] == 1 && server.connectionCount == 0 })
    }
  }

  @Test("that fails cuts the connection, so that nobody takes it for complete")
  func failure() async throws {
    struct Broken: Error {}
    let gate = Gate()
    let respond = Self.streaming { writer in
      try await writer.write(Array("hello".utf8))
      await gate.pass()
      throw Broken()
    }
    try await withServer(respond: respond) { _, port in
      let client = try RawClient(port)
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      var text = ""
      while !text.hasSuffix("5\r\nhello\r\n") { text += String(decoding: try client.receive(), as: UTF8.self) }
      gate.open()
      // A reset, not an end.
      #expect(throws: RawClient.Failed.self) { try client.receiveAll() }
    }
  }

  @Test("to a client that reads nothing is given up after the write time-out")
  func writeTimeout() async throws {
    let counts = Counts()
    let respond = Self.streaming { writer in
      do {
        while true { try await writer.write([UInt8](repeating: 0x61, count: 100_000)) }
      } catch {
        counts.add("gone")
        throw error
      }
    }
    var configuration = HTTPServer.Configuration()
    configuration.writeTimeout = .milliseconds(100)
    try await withServer(configuration, respond: respond) { server, port in
      let client = try RawClient(port, receiveBuffer: 16_384)
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await eventually { counts["gone"] == 1 && server.connectionCount == 0 })
    }
  }
}
