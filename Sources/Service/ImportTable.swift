import Ledger
import Text

/// A table with named columns, read whole and checked before anything is recorded. Cells come without outer white space; rows of
/// empty cells, and columns without a name and a value, are passed over.
struct ImportTable {
  struct Row {
    fileprivate let record: CSV.Record
    fileprivate let columns: [String: Int]

    var line: Int { record.line }

    /// The cell, or an empty text where there is no such column.
    subscript(column: String) -> String { columns[column].map { record[$0].normalized } ?? "" }
  }

  /// They are read from the file's bytes each time: texts of a whole file take many times its size.
  struct Rows: RandomAccessCollection {
    fileprivate let records: CSV.Records
    fileprivate let columns: [String: Int]
    /// Those with something in them.
    fileprivate var places: [Int32] = []

    var startIndex: Int { 0 }
    var endIndex: Int { places.count }
    subscript(position: Int) -> Row { Row(record: records[Int(places[position])], columns: columns) }
  }

  let rows: Rows
  let columns: Set<String>
  /// Headers that were passed over.
  let ignored: [String]

  /// - Parameters:
  ///   - others: what another system calls the columns.
  ///   - spellings: other ways to write our own names.
  ///   - hint: what to say besides where columns are not known, by the header.
  /// - Throws: for what is no CSV, a missing column, or one that is not known.
  init(
    _ bytes: [UInt8], required: [String], optional: [String], _ reading: ImportColumns = ImportColumns(),
    others: [(header: String, column: String)] = [], spellings: [(header: String, column: String)] = [],
    hint: ([String]) -> String? = { _ in nil }
  ) throws(ImportError) {
    let csv: CSV
    do throws(CSV.Mistake) {
      csv = try CSV(reading.encoding.decoded(bytes))
    } catch {
      let hint =
        error.detail == "is not UTF-8"
        ? "; where a spreadsheet saved it as plain CSV, --encoding windows-1252 may read it" : ""
      throw ImportError(mistakes: [ImportError.Mistake(line: error.line, detail: error.detail + hint)])
    }
    var mistakes = ImportMistakes()
    if let first = csv.records.first, Self.filledCount(csv.header) == 1, Self.filledCount(first.fields) > 1 {
      mistakes.note(1, "has one column, the line below more: where a title stands above the header, take it away")
      try mistakes.check()
    }
    let places = reading.places(
      of: csv.header, known: required + optional, others, spellings, &mistakes, line: 1)
    for column in required where places.index[column] == nil {
      mistakes.note(1, "the column \"\(column)\" is missing")
    }
    if !mistakes.list.isEmpty, let hint = hint(csv.header) { mistakes.note(1, hint) }
    try mistakes.check()
    var rows = Rows(records: csv.records, columns: places.index)
    for (place, record) in zip(Int32(0)..., csv.records) where !Self.isBlank(record, 0..<record.count) {
      rows.places.append(place)
      if record.count < csv.header.count || !Self.isBlank(record, csv.header.count..<record.count) {
        let mistake = csv.mistake(record)
        mistakes.note(mistake.line, mistake.detail)
      }
      for position in places.nameless {
        let cell = record[position].normalized
        if !cell.isEmpty { mistakes.note(record.line, "has \"\(cell)\" in a column without a name") }
      }
    }
    try mistakes.check()
    self.rows = rows
    columns = Set(places.index.keys)
    ignored = places.ignored
  }

  private static func filledCount(_ fields: [String]) -> Int { fields.count { !$0.normalized.isEmpty } }

  private static func isBlank(_ record: CSV.Record, _ fields: Range<Int>) -> Bool {
    fields.allSatisfy { record[$0].unicodeScalars.allSatisfy(\.properties.isWhitespace) }
  }
}
