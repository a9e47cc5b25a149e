import Testing

@testable import HTTPClient

@Suite("An answer's bytes")
struct ParserTests {
}
