import CLibPQ

/// A statement's result. It owns what libpq received and outlives the connection.
public struct Rows: RandomAccessCollection, Sendable {
  let result: ResultBox

  init(_ result: ResultBox) { self.result = result }

  public var startIndex: Int { 0 }
  public var endIndex: Int { result.rowCount }
  public subscript(position: Int) -> Row {
    precondition(position >= 0 && position < result.rowCount, "row \(position) of \(result.rowCount)")
    return Row(result: result, index: Int32(position))
  }

  /// How many rows the statement inserted, updated, deleted, selected or copied.
  public var affected: Int { result.affected }
}

/// One row of a result. Columns count from 0. Each read checks the column's type and says in its error which column
/// failed; the `…OrNull` variants turn NULL into nil, the others into an error.
public struct Row: Sendable {
  let result: ResultBox
  let index: Int32
}

/// Owns a `PGresult`, which nothing changes once it has been received; hence `@unchecked Sendable` holds.
final class ResultBox: @unchecked Sendable {
  let pointer: OpaquePointer
  let rowCount: Int

  init(_ pointer: OpaquePointer) {
    self.pointer = pointer
    rowCount = Int(PQntuples(pointer))
  }

  deinit { PQclear(pointer) }

  var affected: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }
  var commandTag: String { String(cString: PQcmdStatus(pointer)) }
}

extension Row {
  /// Calls `read` with a column's type and bytes, or answers nil for NULL.
  @inline(__always)
  func cell<T>(
    _ column: Int, _ read: (PGType, UnsafeRawBufferPointer) throws(PostgresError) -> T
  ) throws(PostgresError) -> T? {
    // The bytes live as long as the result does, which the optimiser must not end early.
    defer { withExtendedLifetime(result) {} }
    let column = Int32(truncatingIfNeeded: column)
    guard let type = PGType(rawValue: PQftype(result.pointer, column)) else {
      throw mismatch(Int(column), "readable")
    }
    if PQgetisnull(result.pointer, index, column) == 1 { return nil }
    let length = Int(PQgetlength(result.pointer, index, column))
    return try read(type, UnsafeRawBufferPointer(start: PQgetvalue(result.pointer, index, column), count: length))
  }

  @inline(__always)
  func required<T>(_ column: Int, _ value: T?) throws(PostgresError) -> T {
    guard let value else { throw PostgresError(.misuse, "\(describe(column)) is NULL") }
    return value
  }

  func mismatch(_ column: Int, _ wanted: String) -> PostgresError {
    PostgresError(.misuse, "\(describe(column)) is not \(wanted)")
  }

  private func describe(_ column: Int) -> String {
    guard column >= 0, column < Int(PQnfields(result.pointer)) else {
      return "column \(column) of \(PQnfields(result.pointer))"
    }
    let oid = PQftype(result.pointer, Int32(column))
    let type = PGType(rawValue: oid).map { "\($0)" } ?? "a type with OID \(oid)"
    return "column \(column) (\(String(cString: PQfname(result.pointer, Int32(column)))), \(type))"
  }
}
