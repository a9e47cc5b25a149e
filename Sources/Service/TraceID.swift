import HTTP

/// By which a request is found again in the logs of all programs that it went through: the `trace-id` of a
/// `traceparent` (W3C Trace Context, section 3.2), 32 lower-case hexadecimal digits.
struct TraceID: Sendable, Equatable, CustomStringConvertible {
  let description: String

  /// - Returns: nil when the request carries no `traceparent`, several, or one that is not valid; as the specification
  ///   demands, that one then counts as absent.
  init?(of request: Request) {
    let fields = request.headers.all("traceparent")
    guard fields.count == 1 else { return nil }
    self.init(traceparent: fields[0])
  }

  /// `version "-" trace-id "-" parent-id "-" flags`. Versions above 00 may go on after another dash; ff is none.
  init?(traceparent: String) {
    let bytes = Array(traceparent.utf8)
    let dash = UInt8(ascii: "-")
    guard bytes.count >= 55, [2, 35, 52].allSatisfy({ bytes[$0] == dash }) else { return nil }
    let fields = [bytes[0..<2], bytes[3..<35], bytes[36..<52], bytes[53..<55]]
    guard fields.allSatisfy({ $0.allSatisfy(Self.isHexadecimal) }) else { return nil }
    let (version, traceID, parentID) = (fields[0], fields[1], fields[2])
    guard !version.elementsEqual("ff".utf8), bytes.count == 55 || !version.elementsEqual("00".utf8) && bytes[55] == dash
    else { return nil }
    // All zeroes mean none.
    guard ![traceID, parentID].contains(where: { $0.allSatisfy { $0 == UInt8(ascii: "0") } }) else { return nil }
    description = String(decoding: traceID, as: UTF8.self)
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
