/// A UUID. Laurel's own are version 7 (RFC 9562, 5.7): they begin with the time, so an index on them grows at its end.
public struct ID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let rawValue: UInt128

  public init(rawValue: UInt128) { self.rawValue = rawValue }

  /// All zeroes: the owner of an organisation's own accounts.
  public static let zero = ID(rawValue: 0)

  /// A version 7 UUID.
  /// - Parameters:
  ///   - milliseconds: since 1970.
  ///   - random: of which 74 bits are used.
  public static func version7(milliseconds: Int64, random: UInt128) -> ID {
    let time = UInt128(UInt64(truncatingIfNeeded: milliseconds) & 0xFFFF_FFFF_FFFF) << 80
    let randomA = (random >> 64) & 0xFFF
    let randomB = random & 0x3FFF_FFFF_FFFF_FFFF
    return ID(rawValue: time | 0x7 << 76 | randomA << 64 | 0x2 << 62 | randomB)
  }

  /// A version 8 UUID made of a digest, for what needs an id as stable as what it is derived from.
  public static func derived(from digest: Digest) -> ID {
    let bits = UInt128(digest.words.0) << 64 | UInt128(digest.words.1)
    let versionAndVariant: UInt128 = 0xF << 76 | 0x3 << 62
    return ID(rawValue: bits & ~versionAndVariant | 0x8 << 76 | 0x2 << 62)
  }

  /// Reads the canonical form, `8-4-4-4-12` hexadecimal digits in either case; nil for anything else.
  public init?(_ text: some StringProtocol) {
    var value: UInt128 = 0
    var index = 0
    for byte in text.utf8 {
      switch (index, byte) {
      case (8, UInt8(ascii: "-")), (13, UInt8(ascii: "-")), (18, UInt8(ascii: "-")), (23, UInt8(ascii: "-")): break
      case (8, _), (13, _), (18, _), (23, _), (36..., _): return nil
      case (_, UInt8(ascii: "0")...UInt8(ascii: "9")): value = value << 4 | UInt128(byte - UInt8(ascii: "0"))
      case (_, UInt8(ascii: "a")...UInt8(ascii: "f")): value = value << 4 | UInt128(byte - UInt8(ascii: "a") + 10)
      case (_, UInt8(ascii: "A")...UInt8(ascii: "F")): value = value << 4 | UInt128(byte - UInt8(ascii: "A") + 10)
      default: return nil
      }
      index += 1
    }
    guard index == 36 else { return nil }
    rawValue = value
  }

  public var description: String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      var value = rawValue
      for index in stride(from: 35, through: 0, by: -1) {
        if index == 8 || index == 13 || index == 18 || index == 23 {
          buffer[index] = UInt8(ascii: "-")
        } else {
          buffer[index] = hexadecimalDigit(UInt8(truncatingIfNeeded: value & 0xF))
          value >>= 4
        }
      }
      return 36
    }
  }

  public static func < (left: ID, right: ID) -> Bool { left.rawValue < right.rawValue }
}

/// An instant: microseconds since 1970-01-01T00:00:00Z, PostgreSQL's resolution.
public struct Timestamp: Hashable, Comparable, Sendable {
  public let microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }
}

/// A calendar day: days since 1970-01-01. Which day an instant falls on, PostgreSQL says.
public struct Day: Hashable, Comparable, Sendable {
  public let number: Int32

  public init(number: Int32) { self.number = number }

  public static func < (left: Day, right: Day) -> Bool { left.number < right.number }
}

func hexadecimalDigit(_ nibble: UInt8) -> UInt8 {
  nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
}
