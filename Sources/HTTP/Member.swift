/// A member that a request's object may have: what describes it, whatever its type.
public protocol JSONMember: Sendable {
  var name: String { get }
  /// As an object that is made anew has it.
  var property: JSONSchema.Property { get }
  /// As an object that is changed has it: absent, it stays as it is.
  var changed: JSONSchema.Property { get }
}

/// A member of a request's object: its name, type, bounds and purpose, written once. ``JSONFields`` reads by it and the
/// reference is made of it.
///
///     static let copies = Member("copies", .integer(1...100), "How many to print.", example: 2)
public struct Member<Value: Sendable>: JSONMember {
  public let name: String
  public let property: JSONSchema.Property
  /// What it reads as when it is absent; without, it must be there.
  let absent: Value?
  let read: @Sendable (JSONValue, inout JSONMistakes) -> Value
  let harmless: Value

  /// A member that must be there.
  public init(_ name: String, _ type: JSONType<Value>, _ summary: String, example: JSONValue? = nil) {
    self.init(name, type.schema, isRequired: true, absent: nil, summary, example, type)
  }

  /// A member that means `value` when it is absent. `null` is refused: whoever sends it may mean something else.
  public init(
    _ name: String, _ type: JSONType<Value>, default value: Value, _ summary: String, example: JSONValue? = nil
  ) {
    var schema = type.schema
    schema.implied = JSONValue(of: value)
    self.init(name, schema, isRequired: false, absent: value, summary, example, type)
  }

  /// A member that may be absent or `null`.
  public init<Wrapped>(
    _ name: String, optional type: JSONType<Wrapped>, _ summary: String, example: JSONValue? = nil
  ) where Value == Wrapped? {
    self.init(name, type.schema.orNull, isRequired: false, absent: .some(nil), summary, example, Self.orNull(type))
  }

  /// A member that may be absent, and is refused as `null`: of a change, in which what is absent stays as it is.
  public init<Wrapped>(
    _ name: String, ifPresent type: JSONType<Wrapped>, _ summary: String, example: JSONValue? = nil
  ) where Value == Wrapped? {
    let present = JSONType<Wrapped?>(type.schema, harmless: nil) { value, mistakes in type.read(value, &mistakes) }
    self.init(name, type.schema, isRequired: false, absent: .some(nil), summary, example, present)
  }

  private static func orNull<Wrapped>(_ type: JSONType<Wrapped>) -> JSONType<Wrapped?> {
    JSONType<Wrapped?>(type.schema, harmless: nil) { value, mistakes in
      value == .null ? nil : type.read(value, &mistakes)
    }
  }

  private init(
    _ name: String, _ schema: JSONSchema, isRequired: Bool, absent: Value?, _ summary: String,
    _ example: JSONValue?, _ type: JSONType<Value>
  ) {
    self.name = name
    var schema = schema.described(summary)
    schema.example = example ?? schema.example
    property = JSONSchema.Property(name, schema, isRequired: isRequired)
    self.absent = absent
    read = type.read
    harmless = type.harmless
  }

  public var changed: JSONSchema.Property {
    var property = property
    property.isRequired = false
    property.schema.implied = nil
    return property
  }

  /// What an object says of it, before all of the object is read; nil where it says nothing, or nothing that can be read.
  public func peek(in object: JSONValue) -> Value? {
    guard let value = object[name] else { return nil }
    var mistakes = JSONMistakes()
    let read = read(value, &mistakes)
    return mistakes.errors.isEmpty ? read : nil
  }
}

extension JSONSchema {
  /// An object of a request.
  public static func object(_ members: [any JSONMember], name: String? = nil) -> JSONSchema {
    JSONSchema(.object(members.map(\.property)), name: name)
  }

  /// An object by which another is changed: what it has not stays as it is.
  public static func change(_ members: [any JSONMember], name: String? = nil) -> JSONSchema {
    JSONSchema(.object(members.map(\.changed)), name: name)
  }
}
