extension Row {
  public func isNull(_ column: Int) throws(PostgresError) -> Bool {
    try cell(column) { (_, _) throws(PostgresError) in true } == nil
  }

  public func bool(_ column: Int) throws(PostgresError) -> Bool { try required(column, boolOrNull(column)) }
  public func boolOrNull(_ column: Int) throws(PostgresError) -> Bool? {
    try cell(column) { (type, bytes) throws(PostgresError) in
      guard type == .bool else { throw mismatch(column, "bool") }
      return bytes[0] != 0
    }
  }

  public func int16(_ column: Int) throws(PostgresError) -> Int16 { try required(column, int16OrNull(column)) }
  public func int16OrNull(_ column: Int) throws(PostgresError) -> Int16? {
    try cell(column) { (type, bytes) throws(PostgresError) in
      guard type == .int2 else { throw mismatch(column, "int2") }
      return bytes.integer()
    }
  }

  /// Reads int2 and int4.
  public func int32(_ column: Int) throws(PostgresError) -> Int32 { try required(column, int32OrNull(column)) }
  public func int32OrNull(_ column: Int) throws(PostgresError) -> Int32? {
    try cell(column) { (type, bytes) throws(PostgresError) in
      switch type {
      case .int4: bytes.integer()
      case .int2: Int32(bytes.integer() as Int16)
      default: throw mismatch(column, "int4")
      }
    }
  }

  /// Reads int2, int4 and int8.
  public func int64(_ column: Int) throws(PostgresError) -> Int64 { try required(column, int64OrNull(column)) }
  public func int64OrNull(_ column: Int) throws(PostgresError) -> Int64? {
    try cell(column) { (type, bytes) throws(PostgresError) in
      switch type {
      case .int8: bytes.integer()
      case .int4: Int64(bytes.integer() as Int32)
      case .int2: Int64(bytes.integer() as Int16)
      default: throw mismatch(column, "int8")
      }
    }
  }

  /// Reads text, json and jsonb.
  public func text(_ column: Int) throws(PostgresError) -> String { try required(column, textOrNull(column)) }
  public func textOrNull(_ column: Int) throws(PostgresError) -> String? {
    try cell(column) { (type, bytes) throws(PostgresError) in
      String(decoding: try content(column, type, bytes), as: UTF8.self)
    }
  }

  /// Reads bytea, and the UTF-8 of text, json and jsonb.
  public func bytes(_ column: Int) throws(PostgresError) -> [UInt8] { try required(column, bytesOrNull(column)) }
  public func bytesOrNull(_ column: Int) throws(PostgresError) -> [UInt8]? {
    try cell(column) { (type, bytes) throws(PostgresError) in
      type == .bytea ? Array(bytes) : Array(try content(column, type, bytes))
    }
  }

  /// Lends what ``bytesOrNull(_:)`` would copy, for as long as `body` runs; does not call it for NULL.
  public func withBytes<T>(
    _ column: Int, _ body: (UnsafeRawBufferPointer) -> T
  ) throws(PostgresError) -> T? {
    try cell(column) { (type, bytes) throws(PostgresError) in
      body(type == .bytea ? bytes : try content(column, type, bytes))
    }
  }

  /// The first of the UUID's sixteen bytes is the most significant.
  public func uuid(_ column: Int) throws(PostgresError) -> UInt128 { try required(column, uuidOrNull(column)) }
  public func uuidOrNull(_ column: Int) throws(PostgresError) -> UInt128? {
    try cell(column) { (type, bytes) throws(PostgresError) in
      guard type == .uuid else { throw mismatch(column, "uuid") }
      return bytes.integer()
    }
  }

  /// Microseconds since 1970-01-01T00:00:00Z. `infinity` and `-infinity` are `Int64.max` and `.min`.
  public func timestamp(_ column: Int) throws(PostgresError) -> Int64 { try required(column, timestampOrNull(column)) }
  public func timestampOrNull(_ column: Int) throws(PostgresError) -> Int64? {
    try cell(column) { (type, bytes) throws(PostgresError) in
      guard type == .timestamptz else { throw mismatch(column, "timestamptz") }
      let value: Int64 = bytes.integer()
      if value == .max || value == .min { return value }
      let (shifted, overflows) = value.addingReportingOverflow(PGEpoch.microseconds)
      // PostgreSQL's last years, from 294247 on, do not fit.
      guard !overflows else { throw mismatch(column, "within 64 bits of microseconds since 1970") }
      return shifted
    }
  }

  /// Days since 1970-01-01. `infinity` and `-infinity` are `Int32.max` and `.min`.
  public func date(_ column: Int) throws(PostgresError) -> Int32 { try required(column, dateOrNull(column)) }
  public func dateOrNull(_ column: Int) throws(PostgresError) -> Int32? {
    try cell(column) { (type, bytes) throws(PostgresError) in
      guard type == .date else { throw mismatch(column, "date") }
      let value: Int32 = bytes.integer()
      // A finite date is at most 2^31 − 2,451,547 days from 2000 (`datatype/timestamp.h`), so the sum fits.
      return value == .max || value == .min ? value : value + PGEpoch.days
    }
  }

  // MARK: Arrays

  /// A one-dimensional int8 array; a NULL in it is an error.
  public func int64s(_ column: Int) throws(PostgresError) -> [Int64] { try required(column, int64sOrNull(column)) }
  public func int64sOrNull(_ column: Int) throws(PostgresError) -> [Int64]? {
    try elements(column, .int8Array) { $0.integer() }
  }

  /// A one-dimensional uuid array; a NULL in it is an error.
  public func uuids(_ column: Int) throws(PostgresError) -> [UInt128] { try required(column, uuidsOrNull(column)) }
  public func uuidsOrNull(_ column: Int) throws(PostgresError) -> [UInt128]? {
    try elements(column, .uuidArray) { $0.integer() }
  }

  /// A one-dimensional text array; a NULL in it is an error.
  public func texts(_ column: Int) throws(PostgresError) -> [String] { try required(column, textsOrNull(column)) }
  public func textsOrNull(_ column: Int) throws(PostgresError) -> [String]? {
    try elements(column, .textArray) { String(decoding: $0, as: UTF8.self) }
  }

  private func elements<T>(
    _ column: Int, _ wanted: PGType, _ read: (UnsafeRawBufferPointer) -> T
  ) throws(PostgresError) -> [T]? {
    try cell(column) { (type, bytes) throws(PostgresError) in
      guard type == wanted else { throw mismatch(column, "\(wanted)") }
      let dimensions: Int32 = bytes.integer()
      if dimensions == 0 { return [] }
      guard dimensions == 1 else { throw mismatch(column, "one-dimensional") }
      let count = Int(bytes.integer(at: 12) as Int32)
      var values: [T] = []
      values.reserveCapacity(count)
      var offset = 20
      for _ in 0..<count {
        let length = Int(bytes.integer(at: offset) as Int32)
        guard length >= 0 else { throw mismatch(column, "free of NULLs") }
        values.append(read(UnsafeRawBufferPointer(rebasing: bytes[(offset + 4)..<(offset + 4 + length)])))
        offset += 4 + length
      }
      return values
    }
  }

  private func content(
    _ column: Int, _ type: PGType, _ bytes: UnsafeRawBufferPointer
  ) throws(PostgresError) -> UnsafeRawBufferPointer {
    switch type {
    case .text, .json: return bytes
    // The leading byte is jsonb's format version.
    case .jsonb: return UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    default: throw mismatch(column, "text")
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The big-endian integer at `offset`. The server's binary formats have fixed widths, so it lies within the value.
  @inline(__always)
  fileprivate func integer<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int = 0) -> T {
    T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }
}
