/// Where a server is: `http://host`, `https://host:8443`, `http://[::1]:8080/below/this`.
public struct ServerURL: Sendable, Hashable, CustomStringConvertible {
  public let isSecure: Bool
  /// A name or an address; an IPv6 address without its brackets.
  public let host: String
  public let port: UInt16
  /// What comes before every path: empty, or `/below/this` without a slash at its end.
  public let basePath: String

  /// - Returns: nil for whatever else a URL may be: no user, query or fragment is taken, since none would be used.
  public init?(_ text: String) {
    let scheme: String
    if text.prefix(7).lowercased() == "http://" {
      scheme = "http"
    } else if text.prefix(8).lowercased() == "https://" {
      scheme = "https"
    } else {
      return nil
    }
    isSecure = scheme == "https"
    let rest = text.dropFirst(scheme.count + 3)
    let authority = rest.prefix { $0 != "/" }
    guard let (host, port) = Self.parts(of: authority, default: isSecure ? 443 : 80) else { return nil }
    (self.host, self.port) = (host, port)
    var path = rest[authority.endIndex...]
    guard path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
    else { return nil }
    while path.last == "/" { path.removeLast() }
    basePath = String(path)
  }

  /// As the `Host` field has it (RFC 9110, section 7.2).
  public var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  public var description: String { "\(isSecure ? "https" : "http")://\(authority)\(basePath)" }

  private static func parts(of authority: Substring, default port: UInt16) -> (String, UInt16)? {
    var host = authority
    var digits: Substring?
    if authority.first == "[" {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let after = authority[authority.index(after: end)...]
      guard after.isEmpty || after.first == ":", host.contains(":"),
        host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." })
      else { return nil }
      digits = after.isEmpty ? nil : after.dropFirst()
    } else {
      if let colon = authority.firstIndex(of: ":") {
        host = authority[..<colon]
        digits = authority[authority.index(after: colon)...]
      }
      guard !host.isEmpty,
        host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-" || $0 == "_") })
      else { return nil }
    }
    guard let digits else { return (String(host), port) }
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = UInt16(digits), number > 0 else { return nil }
    return (String(host), number)
  }
}
