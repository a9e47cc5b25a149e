// What readers of people's texts look for in a sign, beyond what the standard library says of it.

extension Unicode.Scalar {
  /// Full-width signs and digits as the narrow ones that they stand for; anything else as it is.
  public var narrow: Unicode.Scalar {
    switch self {
    case "＠", "＃", "＆", "＋", "０"..."９": Unicode.Scalar(value - 0xFEE0) ?? self
    case "﹢", "➕": "+"
    default: self
    }
  }

  public var isLetter: Bool {
    // Most signs are ASCII, and tables are slow.
    if isASCII { return ("a"..."z").contains(self) || ("A"..."Z").contains(self) }
    return switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      // Fillers are letters that nobody sees.
      isVisible
    default: false
    }
  }

  /// A digit or number of any script.
  public var isNumber: Bool {
    if isASCII { return ("0"..."9").contains(self) }
    return switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }

  /// Something that is written onto the letter before.
  public var isMark: Bool {
    if isASCII { return false }
    return switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: isVisible
    default: false
    }
  }

  /// White space of any script.
  public var isSpace: Bool { isASCII ? self == " " || (0x9...0xD).contains(value) : properties.isWhitespace }

  public var continuesWord: Bool { isLetter || isNumber || isMark }

  /// A letter of the Latin script, or one that looks like one of its small letters.
  public var isLatinLetter: Bool {
    guard isLetter, !isApostrophe else { return false }
    if isASCII || "ªºаеорсухѕіјһԁԛԝοναικρυ".unicodeScalars.contains(self) { return true }
    // The names are Unicode's, and never change.
    let name = properties.name ?? ""
    return ["LATIN", "MATHEMATICAL", "MODIFIER LETTER"].contains { name.contains($0) }
  }

  public var isPunctuation: Bool {
    switch properties.generalCategory {
    case .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation, .dashPunctuation,
      .connectorPunctuation, .otherPunctuation:
      true
    default: false
    }
  }

  /// A picture, as most fonts show it.
  public var isEmoji: Bool {
    value > 0xFF && properties.isEmoji && !isNumber && !isLetter
  }

  public var isMinus: Bool {
    switch self {
    case "-", "−", "－", "﹣": true
    default: false
    }
  }

  /// Also as people type it in haste.
  public var isApostrophe: Bool {
    switch self {
    case "'", "’", "ʼ", "＇", "‘", "´", "`": true
    default: false
    }
  }
}
