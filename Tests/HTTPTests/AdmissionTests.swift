import EventLoop
import Testing

@testable import HTTP

/// What a head alone decides about the body that follows it.
@Suite("Admission")
struct AdmissionTests {
  /// Refuses whoever has no key, asks nobody whose path is `/small` for more than ten bytes.
  @Sendable private static func admit(_ loop: EventLoop, _ request: Request) async -> Admission {
    if request.headers["authorization"] == nil { return .refused(Response(status: 401)) }
    return .body(atMost: request.path == "/small" ? 10 : 100_000)
  }

  private static let key = "Authorization: Bearer k\r\n"

  @Test("Whoever waits to be asked for a body is refused before it is sent, and the connection ends")
  func refused() async throws {
    try await withServer(admit: Self.admit) { _, port in
      let client = try RawClient(port)
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      let answer = Answer(try client.receiveAll())
      #expect(answer.status == 401 && answer.headers["connection"] == "close")
    }
  }

  @Test("Whoever is admitted is asked to go on, once for each request")
  func admitted() async throws {
    try await withServer(admit: Self.admit) { _, port in
      let client = try RawClient(port)
      for _ in 0..<2 {
        client.send("POST /x HTTP/1.1\r\nHost: a\r\n\(Self.key)Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.receiveAnswer().status == 100)
        client.send("abc")
        #expect(try client.receiveAnswer().body == "POST /x abc")
      }
    }
  }

  @Test(
    "A body is no longer than its own bound, whether it says its length or comes in chunks, and the next request's is another",
    arguments: ["Content-Length: 11\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n"])
  func bound(_ body: String) async throws {
    try await withServer(admit: Self.admit) { _, port in
      let client = try RawClient(port)
      client.send("POST /x HTTP/1.1\r\nHost: a\r\n\(Self.key)Content-Length: 20\r\n\r\n0123456789")
      client.send("0123456789")
      #expect(try client.receiveAnswer().body == "POST /x 01234567890123456789")
      client.send("POST /small HTTP/1.1\r\nHost: a\r\n\(Self.key)\(body)")
      #expect(Answer(try client.receiveAll()).status == 413)
    }
  }

  @Test("An address is known by its text: IPv4 whole, also within IPv6, and IPv6 by its network")
  func addresses() throws {
    #expect(PeerAddress("10.0.0.7") == PeerAddress("::ffff:10.0.0.7"))
    #expect(PeerAddress("10.0.0.7") != PeerAddress("10.0.0.8"))
    #expect(PeerAddress("2001:db8:1:2::1") == PeerAddress("[2001:db8:1:2:ffff::9]"))
    #expect(PeerAddress("2001:db8:1:2::1") != PeerAddress("2001:db8:1:3::1"))
    #expect(["127.0.0.1", "127.8.0.1", "::1"].allSatisfy { PeerAddress($0)?.isLoopback == true })
    #expect(["10.0.0.7", "::2", "2001:db8::1"].allSatisfy { PeerAddress($0)?.isLoopback == false })
    #expect(["", "unknown", "10.0.0", "10.0.0.7:80", "fe80::1%eth0"].allSatisfy { PeerAddress($0) == nil })
  }
}
