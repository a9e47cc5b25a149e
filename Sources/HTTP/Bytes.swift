/// Which bytes may stand where. All sets are ASCII.
extension UInt8 {
  static let horizontalTab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20

  var isDigit: Bool { self &- 0x30 < 10 }
  var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }

  /// `tchar`, RFC 9110 section 5.6.2: letters, digits and ``!#$%&'*+-.^_`|~``. A bit for each, for this is asked of
  /// every byte of every name.
  var isToken: Bool {
    let (low, high): (UInt64, UInt64) = (0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    return self < 128 && (self < 64 ? low : high) >> UInt64(self & 63) & 1 == 1
  }

  /// What a field value may hold, RFC 9110 section 5.5: visible characters, spaces, tabs, and bytes above ASCII.
  var isFieldContent: Bool { self >= 0x20 && self != 0x7F || self == .horizontalTab }

  /// `unreserved` and `sub-delims` of RFC 3986: what a host, a path and a query share.
  var isRegisteredName: Bool {
    if isLetter || isDigit { return true }
    switch self {
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"),
      UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"),
      UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="):
      return true
    default: return false
    }
  }

  /// `pchar`, `/`, `?` and the `%` of an encoded byte: what a path with its query may hold.
  var isTarget: Bool {
    if isRegisteredName { return true }
    switch self {
    case UInt8(ascii: "/"), UInt8(ascii: "%"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "?"): return true
    default: return false
    }
  }

  var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

  /// The value of a hexadecimal digit.
  var hexValue: UInt8? {
    if isDigit { return self &- 0x30 }
    let letter = (self | 0x20) &- 0x61
    return letter < 6 ? letter + 10 : nil
  }

  /// Two hexadecimal digits, upper case.
  var hexDigits: (UInt8, UInt8) {
    func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }
    return (digit(self >> 4), digit(self & 0xF))
  }
}

extension Span<UInt8> {
  /// Whether the bytes are those of `text`.
  func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { text in
      for index in indices where self[index] != text[index] { return false }
      return true
    }
  }

  /// Whether the bytes, in lower case, are those of `text`, which is in lower case.
  func equalsIgnoringCase(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { text in
      for index in indices where self[index].lowercased != text[index] { return false }
      return true
    }
  }

  func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    var index = start
    while index < count {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// The range that is left without spaces and tabs at either end.
  var trimmedRange: Range<Int> {
    var (start, end) = (0, count)
    while start < end, self[start] == .space || self[start] == .horizontalTab { start += 1 }
    while start < end, self[end - 1] == .space || self[end - 1] == .horizontalTab { end -= 1 }
    return start..<end
  }

  /// The same bytes as a string, or nil when they are not UTF-8.
  var string: String? { withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) } }
}

extension [UInt8] {
  mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { append(contentsOf: $0) }
  }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(contentsOf: $0) }
  }

  mutating func append(_ bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
  }

  /// Appends a whole number in decimal, without an intermediate string.
  mutating func append(decimal number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    let start = count
    repeat {
      append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    self[start...].reverse()
  }

  /// Appends a size in hexadecimal, as a chunk needs it.
  mutating func append(hexadecimal number: Int) {
    var shift = Swift.max(0, (Int.bitWidth - number.leadingZeroBitCount - 1) / 4 * 4)
    while shift >= 0 {
      append(UInt8(truncatingIfNeeded: number >> shift & 0xF).hexDigits.1)
      shift -= 4
    }
  }
}
