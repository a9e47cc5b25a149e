import Ledger
import Text

/// A table with named columns, read whole and checked before anything is recorded. Cells come without outer white space; rows of
/// empty cells, and columns without a name and a value, are passed over.
struct ImportTable {
  struct Row {
    let line: Int
    private let fields: [String]
    private let columns: [String: Int]

    init(_ record: CSV.Record, _ columns: [String: Int]) {
      line = record.line
      fields = record.fields.map(\.normalized)
      self.columns = columns
    }

    /// The cell, or an empty text where there is no such column.
    subscript(column: String) -> String {
      columns[column].map { $0 < fields.count ? fields[$0] : "" } ?? ""
    }
  }

  let rows: [Row]
  let columns: Set<String>
  /// Headers that were passed over.
  let ignored: [String]

  /// - Parameters:
  ///   - others: what another system calls the columns.
  ///   - spellings: other ways to write our own names.
  /// - Throws: for what is no CSV, a missing column, or one that is not known.
  init(
    _ bytes: [UInt8], required: [String], optional: [String], _ reading: ImportColumns = ImportColumns(),
    others: [(header: String, column: String)] = [], spellings: [(header: String, column: String)] = []
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
    let places = reading.places(
      of: csv.header, known: required + optional, others, spellings, &mistakes, line: 1)
    for column in required where places.index[column] == nil {
      mistakes.note(1, "the column \"\(column)\" is missing")
    }
    try mistakes.check()
    for record in csv.ragged where !Self.isBlank(record.fields) {
      if record.fields.count < csv.header.count || !Self.isBlank(record.fields[csv.header.count...]) {
        let mistake = csv.mistake(record)
        mistakes.note(mistake.line, mistake.detail)
      }
    }
    let records = csv.ragged.isEmpty ? csv.records : (csv.records + csv.ragged).sorted { $0.line < $1.line }
    var rows: [Row] = []
    rows.reserveCapacity(records.count)
    for record in records where !Self.isBlank(record.fields) {
      for position in places.nameless where position < record.fields.count {
        let cell = record.fields[position].normalized
        if !cell.isEmpty { mistakes.note(record.line, "has \"\(cell)\" in a column without a name") }
      }
      rows.append(Row(record, places.index))
    }
    try mistakes.check()
    self.rows = rows
    columns = Set(places.index.keys)
    ignored = places.ignored
  }

  private static func isBlank(_ fields: some Sequence<String>) -> Bool {
    fields.allSatisfy { $0.unicodeScalars.allSatisfy(\.properties.isWhitespace) }
  }
}
