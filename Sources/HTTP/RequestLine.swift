/// `method SP target SP HTTP/1.1` (RFC 9112 section 3), exactly one space between.
enum RequestLine {
  static func parse(_ line: Span<UInt8>, into request: Request) throws(Problem) {
    guard let methodEnd = line.firstIndex(of: .space), methodEnd > 0,
      let targetEnd = line.firstIndex(of: .space, from: methodEnd + 1), targetEnd > methodEnd + 1
    else { throw .malformedRequest("The request line is not a method, a target and a version.") }
    request.isVersion11 = try isVersion11(line.extracting(targetEnd + 1..<line.count))
    request.method = try method(line.extracting(0..<methodEnd))
    try parseTarget(line.extracting(methodEnd + 1..<targetEnd), into: request)
  }

  private static func isVersion11(_ version: Span<UInt8>) throws(Problem) -> Bool {
    if version.equals("HTTP/1.1") { return true }
    if version.equals("HTTP/1.0") { return false }
    guard version.count == 8, version.extracting(0..<5).equals("HTTP/"), version[5].isDigit,
      version[6] == UInt8(ascii: "."), version[7].isDigit
    else { throw .malformedRequest("The request line does not end with a version of HTTP.") }
    throw .versionNotSupported
  }

  private static func method(_ token: Span<UInt8>) throws(Problem) -> Method {
    if token.equals("GET") { return .get }
    if token.equals("POST") { return .post }
    if token.equals("HEAD") { return .head }
    if token.equals("PUT") { return .put }
    if token.equals("PATCH") { return .patch }
    if token.equals("DELETE") { return .delete }
    if token.equals("OPTIONS") { return .options }
    if token.equals("TRACE") { return .trace }
    for index in token.indices where !token[index].isToken {
      throw .malformedRequest("The method is not a token.")
    }
    throw .methodNotImplemented
  }

  /// Origin form, absolute form (whose authority is checked, then ignored: this server answers for every name), and
  /// the asterisk of OPTIONS.
  private static func parseTarget(_ target: Span<UInt8>, into request: Request) throws(Problem) {
    for index in target.indices where !target[index].isTarget {
      // An authority may hold the brackets of an IPv6 address.
      if target[0] != UInt8(ascii: "/"), target[index] == UInt8(ascii: "[") || target[index] == UInt8(ascii: "]") {
        continue
      }
      throw .malformedRequest("The target holds a character that a URI must encode.")
    }
    if target[0] == UInt8(ascii: "/") { return try parsePath(target, into: request) }
    if target.equals("*"), request.method == .options {
      request.path = "*"
      return
    }
    guard let schemeEnd = target.firstIndex(of: UInt8(ascii: ":")), schemeEnd + 2 < target.count,
      target.extracting(0..<schemeEnd).equalsIgnoringCase("http")
        || target.extracting(0..<schemeEnd).equalsIgnoringCase("https"),
      target.extracting(schemeEnd..<schemeEnd + 3).equals("://")
    else { throw .malformedRequest("The target is neither a path nor an absolute URI.") }
    let rest = target.extracting(schemeEnd + 3..<target.count)
    let authorityEnd =
      min(rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.count, rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.count)
    guard Host.isValid(rest.extracting(0..<authorityEnd)) else {
      throw .malformedRequest("The target's authority is not a host.")
    }
    let path = rest.extracting(authorityEnd..<rest.count)
    for index in path.indices where !path[index].isTarget {
      throw .malformedRequest("The target holds a character that a URI must encode.")
    }
    try parsePath(path, into: request)
  }

  /// A path, which may be empty after an authority, and a query.
  private static func parsePath(_ target: Span<UInt8>, into request: Request) throws(Problem) {
    let pathEnd = target.firstIndex(of: UInt8(ascii: "?")) ?? target.count
    let path = target.extracting(0..<pathEnd)
    if path.firstIndex(of: UInt8(ascii: "%")) != nil {
      guard PercentEncoding.decode(path, plusIsSpace: false) != nil else {
        throw .malformedRequest("The path's percent-encoding is not that of UTF-8 text.")
      }
    }
    request.path = path.isEmpty ? "/" : path.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    if pathEnd == target.count { return }
    guard let query = Query(encoded: target.extracting(pathEnd + 1..<target.count)) else {
      throw .malformedRequest("The query's percent-encoding is not that of UTF-8 text.")
    }
    request.query = query
  }
}

/// `uri-host [ ":" port ]` (RFC 9110 section 7.2).
enum Host {
  static func isValid(_ host: Span<UInt8>) -> Bool {
    var index = 0
    if !host.isEmpty, host[0] == UInt8(ascii: "[") {
      guard let end = host.firstIndex(of: UInt8(ascii: "]")), end > 1 else { return false }
      for index in 1..<end where host[index].hexValue == nil {
        guard host[index] == UInt8(ascii: ":") || host[index] == UInt8(ascii: ".") else { return false }
      }
      index = end + 1
    } else {
      while index < host.count, host[index].isRegisteredName || host[index] == UInt8(ascii: "%") { index += 1 }
      if index == 0 { return false }
    }
    if index == host.count { return true }
    guard host[index] == UInt8(ascii: ":"), host.count - index <= 6 else { return false }
    for index in index + 1..<host.count where !host[index].isDigit { return false }
    return true
  }
}
