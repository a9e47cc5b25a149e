import Ledger

/// Numbers that look random and follow from a seed alone, on every machine (SplitMix64, Steele, Lea and Flood 2014).
struct Chance {
  private var state: UInt64

  /// Seeds beside each other begin far from each other.
  init(seed: UInt64) { state = Self.mix(seed ^ 0x2545_F491_4F6C_DD1D) }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  private static func mix(_ word: UInt64) -> UInt64 {
    var bits = word
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  mutating func points(_ range: ClosedRange<Int64>) -> Int64 {
    Int64(number(Int(range.lowerBound)...Int(range.upperBound)))
  }

  /// Small numbers as often as large ones: the logarithm is uniform.
  mutating func magnitude(upTo most: Int) -> Int {
    let bits = number(0...(Int.bitWidth - most.leadingZeroBitCount))
    return min(most, max(1, number((1 << bits) / 2...(1 << bits))))
  }

  mutating func once(in count: Int) -> Bool { number(1...count) == 1 }

  mutating func one<Element>(of elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[number(0...elements.count - 1)]
  }

  /// One of these, where there is at least one.
  mutating func any<Element>(_ first: Element, _ others: Element...) -> Element { one(of: others + [first]) ?? first }

  mutating func id(at time: Timestamp) -> ID {
    .version7(milliseconds: time.microseconds / 1_000, random: UInt128(next()) << 64 | UInt128(next()))
  }

  mutating func digest() -> Digest {
    let word = next()
    return .sha256((0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) })
  }
}
