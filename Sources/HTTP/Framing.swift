/// What the fields of a head say about the message's body and the connection's future (RFC 9112 sections 6 and 9).
///
/// Two readers that disagree about where a message ends are how requests are smuggled, so whatever could be read in
/// two ways is refused: a repeated length even when equal, a length beside a coding, any coding but one `chunked`.
struct Framing {
  enum Body: Equatable {
    case none
    case sized(Int)
    case chunked
  }

  private var contentLength: Int?
  private var hasTransferCoding = false
  private var hasUnknownCoding = false
  private var hasHost = false
  private var closes = false
  private var wantsKeepAlive = false
  private(set) var expectsContinue = false

  mutating func note(_ name: Span<UInt8>, _ value: Span<UInt8>) throws(Problem) {
    // By length first: most fields are none of these.
    switch name.count {
    case 4 where name.equalsIgnoringCase("host"):
      if hasHost { throw .malformedRequest("Host is given more than once.") }
      guard Host.isValid(value) else { throw .malformedRequest("Host is not a host with an optional port.") }
      hasHost = true
    case 6 where name.equalsIgnoringCase("expect"):
      guard value.equalsIgnoringCase("100-continue") else { throw .expectationFailed }
      expectsContinue = true
    case 10 where name.equalsIgnoringCase("connection"):
      Self.forEachMember(of: value) { member in
        if member.equalsIgnoringCase("close") { closes = true }
        if member.equalsIgnoringCase("keep-alive") { wantsKeepAlive = true }
      }
    case 14 where name.equalsIgnoringCase("content-length"):
      if contentLength != nil { throw .malformedRequest("Content-Length is given more than once.") }
      contentLength = try Self.length(value)
    case 17 where name.equalsIgnoringCase("transfer-encoding"):
      try noteCodings(value)
    default: break
    }
  }

  func body(isVersion11: Bool) throws(Problem) -> Body {
    if isVersion11, !hasHost { throw .malformedRequest("Host is missing.") }
    if hasTransferCoding {
      if contentLength != nil { throw .malformedRequest("Both Content-Length and Transfer-Encoding are given.") }
      if !isVersion11 { throw .malformedRequest("HTTP/1.0 knows no Transfer-Encoding.") }
      if hasUnknownCoding { throw .unsupportedTransferCoding }
      return .chunked
    }
    guard let contentLength, contentLength > 0 else { return .none }
    return .sized(contentLength)
  }

  func keepsAlive(isVersion11: Bool) -> Bool { !closes && (isVersion11 || wantsKeepAlive) }

  private mutating func noteCodings(_ value: Span<UInt8>) throws(Problem) {
    var isChunked = hasTransferCoding && !hasUnknownCoding
    var isRepeated = false
    var isUnknown = hasUnknownCoding
    var count = 0
    Self.forEachMember(of: value) { member in
      count += 1
      guard member.equalsIgnoringCase("chunked") else {
        isUnknown = true
        return
      }
      if isChunked { isRepeated = true }
      isChunked = true
    }
    if isRepeated { throw .malformedRequest("The body is chunked more than once.") }
    // RFC 9110 section 5.6.1 lets empty members pass; nobody sends them but who hopes that another reader does not.
    var memberCount = 1
    for index in value.indices where value[index] == UInt8(ascii: ",") { memberCount += 1 }
    if count < memberCount { throw .malformedRequest("Transfer-Encoding has an empty member.") }
    hasTransferCoding = true
    hasUnknownCoding = isUnknown
  }

  /// Digits and nothing else; what an `Int` cannot hold is more than any limit.
  private static func length(_ value: Span<UInt8>) throws(Problem) -> Int {
    guard !value.isEmpty else { throw .malformedRequest("Content-Length is not a number.") }
    for index in value.indices where !value[index].isDigit {
      throw .malformedRequest("Content-Length is not a number.")
    }
    var length = 0
    for index in value.indices {
      let (tens, overflowed) = length.multipliedReportingOverflow(by: 10)
      let (sum, overflowedToo) = tens.addingReportingOverflow(Int(value[index] - 0x30))
      if overflowed || overflowedToo { throw .payloadTooLarge }
      length = sum
    }
    return length
  }

  /// The members of a comma-separated list (RFC 9110 section 5.6.1), without the empty ones.
  private static func forEachMember(of list: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
    var start = 0
    while start < list.count {
      let end = list.firstIndex(of: UInt8(ascii: ","), from: start) ?? list.count
      let member = list.extracting(start..<end)
      let range = member.trimmedRange
      if !range.isEmpty { body(member.extracting(range)) }
      start = end + 1
    }
  }
}
