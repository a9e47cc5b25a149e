import Text

/// A type of JSON values: its schema, and the reading of a value by it. Written once, it describes and checks.
public struct JSONType<Value: Sendable>: Sendable {
  public var schema: JSONSchema
  /// What a value that is not valid reads as; it goes nowhere, since the mistake refuses the request.
  let harmless: Value
  let read: @Sendable (JSONValue, inout JSONMistakes) -> Value

  init(
    _ schema: JSONSchema, harmless: Value, reading read: @escaping @Sendable (JSONValue, inout JSONMistakes) -> Value
  ) {
    self.schema = schema
    self.harmless = harmless
    self.read = read
  }

  /// A type of single values.
  /// - Parameters:
  ///   - mistake: why another value is not valid, to be read after the member's name.
  ///   - read: the value, or nil.
  init(
    _ schema: JSONSchema, harmless: Value, else mistake: String, _ read: @escaping @Sendable (JSONValue) -> Value?
  ) {
    self.init(schema, harmless: harmless) { value, mistakes in
      if let value = read(value) { return value }
      mistakes.note(mistake)
      return harmless
    }
  }

  /// The values that `convert` takes, as what it makes of them.
  public func converted<Other: Sendable>(
    _ schema: JSONSchema, harmless: Other, else mistake: String, _ convert: @escaping @Sendable (Value) -> Other?
  ) -> JSONType<Other> {
    let read = read
    return JSONType<Other>(schema, harmless: harmless) { value, mistakes in
      let count = mistakes.errors.count
      let value = read(value, &mistakes)
      if mistakes.errors.count > count { return harmless }
      if let other = convert(value) { return other }
      mistakes.note(mistake)
      return harmless
    }
  }
}

extension JSONType where Value == String {
  /// The texts in which `mistake` finds nothing wrong; what it finds is read after the member's name.
  /// - Parameter pattern: what the documents say of them: a regular expression that each matches as a whole.
  public func checked(pattern: String? = nil, _ mistake: @escaping @Sendable (String) -> String?) -> JSONType {
    let read = read
    var schema = schema
    if let pattern, case .string(let length, _, let format) = schema.shape {
      schema.shape = .string(length: length, pattern: pattern, format: format)
    }
    return JSONType(schema, harmless: harmless) { value, mistakes in
      let count = mistakes.errors.count
      let text = read(value, &mistakes)
      if mistakes.errors.count == count, let mistake = mistake(text) { mistakes.note(mistake) }
      return text
    }
  }
}

// MARK: Texts, numbers, truth values

extension JSONType where Value == String {
  /// A text of so many Unicode code points (as PostgreSQL's `char_length` counts), read as texts are kept: in normal form C,
  /// without white space around it.
  public static func text(_ length: ClosedRange<Int>) -> JSONType {
    text(length) { text, mistakes in
      if text.isOvermarked { mistakes.note("must not put more than \(String.marksMax) marks on a letter") }
      return text.normalized
    }
  }

  /// A text that means its very characters, such as a code or a cursor.
  public static func verbatim(_ length: ClosedRange<Int>) -> JSONType { text(length) { text, _ in text } }

  private static func text(
    _ length: ClosedRange<Int>, _ kept: @escaping @Sendable (String, inout JSONMistakes) -> String
  ) -> JSONType {
    JSONType(JSONSchema(.string(length: length)), harmless: "") { value, mistakes in
      guard case .string(let given) = value else {
        mistakes.note("must be a text")
        return ""
      }
      let text = kept(given, &mistakes)
      let count = text.unicodeScalars.count
      if length.contains(count) { return text }
      mistakes.note(
        count == 0 && length.lowerBound == 1
          ? "must not be empty"
          : "must have \(length.lowerBound) to \(length.upperBound) characters, has \(count)")
      return ""
    }
  }

  /// A text that the regular expression matches as a whole.
  /// - Parameter mistake: what to say of others, read after the member's name.
  public static func text(_ length: ClosedRange<Int>, pattern: String, else mistake: String) -> JSONType {
    // A `Regex` is not Sendable, so it is made for each reading; none of these is on a hot path.
    text(length).converted(
      JSONSchema(.string(length: length, pattern: pattern)), harmless: "", else: mistake
    ) { text in
      // The patterns are the program's own, and a test reads each.
      let regex = try! Regex(pattern).matchingSemantics(.unicodeScalar)
      return text.wholeMatch(of: regex) == nil ? nil : text
    }
  }
}

extension JSONType where Value == Int64 {
  public static func integer(_ range: ClosedRange<Int64>) -> JSONType {
    JSONType(JSONSchema(.integer(range)), harmless: range.lowerBound) { value, mistakes in
      guard case .integer(let number) = value else {
        mistakes.note("must be a whole number")
        return range.lowerBound
      }
      if range.contains(number) { return number }
      mistakes.note(
        range.upperBound == .max
          ? "must be \(range.lowerBound) or more" : "must be from \(range.lowerBound) to \(range.upperBound)")
      return range.lowerBound
    }
  }
}

extension JSONType where Value == Double {
  /// Any number within the range, as the nearest double.
  public static func number(_ range: ClosedRange<Int64>) -> JSONType {
    let bounds = Double(range.lowerBound)...Double(range.upperBound)
    return JSONType(JSONSchema(.number(range)), harmless: bounds.lowerBound) { value, mistakes in
      let number: Double
      switch value {
      case .integer(let integer): number = Double(integer)
      case .decimal(let decimal): number = decimal.double
      default:
        mistakes.note("must be a number")
        return bounds.lowerBound
      }
      if bounds.contains(number) { return number }
      mistakes.note("must be from \(range.lowerBound) to \(range.upperBound)")
      return bounds.lowerBound
    }
  }
}

extension JSONType where Value == Bool {
  public static let bool = JSONType(JSONSchema(.boolean), harmless: false, else: "must be true or false") { value in
    if case .bool(let bool) = value { bool } else { nil }
  }
}

extension JSONType where Value: RawRepresentable<String> & CaseIterable {
  /// One of the texts that `Value` has as raw values.
  public static func choice(_ type: Value.Type = Value.self) -> JSONType {
    let words = Value.allCases.map(\.rawValue)
    // An enumeration without cases has no values to choose from.
    let (harmless, known) = (Value.allCases.first!, KnownWords(words))
    return JSONType(JSONSchema(.words(words)), harmless: harmless) { value, mistakes in
      var hint = ""
      if case .string(let text) = value {
        if let word = Value(rawValue: text) { return word }
        hint = known.nearest(to: text).map { "; did you mean \"\($0)\"?" } ?? ""
      }
      mistakes.note("must be one of " + words.joined(separator: ", ") + hint)
      return harmless
    }
  }
}

// MARK: Lists and objects

extension JSONType {
  public static func list<Element>(of type: JSONType<Element>, count: ClosedRange<Int>) -> JSONType
  where Value == [Element] {
    JSONType(JSONSchema(.array(of: type.schema, count: count)), harmless: []) { value, mistakes in
      guard case .array(let elements) = value else {
        mistakes.note("must be a list")
        return []
      }
      guard count.contains(elements.count) else {
        mistakes.note("must have \(count.lowerBound) to \(count.upperBound) elements, has \(elements.count)")
        return []
      }
      var values: [Element] = []
      values.reserveCapacity(elements.count)
      for (index, element) in elements.enumerated() {
        values.append(mistakes.within("\(index)") { type.read(element, &$0) })
      }
      return values
    }
  }

  /// An object with these members; `read` reads them all.
  public static func object(
    _ members: [any JSONMember], harmless: Value, _ read: @escaping @Sendable (inout JSONFields) -> Value
  ) -> JSONType {
    JSONType(.object(members), harmless: harmless) { value, mistakes in
      guard case .object = value else {
        mistakes.note("must be an object")
        return harmless
      }
      var fields = JSONFields(value, mistakes)
      let result = read(&fields)
      mistakes = fields.finished()
      return result
    }
  }
}

extension JSONValue {
  /// A default as it stands in a schema.
  /// - Precondition: it is a text, a whole number, a truth value, a word or nothing.
  init(of value: Any) {
    switch value {
    case let text as String: self = .string(text)
    case let number as Int64: self = .integer(number)
    case let bool as Bool: self = .bool(bool)
    case let word as any RawRepresentable<String>: self = .string(word.rawValue)
    case let list as [Any] where list.isEmpty: self = .array([])
    default: preconditionFailure("no default of a schema: \(value)")
    }
  }
}

/// What is wrong with a value and what is in it, and the JSON pointer (RFC 6901) to the value looked at.
struct JSONMistakes {
  /// Errors told at once: whoever made more learns nothing from them, and an answer must not outgrow its request.
  static let errorsMax = 100

  private(set) var errors: [Problem.FieldError] = []
  private var pointer = ""

  /// Whether further errors would not be told.
  var isFull: Bool { errors.count >= Self.errorsMax }

  mutating func note(_ detail: String) {
    if !isFull { errors.append(Problem.FieldError(pointer: pointer, detail: detail)) }
  }

  /// Whether something is wrong with the value looked at, or in it.
  var hasNoted: Bool { errors.contains { $0.pointer == pointer || $0.pointer.hasPrefix(pointer + "/") } }

  /// Looks at a member or an element.
  mutating func within<Value>(_ name: String, _ look: (inout JSONMistakes) -> Value) -> Value {
    let outer = pointer
    pointer += JSONPointer.token(name)
    defer { pointer = outer }
    return look(&self)
  }
}
