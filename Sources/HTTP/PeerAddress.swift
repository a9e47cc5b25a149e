import Glibc

/// Where a client is, as far as a limit for each source can tell: an IPv4 address, or the network of an IPv6 address (its first 64
/// bits), which one customer has for themselves.
public struct PeerAddress: Hashable, Sendable {
  public let network: UInt64
  /// On the same machine, where a proxy may be.
  public let isLoopback: Bool

  /// What cannot be told, such as a connection that is gone.
  public static let unknown = PeerAddress(network: 0, isLoopback: false)

  private init(network: UInt64, isLoopback: Bool) {
    self.network = network
    self.isLoopback = isLoopback
  }

  /// Of the sixteen bytes of an IPv6 address; an IPv4 address may be within one (RFC 4291, section 2.5.5.2).
  private init(_ bytes: [UInt8]) {
    let (high, low) = bytes.reduce(into: (UInt64(0), UInt64(0))) { halves, byte in
      halves = (halves.0 << 8 | halves.1 >> 56, halves.1 << 8 | UInt64(byte))
    }
    if high == 0, low >> 32 == 0xFFFF {
      self.init(v4: UInt32(truncatingIfNeeded: low))
    } else {
      self.init(network: high, isLoopback: high == 0 && low == 1)
    }
  }

  private init(v4 address: UInt32) {
    self.init(network: UInt64(address) | 0xFFFF << 32, isLoopback: address >> 24 == 127)
  }

  /// An address literal, IPv6 with or without brackets; nil for anything else.
  public init?(_ text: some StringProtocol) {
    let name = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : String(text)
    var v4 = in_addr()
    if inet_pton(AF_INET, name, &v4) == 1 {
      self.init(v4: UInt32(bigEndian: v4.s_addr))
      return
    }
    var v6 = in6_addr()
    guard inet_pton(AF_INET6, name, &v6) == 1 else { return nil }
    self.init(withUnsafeBytes(of: v6) { Array($0) })
  }

  /// The other side of a connected socket.
  init(of fd: Int32) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let code = withUnsafeMutablePointer(to: &storage) { pointer in
      // A sockaddr_storage is made to be seen as any sockaddr.
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(fd, $0, &length) }
    }
    let address: PeerAddress? = withUnsafeBytes(of: storage) { bytes in
      guard code == 0 else { return nil }
      switch Int32(storage.ss_family) {
      case AF_INET: return PeerAddress(v4: UInt32(bigEndian: bytes.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
      case AF_INET6:
        let address = bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr
        return PeerAddress(withUnsafeBytes(of: address) { Array($0) })
      default: return nil
      }
    }
    self = address ?? .unknown
  }
}
