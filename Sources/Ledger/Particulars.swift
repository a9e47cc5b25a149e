/// What an entry says in words of a person, a reward, a budget, a value, a key or an organisation: a line for each member, its
/// name, a tabulator and its value.
///
/// A backslash in a value is written as two, and a line break as `\n`: so no value looks like another line, and one text says one
/// thing. The database compares rows with the same lines (`particular` in `sql/views/particular.sql`).
enum Particulars {
  static func line(_ name: String, _ value: some CustomStringConvertible) -> String {
    "\(name)\t\(escaped(value.description))\n"
  }

  /// - Returns: the values by their names; nil for what was not written so.
  static func values(in text: String) -> [String: String]? {
    // By bytes: to Swift a carriage return and a line feed are one character.
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.popLast()?.isEmpty == true else { return nil }
    var values: [String: String] = [:]
    for line in lines {
      guard let tab = line.firstIndex(of: UInt8(ascii: "\t")), let name = String(line[..<tab]),
        let value = plain(line[line.index(after: tab)...]), values.updateValue(value, forKey: name) == nil
      else { return nil }
    }
    return values
  }

  private static func escaped(_ value: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(value.utf8.count)
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\n"): bytes += "\\n".utf8
      case UInt8(ascii: "\\"): bytes += "\\\\".utf8
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func plain(_ escaped: Substring.UTF8View) -> String? {
    var bytes: [UInt8] = []
    var isEscaped = false
    for byte in escaped {
      switch (isEscaped, byte) {
      case (true, UInt8(ascii: "n")): bytes.append(UInt8(ascii: "\n"))
      case (true, UInt8(ascii: "\\")): bytes.append(byte)
      case (true, _): return nil
      case (false, UInt8(ascii: "\\")):
        isEscaped = true
        continue
      case (false, _): bytes.append(byte)
      }
      isEscaped = false
    }
    return isEscaped ? nil : String(validating: bytes, as: UTF8.self)
  }
}
