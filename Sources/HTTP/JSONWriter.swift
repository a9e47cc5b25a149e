/// Writes JSON (RFC 8259) straight into bytes, with no value in between.
///
/// Commas are right by construction: every value is preceded by one unless it is the first of its array, object or
/// writer, or follows its member's name.
public struct JSONWriter: Sendable {
  public private(set) var bytes: [UInt8]
  private var needsComma = false

  public init() {
    bytes = []
    // One allocation for most answers.
    bytes.reserveCapacity(512)
  }

  /// - Parameter bytes: what the JSON is appended to.
  public init(appendingTo bytes: [UInt8]) { self.bytes = bytes }

  /// Hands over what is written so far, so that a long answer need not be held whole.
  public mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  // MARK: Structure

  public mutating func object(_ members: (inout JSONWriter) throws -> Void) rethrows {
    separate()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
    try members(&self)
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  public mutating func array(_ elements: (inout JSONWriter) throws -> Void) rethrows {
    separate()
    bytes.append(UInt8(ascii: "["))
    needsComma = false
    try elements(&self)
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  /// A member of the present object; `value` writes exactly one value.
  ///
  /// - Precondition: a name that stands in the program has nothing to escape.
  public mutating func member(_ name: StaticString, _ value: (inout JSONWriter) throws -> Void) rethrows {
    begin(name)
    try value(&self)
  }

  /// A member whose name is data; `value` writes exactly one value.
  public mutating func member(named name: String, _ value: (inout JSONWriter) throws -> Void) rethrows {
    begin(named: name)
    try value(&self)
  }

  public mutating func member(_ name: StaticString, _ value: String) {
    begin(name)
    string(value)
  }

  public mutating func member(_ name: StaticString, _ value: Int) {
    begin(name)
    integer(value)
  }

  public mutating func member(_ name: StaticString, _ value: Int64) {
    begin(name)
    integer(value)
  }

  public mutating func member(_ name: StaticString, _ value: Bool) {
    begin(name)
    bool(value)
  }

  /// The value, or `null`.
  public mutating func member(_ name: StaticString, _ value: String?) {
    begin(name)
    string(orNull: value)
  }

  /// The value, or `null`.
  public mutating func member(_ name: StaticString, _ value: Int?) {
    begin(name)
    if let value { integer(value) } else { null() }
  }

  /// Already encoded JSON as a member's value.
  public mutating func member(_ name: StaticString, raw value: [UInt8]) {
    begin(name)
    raw(value)
  }

  // MARK: Values

  public mutating func string(_ text: String) {
    separate()
    escape(text)
    needsComma = true
  }

  /// The text, or `null`.
  public mutating func string(orNull text: String?) {
    if let text { string(text) } else { null() }
  }

  public mutating func integer(_ number: Int) {
    separate()
    bytes.append(decimal: number)
    needsComma = true
  }

  public mutating func integer(_ number: Int64) { integer(Int(number)) }

  public mutating func bool(_ value: Bool) {
    separate()
    bytes.append(value ? "true" : "false" as StaticString)
    needsComma = true
  }

  public mutating func null() {
    separate()
    bytes.append("null" as StaticString)
    needsComma = true
  }

  /// Bytes that are one JSON value already.
  public mutating func raw(_ value: [UInt8]) {
    separate()
    bytes.append(contentsOf: value)
    needsComma = true
  }

  /// Text that is one JSON value already, for instance a number made elsewhere.
  public mutating func raw(_ value: String) {
    separate()
    bytes.append(value)
    needsComma = true
  }

  // MARK: Bytes

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  private mutating func begin(_ name: StaticString) {
    assert(name.withUTF8Buffer { $0.firstToEscape(from: 0) == $0.count }, "a name with something to escape")
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(name)
    bytes.append("\":" as StaticString)
    needsComma = false
  }

  private mutating func begin(named name: String) {
    separate()
    escape(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Escapes what RFC 8259 section 7 demands and nothing else: quotes, backslashes, controls.
  private mutating func escape(_ text: String) {
    var text = text
    bytes.append(UInt8(ascii: "\""))
    text.withUTF8 { text in
      var start = 0
      while true {
        let end = text.firstToEscape(from: start)
        // Rebased: a buffer is appended in one go, a slice of one byte by byte.
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<end]))
        if end == text.count { break }
        escape(text[end])
        start = end + 1
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): bytes.append("\\\"" as StaticString)
    case UInt8(ascii: "\\"): bytes.append("\\\\" as StaticString)
    case 0x08: bytes.append("\\b" as StaticString)
    case 0x09: bytes.append("\\t" as StaticString)
    case 0x0A: bytes.append("\\n" as StaticString)
    case 0x0C: bytes.append("\\f" as StaticString)
    case 0x0D: bytes.append("\\r" as StaticString)
    default:
      bytes.append("\\u00" as StaticString)
      bytes.append(byte.hexDigits.0)
      bytes.append(byte.hexDigits.1)
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The first byte from `start` on that JSON does not take as it is; `count` when there is none.
  fileprivate func firstToEscape(from start: Int) -> Int {
    var index = start
    // Eight at a time while none of them is one. A borrow may mark a byte too many, never one too few.
    while index + 8 <= count {
      let word = UnsafeRawPointer(baseAddress! + index).loadUnaligned(as: UInt64.self)
      if word.mayHave(below: 0x20) || word.mayHave(UInt8(ascii: "\"")) || word.mayHave(UInt8(ascii: "\\")) { break }
      index += 8
    }
    while index < count {
      let byte = self[index]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
      index += 1
    }
    return index
  }
}

extension UInt64 {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Whether one of the eight bytes is less than `limit`, which is at most 128 (Sean Anderson, "Bit Twiddling Hacks").
  fileprivate func mayHave(below limit: UInt8) -> Bool {
    (self &- Self.ones &* UInt64(limit)) & ~self & Self.highBits != 0
  }

  fileprivate func mayHave(_ byte: UInt8) -> Bool { (self ^ Self.ones &* UInt64(byte)).mayHave(below: 1) }
}
