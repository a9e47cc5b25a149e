/// What a JSON value may be: the part of JSON Schema (draft 2020-12) that an OpenAPI 3.1 document of ours takes, as a
/// value. It describes; ``JSONType`` reads by it.
public struct JSONSchema: Sendable {
  public indirect enum Shape: Sendable {
    /// - Parameters:
    ///   - length: in Unicode code points.
    ///   - pattern: a regular expression that the whole text matches.
    ///   - format: a word such as `date-time`.
    case string(length: ClosedRange<Int>? = nil, pattern: String? = nil, format: String? = nil)
    /// One of these texts.
    case words([String])
    /// A bound that is the type's own says nothing.
    case integer(ClosedRange<Int64> = .min ... .max)
    /// Whole bounds do.
    case number(ClosedRange<Int64>)
    case boolean
    /// This value and no other.
    case constant(JSONValue)
    case array(of: JSONSchema, count: ClosedRange<Int>? = nil)
    /// These properties and no others.
    case object([Property])
    /// An object with any names.
    case map(of: JSONSchema)
    /// Exactly one of these.
    case either([JSONSchema])
    case any
  }

  public struct Property: Sendable {
    public let name: String
    public var schema: JSONSchema
    public var isRequired: Bool

    public init(_ name: String, _ schema: JSONSchema, isRequired: Bool = true) {
      self.name = name
      self.schema = schema
      self.isRequired = isRequired
    }
  }

  public var shape: Shape
  /// Of a schema that several places refer to.
  public var name: String?
  /// A sentence or more for people.
  public var summary: String?
  /// What a schema with a name is where it is mentioned.
  public var mention: String?
  public var example: JSONValue?
  /// What an absent value means.
  public var implied: JSONValue?
  public var isNullable = false

  public init(_ shape: Shape, _ summary: String? = nil, example: JSONValue? = nil, name: String? = nil) {
    self.shape = shape
    self.summary = summary
    self.example = example
    self.name = name
  }

  /// The same, or `null`.
  public var orNull: JSONSchema {
    var schema = self
    schema.isNullable = true
    return schema
  }

  /// The same, with other words for people.
  public func described(_ summary: String) -> JSONSchema {
    var schema = self
    if name == nil { schema.summary = summary } else { schema.mention = summary }
    return schema
  }

  /// An object's schema with further properties, under another name.
  /// - Precondition: it is one of an object.
  public func with(_ more: [Property], name: String) -> JSONSchema {
    guard case .object(let properties) = shape else { preconditionFailure("only objects have properties") }
    var schema = self
    schema.shape = .object(properties + more)
    schema.name = name
    return schema
  }

  /// The example given, or one made of the examples of its parts; nil where a part that must be there has none.
  public var exampleOrMade: JSONValue? {
    if let example { return example }
    switch shape {
    case .object(let properties):
      var members: [(name: String, value: JSONValue)] = []
      for property in properties {
        if let example = property.schema.exampleOrMade {
          members.append((property.name, example))
        } else if property.isRequired {
          return nil
        }
      }
      return .object(members)
    case .array(_, let count) where count?.upperBound == 0: return []
    case .array(let element, _): return element.exampleOrMade.map { [$0] }
    case .map: return [:]
    case .words(let words): return words.first.map(JSONValue.string)
    case .constant(let value): return value
    case .either(let schemas): return schemas.first?.exampleOrMade
    case .any, .boolean, .integer, .number, .string: return implied ?? (isNullable ? .null : nil)
    }
  }
}

// MARK: As JSON

extension JSONSchema {
  /// The schema as JSON; one with a name is a reference to `#/components/schemas/` and the name.
  public var value: JSONValue {
    guard let name else { return definition }
    let reference = (name: "$ref", value: JSONValue.string("#/components/schemas/\(name)"))
    let words = mention.map { [(name: "description", value: JSONValue.string($0))] } ?? []
    return .object(words + (isNullable ? [("oneOf", [.object([reference]), ["type": "null"]])] : [reference]))
  }

  /// What the schema says, named or not.
  public var definition: JSONValue {
    var members: [(name: String, value: JSONValue)] = []
    if let summary, !summary.isEmpty { members.append(("description", .string(summary))) }
    members += keywords
    if let implied { members.append(("default", implied)) }
    if let example { members.append(("examples", [example])) }
    return .object(members)
  }

  /// Every schema with a name that this one is made of, itself included.
  public var named: [JSONSchema] { (name == nil ? [] : [self]) + parts.flatMap(\.named) }

  private var parts: [JSONSchema] {
    switch shape {
    case .array(let element, _): [element]
    case .map(let value): [value]
    case .object(let properties): properties.map(\.schema)
    case .either(let schemas): schemas
    case .any, .boolean, .constant, .integer, .number, .string, .words: []
    }
  }

  private var keywords: [(name: String, value: JSONValue)] {
    switch shape {
    case .string(let length, let pattern, let format):
      var members = type("string")
      if let length {
        members += [("minLength", JSONValue(length.lowerBound)), ("maxLength", JSONValue(length.upperBound))]
      }
      if let pattern { members.append(("pattern", .string("^(?:\(pattern))$"))) }
      if let format { members.append(("format", .string(format))) }
      return members
    case .words(let words):
      return type("string") + [("enum", .array(words.map(JSONValue.string) + (isNullable ? [.null] : [])))]
    case .integer(let range):
      var members = type("integer")
      if range.lowerBound != .min { members.append(("minimum", .integer(range.lowerBound))) }
      if range.upperBound != .max { members.append(("maximum", .integer(range.upperBound))) }
      return members
    case .number(let range):
      return type("number") + [("minimum", .integer(range.lowerBound)), ("maximum", .integer(range.upperBound))]
    case .any: return []
    case .boolean: return type("boolean")
    case .constant(let value): return [("const", value)]
    case .array(let element, let count):
      let bounds = count.map { [("minItems", JSONValue($0.lowerBound)), ("maxItems", JSONValue($0.upperBound))] } ?? []
      return type("array") + [("items", element.value)] + bounds
    case .object(let properties):
      let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
      return type("object") + [("properties", .object(properties.map { ($0.name, $0.schema.value) }))]
        + (required.isEmpty ? [] : [("required", .array(required))]) + [("additionalProperties", false)]
    case .map(let value): return type("object") + [("additionalProperties", value.value)]
    case .either(let schemas):
      return [("oneOf", .array(schemas.map(\.value) + (isNullable ? [["type": "null"]] : [])))]
    }
  }

  private func type(_ name: String) -> [(name: String, value: JSONValue)] {
    [("type", isNullable ? [.string(name), "null"] : .string(name))]
  }
}
