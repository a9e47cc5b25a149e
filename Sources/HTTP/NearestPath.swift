extension Router {
  /// Bytes of a path that is compared with the routes.
  private static var pathBytesMax: Int { 200 }

  /// The path of a route that was probably meant by one that leads nowhere: with a letter or two wrong, a slash too many, or
  /// without the version that all begin with. Nil where none is near.
  /// - Parameters:
  ///   - path: as sent.
  ///   - version: the segment that most paths begin with.
  public func nearest(to path: String, version: Substring) -> String? {
    guard path.utf8.count <= Self.pathBytesMax else { return nil }
    let given = path.split(separator: "/")
    var best: (path: String, edits: Int)?
    for pattern in patterns {
      let segments = pattern.split(separator: "/")
      // Whoever leaves out the version means what it begins.
      for (given, cost) in [(given, 0), ([version] + given, 1)] {
        guard let edits = Self.edits(given, segments).map({ $0 + cost }), edits < best?.edits ?? .max else { continue }
        let path = zip(segments, given).map { $0.hasPrefix("{") ? $1 : $0 }
        best = ("/" + path.joined(separator: "/"), edits)
      }
    }
    return best?.path
  }

  /// How far the literal segments are from those of a route; nil where they are not near. At least one is right.
  private static func edits(_ given: [Substring], _ segments: [Substring]) -> Int? {
    guard given.count == segments.count else { return nil }
    var (sum, isAnyRight) = (0, false)
    for (given, segment) in zip(given, segments) where !segment.hasPrefix("{") {
      guard let edits = KnownWords.edits(from: String(given), to: String(segment)) else { return nil }
      sum += edits
      if edits == 0 { isAnyRight = true }
    }
    return isAnyRight || segments.count == 1 ? sum : nil
  }
}
