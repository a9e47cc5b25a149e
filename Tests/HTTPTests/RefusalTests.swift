import Testing

@testable import HTTP

@Suite("A malformed request")
struct RefusalTests {
  @Test("is refused by the parser with its status and code, however its bytes are split")
  func splits() {
    for message in MalformedRequest.all {
      let whole = Parsed([message.bytes])
      #expect(whole.requests.isEmpty, "\(message.name)")
      #expect(whole.problem?.status == message.status, "\(message.name)")
      #expect(whole.problem?.code == message.code, "\(message.name)")
      #expect(Parsed(message.bytes.map { [$0] }) == whole, "\(message.name), byte by byte")
      // A long message is cut near its ends and at some places between.
      let count = message.bytes.count
      let places = count < 600 ? Array(1..<count) : Array(1..<100) + stride(from: 100, to: count, by: 997) + [count - 1]
      for place in places {
        let split = Parsed([Array(message.bytes[..<place]), Array(message.bytes[place...])])
        #expect(split == whole, "\(message.name), split at \(place)")
      }
    }
  }

  @Test("is answered with a problem over a real connection, which is then closed")
  func sockets() async throws {
    #expect(MalformedRequest.all.count >= 100)
    try await withServer { _, port in
      for message in MalformedRequest.all {
        let client = try RawClient(port)
        client.send(message.bytes)
        let answer = Answer(try client.receiveAll())
        #expect(answer.status == message.status, "\(message.name)")
        #expect(answer.code == message.code, "\(message.name)")
        #expect(answer.headers["connection"] == "close", "\(message.name)")
        #expect(answer.headers["content-type"] == "application/problem+json", "\(message.name)")
      }
    }
  }

  @Test("ends a pipeline: what came before is answered, what comes after is not looked at")
  func pipeline() async throws {
    try await withServer { _, port in
      let client = try RawClient(port)
      client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.receiveAnswer().body == "GET /1")
      #expect(try client.receiveAnswer().status == 400)
      #expect(try client.receiveAll() == "")
    }
  }

  @Test("is answered even while the client goes on sending a large body")
  func lingering() async throws {
    try await withServer { _, port in
      let client = try RawClient(port)
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
      for _ in 0..<10 { client.send([UInt8](repeating: 0x61, count: 10_000)) }
      #expect(Answer(try client.receiveAll()).status == 413)
    }
  }
}

/// What the parser makes of bytes that arrive in pieces.
struct Parsed: Equatable {
  struct Message: Equatable {
    let line: String
    let headers: [String]
    let body: [UInt8]
    let keepsAlive: Bool
  }

  var requests: [Message] = []
  var problem: Problem?

  init(_ pieces: [[UInt8]], limits: RequestParser.Limits = RequestParser.Limits()) {
    var parser = RequestParser(limits: limits)
    let request = Request()
    do throws(Problem) {
      for piece in pieces {
        parser.feed(piece.span)
        while try parser.next(into: request) { note(request) }
      }
    } catch {
      problem = error
    }
  }

  private mutating func note(_ request: Request) {
    let query = request.query.items.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    requests.append(
      Message(
        line: "\(request.method.rawValue) \(request.path) [\(query)] 1.\(request.isVersion11 ? 1 : 0)",
        headers: request.headers.list.map { "\($0.name)=\($0.value)" }, body: request.body,
        keepsAlive: request.keepsAlive))
  }
}
