import Ledger
import Text

/// A file that cannot be imported: every mistake in it, by line. Nothing was recorded.
public struct ImportError: Error, Sendable, CustomStringConvertible {
  public struct Mistake: Sendable {
    public let line: Int
    public let detail: String
  }

  public let mistakes: [Mistake]
  private static let shownMax = 20

  /// One line a mistake, of the first few.
  public var description: String {
    let shown = mistakes.prefix(Self.shownMax).map { "line \($0.line): \($0.detail)" }
    let rest = mistakes.count > shown.count ? ["and \(mistakes.count - shown.count) more"] : []
    return (shown + rest).joined(separator: "\n")
  }
}

/// A table with named columns, read whole and checked before anything is recorded.
struct ImportTable {
  struct Row {
    let line: Int
    private let fields: [String]
    private let columns: [String: Int]

    init(_ record: CSV.Record, _ columns: [String: Int]) {
      line = record.line
      fields = record.fields
      self.columns = columns
    }

    /// The cell as texts are kept, or an empty text where there is no such column.
    subscript(column: String) -> String { columns[column].map { fields[$0].normalized } ?? "" }
  }

  let rows: [Row]
  let columns: Set<String>

  /// - Throws: for what is no CSV, a missing column, or one that is not known.
  init(_ bytes: [UInt8], required: [String], optional: [String]) throws(ImportError) {
    let csv: CSV
    do throws(CSV.Mistake) {
      csv = try CSV(bytes)
    } catch {
      throw ImportError(mistakes: [ImportError.Mistake(line: error.line, detail: error.detail)])
    }
    var index: [String: Int] = [:]
    var mistakes: [String] = []
    for (position, column) in csv.header.enumerated() {
      if !required.contains(column), !optional.contains(column) {
        mistakes.append("there is no column \"\(column)\" here")
      }
      if index.updateValue(position, forKey: column) != nil { mistakes.append("the column \"\(column)\" comes twice") }
    }
    mistakes += required.filter { index[$0] == nil }.map { "the column \"\($0)\" is missing" }
    guard mistakes.isEmpty else {
      throw ImportError(mistakes: mistakes.map { ImportError.Mistake(line: 1, detail: $0) })
    }
    columns = Set(index.keys)
    rows = csv.records.map { Row($0, index) }
  }
}

/// Collects what is wrong with a file.
struct ImportMistakes {
  private(set) var list: [ImportError.Mistake] = []

  mutating func note(_ line: Int, _ detail: String) { list.append(ImportError.Mistake(line: line, detail: detail)) }

  func check() throws(ImportError) {
    if !list.isEmpty { throw ImportError(mistakes: list) }
  }
}

/// Hands operations to the writer in batches, in order, and reports how far it got.
struct ImportRun {
  let organization: Int32
  let writer: LedgerWriter
  /// Gets the number done and the number in all.
  let progress: @Sendable (Int, Int) -> Void

  /// - Throws: a ``Refusal`` or a ``WriteFailure``; what came before it stays recorded, and importing again goes on from
  ///   there.
  func submit(_ operations: [Operation], each: (Decision) -> Void) async throws {
    var done = 0
    while done < operations.count {
      let batch = Array(operations[done...].prefix(Lane.batchCountMax))
      for answer in await writer.submit(batch, to: organization) {
        let decision = try answer.get().decision
        if case .refused(let refusal) = decision { throw refusal }
        each(decision)
      }
      done += batch.count
      progress(done, operations.count)
    }
  }
}
