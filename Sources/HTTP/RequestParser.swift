/// Bytes to requests, strictly (RFC 9112). A state machine without I/O: feed it the bytes in any pieces, it makes of
/// them the same requests, and the same refusal at the same place.
///
/// Invariants:
/// 1. bytes before `position` are consumed, bytes before `searched` hold no LF that has not been taken;
/// 2. a decision is made on a whole line, or on a length that passed its limit, so never on how the bytes were split;
/// 3. after a refusal nothing more is parsed: where the next request would begin is unknown.
struct RequestParser {
  struct Limits: Sendable {
    /// Bytes of one line with its end.
    var line = 8 * 1024
    /// Bytes of the request line and all fields; chunk trailers have as much of their own.
    var head = 32 * 1024
    var fields = 100
    var body = 256 * 1024
  }

  private enum Phase {
    case requestLine, fields, sizedBody, chunkSize, chunkData, chunkEnd, trailers, failed
  }

  private let limits: Limits
  private var phase = Phase.requestLine
  private var buffer: [UInt8] = []
  private var position = 0
  private var searched = 0

  /// Bytes of lines taken since the head, or the trailers, began.
  private var lineBytes = 0
  private var fieldCount = 0
  private var hasSkippedEmptyLine = false
  /// Bytes of the body, or of the chunk, that are still to come.
  private var remaining = 0
  /// Bytes of chunk size lines beyond what a size needs: extensions and leading zeros, which cost us and say nothing.
  private var idleChunkBytes = 0
  private var framing = Framing()
  private var mayContinue = false
  /// Bytes of the present body.
  private var bodyMax: Int

  init(limits: Limits = Limits()) {
    self.limits = limits
    bodyMax = limits.body
  }

  /// Whether no byte of a message has arrived yet.
  var isBetweenMessages: Bool { phase == .requestLine && position == buffer.count && !hasSkippedEmptyLine }

  /// Whether the head is complete and the body is not.
  var isInBody: Bool {
    switch phase {
    case .requestLine, .fields, .failed: false
    case .sizedBody, .chunkSize, .chunkData, .chunkEnd, .trailers: true
    }
  }

  /// Whether the client waits for `100 Continue` (RFC 9110 section 10.1.1): asked once a request.
  mutating func takeContinue() -> Bool {
    defer { mayContinue = false }
    return mayContinue && isInBody && position == buffer.count
  }

  /// Adds bytes that arrived.
  mutating func feed(_ bytes: Span<UInt8>) {
    if position > 0 {
      buffer.removeSubrange(0..<position)
      searched -= position
      position = 0
    }
    buffer.append(bytes)
  }

  /// Parses on. When this returns true, `request` is complete, and the next call begins the next one.
  mutating func next(into request: Request) throws(Problem) -> Bool {
    do throws(Problem) {
      while true {
        switch phase {
        case .requestLine:
          guard try takeRequestLine(request) else { return false }
        case .fields:
          guard let line = try takeLine(tooLong: .headersTooLarge) else { return false }
          guard line.isEmpty else {
            try takeField(line, request)
            continue
          }
          if try endHead(request) { return true }
        case .sizedBody:
          guard takeBody(request) else { return false }
          reset()
          return true
        case .chunkSize:
          guard let line = try takeLine(tooLong: .malformedRequest("A chunk's size line is too long.")) else {
            return false
          }
          try beginChunk(line, request)
        case .chunkData:
          guard takeBody(request) else { return false }
          phase = .chunkEnd
        case .chunkEnd:
          guard let line = try takeLine(tooLong: .malformedRequest("A chunk is longer than its size.")) else {
            return false
          }
          guard line.isEmpty else { throw Problem.malformedRequest("A chunk is longer than its size.") }
          phase = .chunkSize
        case .trailers:
          guard let line = try takeLine(tooLong: .headersTooLarge) else { return false }
          guard line.isEmpty else {
            try takeTrailer(line)
            continue
          }
          reset()
          return true
        case .failed:
          throw Problem.malformedRequest("Nothing is parsed after a refusal.")
        }
      }
    } catch {
      phase = .failed
      throw error
    }
  }

  // MARK: Lines

  /// Consumes one line and returns where it lies, without its CRLF; nil when its end has not arrived.
  private mutating func takeLine(tooLong: @autoclosure () -> Problem) throws(Problem) -> Range<Int>? {
    guard let end = buffer.span.firstIndex(of: .lineFeed, from: searched) else {
      searched = buffer.count
      // The line's last byte is yet to come, hence "equal".
      if buffer.count - position >= limits.line { throw tooLong() }
      if lineBytes + buffer.count - position >= limits.head { throw .headersTooLarge }
      releaseIfConsumed()
      return nil
    }
    let start = position
    let length = end + 1 - start
    if length > limits.line { throw tooLong() }
    lineBytes += length
    if lineBytes > limits.head { throw .headersTooLarge }
    position = end + 1
    searched = position
    guard end > start, buffer[end - 1] == .carriageReturn else {
      throw .malformedRequest("A line ends without a carriage return.")
    }
    return start..<end - 1
  }

  private mutating func releaseIfConsumed() {
    guard position == buffer.count else { return }
    // Idle connections are many: they keep no large buffer.
    buffer.removeAll(keepingCapacity: buffer.capacity <= 4096)
    position = 0
    searched = 0
  }

  private mutating func reset() {
    phase = .requestLine
    lineBytes = 0
    fieldCount = 0
    hasSkippedEmptyLine = false
    framing = Framing()
    mayContinue = false
    bodyMax = limits.body
    searched = position
  }

  // MARK: The head

  /// - Returns: false when more bytes are needed.
  private mutating func takeRequestLine(_ request: Request) throws(Problem) -> Bool {
    if position < buffer.count, !hasSkippedEmptyLine {
      let first = buffer[position]
      // Told at once, so that a client of another protocol (TLS, say) is not kept waiting.
      guard first.isToken || first == .carriageReturn || first == .lineFeed else {
        throw .malformedRequest("A request begins with a method.")
      }
    }
    guard let line = try takeLine(tooLong: .uriTooLong) else { return false }
    if line.isEmpty, !hasSkippedEmptyLine {
      // RFC 9112 section 2.2: one empty line before a request line is forgiven.
      hasSkippedEmptyLine = true
      return true
    }
    request.reset()
    try RequestLine.parse(buffer.span.extracting(line), into: request)
    phase = .fields
    return true
  }

  private mutating func takeField(_ line: Range<Int>, _ request: Request) throws(Problem) {
    fieldCount += 1
    if fieldCount > limits.fields { throw .headersTooLarge }
    // A copy, for the span borrows all of the parser.
    var framing = framing
    try Self.readField(buffer.span.extracting(line), &framing, &request.headers)
    self.framing = framing
  }

  private static func readField(
    _ line: Span<UInt8>, _ framing: inout Framing, _ headers: inout Headers
  ) throws(Problem) {
    let colon = try checkField(line)
    let name = line.extracting(0..<colon)
    let rest = line.extracting(colon + 1..<line.count)
    let value = rest.extracting(rest.trimmedRange)
    try framing.note(name, value)
    headers.append(name: name, value: value)
  }

  private mutating func takeTrailer(_ line: Range<Int>) throws(Problem) {
    fieldCount += 1
    if fieldCount > limits.fields { throw .headersTooLarge }
    _ = try Self.checkField(buffer.span.extracting(line))
  }

  /// RFC 9112 section 5: a token, a colon right after it, and a value without controls. Folded lines fail as well,
  /// for they begin with a space.
  /// - Returns: where the colon is.
  private static func checkField(_ line: Span<UInt8>) throws(Problem) -> Int {
    var colon = 0
    while colon < line.count, line[colon].isToken { colon += 1 }
    guard colon > 0, colon < line.count, line[colon] == UInt8(ascii: ":") else {
      throw .malformedRequest("A header line is not a name, a colon and a value.")
    }
    var isASCII = true
    for index in colon + 1..<line.count {
      guard line[index].isFieldContent else { throw .malformedRequest("A header value holds a control character.") }
      if line[index] >= 0x80 { isASCII = false }
    }
    if !isASCII, line.extracting(colon + 1..<line.count).string == nil {
      throw .malformedRequest("A header value is not UTF-8.")
    }
    return colon
  }

  /// - Returns: whether the request is complete, for it has no body.
  private mutating func endHead(_ request: Request) throws(Problem) -> Bool {
    let body = try framing.body(isVersion11: request.isVersion11)
    request.keepsAlive = framing.keepsAlive(isVersion11: request.isVersion11)
    mayContinue = framing.expectsContinue && request.isVersion11
    request.expectsContinue = mayContinue
    switch body {
    case .none:
      reset()
      return true
    case .sized(let length):
      if length > bodyMax { throw .payloadTooLarge }
      remaining = length
      // Memory follows what arrives rather than what is promised.
      request.body.reserveCapacity(min(length, 16 * 1024))
      phase = .sizedBody
    case .chunked:
      lineBytes = 0
      fieldCount = 0
      idleChunkBytes = 0
      phase = .chunkSize
    }
    return false
  }

  // MARK: The body

  /// Takes less of the present body than of others: called while it is incomplete.
  mutating func limitBody(to limit: Int, _ request: Request) throws(Problem) {
    bodyMax = min(bodyMax, limit)
    let promised = phase == .sizedBody || phase == .chunkData ? remaining : 0
    if request.body.count + promised > bodyMax {
      phase = .failed
      throw .payloadTooLarge
    }
  }

  /// Moves what has arrived of the body, or of the chunk, into the request.
  /// - Returns: whether that was all of it.
  private mutating func takeBody(_ request: Request) -> Bool {
    let count = min(remaining, buffer.count - position)
    request.body.append(buffer.span.extracting(position..<position + count))
    position += count
    searched = position
    remaining -= count
    if count > 0 { mayContinue = false }
    releaseIfConsumed()
    return remaining == 0
  }

  private mutating func beginChunk(_ line: Range<Int>, _ request: Request) throws(Problem) {
    mayContinue = false
    idleChunkBytes += max(0, line.count - 16)
    if idleChunkBytes > limits.head { throw .malformedRequest("The chunks' size lines are too long.") }
    remaining = try Self.chunkSize(buffer.span.extracting(line), atMost: max(0, bodyMax - request.body.count))
    lineBytes = 0
    phase = remaining == 0 ? .trailers : .chunkData
  }

  /// RFC 9112 section 7.1: hexadecimal digits, then extensions, which are ignored.
  private static func chunkSize(_ line: Span<UInt8>, atMost limit: Int) throws(Problem) -> Int {
    var size = 0
    var index = 0
    while index < line.count, let digit = line[index].hexValue {
      size = size << 4 | Int(digit)
      index += 1
      // At each digit, so that nothing overflows.
      if size > limit { throw .payloadTooLarge }
    }
    let rest = line.extracting(index..<line.count)
    let extensions = rest.extracting(rest.trimmedRange)
    guard index > 0, rest.isEmpty || !extensions.isEmpty && extensions[0] == UInt8(ascii: ";") else {
      throw .malformedRequest("A chunk's size is not hexadecimal.")
    }
    for index in extensions.indices where !extensions[index].isFieldContent {
      throw .malformedRequest("A chunk extension holds a control character.")
    }
    return size
  }
}
