/// How what people search for is matched with a column `search`, which holds what can be found folded, with spaces between words.
enum Search {
  /// What is kept beside somebody: the name, the handle behind its `@`, the address.
  static func text(name: String, handle: String, email: String?) -> String {
    [name, "@\(handle)", email ?? ""].map(\.searchFolded).joined(separator: " ")
  }

  /// What is kept beside a reward.
  static func text(sku: String, name: String, description: String) -> String {
    [name, sku, description].map(\.searchFolded).joined(separator: " ")
  }

  /// A pattern of LIKE for each word that is asked for; all must match. None for nothing.
  static func patterns(_ question: String?) -> [String] {
    (question ?? "").searchWords.map { word in
      let literal = word.replacing(#"\"#, with: #"\\"#).replacing("%", with: #"\%"#).replacing("_", with: #"\_"#)
      return "%\(literal)%"
    }
  }
}
