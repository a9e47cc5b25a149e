/// A strict reader of JSON text (RFC 8259): one value, in UTF-8, and nothing after it.
///
/// It refuses what other readers read differently: invalid UTF-8, lone surrogates, repeated names, and numbers beyond
/// 64-bit integers or finite doubles.
public struct JSONReader {
  /// Arrays and objects within each other; a bound on the stack that a text can make us use.
  public static let depthMax = 16

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  public static func read(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    var reader = JSONReader(bytes)
    reader.skipSpace()
    let value = try reader.value()
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.error(.trailingBytes) }
    return value
  }

  // MARK: Values

  private mutating func value() throws(JSONError) -> JSONValue {
    guard position < bytes.count else { throw error(.endOfText) }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try nested { (reader) throws(JSONError) in try reader.object() }
    case UInt8(ascii: "["): return try nested { (reader) throws(JSONError) in try reader.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      try literal("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try literal("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try literal("null")
      return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw error(.unexpectedByte)
    }
  }

  private mutating func nested(
    _ body: (inout JSONReader) throws(JSONError) -> JSONValue
  ) throws(JSONError) -> JSONValue {
    guard depth < Self.depthMax else { throw error(.tooDeep) }
    depth += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    position += 1
    var members: [(name: String, value: JSONValue)] = []
    var names: Set<[UInt8]> = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      let start = position
      guard position < bytes.count else { throw error(.endOfText) }
      guard bytes[position] == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
      let name = try string()
      if Self.isRepeated(name, members, &names) {
        throw JSONError(.repeatedName, offset: start).within(name)
      }
      skipSpace()
      try expect(UInt8(ascii: ":"))
      skipSpace()
      do throws(JSONError) {
        members.append((name, try value()))
      } catch {
        throw error.within(name)
      }
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      try expect(UInt8(ascii: ","))
    }
  }

  /// Few names are compared one by one; many go through a set, or a text of a thousand members would cost a million.
  private static func isRepeated(
    _ name: String, _ members: [(name: String, value: JSONValue)], _ names: inout Set<[UInt8]>
  ) -> Bool {
    if members.count < 16 { return members.contains { $0.name.utf8.elementsEqual(name.utf8) } }
    if names.isEmpty { names = Set(members.map { Array($0.name.utf8) }) }
    return !names.insert(Array(name.utf8)).inserted
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    position += 1
    var values: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(values) }
    while true {
      skipSpace()
      do throws(JSONError) {
        values.append(try value())
      } catch {
        throw error.within(String(values.count))
      }
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(values) }
      try expect(UInt8(ascii: ","))
    }
  }

  // MARK: Numbers

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    let wholeStart = position
    var digits = try takeDigits()
    if digits.count > 1, digits[0] == 0x30 { throw JSONError(.leadingZero, offset: wholeStart) }
    var exponent = 0
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      let fraction = try takeDigits()
      exponent = -fraction.count
      digits += fraction
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      let isMinus = take(UInt8(ascii: "-"))
      if !isMinus { _ = take(UInt8(ascii: "+")) }
      var given = 0
      // Saturates: beyond a million no digits bring the number back into range, for bodies are smaller than that.
      for digit in try takeDigits() { given = min(given * 10 + Int(digit - 0x30), 1_000_000) }
      exponent += isMinus ? -given : given
    }
    switch JSONDecimal.number(isNegative: isNegative, digits: digits, exponent: exponent, isWhole: isWhole) {
    case .integer(let integer): return .integer(integer)
    case .decimal(let decimal): return .decimal(decimal)
    case .outOfRange: throw JSONError(.numberOutOfRange, offset: start)
    }
  }

  private mutating func takeDigits() throws(JSONError) -> [UInt8] {
    let start = position
    while position < bytes.count, bytes[position].isDigit { position += 1 }
    guard position > start else { throw error(position < bytes.count ? .unexpectedByte : .endOfText) }
    return Array(bytes[start..<position])
  }

  // MARK: Strings

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    // Most strings hold no escape: then the text is the bytes between the quotes.
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let text = try validated(start..<position)
        position += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      if byte < 0x20 { throw error(.controlCharacter) }
      position += 1
    }
    throw error(.endOfText)
  }

  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var text = try validated(start..<position)
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        return text
      }
      if byte == UInt8(ascii: "\\") {
        text.unicodeScalars.append(try escape())
        continue
      }
      let run = position
      while position < bytes.count, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
        if bytes[position] < 0x20 { throw error(.controlCharacter) }
        position += 1
      }
      text += try validated(run..<position)
    }
    throw error(.endOfText)
  }

  private func validated(_ range: Range<Int>) throws(JSONError) -> String {
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw JSONError(.invalidUTF8, offset: range.lowerBound)
    }
    return text
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let start = position
    position += 1
    guard position < bytes.count else { throw error(.endOfText) }
    let letter = bytes[position]
    position += 1
    switch letter {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw JSONError(.badEscape, offset: start)
    }
    let unit = try hexUnit()
    if unit == 0 { throw JSONError(.nulCharacter, offset: start) }
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard unit < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw JSONError(.loneSurrogate, offset: start)
    }
    let low = try hexUnit()
    guard low & 0xFC00 == 0xDC00, let scalar = Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)) else {
      throw JSONError(.loneSurrogate, offset: start)
    }
    return scalar
  }

  private mutating func hexUnit() throws(JSONError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count else { throw error(.endOfText) }
      guard let digit = bytes[position].hexValue else { throw error(.badEscape) }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }

  // MARK: Bytes

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func literal(_ text: StaticString) throws(JSONError) {
    let end = position + text.utf8CodeUnitCount
    guard end <= bytes.count, bytes.span.extracting(position..<end).equals(text) else { throw error(.unexpectedByte) }
    position = end
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ byte: UInt8) throws(JSONError) {
    if !take(byte) { throw error(position < bytes.count ? .unexpectedByte : .endOfText) }
  }

  private func error(_ reason: JSONError.Reason) -> JSONError { JSONError(reason, offset: position) }
}
