/// The PostgreSQL types that parameters and results may have; the raw value is the type's OID, fixed for built-in types
/// (`pg_type.dat` of PostgreSQL).
public enum PGType: UInt32, Sendable {
  case bool = 16
  case bytea = 17
  case int8 = 20
  case int2 = 21
  case int4 = 23
  case text = 25
  case json = 114
  case date = 1082
  case timestamptz = 1184
  case uuid = 2950
  case jsonb = 3802

  case boolArray = 1000
  case byteaArray = 1001
  case int2Array = 1005
  case int4Array = 1007
  case textArray = 1009
  case int8Array = 1016
  case dateArray = 1182
  case timestamptzArray = 1185
  case jsonArray = 199
  case uuidArray = 2951
  case jsonbArray = 3807

  /// The array type of this element type; nil for an array.
  var array: PGType? {
    switch self {
    case .bool: .boolArray
    case .bytea: .byteaArray
    case .int8: .int8Array
    case .int2: .int2Array
    case .int4: .int4Array
    case .text: .textArray
    case .json: .jsonArray
    case .date: .dateArray
    case .timestamptz: .timestamptzArray
    case .uuid: .uuidArray
    case .jsonb: .jsonbArray
    case .boolArray, .byteaArray, .int8Array, .int2Array, .int4Array, .textArray, .jsonArray, .dateArray,
      .timestamptzArray, .uuidArray, .jsonbArray:
      nil
    }
  }
}

/// PostgreSQL counts microseconds and days from 2000-01-01, this program from 1970-01-01.
enum PGEpoch {
  static let microseconds: Int64 = 946_684_800_000_000
  static let days: Int32 = 10_957
}
