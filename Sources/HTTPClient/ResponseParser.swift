/// Makes an answer of bytes as they arrive (RFC 9112). No I/O.
///
/// What could be read in two ways is refused: a length that is repeated or beside a coding, a coding other than `chunked`, a
/// bare line feed, folded lines, controls. An answer has to say where it ends, so that a broken connection is never taken
/// for an end.
struct ResponseParser {
  enum Event: Equatable {
    case head(AnswerHead)
    /// Never empty.
    case body([UInt8])
    /// With the fields after the last chunk.
    case end(trailers: Fields)
  }

  /// Of the head and of the trailers, each.
  static let fieldBytesMax = 65_536
  static let fieldCountMax = 200
  private static let interimCountMax = 10
  private static let chunkLineBytesMax = 1_024

  private enum State: Equatable {
    case head
    case sized(remaining: Int)
    case chunkSize
    case chunk(remaining: Int)
    case chunkEnd
    case trailers
    case done
  }

  private var bytes: [UInt8] = []
  private var start = 0
  private var state = State.head
  private var interimCount = 0
  /// The method of the request was HEAD: the answer has no body whatever it says.
  private let isHead: Bool

  init(isHead: Bool = false) { self.isHead = isHead }

  mutating func feed(_ more: [UInt8]) {
    // What was taken goes at each step: a long body must not be kept because its pieces end in the midst of a line.
    bytes.removeSubrange(..<start)
    start = 0
    bytes += more
  }

  /// - Returns: nil when more bytes are needed.
  mutating func next() throws(ConnectionError) -> Event? {
    while true {
      switch state {
      case .head:
        guard let lines = try lines(bytesMax: Self.fieldBytesMax) else { return nil }
        let head = try AnswerHead(lines)
        if (100..<200).contains(head.status) {
          interimCount += 1
          guard head.status != 101, interimCount <= Self.interimCountMax else {
            throw .malformed("an answer of status \(head.status) was not asked for")
          }
          continue
        }
        state = try body(of: head)
        return .head(head)
      case .sized(0):
        state = .done
        return .end(trailers: Fields())
      case .sized(let remaining):
        guard let piece = piece(remaining) else { return nil }
        state = .sized(remaining: remaining - piece.count)
        return .body(piece)
      case .chunkSize:
        guard let line = try line(bytesMax: Self.chunkLineBytesMax) else { return nil }
        let size = try Self.chunkSize(line)
        state = size == 0 ? .trailers : .chunk(remaining: size)
      case .chunk(let remaining):
        guard let piece = piece(remaining) else { return nil }
        state = piece.count == remaining ? .chunkEnd : .chunk(remaining: remaining - piece.count)
        return .body(piece)
      case .chunkEnd:
        guard let line = try line(bytesMax: 2) else { return nil }
        guard line.isEmpty else { throw .malformed("a chunk is longer than it says") }
        state = .chunkSize
      case .trailers:
        guard let lines = try lines(bytesMax: Self.fieldBytesMax) else { return nil }
        state = .done
        return .end(trailers: try Fields(lines))
      case .done:
        return nil
      }
    }
  }

  // MARK: Framing

  private func body(of head: AnswerHead) throws(ConnectionError) -> State {
    let lengths = head.fields.all("content-length")
    let codings = head.fields.all("transfer-encoding")
    if isHead || head.status == 204 || head.status == 304 { return .sized(remaining: 0) }
    guard codings.isEmpty else {
      guard lengths.isEmpty, codings.count == 1, codings[0].lowercased() == "chunked" else {
        throw .malformed("the answer's Transfer-Encoding is not just chunked")
      }
      return .chunkSize
    }
    guard lengths.count == 1, let length = Self.number(lengths[0].utf8, radix: 10) else {
      throw .malformed("the answer does not say how long it is")
    }
    return .sized(remaining: length)
  }

  /// Extensions of a chunk are passed over.
  private static func chunkSize(_ line: ArraySlice<UInt8>) throws(ConnectionError) -> Int {
    let digits = line.prefix { $0 != UInt8(ascii: ";") }
    guard let size = number(digits, radix: 16) else { throw .malformed("a chunk does not say how long it is") }
    return size
  }

  /// Digits and nothing else, at most fifteen: more bytes than there are.
  private static func number(_ digits: some Collection<UInt8>, radix: Int) -> Int? {
    guard (1...15).contains(digits.count), digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-") else {
      return nil
    }
    return Int(String(decoding: digits, as: UTF8.self), radix: radix)
  }

  // MARK: Bytes

  private mutating func piece(_ countMax: Int) -> [UInt8]? {
    let piece = Array(bytes[start...].prefix(countMax))
    start += piece.count
    return piece.isEmpty ? nil : piece
  }

  /// The next line without its CRLF.
  private mutating func line(bytesMax: Int) throws(ConnectionError) -> ArraySlice<UInt8>? {
    guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else {
      guard bytes.count - start <= bytesMax else { throw .malformed("a line is longer than \(bytesMax) bytes") }
      return nil
    }
    guard end - start < bytesMax + 2 else { throw .malformed("a line is longer than \(bytesMax) bytes") }
    guard end > start, bytes[end - 1] == UInt8(ascii: "\r") else { throw .malformed("a line ends without CR") }
    defer { start = end + 1 }
    return bytes[start..<end - 1]
  }

  /// The lines up to an empty one; nil, with nothing taken, until that has come.
  private mutating func lines(bytesMax: Int) throws(ConnectionError) -> [ArraySlice<UInt8>]? {
    let before = start
    var lines: [ArraySlice<UInt8>] = []
    while let line = try line(bytesMax: bytesMax) {
      guard start - before <= bytesMax, lines.count <= Self.fieldCountMax else {
        throw .malformed("the answer's head is too long")
      }
      if line.isEmpty { return lines }
      lines.append(line)
    }
    start = before
    guard bytes.count - start <= bytesMax else { throw .malformed("the answer's head is too long") }
    return nil
  }
}
