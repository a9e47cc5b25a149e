import Foundation
import Testing

@testable import HTTP

/// What libFuzzer found to reach all there is to reach (Tests/Fuzz), replayed without it.
@Suite("The corpus of the fuzzer")
struct CorpusTests {
  private static func inputs(_ name: String) throws -> [[UInt8]] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fuzz/\(name).base64")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
      Array(try #require(Data(base64Encoded: String(line)), "\(line)"))
    }
  }

  @Test("is made into the same requests, and the same refusal, however it is split")
  func requests() throws {
    var random = SeededGenerator(state: 11)
    let limits = RequestParser.Limits(line: 256, head: 512, fields: 6, body: 64)
    let inputs = try Self.inputs("request")
    #expect(inputs.count > 100)
    var (requestCount, codes) = (0, Set<String>())
    for input in inputs {
      // The fuzzer's first byte says where it splits.
      let bytes = Array(input.dropFirst())
      let whole = Parsed([bytes], limits: limits)
      requestCount += whole.requests.count
      if let problem = whole.problem { codes.insert(problem.code) }
      #expect(Parsed(bytes.map { [$0] }, limits: limits) == whole, "byte by byte: \(bytes)")
      for _ in 0..<8 {
        var rest = bytes[...]
        var pieces: [[UInt8]] = []
        while !rest.isEmpty {
          let count = Int.random(in: 1...rest.count, using: &random)
          pieces.append(Array(rest.prefix(count)))
          rest = rest.dropFirst(count)
        }
        #expect(Parsed(pieces, limits: limits) == whole, "\(pieces)")
      }
    }
    // It is worth replaying only while it gets anywhere.
    #expect(requestCount > 20)
    #expect(codes.isSuperset(of: ["malformed_request", "payload_too_large", "uri_too_long", "headers_too_large"]))
  }

  @Test("reads as values whose canonical form reads as itself, or is refused at a place within")
  func values() throws {
    let inputs = try Self.inputs("json")
    #expect(inputs.count > 100)
    var (readCount, refusedCount) = (0, 0)
    for input in inputs {
      do throws(JSONError) {
        let value = try JSONReader.read(input)
        readCount += 1
        let canonical = value.canonicalBytes
        #expect(try JSONReader.read(canonical).canonicalBytes == canonical)
        var writer = JSONWriter()
        writer.value(value)
        #expect(try JSONReader.read(writer.bytes) == value)
      } catch {
        refusedCount += 1
        #expect((0...input.count).contains(error.offset))
      }
    }
    #expect(readCount > 20 && refusedCount > 20)
  }
}
