// Compiled into one module with Sources/HTTP, so that no import is needed.

/// The first byte says where the rest is split. Fails when the split changes what the parser makes of the bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequestParser(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 1 else { return 0 }
  let place = Int(start[0]) % count
  let bytes = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
  let whole = outcome([bytes])
  precondition(outcome([Array(bytes[..<place]), Array(bytes[place...])]) == whole, "the split changed the outcome")
  precondition(outcome(bytes.map { [$0] }) == whole, "byte by byte the outcome is another")
  return 0
}

/// Small limits, so that the fuzzer reaches them.
private func outcome(_ pieces: [[UInt8]]) -> [String] {
  var parser = RequestParser(limits: RequestParser.Limits(line: 256, head: 512, fields: 6, body: 64))
  let request = Request()
  var outcome: [String] = []
  do throws(Problem) {
    for piece in pieces {
      parser.feed(piece.span)
      while try parser.next(into: request) {
        precondition(request.body.count <= 64 && request.headers.count <= 6, "a limit was passed")
        outcome.append(
          "\(request.method) \(request.path) \(request.query.items) \(request.headers.list) \(request.body) "
            + "\(request.keepsAlive)")
      }
    }
  } catch {
    outcome.append("\(error.status) \(error.code) \(error.detail)")
  }
  return outcome
}
