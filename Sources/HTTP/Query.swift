/// The decoded parameters of a query, in the order of the target.
public struct Query: Sendable {
  public private(set) var items: [(name: String, value: String)] = []

  public init() {}

  /// Reads `name=value` pairs between `&`; `+` is a space, a name without `=` has an empty value.
  /// - Returns: nil for bad percent-encoding, for what is not UTF-8, and for an encoded NUL.
  init?(encoded: Span<UInt8>) {
    var start = 0
    while start < encoded.count {
      let end = encoded.firstIndex(of: UInt8(ascii: "&"), from: start) ?? encoded.count
      let pair = encoded.extracting(start..<end)
      start = end + 1
      if pair.isEmpty { continue }
      let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.count
      guard let name = PercentEncoding.decode(pair.extracting(0..<equals), plusIsSpace: true),
        let value = PercentEncoding.decode(pair.extracting(min(equals + 1, pair.count)..<pair.count), plusIsSpace: true)
      else { return nil }
      items.append((name, value))
    }
  }

  public var isEmpty: Bool { items.isEmpty }

  /// The first value of that name.
  public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

  /// Every value of that name, in order.
  public func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }
}
