// Of the standard library, which has no public name for it yet.
@_spi(_Unicode) import Swift

extension String {
  /// What a text is found by: without case, marks (accents, points of vowels), width, apostrophes and what cannot be seen, with one
  /// space between words. It is wider than a comparison of names may be: `Müller` and `MULLER` are found alike, and so are
  /// `Weiß` and `weiss`, `Łukasz` and `lukasz`, `Ｅｍｍａ` and `emma`, `O’Brien` and `obrien`.
  ///
  /// What is written in another script stays as it is but for its marks. Both what is stored and what is asked for are folded here,
  /// since PostgreSQL's `lower` goes by each database's locale, and its `unaccent` is not everywhere.
  var searchFolded: String {
    var folded = ""
    var isAfterSpace = false
    for scalar in unicodeScalars {
      if scalar.properties.isWhitespace {
        isAfterSpace = !folded.isEmpty
        continue
      }
      let letters = scalar.searchFolded
      if letters.isEmpty { continue }
      if isAfterSpace { folded += " " }
      isAfterSpace = false
      folded += letters
    }
    return folded
  }

  /// The words that a search asks for, folded, each once; without the comma of a name that is written the other way round.
  var searchWords: [String] {
    var words: [String] = []
    for part in searchFolded.split(separator: " ") {
      let word = String(part.drop { $0 == "," }.reversed().drop { $0 == "," }.reversed())
      if !word.isEmpty, !words.contains(word) { words.append(word) }
    }
    return words
  }
}

extension Unicode.Scalar {
  fileprivate var searchFolded: String {
    if isASCII { return self == "'" || self == "`" || value < 0x20 ? "" : properties.lowercaseMapping }
    // A syllable of Hangul would fall apart into its letters, and 김 be found by 기.
    if (0xAC00...0xD7A3).contains(value) { return String(self) }
    var folded = ""
    for part in String(wide)._nfd where !part.isPassedOver {
      // By way of capitals, which some small letters share: ς and σ; ß is SS.
      for letter in part.properties.uppercaseMapping.lowercased().unicodeScalars where !letter.isPassedOver {
        folded += Self.latin[letter] ?? String(letter)
      }
    }
    return folded
  }

  /// Full-width letters and half-width kana as they are written otherwise.
  private var wide: Unicode.Scalar {
    switch value {
    case 0xFF01...0xFF5E: Unicode.Scalar(value - 0xFEE0) ?? self
    case 0xFF61...0xFF9F: Self.kana[Int(value - 0xFF61)]
    default: self
    }
  }

  /// Marks, apostrophes in their many forms, and what cannot be seen.
  private var isPassedOver: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: true
    default: properties.isDefaultIgnorableCodePoint || Self.passedOver.contains(self)
    }
  }

  /// Apostrophes; the line that only stretches an Arabic word.
  private static let passedOver: Set<Unicode.Scalar> = [
    "'", "`", "\u{2018}", "\u{2019}", "\u{201B}", "\u{2BB}", "\u{2BC}", "\u{2032}", "\u{B4}", "\u{640}",
  ]

  /// Latin letters that are no letter with a mark, as people write them who do not have them; dashes.
  private static let latin: [Unicode.Scalar: String] = [
    "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "ŋ": "n",
    "ĸ": "k", "ß": "ss", "\u{2010}": "-", "\u{2011}": "-", "\u{2012}": "-", "\u{2013}": "-", "\u{2014}": "-",
    "\u{2212}": "-",
  ]

  /// What U+FF61 to U+FF9F are otherwise; the last two are marks.
  private static let kana = Array(
    ("。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン" + "\u{3099}\u{309A}")
      .unicodeScalars)
}
