import EventLoop
import Glibc
import Synchronization
import Testing

@testable import HTTP

/// What clients could make a server hold or wait for without end.
@Suite("A server's bounds")
struct BoundsTests {
  private func configuration(_ change: (inout HTTPServer.Configuration) -> Void) -> HTTPServer.Configuration {
    var configuration = HTTPServer.Configuration()
    change(&configuration)
    return configuration
  }

  @Test("end also with a client that reads nothing and then lets the time for its next head pass")
  func unreadAnswerAndSlowHead() async throws {
    let counts = Counts()
    @Sendable func large(_ loop: EventLoop, _ request: Request) async -> Response {
      counts.add("asked")
      return Response(status: 200, body: .bytes([UInt8](repeating: 0x61, count: 8 << 20)))
    }
    let limits = configuration {
      $0.headerTimeout = .milliseconds(50)
      $0.writeTimeout = .milliseconds(200)
      // So that the answer alone keeps no request waiting.
      $0.unsentBytesMax = 64 << 20
    }
    try await withServer(limits, respond: large) { server, port in
      let client = try RawClient(port, receiveBuffer: 4096)
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT")
      #expect(await eventually { counts["asked"] == 1 && server.connectionCount == 0 })
      #expect(throws: RawClient.Failed.self) { try client.receiveAll() }
    }
  }

  /// What a handler must not do, to see what becomes of its request.
  private final class Kept: @unchecked Sendable {
    // Set and read on the connection's loop alone, which is what makes `@unchecked Sendable` hold.
    var request: Request?
    let loop = Mutex<EventLoop?>(nil)

    func keep(_ request: Request, of loop: EventLoop) {
      self.request = request
      self.loop.withLock { $0 = loop }
    }

    /// Bytes that the request still takes memory for.
    func capacity() async -> Int? {
      guard let loop = loop.withLock({ $0 }) else { return nil }
      return await withCheckedContinuation { continuation in
        loop.execute { continuation.resume(returning: self.request?.body.capacity) }
      }
    }
  }

  @Test("keep no large body for a connection that has its answer and idles")
  func idleBody() async throws {
    let kept = Kept()
    @Sendable func keeping(_ loop: EventLoop, _ request: Request) async -> Response {
      kept.keep(request, of: loop)
      return Response(status: 200, body: .bytes(Array("\(request.body.count)".utf8)))
    }
    try await withServer(respond: keeping) { _, port in
      let client = try RawClient(port)
      let body = String(repeating: "a", count: 200_000)
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + body)
      #expect(try client.receiveAnswer().body == "200000")
      #expect(try #require(await kept.capacity()) <= Request.keptBodyBytesMax)
    }
  }

  @Test("refuse large bodies while too much is being sent, and take them again when that has ended")
  func bodies() async throws {
    // Each of the two loops has room for one body of this size and not for two.
    let limits = configuration {
      $0.bodyBytesTotalMax = 2 * 150_000
      // On a busy machine this test may have to wait for the others.
      $0.bodyTimeout = .seconds(600)
    }
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n"
    let body = String(repeating: "a", count: 100_000)
    try await withServer(limits) { server, port in
      let senders = try (0..<4).map { _ in ClientBox(try RawClient(port)) }
      for sender in senders { sender.client.send(head + body) }
      #expect(await eventually { server.connectionCount == 2 })
      let small = try RawClient(port)
      small.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok")
      #expect(try small.receiveAnswer().body == "POST / ok")
      var answers: [Answer] = []
      for sender in senders {
        sender.client.send("b")
        answers.append(try sender.client.receiveAnswer())
      }
      #expect(answers.map(\.status).sorted() == [200, 200, 503, 503])
      for answer in answers where answer.status == 503 {
        #expect(answer.code == "overloaded")
        #expect(answer.headers["retry-after"] == "1")
      }
      let next = try RawClient(port)
      next.send(head + body + "b")
      #expect(try next.receiveAnswer().status == 200)
    }
  }
}
