import Testing

@testable import HTTPClient

@Suite("An answer's bytes")
struct ParserTests {
  /// Everything that an answer says, as one line: `200 body {trailers}`, or what is wrong.
  private func read(_ text: String, piece: Int = .max, isHead: Bool = false) -> String {
    var parser = ResponseParser(isHead: isHead)
    var status = ""
    var body: [UInt8] = []
    var rest = Array(text.utf8)[...]
    do throws(ConnectionError) {
      while true {
        while let event = try parser.next() {
          switch event {
          case .head(let head): status = "\(head.status)"
          case .body(let bytes): body += bytes
          case .end(let trailers):
            return "\(status) \(String(decoding: body, as: UTF8.self)) \(trailers["repr-digest"] ?? "")"
          }
        }
        if rest.isEmpty { return "more" }
        parser.feed(Array(rest.prefix(piece)))
        rest = rest.dropFirst(piece)
      }
    } catch {
      return "\(error.kind)"
    }
  }

  private static let head = "HTTP/1.1 200 OK\r\n"

  @Test(
    "are read the same in whatever pieces they come", arguments: [1, 2, 3, 7, .max])
  func pieces(_ size: Int) {
    let chunked =
      "Transfer-Encoding: chunked\r\nTrailer: Repr-Digest\r\n\r\n5;x=y\r\nhello\r\n3\r\n, w\r\n0\r\nRepr-Digest: sha-256=:x:\r\n\r\n"
    #expect(read(Self.head + chunked, piece: size) == "200 hello, w sha-256=:x:")
    #expect(read(Self.head + "content-length:  5 \r\n\r\nhello", piece: size) == "200 hello ")
    #expect(
      read("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + Self.head + "Content-Length: 0\r\n\r\n", piece: size)
        == "200  ")
    #expect(read("HTTP/1.1 204\r\n\r\n", piece: size) == "204  ")
  }

  @Test("without a body end at their head")
  func bodiless() {
    #expect(read("HTTP/1.1 204 No Content\r\n\r\n") == "204  ")
    #expect(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n") == "304  ")
    #expect(read(Self.head + "Content-Length: 10\r\n\r\n", isHead: true) == "200  ")
  }

  @Test("that could be read in two ways, or have no end, are refused")
  func refused() {
    let answers = [
      "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 999 OK\r\n\r\n", "ICY 200 OK\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\n\r\n",
      Self.head + "\r\nunframed", Self.head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
      Self.head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      Self.head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", Self.head + "Content-Length: +5\r\n\r\nhello",
      Self.head + "Content-Length: 5, 5\r\n\r\nhello", Self.head + "Content-Length: 9999999999999999999\r\n\r\n",
      Self.head + "Content-Length : 5\r\n\r\nhello", Self.head + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
      Self.head + "X: a\u{0}b\r\nContent-Length: 0\r\n\r\n", Self.head + "X: a\rb\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 0\n\n", Self.head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
      Self.head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n",
      Self.head + "Transfer-Encoding: chunked\r\n\r\n\r\n",
      Self.head + "Transfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n\r\n",
      Self.head + "Transfer-Encoding: chunked\r\n\r\n" + String(repeating: "0", count: 2_000),
      Self.head + String(repeating: "X: y\r\n", count: 300) + "Content-Length: 0\r\n\r\n",
      Self.head + "X: " + String(repeating: "y", count: 70_000),
    ]
    // Some are long, so they are named by their beginning.
    for answer in answers { #expect(read(answer) == "malformed", "\(answer.prefix(100).debugDescription)") }
  }

  @Test("that broke off are not taken for whole")
  func brokenOff() {
    for text in [
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", Self.head + "Content-Length: 5\r\n\r\nhell",
      Self.head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
      Self.head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "",
    ] {
      #expect(read(text) == "more")
    }
  }
}

@Suite("A server's URL")
struct ServerURLTests {
  @Test("is read with its port, address and path")
  func good() throws {
    let cases: [(String, String, UInt16, String, String)] = [
      ("http://laurel.example", "laurel.example", 80, "", "laurel.example"),
      ("HTTPS://laurel.example/", "laurel.example", 443, "", "laurel.example"),
      ("https://laurel.example:8443/thanks/", "laurel.example", 8443, "/thanks", "laurel.example:8443"),
      ("http://[::1]:8080", "::1", 8080, "", "[::1]:8080"), ("http://127.0.0.1:80", "127.0.0.1", 80, "", "127.0.0.1"),
    ]
    for (text, host, port, path, authority) in cases {
      let url = try #require(ServerURL(text), "\(text)")
      #expect(url.host == host && url.port == port && url.basePath == path && url.authority == authority, "\(text)")
    }
  }

  @Test(
    "with what would not be used, or could mislead, is none",
    arguments: [
      "laurel.example", "ftp://laurel.example", "http://", "http://:8080", "http://a:0", "http://a:65536", "http://a:",
      "http://user@a", "http://a?b", "http://a/?b", "http://a/#b", "http://a b", "http://[::1", "http://[a]",
      "http://[::1]x",
      "http://ä.example", "http://a/ä", "http://a\r\nX: y", "http://a:+80",
    ])
  func bad(_ text: String) { #expect(ServerURL(text) == nil) }
}
