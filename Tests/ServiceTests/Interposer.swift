import Foundation
import Glibc
import Testing

/// Stands between a client and a server, and does to the first connections what a test tells it; later ones pass.
final class Interposer: Sendable {
  enum Deed: Sendable {
    /// Lets the server do its work, and cuts the connection instead of handing on the answer.
    case cut
    /// Lets the server do its work, and hands on only the first bytes of the answer.
    case cutAfter(Int)
    /// Answers by itself; the server hears nothing.
    case answer(String)
    case pass
  }

  let port: Int
  var url: String { "http://127.0.0.1:\(port)" }
  private let listener: Int32

  static func with(_ deeds: [Deed], to server: Int, _ body: (Interposer) async throws -> Void) async throws {
    let interposer = try Interposer(deeds, to: server)
    let result = await Result(asyncCatching: { try await body(interposer) })
    shutdown(interposer.listener, Int32(SHUT_RDWR))
    close(interposer.listener)
    try result.get()
  }

  private init(_ deeds: [Deed], to server: Int) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = Self.loopback(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    try #require(isBound)
    self.listener = listener
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread {
      var rest = deeds[...]
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        Self.handle(client, rest.popFirst() ?? .pass, server)
        close(client)
      }
    }
  }

  private static func handle(_ client: Int32, _ deed: Deed, _ server: Int) {
    let request = readRequest(client)
    switch deed {
    case .answer(let text): write(Array(text.utf8), to: client)
    case .cut: _ = exchange(request, server)
    case .cutAfter(let count): write(Array(exchange(request, server).prefix(count)), to: client)
    case .pass: write(exchange(request, server), to: client)
    }
  }

  /// The client asks for one answer a connection, so the server's end of it is the answer's.
  private static func exchange(_ request: [UInt8], _ server: Int) -> [UInt8] {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(server)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { return [] }
    write(request, to: descriptor)
    var answer: [UInt8] = []
    while let more = read(descriptor) { answer += more }
    return answer
  }

  private static func readRequest(_ client: Int32) -> [UInt8] {
    var request: [UInt8] = []
    while true {
      if let end = request.firstRange(of: Array("\r\n\r\n".utf8)) {
        let head = String(decoding: request[..<end.lowerBound], as: UTF8.self)
        let length = head.firstMatch(of: /Content-Length: (\d+)/).flatMap { Int($0.1) } ?? 0
        if request.count >= end.upperBound + length { return request }
      }
      guard let more = read(client) else { return request }
      request += more
    }
  }

  private static func read(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  private static func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
