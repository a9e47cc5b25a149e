/// Reads the members of a JSON object one by one and collects everything that is wrong with them, so that a client
/// learns of all its mistakes at once.
///
///     var body = try JSONFields(request)
///     let to = body.strings("to", count: 1...100)
///     let copies = body.integer("copies", in: 0...100, default: 1)
///     try body.finish()
///
/// Values read are meaningful only after ``finish()`` has not thrown; in between, a wrong member reads as something
/// harmless. A member that is never read is unknown and refused.
public struct JSONFields {
  private let members: [(name: String, value: JSONValue)]
  /// The JSON pointer (RFC 6901) to the object.
  private let pointer: String
  private var isRead: [Bool]
  private var errors: [Problem.FieldError] = []

  /// Reads the request's body. An empty body is an object without members.
  /// - Throws: 400 `malformed_json`, 422 `nul_character`, or 400 `invalid_request` when it is no object.
  public init(_ request: Request) throws(Problem) {
    if request.body.isEmpty {
      self.init(members: [], pointer: "")
      return
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(request.body)
    } catch {
      throw error.problem
    }
    guard case .object(let members) = value else {
      throw Self.problem([Problem.FieldError(pointer: "", detail: "must be an object")])
    }
    self.init(members: members, pointer: "")
  }

  /// - Parameter object: other values have no members.
  public init(_ object: JSONValue) {
    if case .object(let members) = object {
      self.init(members: members, pointer: "")
    } else {
      self.init(members: [], pointer: "")
      errors.append(Problem.FieldError(pointer: "", detail: "must be an object"))
    }
  }

  private init(members: [(name: String, value: JSONValue)], pointer: String) {
    self.members = members
    self.pointer = pointer
    isRead = Array(repeating: false, count: members.count)
  }

  // MARK: Members

  /// Whether the object has the member, `null` included: what a PATCH must tell from its absence.
  public func contains(_ name: String) -> Bool { members.contains { $0.name.utf8.elementsEqual(name.utf8) } }

  /// The member as it is; nil when it is absent.
  public mutating func value(_ name: String) -> JSONValue? {
    guard let index = members.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return nil }
    isRead[index] = true
    return members[index].value
  }

  /// Notes an error of the caller's own about a member.
  public mutating func refuse(_ name: String, _ detail: String) {
    errors.append(Problem.FieldError(pointer: pointer + JSONPointer.token(name), detail: detail))
  }

  /// - Throws: 400 `invalid_request` with every error found, the unknown members among them.
  public mutating func finish() throws(Problem) {
    refuseUnread()
    if !errors.isEmpty { throw Self.problem(errors) }
  }

  private mutating func refuseUnread() {
    for (index, member) in members.enumerated() where !isRead[index] { refuse(member.name, "is not known here") }
  }

  private static func problem(_ errors: [Problem.FieldError]) -> Problem {
    Problem(
      400, "invalid_request", title: "Invalid request",
      detail: errors.count == 1 ? "One member is not valid." : "\(errors.count) members are not valid.",
      errors: errors)
  }

  /// A member that may be absent or `null`; `read` returns nil, or why the value is not valid.
  private mutating func optional<Value>(
    _ name: String, _ read: (JSONValue) -> Result<Value, Detail>
  ) -> Value? {
    guard let value = value(name), value != .null else { return nil }
    switch read(value) {
    case .success(let value): return value
    case .failure(let detail):
      refuse(name, detail.text)
      return nil
    }
  }

  private mutating func required<Value>(
    _ name: String, orElse harmless: Value, _ read: (JSONValue) -> Result<Value, Detail>
  ) -> Value {
    guard let value = value(name), value != .null else {
      refuse(name, "is required")
      return harmless
    }
    switch read(value) {
    case .success(let value): return value
    case .failure(let detail):
      refuse(name, detail.text)
      return harmless
    }
  }
}

// MARK: Texts, numbers, truth values

extension JSONFields {
  /// A text of so many Unicode code points (as PostgreSQL's `char_length` counts).
  public mutating func string(_ name: String, length: ClosedRange<Int> = 1...1000) -> String {
    required(name, orElse: "") { Self.string($0, length) }
  }

  public mutating func optionalString(_ name: String, length: ClosedRange<Int> = 1...1000) -> String? {
    optional(name) { Self.string($0, length) }
  }

  public mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int {
    required(name, orElse: range.lowerBound) { Self.integer($0, range) }
  }

  public mutating func integer(_ name: String, in range: ClosedRange<Int>, default value: Int) -> Int {
    optional(name) { Self.integer($0, range) } ?? value
  }

  public mutating func optionalInteger(_ name: String, in range: ClosedRange<Int>) -> Int? {
    optional(name) { Self.integer($0, range) }
  }

  /// Any number within the range, as the nearest double.
  public mutating func optionalNumber(_ name: String, in range: ClosedRange<Double>) -> Double? {
    optional(name) { value in
      let number: Double
      switch value {
      case .integer(let integer): number = Double(integer)
      case .decimal(let decimal): number = decimal.double
      default: return .failure("must be a number")
      }
      if range.contains(number) { return .success(number) }
      return .failure("must be from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  public mutating func bool(_ name: String) -> Bool { required(name, orElse: false, Self.bool) }

  public mutating func bool(_ name: String, default value: Bool) -> Bool { optional(name, Self.bool) ?? value }

  public mutating func optionalBool(_ name: String) -> Bool? { optional(name, Self.bool) }

  /// One of the texts that `Choice` has as raw values.
  public mutating func optionalChoice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, of type: Choice.Type = Choice.self
  ) -> Choice? {
    optional(name) { Self.choice($0) }
  }

  public mutating func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, default value: Choice
  ) -> Choice {
    optional(name) { Self.choice($0) } ?? value
  }

  private static func string(_ value: JSONValue, _ length: ClosedRange<Int>) -> Result<String, Detail> {
    guard case .string(let text) = value else { return .failure("must be a text") }
    let count = text.unicodeScalars.count
    if length.contains(count) { return .success(text) }
    if count < length.lowerBound, length.lowerBound == 1 { return .failure("must not be empty") }
    return .failure("must have \(length.lowerBound) to \(length.upperBound) characters, has \(count)")
  }

  private static func integer(_ value: JSONValue, _ range: ClosedRange<Int>) -> Result<Int, Detail> {
    guard case .integer(let number) = value else { return .failure("must be a whole number") }
    if range.contains(Int(number)) { return .success(Int(number)) }
    return .failure("must be from \(range.lowerBound) to \(range.upperBound)")
  }

  private static func bool(_ value: JSONValue) -> Result<Bool, Detail> {
    guard case .bool(let bool) = value else { return .failure("must be true or false") }
    return .success(bool)
  }

  private static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ value: JSONValue
  ) -> Result<Choice, Detail> {
    if case .string(let text) = value, let choice = Choice(rawValue: text) { return .success(choice) }
    return .failure(Detail(text: "must be one of " + Choice.allCases.map(\.rawValue).joined(separator: ", ")))
  }
}

// MARK: Lists and objects

extension JSONFields {
  /// A list of texts.
  public mutating func strings(
    _ name: String, count: ClosedRange<Int> = 1...1000, length: ClosedRange<Int> = 1...1000
  ) -> [String] {
    if !contains(name) || value(name) == .null {
      refuse(name, "is required")
      return []
    }
    return optionalStrings(name, count: count, length: length) ?? []
  }

  public mutating func optionalStrings(
    _ name: String, count: ClosedRange<Int> = 0...1000, length: ClosedRange<Int> = 1...1000
  ) -> [String]? {
    guard let elements = elements(name, count) else { return nil }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      switch Self.string(element, length) {
      case .success(let text): texts.append(text)
      case .failure(let detail):
        let element = pointer + JSONPointer.token(name) + "/\(index)"
        errors.append(Problem.FieldError(pointer: element, detail: detail.text))
      }
    }
    return texts
  }

  /// An object within; `read` reads its members, of which unknown ones are refused as well.
  /// - Returns: nil when it is absent or `null`.
  public mutating func optionalObject<Value>(_ name: String, _ read: (inout JSONFields) -> Value) -> Value? {
    guard let value = value(name), value != .null else { return nil }
    return object(value, at: JSONPointer.token(name), read)
  }

  /// A list of objects.
  /// - Returns: nil when it is absent or `null`.
  public mutating func optionalObjects<Value>(
    _ name: String, count: ClosedRange<Int> = 0...1000, _ read: (inout JSONFields) -> Value
  ) -> [Value]? {
    guard let elements = elements(name, count) else { return nil }
    return elements.enumerated().compactMap { index, element in
      object(element, at: JSONPointer.token(name) + "/\(index)", read)
    }
  }

  private mutating func elements(_ name: String, _ count: ClosedRange<Int>) -> [JSONValue]? {
    optional(name) { value in
      guard case .array(let elements) = value else { return .failure("must be a list") }
      if count.contains(elements.count) { return .success(elements) }
      return .failure(
        Detail(text: "must have \(count.lowerBound) to \(count.upperBound) elements, has \(elements.count)"))
    }
  }

  private mutating func object<Value>(
    _ value: JSONValue, at path: String, _ read: (inout JSONFields) -> Value
  ) -> Value? {
    guard case .object(let members) = value else {
      errors.append(Problem.FieldError(pointer: pointer + path, detail: "must be an object"))
      return nil
    }
    var fields = JSONFields(members: members, pointer: pointer + path)
    let result = read(&fields)
    fields.refuseUnread()
    errors += fields.errors
    return result
  }
}

/// Why a value is not valid, to be read after the member's name.
private struct Detail: Error, ExpressibleByStringInterpolation {
  let text: String

  init(text: String) { self.text = text }
  init(stringLiteral text: String) { self.text = text }
}
