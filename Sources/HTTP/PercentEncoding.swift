/// Percent-encoding (RFC 3986 section 2.1), strictly.
enum PercentEncoding {
  /// The decoded text, or nil for an incomplete or non-hexadecimal triplet, for what is not UTF-8, and for a NUL,
  /// which no text of ours may hold.
  /// - Parameter plusIsSpace: as in queries (application/x-www-form-urlencoded).
  static func decode(_ encoded: Span<UInt8>, plusIsSpace: Bool) -> String? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(encoded.count)
    var index = 0
    while index < encoded.count {
      let byte = encoded[index]
      switch byte {
      case UInt8(ascii: "%"):
        guard index + 2 < encoded.count, let high = encoded[index + 1].hexValue,
          let low = encoded[index + 2].hexValue, high | low != 0
        else { return nil }
        decoded.append(high << 4 | low)
        index += 3
      case UInt8(ascii: "+") where plusIsSpace:
        decoded.append(.space)
        index += 1
      default:
        decoded.append(byte)
        index += 1
      }
    }
    return String(validating: decoded, as: UTF8.self)
  }
}

/// Everything but RFC 3986's unreserved characters as `%XX`.
public func percentEncoded(_ text: String) -> String {
  var encoded = ""
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      encoded.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      encoded += "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 0xF, radix: 16, uppercase: true)
    }
  }
  return encoded
}
