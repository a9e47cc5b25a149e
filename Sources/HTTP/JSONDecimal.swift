/// A number that is no 64-bit integer, exactly as it was given, in one form for each value.
///
/// Its magnitude is within that of a double's; zero is an integer, so never here.
public struct JSONDecimal: Sendable, Hashable, CustomStringConvertible {
  /// Canonical JSON: `12.5`, `-0.001`, or with an exponent where the plain form would be long, `15e30`.
  public let description: String

  /// The nearest double.
  public var double: Double {
    // `init` made sure that the text is a number.
    Double(description)!
  }

  enum Number: Equatable {
    case integer(Int64)
    case decimal(JSONDecimal)
    case outOfRange
  }

  private init(_ description: String) { self.description = description }

  /// The value `digits` · 10^`exponent`.
  /// - Parameters:
  ///   - digits: ASCII digits, leading and trailing zeros allowed.
  ///   - isWhole: written without fraction and exponent: such a number must fit a 64-bit integer.
  static func number(isNegative: Bool, digits: [UInt8], exponent: Int, isWhole: Bool) -> Number {
    let leading = digits.prefix { $0 == 0x30 }.count
    let trailing = digits.reversed().prefix { $0 == 0x30 }.count
    if leading == digits.count { return .integer(0) }
    let significant = digits[leading..<digits.count - trailing]
    let exponent = exponent + trailing
    if exponent >= 0, significant.count + exponent <= 19,
      let integer = integer(isNegative: isNegative, significant, zeros: exponent)
    {
      return .integer(integer)
    }
    if isWhole { return .outOfRange }
    let decimal = JSONDecimal(text(isNegative: isNegative, significant, exponent: exponent))
    let double = decimal.double
    return double.isFinite && double != 0 ? .decimal(decimal) : .outOfRange
  }

  private static func integer(isNegative: Bool, _ digits: ArraySlice<UInt8>, zeros: Int) -> Int64? {
    var result: Int64 = 0
    for index in 0..<digits.count + zeros {
      let digit = index < digits.count ? Int64(digits[digits.startIndex + index] - 0x30) : 0
      let (tens, overflowed) = result.multipliedReportingOverflow(by: 10)
      // Built on its own side of zero, for Int64.min has no positive counterpart.
      let (sum, overflowedToo) = tens.addingReportingOverflow(isNegative ? -digit : digit)
      if overflowed || overflowedToo { return nil }
      result = sum
    }
    return result
  }

  /// - Parameter digits: without zeros at either end.
  private static func text(isNegative: Bool, _ digits: ArraySlice<UInt8>, exponent: Int) -> String {
    let sign = isNegative ? "-" : ""
    let point = digits.count + exponent
    guard exponent < 0, point > -6 else {
      // Also with exponent 0: without it, the text would be a whole number, and out of range as such.
      return sign + String(decoding: digits, as: UTF8.self) + "e\(exponent)"
    }
    if point <= 0 {
      return sign + "0." + String(repeating: "0", count: -point) + String(decoding: digits, as: UTF8.self)
    }
    let split = digits.startIndex + point
    return sign + String(decoding: digits[..<split], as: UTF8.self) + "."
      + String(decoding: digits[split...], as: UTF8.self)
  }
}
