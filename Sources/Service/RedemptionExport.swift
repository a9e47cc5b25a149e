import HTTP
import Ledger
import Postgres

/// The redemption ledger: one line for each change of a redemption, in the order of the log. Read page by page, so it takes the
/// same memory for a day and for a decade.
struct RedemptionExport: Sendable {
  enum Format: String, Sendable, CaseIterable {
    case csv, ndjson

    var mediaType: String {
      switch self {
      case .csv: "text/csv; charset=utf-8; header=present"
      case .ndjson: "application/x-ndjson"
      }
    }
  }

  static let columns = [
    "position", "recorded_at", "period", "redemption_id", "event", "person_id", "person_handle", "person_name",
    "department",
    "cost_centre", "reward_sku", "reward_name", "quantity", "points", "unit_cost", "total_cost", "currency", "taxable",
    "budget_sources", "entry_hash", "taxable_points", "decided_by", "reason",
  ]

  private static let pageCount: Int32 = 1_000

  let format: Format
  private let dialect: CSVDialect
  /// It ends here, whatever is recorded meanwhile.
  let position: Int64
  /// Of the entry at that position: what the lines can be held against later.
  let headHash: Digest
  private let organization: Int32
  private let from: Int64
  private let to: Int64

  static func boundsQuery(_ organization: Int32, _ span: TimeSpan) -> (Statement, Parameters) {
    (
      bounds,
      Parameters {
        $0.int32(organization)
        span.write(to: &$0)
      }
    )
  }

  /// - Parameters:
  ///   - dialect: of CSV; nothing to other formats.
  ///   - bounds: the answer to ``boundsQuery(_:_:)``.
  init(_ organization: Int32, _ format: Format, _ dialect: CSVDialect, bounds: Row) throws(PostgresError) {
    self.organization = organization
    self.format = format
    self.dialect = dialect
    from = try bounds.timestamp(0)
    to = try bounds.timestamp(1)
    position = try bounds.int64(2)
    headHash = try bounds.digest(3)
  }

  /// Whether it ends before it begins.
  var isBackwards: Bool { from > to }

  /// What comes before the first page.
  var head: [UInt8] { format == .csv ? dialect.header(Self.columns) : [] }

  func pageQuery(after position: Int64) -> (Statement, Parameters) {
    (
      Self.page,
      Parameters {
        $0.int32(organization)
        $0.int64(position)
        $0.int64(self.position)
        $0.timestamp(from)
        $0.timestamp(to)
        $0.int32(Self.pageCount)
      }
    )
  }

  /// - Parameter rows: the answer to ``pageQuery(after:)``.
  /// - Returns: the page's bytes, and the position that the next one comes after; nil after the last.
  func page(_ rows: Rows) throws(PostgresError) -> (bytes: [UInt8], next: Int64?) {
    var bytes: [UInt8] = []
    var last: Int64 = 0
    for row in rows {
      let line = try Line(row)
      last = line.position
      switch format {
      case .csv: bytes += dialect.line(line.cells.map { $0.csv(dialect) })
      case .ndjson:
        var json = JSONWriter(appendingTo: bytes)
        json.object { json in
          for (column, cell) in zip(Self.columns, line.cells) { json.member(named: column) { cell.write(to: &$0) } }
          json.member("sources", line.sources)
        }
        bytes = json.bytes + [UInt8(ascii: "\n")]
      }
    }
    return (bytes, rows.count < Self.pageCount ? nil : last)
  }

  private struct Line {
    let position: Int64
    let cells: [Cell]
    /// What paid, in parts.
    let sources: [SourcePart]

    init(_ row: Row) throws(PostgresError) {
      position = try row.int64(0)
      let quantity = try row.int32(12)
      let sign = Int64(try row.int32(13))
      let cost = Money(tenThousandths: try row.int64(15), currency: try row.text(16))
      sources = try BookReading.sourceParts(row, from: 18)
      cells = [
        .number("\(position)"),
        .time(utc: RFC3339.text(Timestamp(microseconds: try row.timestamp(1))), local: try row.text(26)),
        .plain(try row.text(2)), .plain(ID(rawValue: try row.uuid(3)).description), .plain(try row.text(4)),
        .plain(ID(rawValue: try row.uuid(5)).description), .text(try row.textOrNull(6)), .text(try row.textOrNull(7)),
        .text(try row.textOrNull(8)), .text(try row.textOrNull(9)), .text(try row.text(10)), .text(try row.text(11)),
        .number("\(quantity)"), .number("\(sign * (try row.int64(14)))"), .money(cost.amount),
        .money((cost * sign * Int64(quantity)).amount), .plain(cost.currency), .bool(try row.bool(17)),
        .text(sources.text), .hash(hexadecimal(try row.bytes(23))), .number("\(sign * sources.taxablePoints)"),
        .text(try row.textOrNull(24)), .text(try row.textOrNull(25)),
      ]
    }
  }

  private enum Cell {
    case number(String)
    /// A decimal: a number in CSV, a string in JSON, so that nothing makes a float of it.
    case money(String)
    case bool(Bool)
    case time(utc: String, local: String)
    /// Words of ours that are read as they are: ids, months, codes.
    case plain(String)
    /// Digits and letters by chance, so that it may look like a number.
    case hash(String)
    /// Words of others.
    case text(String?)

    func csv(_ dialect: CSVDialect) -> String {
      switch self {
      case .number(let text), .plain(let text): text
      case .money(let text): dialect.decimal(text)
      case .bool(let value): "\(value)"
      case .time(let utc, let local): dialect.time(utc: utc, local: local)
      case .hash(let text): dialect.text(text)
      case .text(let text): dialect.text(text ?? "")
      }
    }

    func write(to json: inout JSONWriter) {
      switch self {
      case .number(let text): json.raw(text)
      case .money(let text), .time(let text, _), .plain(let text), .hash(let text): json.string(text)
      case .bool(let value): json.bool(value)
      case .text(let text): if let text { json.string(text) } else { json.null() }
      }
    }
  }

  private static let bounds = SQL.statement("export_bounds")
  private static let page = SQL.statement("export_redemptions", .long)
}

extension JSONWriter {
  fileprivate mutating func member(_ name: StaticString, _ sources: [SourcePart]) {
    member(name) { json in
      json.array { json in
        for part in sources {
          json.object { json in
            json.member("kind", part.source.kind.rawValue)
            json.member("id", part.source.id?.description)
            json.member("name", part.source.name)
            json.member("taxable", part.source.isTaxable)
            json.member("points", part.points)
          }
        }
      }
    }
  }
}
