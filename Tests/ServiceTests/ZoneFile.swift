import Foundation
import Testing

/// A time zone as the system's file has it (RFC 9636), without PostgreSQL: when its clocks were changed, and what they showed.
struct ZoneFile {
  /// From `start` on, clocks show so many seconds more than UTC.
  struct Stretch {
    let start: Int64
    let offset: Int64
  }

  /// In their order; the first one has no beginning.
  let stretches: [Stretch]
  let bytes: Data

  private static let folder = "/usr/share/zoneinfo/"
  private static let headerCount = 44
  private static let typeCount = 6

  init(_ name: String) throws {
    bytes = try Data(contentsOf: URL(filePath: Self.folder + name))
    // The first part is for programs that count in 32 bits.
    let first = try Self.counts(bytes)
    let second = bytes.dropFirst(
      Self.headerCount + first.times * 5 + first.types * Self.typeCount + first.characters + first.leaps * 8
        + first.flags)
    let counts = try Self.counts(second)
    let times = second.dropFirst(Self.headerCount)
    let kinds = times.dropFirst(counts.times * 8)
    let types = kinds.dropFirst(counts.times)
    func offset(_ kind: Int) -> Int64 {
      Int64(Int32(truncatingIfNeeded: Self.number(types.dropFirst(kind * Self.typeCount).prefix(4))))
    }
    var stretches = [Stretch(start: .min / 2, offset: offset(0))]
    for index in 0..<counts.times {
      let start = Self.number(times.dropFirst(index * 8).prefix(8))
      let offset = offset(Int(kinds[kinds.startIndex + index]))
      if stretches[stretches.count - 1].offset != offset { stretches.append(Stretch(start: start, offset: offset)) }
    }
    self.stretches = stretches
  }

  /// The first instant whose local date is `day` (from 1970 on) or, where that is left out, a later one.
  func start(ofDay day: Int64) -> Int64 {
    for (index, stretch) in stretches.enumerated() {
      let start = max(stretch.start, day * 86_400 - stretch.offset)
      if index + 1 == stretches.count || start < stretches[index + 1].start { return start }
    }
    return .max
  }

  /// The latest date that clocks have shown by then.
  func day(of instant: Int64) -> Int64 {
    var latest = Int64.min
    for (index, stretch) in stretches.enumerated() where stretch.start <= instant {
      let end = index + 1 == stretches.count ? instant : min(instant, stretches[index + 1].start - 1)
      latest = max(latest, ((end + stretch.offset) - ((end + stretch.offset) % 86_400 + 86_400) % 86_400) / 86_400)
    }
    return latest
  }

  private static func counts(
    _ bytes: Data
  ) throws -> (times: Int, types: Int, characters: Int, leaps: Int, flags: Int) {
    try #require(bytes.count >= headerCount && bytes.prefix(4) == Data("TZif".utf8))
    let counts = (0..<6).map { Int(number(bytes.dropFirst(20 + $0 * 4).prefix(4))) }
    return (times: counts[3], types: counts[4], characters: counts[5], leaps: counts[2], flags: counts[0] + counts[1])
  }

  private static func number(_ bytes: Data) -> Int64 { bytes.reduce(0) { $0 << 8 | Int64($1) } }
}
