import CCrypto
import Ledger

/// Randomness from OpenSSL's generator, seeded by the kernel.
enum Secrets {
  static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      // It fails only when the kernel gives no entropy; nothing may go on without.
      precondition(RAND_bytes(buffer.baseAddress, Int32(count)) == 1, "no randomness")
      initialized = count
    }
  }

  static func digest() -> Digest {
    // 32 bytes were asked for.
    Digest(bytes: bytes(32))!
  }

  static func id() -> ID {
    let random = bytes(16).reduce(into: UInt128(0)) { $0 = $0 << 8 | UInt128($1) }
    return .version7(milliseconds: Timestamp.now.microseconds / 1_000, random: random)
  }
}

/// An API key as its holder keeps it: `laurel_<organisation>_<43 characters>`. The number says which organisation to look
/// in, so that a look-up never crosses organisations; the 256 random bits are the secret.
struct KeyText {
  let organization: Int32
  let text: String
  let digest: Digest

  /// A new one.
  init(organization: Int32) {
    self.organization = organization
    text = "laurel_\(organization)_\(base64URL(Secrets.bytes(32)))"
    digest = .sha256(Array(text.utf8))
  }

  /// Reads what a client sent; nil for what cannot be a key.
  init?(_ text: Substring) {
    // Every request comes this way, so byte by byte.
    let bytes = Array(text.utf8)
    guard bytes.starts(with: Self.prefix) else { return nil }
    var organization: Int64 = 0
    var index = Self.prefix.count
    while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) {
      organization = organization * 10 + Int64(bytes[index] - UInt8(ascii: "0"))
      guard organization <= Int32.max else { return nil }
      index += 1
    }
    guard organization > 0, bytes.count == index + 44, bytes[index] == UInt8(ascii: "_") else { return nil }
    self.organization = Int32(organization)
    self.text = String(text)
    digest = .sha256(bytes)
  }

  private static let prefix = Array("laurel_".utf8)
}

/// Base64 with the URL-safe alphabet and no padding (RFC 4648, section 5).
func base64URL(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  var text: [UInt8] = []
  var buffer: UInt32 = 0
  var bitCount = 0
  for byte in bytes {
    buffer = buffer << 8 | UInt32(byte)
    bitCount += 8
    while bitCount >= 6 {
      bitCount -= 6
      text.append(alphabet[Int(buffer >> UInt32(bitCount) & 0x3F)])
    }
  }
  if bitCount > 0 { text.append(alphabet[Int(buffer << UInt32(6 - bitCount) & 0x3F)]) }
  return String(decoding: text, as: UTF8.self)
}

/// The inverse of ``base64URL(_:)``; nil for any other character.
func decodeBase64URL(_ text: some StringProtocol) -> [UInt8]? {
  var bytes: [UInt8] = []
  var buffer: UInt32 = 0
  var bitCount = 0
  for character in text.utf8 {
    let digit: UInt8
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "-"): digit = 62
    case UInt8(ascii: "_"): digit = 63
    default: return nil
    }
    buffer = buffer << 6 | UInt32(digit)
    bitCount += 6
    if bitCount >= 8 {
      bitCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bitCount)))
    }
  }
  return bytes
}
