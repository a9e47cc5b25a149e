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
  public mutating func member(_ name: String, _ value: (inout JSONWriter) throws -> Void) rethrows {
    begin(name)
    try value(&self)
  }

  public mutating func member(_ name: String, _ value: String) {
    begin(name)
    string(value)
  }

  public mutating func member(_ name: String, _ value: Int) {
    begin(name)
    integer(value)
  }

  public mutating func member(_ name: String, _ value: Int64) {
    begin(name)
    integer(value)
  }

  public mutating func member(_ name: String, _ value: Bool) {
    begin(name)
    bool(value)
  }

  /// The value, or `null`.
  public mutating func member(_ name: String, _ value: String?) {
    begin(name)
    if let value { string(value) } else { null() }
  }

  /// The value, or `null`.
  public mutating func member(_ name: String, _ value: Int?) {
    begin(name)
    if let value { integer(value) } else { null() }
  }

  /// Already encoded JSON as a member's value.
  public mutating func member(_ name: String, raw value: [UInt8]) {
    begin(name)
    raw(value)
  }

  // MARK: Values

  public mutating func string(_ text: String) {
    separate()
    escape(text)
    needsComma = true
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

  private mutating func begin(_ name: String) {
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
      for index in text.indices {
        let byte = text[index]
        if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
        start = index + 1
        escape(byte)
      }
      // Rebased: a buffer is appended in one go, a slice of one byte by byte.
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
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
