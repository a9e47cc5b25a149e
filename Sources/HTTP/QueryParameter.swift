/// A parameter of a request's path, query or header: what describes it, whatever its type.
public protocol RequestParameter: Sendable {
  var name: String { get }
  var schema: JSONSchema { get }
}

/// A query parameter: its name, type, bounds and purpose, written once. A request's query is read by it and the
/// reference is made of it.
public struct QueryParameter<Value: Sendable>: RequestParameter {
  public let name: String
  public let schema: JSONSchema
  private let absent: Value
  private let read: @Sendable (JSONValue, inout JSONMistakes) -> Value

  /// A parameter that means `value` when it is absent.
  public init(
    _ name: String, _ type: JSONType<Value>, default value: Value, _ summary: String, example: JSONValue? = nil
  ) {
    var schema = type.schema
    schema.implied = JSONValue(of: value)
    self.init(name, schema, absent: value, summary, example, type.read)
  }

  /// A parameter that may be absent.
  public init<Wrapped>(_ name: String, _ type: JSONType<Wrapped>, _ summary: String, example: JSONValue? = nil)
  where Value == Wrapped? {
    self.init(name, type.schema, absent: nil, summary, example) { value, mistakes in type.read(value, &mistakes) }
  }

  private init(
    _ name: String, _ schema: JSONSchema, absent: Value, _ summary: String, _ example: JSONValue?,
    _ read: @escaping @Sendable (JSONValue, inout JSONMistakes) -> Value
  ) {
    self.name = name
    var schema = schema.described(summary)
    schema.example = example ?? schema.example
    self.schema = schema
    self.absent = absent
    self.read = read
  }

  /// - Throws: 400 `invalid_parameter`.
  public func read(from query: Query) throws(Problem) -> Value {
    guard let text = query[name] else { return absent }
    var mistakes = JSONMistakes()
    let value = read(schema.value(of: text), &mistakes)
    if let mistake = mistakes.errors.first { throw .invalidParameter(name, mistake.detail) }
    return value
  }
}

extension JSONSchema {
  /// What a text outside of JSON stands for: a number or a truth value where the schema has such, else the text.
  func value(of text: String) -> JSONValue {
    switch shape {
    case .integer:
      let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
      guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return .string(text) }
      // Digits that are too many for the type say more than the most, or less than the least.
      return .integer(Int64(text) ?? (digits.count < text.utf8.count ? .min : .max))
    case .boolean: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : .string(text)
    default: return .string(text)
    }
  }
}
