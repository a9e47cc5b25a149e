import Text

/// How people may be called. Whatever brings names in (requests, files, the command line) asks here; a CHECK in the schema says the
/// same of handles.
public enum Handle {
  public static let lengthMax = 64
  /// For documents. It also matches `me` and UUIDs, which are none.
  public static let pattern = #"[a-z0-9](?:(?:\.?[a-z0-9_-])*\.?[a-z0-9])?"#

  /// Why it is no handle, to be read after the member's name; nil for one.
  public static func mistake(in text: String) -> String? {
    let bytes = Array(text.utf8)
    guard (1...lengthMax).contains(bytes.count), bytes.allSatisfy({ isInside($0) && !isCapital($0) }),
      let first = bytes.first, let last = bytes.last, !isJoint(first), !isJoint(last)
    else {
      return "is 1 to \(lengthMax) of a-z, 0-9, dot, dash and underscore, and begins and ends with a letter or a digit"
    }
    if zip(bytes, bytes.dropFirst()).contains(where: { $0 == dot && $1 == dot }) {
      return "must not hold two dots in a row"
    }
    // Both name somebody before a handle does.
    if text == "me" { return "must not be \"me\", which is whoever asks" }
    return ID(text) == nil ? nil : "must not be a UUID"
  }

  /// Whether a handle may hold it, also as people write it: in capitals.
  public static func isInside(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: isCapital(byte) || isJoint(byte)
    }
  }

  /// Whether it only joins what a handle is made of: it neither begins nor ends one.
  public static func isJoint(_ byte: UInt8) -> Bool {
    byte == dot || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }

  private static let dot = UInt8(ascii: ".")

  static func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
}

/// A person as requests name people.
public enum PersonName {
  /// Without the `@` that a handle may be written with.
  public static func plain(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > 1, scalars.first == "@" || scalars.first == "\u{FF20}" else { return text }
    return String(scalars.dropFirst())
  }
}

/// Another system that points come from, as exports name it.
public enum SourceName {
  public static let lengthMax = 64
  /// For documents.
  public static let pattern = "[a-z0-9][a-z0-9._-]*"

  /// Why it is none, to be read after the member's name; nil for one.
  public static func mistake(in text: String) -> String? {
    let bytes = text.utf8
    guard (1...lengthMax).contains(bytes.count), let first = bytes.first, !Handle.isJoint(first),
      bytes.allSatisfy({ Handle.isInside($0) && !Handle.isCapital($0) })
    else { return "is 1 to \(lengthMax) of a-z, 0-9, dot, dash and underscore, and begins with a letter or a digit" }
    return nil
  }
}

public enum EmailAddress {
  /// For documents.
  public static let pattern = #"[^@\s]+@[^@\s]+"#

  /// Why it is no address, to be read after the member's name; nil for one. Whether it can be reached, only a mail would tell.
  public static func mistake(in text: String) -> String? {
    let parts = text.unicodeScalars.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return "is no email" }
    return text.unicodeScalars.allSatisfy(\.isVisible)
      ? nil : "is no email: it holds white space, or what cannot be seen"
  }
}

/// What people, teams, places, values, rewards, budgets and organisations are called.
public enum DisplayName {
  /// Why it is no name, to be read after the member's name; nil for one.
  public static func mistake(in text: String) -> String? {
    if !text.isVisible { return "must hold something visible" }
    if text.unicodeScalars.contains(where: \.turnsDirection) { return "must not hold what turns the direction of text" }
    // Line breaks among them.
    let isBroken = text.unicodeScalars.contains { scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: true
      default: false
      }
    }
    return isBroken ? "must not hold control characters" : nil
  }
}
