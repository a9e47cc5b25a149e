/// Why, and where, a text is not the JSON that ``JSONReader`` takes.
public struct JSONError: Error, Sendable, Equatable {
  public enum Reason: String, Sendable {
    case badEscape = "an escape that JSON does not know"
    case controlCharacter = "a control character that must be escaped"
    case endOfText = "the text ends too early"
    case invalidUTF8 = "bytes that are not UTF-8"
    case leadingZero = "a number with a leading zero"
    case loneSurrogate = "half of a surrogate pair"
    /// `\u0000`: JSON allows it, databases do not. Well-formed, so a caller may answer 422.
    case nulCharacter = "a NUL character"
    case numberOutOfRange = "a number out of range"
    case repeatedName = "a name that the object has already"
    case tooDeep = "more nesting than is taken"
    case trailingBytes = "something after the value"
    case unexpectedByte = "a byte that cannot stand here"
  }

  public let reason: Reason
  /// In bytes from the beginning of the text.
  public let offset: Int
  /// The JSON pointer (RFC 6901) to the value concerned; empty for the whole.
  public private(set) var pointer = ""

  init(_ reason: Reason, offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// The same error seen from the value around: cheap, for the way is noted only once there is an error.
  func within(_ name: String) -> JSONError {
    var error = self
    error.pointer = JSONPointer.token(name) + pointer
    return error
  }

  /// 422 for a NUL, else 400.
  public var problem: Problem {
    if reason == .nulCharacter { return .nulCharacter(at: pointer) }
    return .malformedJSON(
      "At byte \(offset): \(reason.rawValue).",
      errors: pointer.isEmpty ? [] : [Problem.FieldError(pointer: pointer, detail: reason.rawValue)])
  }
}

extension Problem {
  public static func nulCharacter(at pointer: String) -> Problem {
    Problem(
      422, "nul_character", title: "NUL character", detail: "A text holds a NUL character, which cannot be stored.",
      errors: [FieldError(pointer: pointer, detail: "must not hold \\u0000")])
  }

  public static func malformedJSON(_ detail: String, errors: [FieldError] = []) -> Problem {
    Problem(400, "malformed_json", title: "Malformed JSON", detail: detail, errors: errors)
  }
}

/// JSON pointers (RFC 6901).
enum JSONPointer {
  /// One step: `/` and the name, in which `~` and `/` are escaped.
  static func token(_ name: String) -> String {
    guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return "/" + name }
    var token = "/"
    for scalar in name.unicodeScalars {
      switch scalar {
      case "~": token += "~0"
      case "/": token += "~1"
      default: token.unicodeScalars.append(scalar)
      }
    }
    return token
  }
}
