/// Comma-separated values as RFC 4180 has them, and as spreadsheets write them: lines may end in LF alone, a byte order mark is
/// passed over, and where the header is parted by semicolons or tabs, or a first line `sep=;` says so, that is the separator.
struct CSV {
  struct Record {
    /// Of its first character; the file's first line is 1.
    let line: Int
    let fields: [String]
  }

  struct Mistake: Error, Equatable {
    let line: Int
    let detail: String
  }

  let header: [String]
  let records: [Record]
  /// Records with more or fewer fields than the header.
  let ragged: [Record]

  /// - Throws: where the text is no CSV, or is not UTF-8.
  init(_ bytes: [UInt8]) throws(Mistake) {
    var reader = Reader(bytes: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...])
    reader.findSeparator()
    guard let first = try reader.next() else { throw Mistake(line: 1, detail: "the file is empty") }
    header = first.fields
    var records: [Record] = []
    var ragged: [Record] = []
    while let record = try reader.next() {
      if record.fields == [""] { continue }
      if record.fields.count == header.count { records.append(record) } else { ragged.append(record) }
    }
    self.records = records
    self.ragged = ragged
  }

  /// What is to be said of a record that is ragged.
  func mistake(_ record: Record) -> Mistake {
    Mistake(line: record.line, detail: "has \(record.fields.count) fields, the header \(header.count)")
  }

  private struct Reader {
    let bytes: ArraySlice<UInt8>
    var index: Int
    var line = 1
    var separator = UInt8(ascii: ",")

    init(bytes: ArraySlice<UInt8>) {
      self.bytes = bytes
      index = bytes.startIndex
    }

    private var current: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    /// The separator that the first record has most of outside of quotes; a comma where it has none.
    mutating func findSeparator() {
      let first = bytes.prefix { $0 != UInt8(ascii: "\n") }
      let named = first.last == UInt8(ascii: "\r") ? first.dropLast() : first
      if named.count == 5, named.starts(with: "sep=".utf8), let last = named.last, Self.separators.contains(last) {
        separator = last
        index = min(first.endIndex + 1, bytes.endIndex)
        line = 2
        return
      }
      var counts: [UInt8: Int] = [:]
      var isQuoted = false
      for byte in bytes {
        if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
        if isQuoted { continue }
        if byte == UInt8(ascii: "\n") { break }
        if Self.separators.contains(byte) { counts[byte, default: 0] += 1 }
      }
      for candidate in Self.separators where counts[candidate, default: 0] > counts[separator, default: 0] {
        separator = candidate
      }
    }

    private static let separators = Array(",;\t".utf8)

    mutating func next() throws(Mistake) -> Record? {
      guard current != nil else { return nil }
      let start = line
      var fields: [String] = []
      while true {
        fields.append(try field())
        guard current == separator else { break }
        index += 1
      }
      if current == UInt8(ascii: "\r") { index += 1 }
      if let byte = current {
        guard byte == UInt8(ascii: "\n") else { throw Mistake(line: line, detail: "has a stray carriage return") }
        index += 1
        line += 1
      }
      return Record(line: start, fields: fields)
    }

    private func ends(_ byte: UInt8) -> Bool {
      byte == separator || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
    }

    private mutating func field() throws(Mistake) -> String {
      let start = line
      let field: String?
      if current == UInt8(ascii: "\"") {
        index += 1
        var text: [UInt8] = []
        try quoted(&text, from: start)
        field = String(validating: text, as: UTF8.self)
      } else {
        let first = index
        while let byte = current, !ends(byte) {
          guard byte != UInt8(ascii: "\"") else { throw Mistake(line: line, detail: "has a quote inside a bare field") }
          index += 1
        }
        field = String(validating: bytes[first..<index], as: UTF8.self)
      }
      guard let field else { throw Mistake(line: start, detail: "is not UTF-8") }
      return field
    }

    /// After the opening quote, up to and over the closing one.
    private mutating func quoted(_ text: inout [UInt8], from start: Int) throws(Mistake) {
      while let byte = current {
        index += 1
        if byte == UInt8(ascii: "\n") { line += 1 }
        if byte != UInt8(ascii: "\"") {
          text.append(byte)
        } else if current == UInt8(ascii: "\"") {
          text.append(byte)
          index += 1
        } else {
          guard current.map(ends) ?? true else { throw Mistake(line: line, detail: "goes on after a closing quote") }
          return
        }
      }
      throw Mistake(line: start, detail: "opens a quote that is never closed")
    }
  }
}
