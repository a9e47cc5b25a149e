import Ledger

/// Clocks that disagree. What is recorded under one that leapt cannot be taken back: allowances wait for its year, points run out.
/// So whoever writes waits until they agree again, or the operator says that they do.
enum ClockLeap {
  /// Far more than clocks that are kept differ by, far less than a day.
  static let apartMax: Int64 = 15 * 60 * 1_000_000

  /// - Parameters:
  ///   - process: what this process's clock says.
  ///   - database: what PostgreSQL's clock said just before.
  ///   - head: when the last entry was recorded; nil before the first. One that is old says nothing.
  static func refusal(process: Timestamp = .now, database: Timestamp, head: Timestamp?) -> Refusal? {
    let apart = abs(process.microseconds - database.microseconds)
    let ahead = (head ?? database).microseconds - database.microseconds
    guard max(apart, ahead) > apartMax else { return nil }
    let last = head.map { ", and the last entry is of \(RFC3339.text($0))" } ?? ""
    return Refusal(
      .clockLeapt,
      "PostgreSQL's clock says \(RFC3339.text(database)), this server's \(RFC3339.text(process))\(last). Nothing is "
        + "recorded until they agree, or the operator says that they are right: --accept-clock.")
  }
}
