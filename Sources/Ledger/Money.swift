/// An amount of one currency, exact to the ten-thousandth of its unit.
public struct Money: Sendable, Equatable {
  public let tenThousandths: Int64
  /// Three capital letters (ISO 4217).
  public let currency: String

  public init(tenThousandths: Int64, currency: String) {
    self.tenThousandths = tenThousandths
    self.currency = currency
  }

  /// Above this an amount times any quantity could overflow.
  public static let tenThousandthsMax: Int64 = 100_000_000_000_000

  /// How many decimals a currency's amounts have, by ISO 4217: two, but for these.
  public static func decimals(of currency: String) -> Int { decimals[currency] ?? 2 }

  private static let decimals: [String: Int] = {
    let none = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
    let three = "BHD IQD JOD KWD LYD OMR TND"
    let four = "CLF UYW"
    let counted = [(none, 0), (three, 3), (four, 4)].flatMap { codes, count in
      codes.split(separator: " ").map { (String($0), count) }
    }
    return Dictionary(uniqueKeysWithValues: counted)
  }()

  /// Reads `12.50`: digits, and after a point no more than the currency has; nil for anything else.
  public init?(amount: String, currency: String) {
    let parts = amount.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), (1...10).contains(parts[0].utf8.count),
      parts.allSatisfy({ part in !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let whole = Int64(parts[0]), currency.utf8.count == 3,
      currency.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
    else { return nil }
    let digits = parts.count == 2 ? parts[1] : ""
    guard digits.utf8.count <= Self.decimals(of: currency),
      let fraction = Int64(digits + String(repeating: "0", count: 4 - digits.utf8.count))
    else { return nil }
    self.init(tenThousandths: whole * 10_000 + fraction, currency: currency)
    guard tenThousandths <= Self.tenThousandthsMax else { return nil }
  }

  /// `12.50`: as many digits after the point as the currency has, and more only where a product takes them.
  public var amount: String {
    let decimals = Self.decimals(of: currency)
    let magnitude = tenThousandths.magnitude
    var fraction = String(magnitude % 10_000)
    fraction = String(repeating: "0", count: 4 - fraction.utf8.count) + fraction
    while fraction.utf8.count > decimals, fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(tenThousandths < 0 ? "-" : "")\(magnitude / 10_000)" + (fraction.isEmpty ? "" : "." + fraction)
  }

  public static func * (money: Money, factor: Int64) -> Money {
    Money(tenThousandths: money.tenThousandths * factor, currency: money.currency)
  }
}
