/// Comma-separated values as RFC 4180 has them, and as spreadsheets write them: lines may end in LF alone, a byte order mark is
/// passed over, and where the header is parted by semicolons or tabs, or a first line `sep=;` says so, that is the separator.
///
/// It holds the bytes, and where its records begin; their texts are made when somebody reads them.
struct CSV {
  struct Record {
    /// Of its first character; the file's first line is 1.
    let line: Int
    fileprivate let cells: [Cell]
    fileprivate let bytes: ArraySlice<UInt8>

    var count: Int { cells.count }

    /// What stands in a field, or nothing where the record has fewer.
    subscript(field: Int) -> String { cells.indices.contains(field) ? cells[field].text(in: bytes) : "" }

    var fields: [String] { cells.map { $0.text(in: bytes) } }
  }

  struct Mistake: Error, Equatable {
    let line: Int
    let detail: String
  }

  /// All but those of empty lines.
  struct Records: RandomAccessCollection {
    fileprivate let reader: Reader
    fileprivate var places: [Place] = []

    var startIndex: Int { 0 }
    var endIndex: Int { places.count }

    subscript(position: Int) -> Record {
      var reader = reader
      (reader.index, reader.line) = (places[position].start, places[position].line)
      guard let record = try? reader.next() else { preconditionFailure("it was read before") }
      return record
    }
  }

  let header: [String]
  let records: Records

  /// - Throws: where the text is no CSV, or is not UTF-8.
  init(_ bytes: [UInt8]) throws(Mistake) {
    var reader = Reader(bytes: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...])
    reader.findSeparator()
    guard let first = try reader.next() else { throw Mistake(line: 1, detail: "the file is empty") }
    header = first.fields
    var records = Records(reader: reader)
    var place = reader.place
    while let record = try reader.next() {
      if record.count > 1 || record[0] != "" { records.places.append(place) }
      place = reader.place
    }
    self.records = records
  }

  /// What is to be said of a record that has more or fewer fields than the header.
  func mistake(_ record: Record) -> Mistake {
    Mistake(line: record.line, detail: "has \(record.count) fields, the header \(header.count)")
  }
}

/// Where a record begins.
private struct Place {
  let start: Int
  let line: Int
}

private struct Cell {
  var start: Int
  var end: Int
  /// Its quotes are written twice.
  var isEscaped = false

  func text(in bytes: ArraySlice<UInt8>) -> String {
    if !isEscaped { return String(decoding: bytes[start..<end], as: UTF8.self) }
    var text: [UInt8] = []
    var isSecond = false
    for byte in bytes[start..<end] {
      isSecond = byte == UInt8(ascii: "\"") && !isSecond
      if !isSecond { text.append(byte) }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

private struct Reader {
  let bytes: ArraySlice<UInt8>
  var index: Int
  var line = 1
  private var separator = UInt8(ascii: ",")

  init(bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  var place: Place { Place(start: index, line: line) }
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

  mutating func next() throws(CSV.Mistake) -> CSV.Record? {
    guard current != nil else { return nil }
    let start = line
    var cells: [Cell] = []
    while true {
      cells.append(try cell())
      guard current == separator else { break }
      index += 1
    }
    if current == UInt8(ascii: "\r") { index += 1 }
    if let byte = current {
      guard byte == UInt8(ascii: "\n") else { throw CSV.Mistake(line: line, detail: "has a stray carriage return") }
      index += 1
      line += 1
    }
    return CSV.Record(line: start, cells: cells, bytes: bytes)
  }

  private func ends(_ byte: UInt8) -> Bool {
    byte == separator || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
  }

  private mutating func cell() throws(CSV.Mistake) -> Cell {
    let start = line
    var cell = Cell(start: index, end: index)
    if current == UInt8(ascii: "\"") {
      index += 1
      cell.start = index
      try passQuoted(&cell, from: start)
    } else {
      while let byte = current, !ends(byte) {
        guard byte != UInt8(ascii: "\"") else {
          throw CSV.Mistake(line: line, detail: "has a quote inside a bare field")
        }
        index += 1
      }
      cell.end = index
    }
    // Most are ASCII.
    if bytes[cell.start..<cell.end].contains(where: { $0 >= 0x80 }),
      String(validating: bytes[cell.start..<cell.end], as: UTF8.self) == nil
    {
      throw CSV.Mistake(line: start, detail: "is not UTF-8")
    }
    return cell
  }

  /// After the opening quote, up to and over the closing one.
  private mutating func passQuoted(_ cell: inout Cell, from start: Int) throws(CSV.Mistake) {
    while let byte = current {
      index += 1
      if byte == UInt8(ascii: "\n") { line += 1 }
      if byte != UInt8(ascii: "\"") { continue }
      guard current == UInt8(ascii: "\"") else {
        cell.end = index - 1
        guard current.map(ends) ?? true else { throw CSV.Mistake(line: line, detail: "goes on after a closing quote") }
        return
      }
      cell.isEscaped = true
      index += 1
    }
    throw CSV.Mistake(line: start, detail: "opens a quote that is never closed")
  }
}
