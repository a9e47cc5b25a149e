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
