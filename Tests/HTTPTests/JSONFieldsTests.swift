import Testing

@testable import HTTP

@Suite("The fields of a JSON body")
struct JSONFieldsTests {
  private enum Visibility: String, CaseIterable { case `public`, `private` }

  private func fields(_ text: String) throws(Problem) -> JSONFields {
    let request = Request()
    request.body = Array(text.utf8)
    return try JSONFields(request)
  }

  @Test("are read with their types, bounds and defaults")
  func valid() throws {
    var body = try fields(
      #"{"to":["ann","bo"],"message":"é","points":10,"share":0.5,"flag":true,"visibility":"private","note":null,"#
        + #""period":{"from":"a"},"rows":[{"n":1},{"n":2}],"any":[1]}"#)
    #expect(body.strings("to", count: 1...2) == ["ann", "bo"])
    #expect(body.string("message", length: 1...1) == "é")
    #expect(body.integer("points", in: 0...10, default: 0) == 10)
    #expect(body.integer("absent", in: 0...10, default: 3) == 3)
    #expect(body.optionalNumber("share", in: 0...1) == 0.5)
    #expect(body.bool("flag") == true)
    #expect(body.bool("other", default: true) == true)
    #expect(body.choice("visibility", default: Visibility.public) == .private)
    #expect(body.choice("audience", default: Visibility.public) == .public)
    #expect(body.contains("note"))
    #expect(!body.contains("absent"))
    #expect(body.optionalString("note") == nil)
    #expect(body.optionalObject("period") { $0.string("from") } == "a")
    #expect(body.optionalObjects("rows") { $0.integer("n", in: 1...2) } == [1, 2])
    #expect(body.value("any") == .array([.integer(1)]))
    try body.finish()
  }

  @Test("have all their errors told at once, with pointers, the unknown members included")
  func invalid() throws {
    var body = try fields(
      #"{"to":["ann","",7],"points":1.5,"big":11,"text":"abc","flag":1,"visibility":"secret","list":{},"#
        + #""rows":[{"n":1,"m":2},3],"period":{"from":null},"few":[],"a/b":1}"#)
    _ = body.strings("to")
    _ = body.integer("points", in: 0...10)
    _ = body.integer("big", in: 0...10)
    _ = body.string("text", length: 1...2)
    _ = body.bool("flag")
    _ = body.optionalChoice("visibility", of: Visibility.self)
    _ = body.optionalStrings("list")
    _ = body.optionalObjects("rows") { $0.integer("n", in: 1...9) }
    _ = body.optionalObject("period") { $0.string("from") }
    _ = body.strings("few")
    _ = body.string("absent")
    body.refuse("own", "is not to my liking")
    let problem = #expect(throws: Problem.self) { try body.finish() }
    #expect(problem?.status == 400)
    #expect(problem?.code == "invalid_request")
    #expect(
      problem?.errors.map { "\($0.pointer) \($0.detail)" } == [
        "/to/1 must not be empty", "/to/2 must be a text", "/points must be a whole number",
        "/big must be from 0 to 10", "/text must have 1 to 2 characters, has 3", "/flag must be true or false",
        "/visibility must be one of public, private", "/list must be a list", "/rows/0/m is not known here",
        "/rows/1 must be an object", "/period/from is required", "/few must have 1 to 1000 elements, has 0",
        "/absent is required", "/own is not to my liking", "/a~1b is not known here",
      ])
  }

  @Test("are none in an empty body; another value than an object is refused")
  func shapes() throws {
    var empty = try fields("")
    #expect(empty.optionalString("a") == nil)
    try empty.finish()
    #expect(throws: Problem.self) { try fields("[]") }
    let malformed = #expect(throws: Problem.self) { try fields("{\"a\":}") }
    #expect(malformed?.status == 400)
    #expect(malformed?.code == "malformed_json")
    #expect(malformed?.errors.map(\.pointer) == ["/a"])
    let nul = #expect(throws: Problem.self) { try fields(#"{"a":["\u0000"]}"#) }
    #expect(nul?.status == 422)
    #expect(nul?.errors.map(\.pointer) == ["/a/0"])
  }

  @Test("count Unicode code points, as PostgreSQL does")
  func length() throws {
    var body = try fields(#"{"a":"e\u0301","b":"👩‍🚀"}"#)
    _ = body.string("a", length: 2...2)
    _ = body.string("b", length: 3...3)
    try body.finish()
  }

  @Test("are told as a problem document")
  func document() throws {
    let problem = Problem(
      409, "insufficient_allowance", title: "Insufficient allowance", detail: "4 of 10",
      errors: [Problem.FieldError(pointer: "/points", detail: "too many")], headers: [("Retry-After", "1")])
    let response = problem.response()
    #expect(response.status == 409)
    #expect(response.headers.map(\.0) == ["Content-Type", "Retry-After"])
    guard case .bytes(let bytes) = response.body else {
      Issue.record("no bytes")
      return
    }
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"type":"/problems/insufficient_allowance","title":"Insufficient allowance","status":409,"#
        + #""code":"insufficient_allowance","detail":"4 of 10","errors":[{"pointer":"/points","detail":"too many"}]}"#)
  }

  @Test(
    "come with a date in the form of RFC 9110",
    arguments: [
      (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
      (1_709_164_799, "Wed, 28 Feb 2024 23:59:59 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
    ])
  func date(_ second: Int, _ expected: String) { #expect(HTTPDate.format(second) == expected) }
}
