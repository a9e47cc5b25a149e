import Ledger

/// What `ETag`, `If-Match` and `If-None-Match` say (RFC 9110, section 8.8.3). Laurel's own tags are strong and hold no comma.
enum EntityTag {
  /// The same for the same bytes alone.
  static func of(_ bytes: [UInt8]) -> String { "\"\(Digest.sha256(bytes).description.prefix(32))\"" }

  /// - Parameters:
  ///   - fields: values of `If-Match` or `If-None-Match`: a list of tags each, or `*`.
  ///   - isWeakEnough: whether the same tag with `W/` counts, as it does for `If-None-Match` (section 13.1.2).
  static func isAmong(_ fields: [String], _ tag: String, isWeakEnough: Bool = false) -> Bool {
    fields.contains { field in
      field.split(separator: ",").contains { item in
        let given = item.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        return given == tag || given == "*" || isWeakEnough && given.hasPrefix("W/") && given.dropFirst(2) == tag
      }
    }
  }
}
