/// One JSON value (RFC 8259). Numbers without a fraction that fit are integers, however they were written: 1, 1.0 and
/// 10e-1 are the same value.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case decimal(JSONDecimal)
  case string(String)
  case array([JSONValue])
  /// Members in the order of the text; names are unique.
  case object([(name: String, value: JSONValue)])

  /// The member of that name, if this is an object that has one.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }

  /// Equal as JSON values: the order of members does not matter, and strings are compared by code points (Swift's own
  /// comparison would take a composed and a decomposed é for the same).
  public static func == (one: JSONValue, other: JSONValue) -> Bool { one.canonicalBytes == other.canonicalBytes }

  /// The same bytes for equal values, and only for them: no white space, members sorted by the UTF-8 of their names,
  /// numbers in their canonical form. It is JSON itself.
  public var canonicalBytes: [UInt8] {
    var writer = JSONWriter()
    writer.canonical(self)
    return writer.bytes
  }
}

/// JSON as a program writes it: `["to": ["ann"], "copies": 10]`.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(_ number: Int) { self = .integer(Int64(number)) }
  public init(stringLiteral text: String) { self = .string(text) }
  public init(integerLiteral number: Int64) { self = .integer(number) }
  public init(booleanLiteral bool: Bool) { self = .bool(bool) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral members: (String, JSONValue)...) {
    self = .object(members.map { (name: $0.0, value: $0.1) })
  }
}

extension JSONWriter {
  /// Writes a value with its members in their order.
  public mutating func value(_ value: JSONValue) { write(value, isSorted: false) }

  fileprivate mutating func canonical(_ value: JSONValue) { write(value, isSorted: true) }

  private mutating func write(_ value: JSONValue, isSorted: Bool) {
    switch value {
    case .null: null()
    case .bool(let bool): self.bool(bool)
    case .integer(let number): integer(number)
    case .decimal(let number): raw(number.description)
    case .string(let text): string(text)
    case .array(let values):
      array { writer in
        for value in values { writer.write(value, isSorted: isSorted) }
      }
    case .object(let members):
      let ordered =
        isSorted ? members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } : members
      object { writer in
        for (name, value) in ordered { writer.member(named: name) { $0.write(value, isSorted: isSorted) } }
      }
    }
  }
}
