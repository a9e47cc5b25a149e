extension Unicode.Scalar {
  /// Whether anything of it can be seen: neither white space nor a control, a format character, a filler or a blank.
  public var isVisible: Bool {
    if isASCII { return (0x21...0x7E).contains(value) }
    if self == Self.blankBraille || properties.isWhitespace || properties.isDefaultIgnorableCodePoint { return false }
    return switch properties.generalCategory {
    case .control, .format, .surrogate: false
    default: !properties.isNoncharacterCodePoint
    }
  }

  /// Whether it turns the direction of what follows, so that a name could be read as another: embeddings, overrides, isolates and
  /// their ends (Unicode Standard Annex 9). Marks such as U+200F turn nothing.
  public var turnsDirection: Bool { (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value) }

  private static let blankBraille: Unicode.Scalar = "\u{2800}"
}

extension String {
  /// Whether it holds something that can be seen.
  public var isVisible: Bool { unicodeScalars.contains(where: \.isVisible) }
}
