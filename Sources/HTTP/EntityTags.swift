/// What a client knows of something's versions: the value of `If-Match` or `If-None-Match` (RFC 9110, sections 13.1.1 and
/// 13.1.2), a list of entity tags or `*`.
public struct EntityTags: Sendable, Equatable {
  private struct Tag: Equatable {
    let isWeak: Bool
    /// Without its quotes.
    let opaque: Substring
  }

  /// `*`: whatever there is.
  private let isAny: Bool
  private let tags: [Tag]

  /// - Parameter fields: the values of all fields of that name, in order.
  /// - Returns: nil where there is no such field. What is no list of entity tags matches nothing.
  public init?(_ fields: [String]) {
    if fields.isEmpty { return nil }
    let text = fields.joined(separator: ", ")
    isAny = text == "*"
    tags = isAny ? [] : Self.tags(text) ?? []
  }

  /// By strong comparison, as `If-Match` asks.
  /// - Parameter tag: a strong one, with its quotes.
  public func matchStrongly(_ tag: String) -> Bool {
    isAny || tags.contains { !$0.isWeak && "\"\($0.opaque)\"" == tag }
  }

  /// By weak comparison, as `If-None-Match` asks.
  /// - Parameter tag: a strong one, with its quotes.
  public func matchWeakly(_ tag: String) -> Bool { isAny || tags.contains { "\"\($0.opaque)\"" == tag } }

  /// `#entity-tag`, with the empty elements that recipients must bear (section 5.6.1.2). Tags may hold commas.
  private static func tags(_ text: String) -> [Tag]? {
    var rest = text[...]
    var tags: [Tag] = []
    while true {
      rest = rest.drop { $0 == "," || $0 == " " || $0 == "\t" }
      if rest.isEmpty { return tags }
      let isWeak = rest.hasPrefix("W/")
      if isWeak { rest = rest.dropFirst(2) }
      guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else { return nil }
      let opaque = rest[..<end].dropFirst()
      // Any character that can be seen, and what is not ASCII (section 8.8.3).
      guard opaque.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
      tags.append(Tag(isWeak: isWeak, opaque: opaque))
      rest = rest[rest.index(after: end)...].drop { $0 == " " || $0 == "\t" }
      guard rest.isEmpty || rest.first == "," else { return nil }
    }
  }
}
