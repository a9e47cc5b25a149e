// Unicode's normalization is the standard library's own: `==` of two strings goes by it. It has no public name yet, and
// Foundation's would bring fifteen libraries.
@_spi(_Unicode) import Swift

extension String {
  /// Marks on one letter, at most: no language needs a fraction of it, and sorting them costs the square of their number.
  public static let marksMax = 64

  /// As texts are kept and asked for: in normal form C (Unicode Standard Annex 15), without white space around it. A text that
  /// ``isOvermarked`` only loses the white space.
  public var normalized: String {
    let form = utf8.contains(where: { $0 >= UInt8.leadOfMarks }) && !isOvermarked ? composed : self
    return form.trimmed
  }

  /// Whether more marks than ``marksMax`` follow each other.
  public var isOvermarked: Bool {
    guard utf8.contains(where: { $0 >= UInt8.leadOfMarks }) else { return false }
    var count = 0
    for scalar in unicodeScalars {
      count = scalar.properties.canonicalCombiningClass == .notReordered ? 0 : count + 1
      if count > Self.marksMax { return true }
    }
    return false
  }

  private var composed: String {
    var scalars = String.UnicodeScalarView()
    for scalar in _nfc { scalars.append(scalar) }
    return String(scalars)
  }

  private var trimmed: String {
    let scalars = unicodeScalars
    guard let first = scalars.first, let last = scalars.last else { return self }
    if !first.properties.isWhitespace, !last.properties.isWhitespace { return self }
    guard let start = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let end = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[start...end])
  }
}

extension UInt8 {
  /// The first byte in UTF-8 of U+0300. Below it nothing composes, and every text is in normal form C.
  fileprivate static let leadOfMarks: UInt8 = 0xCC
}
