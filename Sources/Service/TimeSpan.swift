import HTTP
import Ledger
import Postgres

/// An end of a ``TimeSpan``: whole days in the organisation's zone, or an instant.
enum TimeBound: Equatable, Sendable {
  /// One day, or all days of a month: which of them counts depends on the end.
  case days(ClosedRange<Day>)
  case instant(Timestamp)

  /// Reads `2026-11-22`, `2026-11` or `2026-11-22T09:30:00Z`.
  /// - Returns: nil for what is neither a date, a month nor a time.
  init?(_ text: String) {
    if let day = RFC3339.day(text) {
      self = .days(day...day)
    } else if let month = RFC3339.month(text) {
      self = .days(month)
    } else if let instant = RFC3339.timestamp(text) {
      self = .instant(instant)
    } else {
      return nil
    }
  }

  fileprivate var days: ClosedRange<Day>? { if case .days(let days) = self { days } else { nil } }
  fileprivate var instant: Timestamp? { if case .instant(let instant) = self { instant } else { nil } }
}

extension JSONType where Value == TimeBound {
  static let timeBound = JSONType<String>.text(1...40).converted(
    JSONSchema(
      .either([
        JSONSchema(.string(format: "date")), JSONSchema(.string(pattern: "(?!0000)[0-9]{4}-(0[1-9]|1[0-2])")),
        JSONSchema(.string(format: "date-time")),
      ]), example: "2026-11-22"),
    harmless: .instant(Timestamp(microseconds: 0)),
    else: "is a date like 2026-11-22, a month like 2026-11 or a time like 2026-11-22T09:30:00Z"
  ) { TimeBound($0) }
}

/// What a read asks for of time, open where an end is nil. Of days both ends are included; of instants the last is not.
struct TimeSpan: Sendable {
  let from: TimeBound?
  let to: TimeBound?

  /// Whether it ends before it begins; nil where that depends on when a day begins in the organisation's zone.
  var isBackwards: Bool? {
    guard let from, let to else { return false }
    return switch (from, to) {
    case (.days(let from), .days(let to)): from.lowerBound > to.upperBound
    case (.instant(let from), .instant(let to)): from > to
    default: nil
    }
  }

  /// Four parameters, in the order in which every statement that takes a span has them: the first and the last day, which
  /// `day_start` makes instants of, and the first and the last instant.
  func write(to parameters: inout Parameters) {
    parameters.date(from?.days?.lowerBound.number)
    parameters.date(to?.days?.upperBound.number)
    parameters.timestamp(from?.instant?.microseconds)
    parameters.timestamp(to?.instant?.microseconds)
  }
}

extension Exchange {
  /// What the request asks for of time.
  /// - Throws: 400 `invalid_parameter`, also where it ends before it begins.
  func span(
    _ from: QueryParameter<TimeBound?> = CommonQuery.from, _ to: QueryParameter<TimeBound?> = CommonQuery.to
  ) async throws -> TimeSpan {
    let span = TimeSpan(from: try self[from], to: try self[to])
    var isBackwards = span.isBackwards
    if isBackwards == nil {
      let rows = try await worker.pool.query(
        Self.isSpanBackwards,
        Parameters {
          $0.int32(caller.organization)
          span.write(to: &$0)
        }, isIdempotent: true)
      isBackwards = try rows.first?.bool(0)
    }
    if isBackwards == true { throw Problem.invalidParameter(from.name, "is after `\(to.name)`") }
    return span
  }

  private static let isSpanBackwards = SQL.statement("is_span_backwards")
}
