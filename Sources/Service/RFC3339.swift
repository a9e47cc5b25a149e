import Glibc
import Ledger

/// Times as RFC 3339 writes them. Calendar arithmetic by Howard Hinnant's "chrono-compatible low-level date algorithms".
enum RFC3339 {
  /// `2026-11-22T09:30:00Z` in UTC, with microseconds only where there are any.
  static func text(_ time: Timestamp) -> String {
    let seconds = time.microseconds.floorDivided(by: 1_000_000)
    let fraction = time.microseconds - seconds * 1_000_000
    let days = seconds.floorDivided(by: 86_400)
    let second = seconds - days * 86_400
    let (year, month, day) = civil(fromDays: days)
    // Pages hold hundreds of these, so each is written in place. A year has at most seven characters.
    return String(unsafeUninitializedCapacity: 32) { buffer in
      var text = Digits(buffer)
      text.put(year, 4)
      text.put(month, 2, after: "-")
      text.put(day, 2, after: "-")
      text.put(second / 3600, 2, after: "T")
      text.put(second / 60 % 60, 2, after: ":")
      text.put(second % 60, 2, after: ":")
      if fraction != 0 { text.put(fraction, 6, after: ".") }
      text.put("Z")
      return text.count
    }
  }

  /// Writes numbers one after the other.
  private struct Digits {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    mutating func put(_ character: Unicode.Scalar) {
      buffer[count] = UInt8(ascii: character)
      count += 1
    }

    /// With zeros before it up to `width`, as `pad` has it.
    mutating func put(_ number: Int64, _ width: Int, after separator: Unicode.Scalar? = nil) {
      if let separator { put(separator) }
      var digits = 1
      var rest = number.magnitude / 10
      while rest > 0 {
        digits += 1
        rest /= 10
      }
      let end = count + max(digits, width)
      rest = number.magnitude
      for index in stride(from: end - 1, through: count, by: -1) {
        buffer[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      count = end
    }
  }

  /// `2026-11-22`.
  static func text(_ day: Day) -> String {
    let (year, month, day) = civil(fromDays: Int64(day.number))
    return "\(pad(year, 4))-\(pad(month))-\(pad(day))"
  }

  /// Reads `2026-11-22`; nil for anything else, days that do not exist included.
  static func day(_ text: some StringProtocol) -> Day? {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10])
    else { return nil }
    return Self.day(year: year, month: month, day: day)
  }

  /// A day of the years 1 to 9999; nil for one that does not exist.
  static func day(year: Int64, month: Int64, day: Int64) -> Day? {
    guard (1...9_999).contains(year), (1...12).contains(month), (1...daysInMonth(year, month)).contains(day) else {
      return nil
    }
    return Day(number: Int32(days(year, month, day)))
  }

  /// Reads `2026-11`: the month's first and last day; nil for anything else.
  static func month(_ text: some StringProtocol) -> ClosedRange<Day>? {
    guard text.utf8.count == 7, let first = day("\(text)-01") else { return nil }
    let (year, month, _) = civil(fromDays: Int64(first.number))
    return first...Day(number: first.number + Int32(daysInMonth(year, month)) - 1)
  }

  /// Reads a date-time with `Z` or an offset (section 5.6); nil for anything else. A leap second counts as the next second;
  /// digits beyond the microsecond are dropped.
  static func timestamp(_ text: some StringProtocol) -> Timestamp? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, let day = day(String(decoding: bytes[0..<10], as: UTF8.self)),
      bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    var rest = bytes[19...]
    var microseconds: Int64 = 0
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard !digits.isEmpty else { return nil }
      for index in 0..<6 {
        let digit = index < digits.count ? digits[digits.startIndex + index] - UInt8(ascii: "0") : 0
        microseconds = microseconds * 10 + Int64(digit)
      }
      rest = rest.dropFirst(1 + digits.count)
    }
    guard let offset = offsetSeconds(rest) else { return nil }
    let seconds = Int64(day.number) * 86_400 + hour * 3600 + minute * 60 + second - offset
    return Timestamp(microseconds: seconds * 1_000_000 + microseconds)
  }

  private static func offsetSeconds(_ bytes: ArraySlice<UInt8>) -> Int64? {
    guard let sign = bytes.first else { return nil }
    if sign | 0x20 == UInt8(ascii: "z") { return bytes.count == 1 ? 0 : nil }
    let start = bytes.startIndex
    guard bytes.count == 6, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      bytes[start + 3] == UInt8(ascii: ":"), let hours = number(bytes[start + 1..<start + 3]),
      let minutes = number(bytes[start + 4..<start + 6]), hours < 24, minutes < 60
    else { return nil }
    return (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
  }

  // MARK: The calendar

  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted.floorDivided(by: 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(fromDays days: Int64) -> (Int64, Int64, Int64) {
    let shifted = days + 719_468
    let era = shifted.floorDivided(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
  }

  private static func daysInMonth(_ year: Int64, _ month: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    return value
  }

  private static func pad(_ number: Int64, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Int64 {
  fileprivate func floorDivided(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}

extension Timestamp {
  /// The machine's clock: for ids and logs. What the ledger records goes by PostgreSQL's.
  static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
