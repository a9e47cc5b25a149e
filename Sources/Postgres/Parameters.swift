/// A statement's parameters in PostgreSQL's binary format, written one after the other into one buffer.
///
/// Each function appends the next parameter, `nil` being NULL. Their types must be those that the statement declares.
public struct Parameters: Sendable {
  struct Field: Sendable {
    let type: PGType
    /// In bytes; −1 is NULL.
    let length: Int32
  }

  private(set) var bytes: [UInt8] = []
  private(set) var fields: [Field] = []

  /// Half of what PostgreSQL takes in one message (`PQ_LARGE_MESSAGE_LIMIT`): more is refused before it is sent, and far below it
  /// every length and count fits its 32 bits.
  public static let bytesMax = 512 << 20

  public init() {}

  /// Fills new parameters in one expression: `Parameters { $0.uuid(id); $0.int64(limit) }`.
  public init(_ fill: (inout Parameters) -> Void) {
    fill(&self)
  }

  /// For a statement without parameters.
  public static let none = Parameters()

  public mutating func null(_ type: PGType) { fields.append(Field(type: type, length: -1)) }
  public mutating func bool(_ value: Bool?) { append(.bool, value) { $0.put($1 ? 1 as UInt8 : 0) } }
  public mutating func int16(_ value: Int16?) { append(.int2, value) { $0.put($1) } }
  public mutating func int32(_ value: Int32?) { append(.int4, value) { $0.put($1) } }
  public mutating func int64(_ value: Int64?) { append(.int8, value) { $0.put($1) } }
  /// PostgreSQL refuses text that holds U+0000 (SQLSTATE 22021).
  public mutating func text(_ value: String?) { append(.text, value) { $0.put($1.utf8) } }
  public mutating func bytes(_ value: [UInt8]?) { append(.bytea, value) { $0.put($1) } }
  /// The first of the UUID's sixteen bytes is the most significant.
  public mutating func uuid(_ value: UInt128?) { append(.uuid, value) { $0.put($1) } }
  /// Microseconds since 1970-01-01T00:00:00Z. `Int64.max` and `.min` are `infinity` and `-infinity`.
  public mutating func timestamp(_ value: Int64?) { append(.timestamptz, value) { $0.put(timestamp: $1) } }
  /// Days since 1970-01-01. `Int32.max` and `.min` are `infinity` and `-infinity`.
  public mutating func date(_ value: Int32?) { append(.date, value) { $0.put(date: $1) } }
  public mutating func json(_ value: String?) { append(.json, value) { $0.put($1.utf8) } }
  public mutating func jsonb(_ value: String?) { append(.jsonb, value) { $0.put(jsonb: $1) } }

  // MARK: Arrays, for `unnest` and `= ANY`

  public mutating func bools(_ values: [Bool]) { array(.bool, values) { $0.put($1 ? 1 as UInt8 : 0) } }
  public mutating func bools(_ values: [Bool?]) { array(.bool, values) { $0.put($1 ? 1 as UInt8 : 0) } }
  public mutating func int16s(_ values: [Int16]) { array(.int2, values) { $0.put($1) } }
  public mutating func int16s(_ values: [Int16?]) { array(.int2, values) { $0.put($1) } }
  public mutating func int32s(_ values: [Int32]) { array(.int4, values) { $0.put($1) } }
  public mutating func int32s(_ values: [Int32?]) { array(.int4, values) { $0.put($1) } }
  public mutating func int64s(_ values: [Int64]) { array(.int8, values) { $0.put($1) } }
  public mutating func int64s(_ values: [Int64?]) { array(.int8, values) { $0.put($1) } }
  public mutating func texts(_ values: [String]) { array(.text, values) { $0.put($1.utf8) } }
  public mutating func texts(_ values: [String?]) { array(.text, values) { $0.put($1.utf8) } }
  public mutating func bytesArray(_ values: [[UInt8]]) { array(.bytea, values) { $0.put($1) } }
  public mutating func bytesArray(_ values: [[UInt8]?]) { array(.bytea, values) { $0.put($1) } }
  public mutating func uuids(_ values: [UInt128]) { array(.uuid, values) { $0.put($1) } }
  public mutating func uuids(_ values: [UInt128?]) { array(.uuid, values) { $0.put($1) } }
  /// Microseconds since 1970-01-01T00:00:00Z each.
  public mutating func timestamps(_ values: [Int64]) { array(.timestamptz, values) { $0.put(timestamp: $1) } }
  public mutating func timestamps(_ values: [Int64?]) { array(.timestamptz, values) { $0.put(timestamp: $1) } }
  /// Days since 1970-01-01 each.
  public mutating func dates(_ values: [Int32]) { array(.date, values) { $0.put(date: $1) } }
  public mutating func dates(_ values: [Int32?]) { array(.date, values) { $0.put(date: $1) } }
  public mutating func jsonbs(_ values: [String]) { array(.jsonb, values) { $0.put(jsonb: $1) } }
  public mutating func jsonbs(_ values: [String?]) { array(.jsonb, values) { $0.put(jsonb: $1) } }

  // MARK: The format

  @inline(__always)
  private mutating func append<T>(_ type: PGType, _ value: T?, _ write: (inout [UInt8], T) -> Void) {
    guard let value else { return null(type) }
    let start = bytes.count
    write(&bytes, value)
    fields.append(Field(type: type, length: Int32(clamping: bytes.count - start)))
  }

  @inline(__always)
  private mutating func array<T>(_ element: PGType, _ values: [T], _ write: (inout [UInt8], T) -> Void) {
    array(element, values.lazy.map(Optional.some), write)
  }

  /// `array_recv` of PostgreSQL's `arrayfuncs.c`: dimensions, whether there are NULLs, element type, then for the one
  /// dimension its size and lower bound, then each element's length and bytes. An empty array has no dimension.
  @inline(__always)
  private mutating func array<T>(
    _ element: PGType, _ values: some Collection<T?>, _ write: (inout [UInt8], T) -> Void
  ) {
    let start = bytes.count
    let count = values.count
    bytes.put(count == 0 ? 0 : 1 as Int32)
    let flagIndex = bytes.count
    bytes.put(0 as Int32)
    bytes.put(element.rawValue)
    if count > 0 {
      bytes.put(Int32(clamping: count))
      bytes.put(1 as Int32)
    }
    for value in values {
      guard let value else {
        bytes[flagIndex + 3] = 1
        bytes.put(-1 as Int32)
        continue
      }
      let lengthIndex = bytes.count
      bytes.put(0 as Int32)
      write(&bytes, value)
      bytes.put(UInt32(clamping: bytes.count - lengthIndex - 4), at: lengthIndex)
    }
    // `array` is nil for array types alone, and every caller above names an element type.
    fields.append(Field(type: element.array!, length: Int32(clamping: bytes.count - start)))
  }
}

extension [UInt8] {
  @inline(__always)
  fileprivate mutating func put(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  @inline(__always)
  fileprivate mutating func put(_ value: some Sequence<UInt8>) { append(contentsOf: value) }

  fileprivate mutating func put(_ value: UInt32, at index: Int) {
    for byte in 0..<4 { self[index + byte] = UInt8(truncatingIfNeeded: value >> (24 - 8 * byte)) }
  }

  fileprivate mutating func put(timestamp value: Int64) {
    if value == .max || value == .min { return put(value) }
    let (shifted, overflows) = value.subtractingReportingOverflow(PGEpoch.microseconds)
    // What overflows lies some 290,000 years before PostgreSQL's first day; the server refuses the least finite value.
    put(overflows ? Int64.min + 1 : shifted)
  }

  fileprivate mutating func put(date value: Int32) {
    if value == .max || value == .min { return put(value) }
    let (shifted, overflows) = value.subtractingReportingOverflow(PGEpoch.days)
    put(overflows ? Int32.min + 1 : shifted)
  }

  /// The leading byte is jsonb's format version.
  fileprivate mutating func put(jsonb value: String) {
    append(1)
    append(contentsOf: value.utf8)
  }
}
