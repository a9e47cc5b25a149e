public import Ledger

extension Digest {
  /// As the field `Repr-Digest` has it (RFC 9530, section 3): `sha-256=:…:`.
  public var reprDigest: String { "sha-256=:\(base64(bytes)):" }
}

/// Base64 with padding (RFC 4648, section 4).
func base64(_ bytes: [UInt8]) -> String {
  let text = base64URL(bytes).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
  return String(text) + String(repeating: "=", count: (4 - text.count % 4) % 4)
}
