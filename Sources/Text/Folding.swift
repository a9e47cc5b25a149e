extension String {
  /// What a name of a team or a place is compared by: whoever reads two names with the same folding aloud would say the same. Case
  /// does not count, nor does what cannot be seen, nor which white space stands between words.
  ///
  /// It is computed here alone, and kept beside the name: PostgreSQL's `lower` goes by each database's locale.
  public var folded: String {
    // By way of capitals, since some small letters share one: σ and ς, i and ı, ss and ß. (The capital ẞ is its own.)
    let form = normalized.lowercased().uppercased().lowercased().normalized
    var folded = String.UnicodeScalarView()
    var isAfterSpace = false
    for scalar in form.unicodeScalars {
      if scalar.properties.isWhitespace {
        isAfterSpace = !folded.isEmpty
      } else if scalar.isVisible {
        if isAfterSpace { folded.append(" ") }
        isAfterSpace = false
        folded.append(scalar)
      }
    }
    return String(folded)
  }
}
