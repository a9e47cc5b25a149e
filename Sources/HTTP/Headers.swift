/// The header fields of a request, in order, names in lower case.
///
/// The bytes lie in one block that the connection's next request reuses; strings are made when they are asked for.
public struct Headers: Sendable {
  private struct Field {
    let nameStart: Int
    let valueStart: Int
    let valueEnd: Int
  }

  private var bytes: [UInt8] = []
  private var fields: [Field] = []

  public init() {}

  public var count: Int { fields.count }

  /// The first value of the field `name`, given in lower case.
  public subscript(name: String) -> String? {
    for index in fields.indices where isNamed(index, name) { return value(index) }
    return nil
  }

  /// Every value of the field `name`, given in lower case, in order.
  public func all(_ name: String) -> [String] {
    var values: [String] = []
    for index in fields.indices where isNamed(index, name) { values.append(value(index)) }
    return values
  }

  /// All fields in order.
  public var list: [(name: String, value: String)] {
    fields.indices.map {
      (String(decoding: bytes[fields[$0].nameStart..<fields[$0].valueStart], as: UTF8.self), value($0))
    }
  }

  mutating func append(name: Span<UInt8>, value: Span<UInt8>) {
    let start = bytes.count
    for index in name.indices { bytes.append(name[index].lowercased) }
    let valueStart = bytes.count
    bytes.append(value)
    fields.append(Field(nameStart: start, valueStart: valueStart, valueEnd: bytes.count))
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
  }

  private func isNamed(_ index: Int, _ name: String) -> Bool {
    let field = fields[index]
    let utf8 = name.utf8
    return utf8.count == field.valueStart - field.nameStart
      && utf8.elementsEqual(bytes[field.nameStart..<field.valueStart])
  }

  private func value(_ index: Int) -> String {
    // The parser let only UTF-8 in.
    String(decoding: bytes[fields[index].valueStart..<fields[index].valueEnd], as: UTF8.self)
  }
}
