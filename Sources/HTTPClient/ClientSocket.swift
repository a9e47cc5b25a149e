import Glibc

/// Bytes there and back, each wait bounded by a time limit.
protocol ByteStream {
  func send(_ bytes: [UInt8]) throws(ConnectionError)
  /// What has arrived, at least a byte; empty at the end.
  func receive() throws(ConnectionError) -> [UInt8]
}

/// A TCP connection. Not blocking, so that every wait is a `poll(2)` that ends.
final class ClientSocket: ByteStream {
  private static let receiveBytes = 65_536

  private let descriptor: Int32
  /// The longest that one wait takes, in milliseconds.
  private let silenceMax: Int32

  /// Connects to the first address of `host` that answers.
  /// - Parameter silenceMax: in milliseconds.
  init(_ host: String, _ port: UInt16, silenceMax: Int32) throws(ConnectionError) {
    self.silenceMax = silenceMax
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &list)
    guard code == 0 else {
      // Out of reach for the moment, such as while a network comes up, is not the same as not being there.
      throw ConnectionError(
        code == EAI_AGAIN ? .unreachable : .unknownHost, "\(host): \(String(cString: gai_strerror(code)))")
    }
    defer { freeaddrinfo(list) }
    var failure = ConnectionError(.unknownHost, "\(host) has no address")
    var next = list
    while let address = next?.pointee {
      do throws(ConnectionError) {
        descriptor = try Self.connect(to: address, silenceMax: silenceMax)
        return
      } catch {
        failure = error
      }
      next = address.ai_next
    }
    throw failure
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) throws(ConnectionError) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        // Without SIGPIPE: that the other side is gone is an error like another.
        Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        sent += count
      } else if errno == EAGAIN {
        try Self.wait(for: Int16(POLLOUT), on: descriptor, silenceMax)
      } else if errno != EINTR {
        throw ConnectionError(.lost, Self.text(of: errno))
      }
    }
  }

  func receive() throws(ConnectionError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: Self.receiveBytes)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count >= 0 { return Array(buffer[..<count]) }
      if errno == EAGAIN {
        try Self.wait(for: Int16(POLLIN), on: descriptor, silenceMax)
      } else if errno != EINTR {
        throw ConnectionError(.lost, Self.text(of: errno))
      }
    }
  }

  private static func connect(to address: addrinfo, silenceMax: Int32) throws(ConnectionError) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.ai_family, type, 0)
    guard descriptor >= 0 else { throw ConnectionError(.unreachable, text(of: errno)) }
    do throws(ConnectionError) {
      if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 {
        guard errno == EINPROGRESS else { throw ConnectionError(.unreachable, text(of: errno)) }
        try wait(for: Int16(POLLOUT), on: descriptor, silenceMax)
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
        guard error == 0 else { throw ConnectionError(.unreachable, text(of: error)) }
      }
      return descriptor
    } catch {
      close(descriptor)
      // Whatever went wrong, nothing was sent.
      throw ConnectionError(.unreachable, error.description)
    }
  }

  private static func wait(for events: Int16, on descriptor: Int32, _ milliseconds: Int32) throws(ConnectionError) {
    var watched = pollfd(fd: descriptor, events: events, revents: 0)
    while true {
      let count = poll(&watched, 1, milliseconds)
      if count > 0 { return }
      if count == 0 { throw ConnectionError(.lost, "silence for \(milliseconds / 1_000) s") }
      if errno != EINTR { throw ConnectionError(.lost, text(of: errno)) }
    }
  }

  private static func text(of code: Int32) -> String { String(cString: strerror(code)) }
}
