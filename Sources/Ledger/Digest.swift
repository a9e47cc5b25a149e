import CCrypto

/// A SHA-256 digest, or any other 32 bytes such as a salt.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  let words: (UInt64, UInt64, UInt64, UInt64)

  /// What the first entry of a chain follows.
  public static let zero = Digest(words: (0, 0, 0, 0))

  init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// - Returns: nil unless there are exactly 32 bytes.
  public init?(bytes: some Sequence<UInt8>) {
    var words: [UInt64] = [0, 0, 0, 0]
    var count = 0
    for byte in bytes {
      guard count < 32 else { return nil }
      words[count / 8] = words[count / 8] << 8 | UInt64(byte)
      count += 1
    }
    guard count == 32 else { return nil }
    self.words = (words[0], words[1], words[2], words[3])
  }

  /// Reads 64 hexadecimal digits; nil for anything else.
  public init?(hexadecimal text: some StringProtocol) {
    guard text.utf8.count == 64 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for byte in text.utf8 {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(digit))
        high = nil
      } else {
        high = UInt8(digit)
      }
    }
    self.init(bytes: bytes)
  }

  /// SHA-256 (FIPS 180-4).
  public static func sha256(_ bytes: [UInt8]) -> Digest {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { output in
      // OpenSSL fails here only when it is out of memory.
      let succeeded = EVP_Digest(bytes, bytes.count, output.baseAddress, nil, EVP_sha256(), nil)
      precondition(succeeded == 1, "EVP_Digest failed")
      func word(_ index: Int) -> UInt64 {
        (index * 8..<index * 8 + 8).reduce(0) { $0 << 8 | UInt64(output[$1]) }
      }
      return Digest(words: (word(0), word(1), word(2), word(3)))
    }
  }

  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    bytes.append(bigEndian: words.0)
    bytes.append(bigEndian: words.1)
    bytes.append(bigEndian: words.2)
    bytes.append(bigEndian: words.3)
    return bytes
  }

  /// 64 lower-case hexadecimal digits.
  public var description: String { hexadecimal(bytes) }

  public static func == (left: Digest, right: Digest) -> Bool {
    left.words == right.words
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// Lower-case hexadecimal digits, two a byte.
public func hexadecimal(_ bytes: [UInt8]) -> String {
  String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
    for (index, byte) in bytes.enumerated() {
      buffer[2 * index] = hexadecimalDigit(byte >> 4)
      buffer[2 * index + 1] = hexadecimalDigit(byte & 0xF)
    }
    return bytes.count * 2
  }
}

extension [UInt8] {
  mutating func append(bigEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}
