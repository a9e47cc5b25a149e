/// Gives each request the name by which it is found again: in `Request-Id` of its answer, and in every line of the log about it.
struct RequestIDs {
  /// Characters of a client's own.
  static let lengthMax = 64

  /// So that ids of other loops, processes and machines are others.
  private let prefix = String(UInt64.random(in: .min ... .max), radix: 36)
  private var count: UInt64 = 0

  /// The client's own, if it sent one that is well-formed; else one that no other request has. So whoever calls can say under
  /// which name to look, and cannot write into a log or an answer what is none.
  mutating func id(for headers: Headers) -> String {
    if let given = Self.given(by: headers) { return given }
    count += 1
    return "\(prefix)-\(count)"
  }

  /// One field of 1 to 64 letters, digits and `. _ ~ + / = : -`.
  private static func given(by headers: Headers) -> String? {
    guard let given = headers["request-id"], (1...lengthMax).contains(given.utf8.count),
      given.utf8.allSatisfy(isAllowed), headers.all("request-id").count == 1
    else { return nil }
    return given
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    if byte.isLetter || byte.isDigit { return true }
    return switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"),
      UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
