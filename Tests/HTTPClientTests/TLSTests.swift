import CTLS
import Foundation
import Testing

@testable import HTTPClient

/// Against a server of OpenSSL's own, with certificates made for the test.
@Suite(
  "TLS", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "openssl is not installed"))
struct TLSTests {
  /// Asks a server whose certificate is for `name`, by `host`; `authority` is what the client trusts.
  private func ask(_ host: String, certifiedFor name: String, isTrusted: Bool) async throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "laurel-tls-\(UInt64.random(in: 0 ... .max))")
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (key, certificate) = ("\(folder)/key.pem", "\(folder)/certificate.pem")
    let made = try run(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=test",
        "-addext", "subjectAltName=\(name)", "-keyout", key, "-out", certificate,
      ])
    try #require(made == 0)
    let server = try TLSServer(key: key, certificate: certificate)
    defer { server.stop() }
    let url = try #require(ServerURL("https://\(host):\(server.port)"))
    do throws(ConnectionError) {
      let answer = try Call("GET", "/").send(
        to: url, silenceMax: 20_000, trusting: isTrusted ? certificate : nil)
      return String(decoding: try answer.body(bytesMax: 100), as: UTF8.self)
    } catch {
      return "\(error.kind)"
    }
  }

  @Test("answers when the certificate is trusted and for the name or address that was meant")
  func trusted() async throws {
    #expect(try await ask("localhost", certifiedFor: "DNS:localhost", isTrusted: true) == "hello")
    #expect(try await ask("127.0.0.1", certifiedFor: "IP:127.0.0.1", isTrusted: true) == "hello")
  }

  @Test("says nothing to who is somebody else, or nobody vouches for")
  func untrusted() async throws {
    #expect(try await ask("localhost", certifiedFor: "DNS:localhost", isTrusted: false) == "untrusted")
    #expect(try await ask("localhost", certifiedFor: "DNS:other.example", isTrusted: true) == "untrusted")
    #expect(try await ask("localhost", certifiedFor: "DNS:local*", isTrusted: true) == "untrusted")
    #expect(try await ask("127.0.0.1", certifiedFor: "DNS:localhost", isTrusted: true) == "untrusted")
    #expect(try await ask("127.0.0.1", certifiedFor: "DNS:127.0.0.1", isTrusted: true) == "untrusted")
  }

  private func run(_ program: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}

/// Answers one connection with `hello`, on a thread of its own.
private final class TLSServer: Sendable {
  let port: UInt16
  private let listener: Int32

  init(key: String, certificate: String) throws {
    // A client that turns away must not end the tests.
    signal(SIGPIPE, SIG_IGN)
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 4) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    try #require(isBound)
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread {
      let context = SSL_CTX_new(TLS_server_method())
      defer { SSL_CTX_free(context) }
      SSL_CTX_use_certificate_file(context, certificate, SSL_FILETYPE_PEM)
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM)
      let peer = accept(listener, nil, nil)
      guard peer >= 0 else { return }
      defer { close(peer) }
      let session = SSL_new(context)
      defer { SSL_free(session) }
      SSL_set_fd(session, peer)
      guard SSL_accept(session) == 1 else { return }
      var request = [UInt8](repeating: 0, count: 4_096)
      SSL_read(session, &request, Int32(request.count))
      let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".utf8)
      SSL_write(session, answer, Int32(answer.count))
      SSL_shutdown(session)
    }
  }

  /// Ends the waiting of a server that nobody came to.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
