import Glibc

/// IMF-fixdate (RFC 9110 section 5.6.7), made at most once a second.
struct HTTPDate {
  private var second = Int.min
  private var bytes: [UInt8] = []

  /// `Date: …` with its line end, for the present wall-clock second.
  mutating func line(at second: Int = time(nil)) -> [UInt8] {
    if second != self.second {
      self.second = second
      bytes.removeAll(keepingCapacity: true)
      bytes.append("Date: ")
      bytes.append(Self.format(second))
      bytes.append("\r\n")
    }
    return bytes
  }

  /// - Parameter second: since 1970-01-01T00:00:00Z.
  static func format(_ second: Int) -> String {
    var second = time_t(second)
    var parts = tm()
    gmtime_r(&second, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
  }
}
