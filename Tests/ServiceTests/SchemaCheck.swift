import HTTP

@testable import Service

/// Says what is wrong with a value by a JSON schema of a document: the keywords that our documents have, and no others.
struct SchemaCheck {
  /// What `$ref` points into.
  let document: JSONValue

  /// - Returns: a line for each fault, with the way to it.
  func faults(of value: JSONValue, by schema: JSONValue, at path: String = "") -> [String] {
    guard case .object(let keywords) = schema else { return ["\(path): the schema is no object"] }
    return keywords.flatMap { keyword, argument in fault(value, keyword, argument, schema, path) }
  }

  /// What a reference points at; nil for nothing.
  func resolve(_ reference: String) -> JSONValue? {
    guard reference.hasPrefix("#/") else { return nil }
    return reference.dropFirst(2).split(separator: "/").reduce(document as JSONValue?) { $0?[String($1)] }
  }

  private func fault(
    _ value: JSONValue, _ keyword: String, _ argument: JSONValue, _ schema: JSONValue, _ path: String
  ) -> [String] {
    switch keyword {
    case "description", "default", "examples": return []
    case "$ref":
      guard let target = argument.text.flatMap(resolve) else { return ["\(path): nothing is at \(argument)"] }
      return faults(of: value, by: target, at: path)
    case "oneOf":
      let attempts = argument.list.map { faults(of: value, by: $0, at: path) }
      let count = attempts.filter(\.isEmpty).count
      return count == 1 ? [] : ["\(path): \(count) of oneOf match: \(attempts.flatMap { $0 })"]
    case "type":
      let types = argument.text.map { [$0] } ?? argument.list.compactMap(\.text)
      return types.contains { value.isOf(type: $0) } ? [] : ["\(path): \(value.brief) is not of \(types)"]
    case "enum": return argument.list.contains(value) ? [] : ["\(path): \(value.brief) is none of the words"]
    case "const": return value == argument ? [] : ["\(path): \(value.brief) is not \(argument.brief)"]
    case "required":
      return argument.list.compactMap(\.text).filter { value.isOf(type: "object") && value[$0] == nil }
        .map { "\(path)/\($0): is not there" }
    case "properties":
      return argument.names.flatMap { name in
        value[name].map { faults(of: $0, by: argument[name] ?? [:], at: "\(path)/\(name)") } ?? []
      }
    case "additionalProperties":
      let declared = Set(schema["properties"]?.names ?? [])
      let others = value.names.filter { !declared.contains($0) }
      if argument.flag == false { return others.map { "\(path)/\($0): is not declared" } }
      return others.flatMap { faults(of: value[$0] ?? .null, by: argument, at: "\(path)/\($0)") }
    case "items":
      return value.list.enumerated().flatMap { faults(of: $1, by: argument, at: "\(path)/\($0)") }
    default:
      return bound(value, keyword, argument, path)
    }
  }

  private func bound(_ value: JSONValue, _ keyword: String, _ argument: JSONValue, _ path: String) -> [String] {
    let limit = argument.number ?? 0
    let holds: Bool? =
      switch keyword {
      case "minItems": value.list.count >= limit
      case "maxItems": value.list.count <= limit
      case "minLength": value.text.map { $0.unicodeScalars.count >= limit } ?? true
      case "maxLength": value.text.map { $0.unicodeScalars.count <= limit } ?? true
      case "minimum": value.double.map { $0 >= Double(limit) } ?? true
      case "maximum": value.double.map { $0 <= Double(limit) } ?? true
      case "pattern":
        // A pattern that cannot be read fails the test where it stands.
        value.text.map { try! $0.wholeMatch(of: Regex(argument.text ?? "")) != nil } ?? true
      case "format": value.text.map { matches($0, format: argument.text ?? "") } ?? true
      default: nil
      }
    switch holds {
    case true?: return []
    case false?: return ["\(path): \(value.brief) is against \(keyword) \(argument.brief)"]
    case nil: return ["\(path): this check does not know \(keyword)"]
    }
  }

  private func matches(_ text: String, format: String) -> Bool {
    switch format {
    case "date": text.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil
    case "date-time": text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/) != nil
    case "uuid": text.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil
    case "uri-reference": !text.isEmpty && !text.contains(" ")
    default: false
    }
  }
}

extension JSONValue {
  fileprivate func isOf(type: String) -> Bool {
    switch (type, self) {
    case ("null", .null), ("boolean", .bool), ("integer", .integer), ("number", .integer), ("number", .decimal),
      ("string", .string), ("array", .array), ("object", .object):
      true
    default: false
    }
  }

  fileprivate var double: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .decimal(let number): number.double
    default: nil
    }
  }

  fileprivate var brief: String { String(String(decoding: canonicalBytes, as: UTF8.self).prefix(80)) }
}
