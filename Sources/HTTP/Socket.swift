import CLinux
import EventLoop
import Glibc

/// What a read or a write on a non-blocking socket came to.
enum Transfer: Equatable {
  case moved(Int)
  /// The kernel has nothing, or takes nothing, now.
  case wouldBlock
  /// The peer has ended its side (reads only).
  case ended
  case failed
}

/// recv(2) and send(2), never blocking, never raising SIGPIPE.
enum Socket {
  static func receive(_ fd: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
    while true {
      let count = recv(fd, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 { return .moved(count) }
      if count == 0 { return .ended }
      if errno == EINTR { continue }
      return errno == EAGAIN ? .wouldBlock : .failed
    }
  }

  static func send(_ fd: Int32, _ bytes: UnsafeRawBufferPointer) -> Transfer {
    while true {
      let count = Glibc.send(fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      if count >= 0 { return .moved(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN ? .wouldBlock : .failed
    }
  }

  /// Small answers must not wait for the acknowledgement of earlier ones.
  static func disableNagle(_ fd: Int32) {
    var one: Int32 = 1
    // Fails only for a connection that is gone already.
    _ = setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  static func shutdownSending(_ fd: Int32) { _ = shutdown(fd, Int32(SHUT_WR)) }

  /// Bytes that the kernel takes for one client beyond those that are under way.
  private static let unsentBytesMax = 64 * 1024

  /// A bound and listening socket.
  /// - Parameter host: a name or an address literal, IPv6 with or without brackets.
  static func listen(host: String, port: Int) throws -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    let code = getaddrinfo(name, String(port), &hints, &list)
    guard code == 0, let list else {
      throw ListenError(address: "\(host):\(port)", reason: String(cString: gai_strerror(code)))
    }
    defer { freeaddrinfo(list) }
    let info = list.pointee
    let type = info.ai_socktype | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    do throws(SystemError) {
      let fd = try retrying("socket") { socket(info.ai_family, type, info.ai_protocol) }
      do throws(SystemError) {
        var one: Int32 = 1
        try retrying("setsockopt") {
          setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        }
        // Accepted sockets inherit it: what a client does not take waits where a bound counts it, and not by the
        // megabyte in the kernel.
        var unsent = Int32(unsentBytesMax)
        try retrying("setsockopt") {
          setsockopt(fd, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &unsent, socklen_t(MemoryLayout<Int32>.size))
        }
        try retrying("bind") { bind(fd, info.ai_addr, info.ai_addrlen) }
        // The kernel lowers it to net.core.somaxconn.
        try retrying("listen") { Glibc.listen(fd, 4096) }
        return fd
      } catch {
        close(fd)
        throw error
      }
    } catch {
      throw ListenError(address: "\(host):\(port)", reason: error.description)
    }
  }

  /// Where a socket is bound: `127.0.0.1:8080` or `[::1]:8080`.
  static func address(_ fd: Int32) throws -> String {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let code = try withUnsafeMutablePointer(to: &storage) { pointer in
      // A sockaddr_storage is made to be seen as any sockaddr.
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        try retrying("getsockname") { getsockname(fd, pointer, &length) }
        return getnameinfo(
          pointer, length, &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
      }
    }
    guard code == 0 else { throw ListenError(address: "", reason: String(cString: gai_strerror(code))) }
    let name = host.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    let number = port.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    return name.contains(":") ? "[\(name)]:\(number)" : "\(name):\(number)"
  }
}

/// The address cannot be listened on, and why.
public struct ListenError: Error, CustomStringConvertible {
  public let address: String
  public let reason: String

  public var description: String { "cannot listen on \(address): \(reason)" }
}
