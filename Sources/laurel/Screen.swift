import CLinux
import Glibc
import HTTP

/// Where results are printed: how wide it is, and whether it shows colours.
struct Screen {
  private static let widthDefault = 80
  /// Wider lines are hard to read.
  private static let widthMax = 100

  /// In columns.
  let width: Int
  private let isStyled: Bool

  init(width: Int, isStyled: Bool) {
    self.width = width
    self.isStyled = isStyled
  }

  /// Standard output. Styled on a terminal alone, and not against `NO_COLOR` (no-color.org).
  static let current: Screen = {
    // Without it, `wcwidth(3)` would know ASCII alone; the C library always has this one.
    setlocale(LC_CTYPE, "C.UTF-8")
    guard isatty(STDOUT_FILENO) == 1 else { return Screen(width: widthDefault, isStyled: false) }
    var size = winsize()
    let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col >= 40
    return Screen(
      width: isKnown ? min(Int(size.ws_col), widthMax) : widthDefault,
      isStyled: environment("NO_COLOR") == nil && environment("TERM") != "dumb")
  }()

  func strong(_ text: String) -> String { isStyled ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  func quiet(_ text: String) -> String { isStyled ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

  /// `1 point`, `10 points`
  static func points(_ count: Int64) -> String { "\(count) \(count == 1 ? "point" : "points")" }

  // MARK: Columns

  /// How many columns a text takes: two for wide characters, none for combining ones.
  static func columns(_ text: some StringProtocol) -> Int {
    text.unicodeScalars.reduce(0) { $0 + max(0, Int(laurel_columns($1.value))) }
  }

  /// Exactly `width` columns: cut short with `…`, or filled up.
  static func fit(_ text: String, _ width: Int, toTheRight: Bool = false) -> String {
    var shown = text.replacing("\n", with: " ")
    if columns(text) > width {
      while !shown.isEmpty, columns(shown) > width - 1 { shown.removeLast() }
      shown += "…"
    }
    let space = String(repeating: " ", count: max(0, width - columns(shown)))
    return toTheRight ? space + shown : shown + space
  }

  /// Lines of at most the screen's width, each indented; what is longer than a line is broken anywhere.
  func paragraph(_ text: String, indent: Int) -> [String] {
    let room = max(20, width - indent)
    var lines: [String] = []
    for paragraph in text.split(separator: "\n") {
      var line = ""
      for word in paragraph.split(separator: " ") {
        var rest = word
        while !rest.isEmpty {
          let gap = line.isEmpty ? 0 : 1
          if Self.columns(line) + gap + Self.columns(rest) <= room {
            line += (gap == 1 ? " " : "") + rest
            break
          }
          if line.isEmpty {
            let head = Self.head(of: rest, columnsMax: room)
            line = String(head)
            rest = rest[head.endIndex...]
          }
          lines.append(line)
          line = ""
        }
      }
      if !line.isEmpty { lines.append(line) }
    }
    return lines.map { String(repeating: " ", count: indent) + $0 }
  }

  /// The first characters, at least one.
  private static func head(of text: Substring, columnsMax: Int) -> Substring {
    var end = text.index(after: text.startIndex)
    while end < text.endIndex, columns(text[..<text.index(after: end)]) <= columnsMax { end = text.index(after: end) }
    return text[..<end]
  }

  /// Without what could steer a terminal or turn the order of a line around: people wrote it, and others read it.
  static func harmless(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: scalars.append(scalar)
      case 0x00...0x1F, 0x7F...0x9F: scalars.append(" ")
      case 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: break
      default: scalars.append(scalar)
      }
    }
    return String(scalars)
  }
}

/// Rows in columns that line up; the last column takes what room is left.
struct Table {
  private var rows: [[String]] = []
  private let numbers: Set<Int>

  /// - Parameter numbers: columns that are set to the right.
  init(_ titles: [String], numbers: Set<Int>) {
    self.numbers = numbers
    rows = [titles]
  }

  mutating func add(_ cells: [String]) { rows.append(cells) }

  func lines(on screen: Screen) -> [String] {
    let last = rows[0].count - 1
    var widths = (0...last).map { column in rows.map { Screen.columns($0[column]) }.max() ?? 0 }
    widths[last] = min(widths[last], max(10, screen.width - widths.dropLast().reduce(0, +) - 2 * last))
    return rows.enumerated().map { number, row in
      let cells = row.indices.map { Screen.fit(row[$0], widths[$0], toTheRight: numbers.contains($0)) }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return number == 0 ? screen.quiet(line) : line
    }
  }
}

// What answers say, ready to be printed.
extension JSONValue {
  /// A string, made harmless.
  var text: String? { if case .string(let text) = self { Screen.harmless(text) } else { nil } }
  var number: Int64? { if case .integer(let number) = self { number } else { nil } }
  var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  var list: [JSONValue] { if case .array(let list) = self { list } else { [] } }
  var members: [(name: String, value: JSONValue)] { if case .object(let members) = self { members } else { [] } }
  /// A share, of one whole: `50 %`.
  var percent: String? {
    switch self {
    case .integer(let number): "\(number * 100) %"
    case .decimal(let number): Double(number.description).map { "\(Int(($0 * 100).rounded())) %" }
    default: nil
    }
  }

  /// Of what stands in the feed: whether it is an award.
  var isAward: Bool { self["kind"]?.text == "award" || self["budget"] != nil }

  /// A time in the time zone of whoever reads it: `2026-11-22 05:25`.
  var localTime: String {
    // 2026-11-22T04:25:54.252926Z
    let numbers = (text ?? "").split { !$0.isNumber }.prefix(6).compactMap { Int32($0) }
    guard numbers.count == 6 else { return "" }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1_900, numbers[1] - 1, numbers[2])
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
    var seconds = timegm(&parts)
    guard localtime_r(&seconds, &parts) != nil else { return "" }
    var buffer = [CChar](repeating: 0, count: 32)
    let count = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M", &parts)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Of a person: `Ann Lindqvist-Okoro (@ann)`.
  var person: String {
    guard let name = self["name"]?.text, let handle = self["handle"]?.text else { return "somebody" }
    return "\(name) (@\(handle))"
  }
}

extension String {
  /// As a part of a path.
  var inPath: String { percentEncoded(self) }
}
