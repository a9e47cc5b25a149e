/// Comma-separated values as RFC 4180 has them; lines may end in LF alone, and a byte order mark is passed over.
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

  /// - Throws: where the text is no CSV, is not UTF-8, or has a record with more or fewer fields than its header.
  init(_ bytes: [UInt8]) throws(Mistake) {
    var reader = Reader(bytes: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...])
    guard let first = try reader.next() else { throw Mistake(line: 1, detail: "the file is empty") }
    header = first.fields
    var records: [Record] = []
    while let record = try reader.next() {
      if record.fields == [""] { continue }
      guard record.fields.count == header.count else {
        throw Mistake(line: record.line, detail: "has \(record.fields.count) fields, the header \(header.count)")
      }
      records.append(record)
    }
    self.records = records
  }

  private struct Reader {
    let bytes: ArraySlice<UInt8>
    var index: Int
    var line = 1

    init(bytes: ArraySlice<UInt8>) {
      self.bytes = bytes
      index = bytes.startIndex
    }

    private var current: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    mutating func next() throws(Mistake) -> Record? {
      guard current != nil else { return nil }
      let start = line
      var fields: [String] = []
      while true {
        fields.append(try field())
        guard current == UInt8(ascii: ",") else { break }
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

    private mutating func field() throws(Mistake) -> String {
      let start = line
      var text: [UInt8] = []
      if current == UInt8(ascii: "\"") {
        index += 1
        try quoted(&text, from: start)
      } else {
        while let byte = current, !",\r\n".utf8.contains(byte) {
          guard byte != UInt8(ascii: "\"") else { throw Mistake(line: line, detail: "has a quote inside a bare field") }
          text.append(byte)
          index += 1
        }
      }
      guard let field = String(validating: text, as: UTF8.self) else {
        throw Mistake(line: start, detail: "is not UTF-8")
      }
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
          guard current.map({ ",\r\n".utf8.contains($0) }) ?? true else {
            throw Mistake(line: line, detail: "goes on after a closing quote")
          }
          return
        }
      }
      throw Mistake(line: start, detail: "opens a quote that is never closed")
    }
  }
}

extension CSV {
  /// One field, quoted where it must be.
  static func field(_ text: String) -> String {
    text.utf8.contains { ",\"\r\n".utf8.contains($0) }
      ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
  }
}
