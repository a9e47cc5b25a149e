/// The header or trailer fields of an answer, in order.
public struct Fields: Sendable, Equatable {
  /// Names in lower case.
  private var list: [(name: String, value: String)] = []

  init() {}

  init(_ lines: some Sequence<ArraySlice<UInt8>>) throws(ConnectionError) {
    for line in lines {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
        line[..<colon].allSatisfy(Self.isToken),
        let value = String(validating: line[(colon + 1)...], as: UTF8.self),
        value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
      else { throw .malformed("a field of the answer is none") }
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      list.append((name, Self.trimmed(value)))
    }
  }

  /// The first value of a field, by its name in lower case.
  public subscript(name: String) -> String? { list.first { $0.name == name }?.value }

  func all(_ name: String) -> [String] { list.filter { $0.name == name }.map(\.value) }

  public static func == (one: Fields, other: Fields) -> Bool { one.list.elementsEqual(other.list, by: ==) }

  private static func trimmed(_ text: String) -> String {
    var rest = text.drop { $0 == " " || $0 == "\t" }
    while rest.last == " " || rest.last == "\t" { rest.removeLast() }
    return String(rest)
  }

  /// RFC 9110, section 5.6.2.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

/// The status and the fields that come before a body.
struct AnswerHead: Equatable {
  let status: Int
  let fields: Fields

  init(_ lines: [ArraySlice<UInt8>]) throws(ConnectionError) {
    // HTTP/1.1 200 OK; the reason may be missing, the space before it too.
    guard let line = lines.first, line.starts(with: "HTTP/1.1 ".utf8) || line.starts(with: "HTTP/1.0 ".utf8) else {
      throw .malformed("this is no HTTP/1.1")
    }
    let digits = line.dropFirst(9).prefix { $0 != UInt8(ascii: " ") }
    guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }),
      let status = Int(String(decoding: digits, as: UTF8.self)), (100..<600).contains(status)
    else { throw .malformed("the answer has no status") }
    self.status = status
    fields = try Fields(lines.dropFirst())
  }
}
