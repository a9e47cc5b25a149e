/// How a file's bytes mean characters, where it is not UTF-8. UTF-16, as spreadsheets save "Unicode text", is known by its mark.
public enum FileEncoding: String, Sendable, CaseIterable {
  case utf8 = "utf-8"
  /// What Excel's plain "CSV" is in Western Europe and the Americas.
  case windows1252 = "windows-1252"

  /// - Returns: the same in UTF-8; bytes that mean nothing stay as they are, and are found when the text is read.
  func decoded(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.starts(with: [0xFF, 0xFE]) { return Self.utf16(bytes.dropFirst(2), isBigEndian: false) ?? bytes }
    if bytes.starts(with: [0xFE, 0xFF]) { return Self.utf16(bytes.dropFirst(2), isBigEndian: true) ?? bytes }
    guard self == .windows1252 else { return bytes }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count + bytes.count / 16)
    for byte in bytes {
      if byte < 0x80 {
        decoded.append(byte)
      } else if let scalar = Self.scalar(byte) {
        decoded += Array(String(Character(scalar)).utf8)
      } else {
        decoded.append(byte)
      }
    }
    return decoded
  }

  private static func utf16(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) -> [UInt8]? {
    guard bytes.count % 2 == 0 else { return nil }
    let units = stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map { index in
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      return isBigEndian ? first << 8 | second : second << 8 | first
    }
    return String(validating: units, as: UTF16.self).map { Array($0.utf8) }
  }

  /// The characters of 80 to 9F (https://encoding.spec.whatwg.org, index-windows-1252); the others are Latin-1's.
  private static let punctuation: [Unicode.Scalar?] = [
    "€", nil, "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", nil, "Ž", nil,
    nil, "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", nil, "ž", "Ÿ",
  ]

  private static func scalar(_ byte: UInt8) -> Unicode.Scalar? {
    (0x80...0x9F).contains(byte) ? punctuation[Int(byte) - 0x80] : Unicode.Scalar(byte)
  }
}
