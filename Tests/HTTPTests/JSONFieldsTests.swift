import Testing

@testable import HTTP

@Suite("The fields of a JSON body")
struct JSONFieldsTests {
  private enum Visibility: String, CaseIterable { case `public`, `private` }

  private static let to = Member("to", .list(of: .text(1...1_000), count: 1...1_000), "")
  private static let points = Member("points", .integer(0...10), "")
  private static let copies = Member("copies", .integer(0...10), default: 3, "")
  private static let share = Member("share", optional: .number(0...1), "")
  private static let flag = Member("flag", .bool, "")
  private static let visibility = Member("visibility", .choice(Visibility.self), default: .public, "")
  private static let note = Member("note", optional: .text(1...2), "")
  private static let slug = Member("slug", .text(1...9, pattern: "[a-z]+", else: "is made of a-z"), "")
  private static let from = Member("from", .text(1...9), "")
  private static let period = Member("period", optional: .object([from], harmless: "") { $0[from] }, "")
  private static let count = Member("n", .integer(1...9), "")
  private static let rows = Member(
    "rows", optional: .list(of: .object([count], harmless: 0) { $0[count] }, count: 0...9), "")

  private func fields(_ text: String) throws(JSONError) -> JSONFields {
    JSONFields(try JSONReader.read(Array(text.utf8)))
  }

  @Test("are read with their types, bounds and defaults")
  func valid() throws {
    var body = try fields(
      #"{"to":["ann","bo"],"points":10,"share":0.5,"flag":true,"visibility":"private","note":null,"slug":"abc","#
        + #""period":{"from":"a"},"rows":[{"n":1},{"n":2}]}"#)
    #expect(body[Self.to] == ["ann", "bo"])
    #expect(body[Self.points] == 10)
    #expect(body[Self.copies] == 3)
    #expect(body[Self.share] == 0.5)
    #expect(body[Self.flag] == true)
    #expect(body[Self.visibility] == .private)
    let (hasNote, hasCopies) = (body.contains(Self.note), body.contains(Self.copies))
    #expect(hasNote && !hasCopies)
    #expect(body[Self.note] == nil)
    #expect(body[Self.slug] == "abc")
    #expect(body[Self.period] == "a")
    #expect(body[Self.rows] == [1, 2])
    try body.finish()
  }

  @Test("have all their errors told at once, with pointers, the unknown members included")
  func invalid() throws {
    var body = try fields(
      #"{"to":["ann","",7],"points":1.5,"copies":11,"note":"abc","flag":1,"visibility":"secret","share":"half","#
        + #""slug":"A","rows":[{"n":1,"m":2},3,{"n":0}],"period":{"from":null},"a/b":1}"#)
    _ = (body[Self.to], body[Self.points], body[Self.copies], body[Self.note], body[Self.flag])
    _ = (body[Self.visibility], body[Self.share], body[Self.slug], body[Self.rows], body[Self.period])
    _ = body[Self.from]
    body.refuse(Self.note, "is not to my liking")
    let problem = #expect(throws: Problem.self) { try body.finish() }
    #expect(problem?.status == 400)
    #expect(problem?.code == "invalid_request")
    #expect(
      problem?.errors.map { "\($0.pointer) \($0.detail)" } == [
        "/to/1 must not be empty", "/to/2 must be a text", "/points must be a whole number",
        "/copies must be from 0 to 10", "/note must have 1 to 2 characters, has 3", "/flag must be true or false",
        "/visibility must be one of public, private", "/share must be a number", "/slug is made of a-z",
        "/rows/0/m is not known here; known are n", "/rows/1 must be an object",
        "/rows/2/n must be from 1 to 9", "/period/from is required", "/from is required",
        "/a~1b is not known here; known are to, points, copies, note, flag, visibility, share, slug, rows, period, from",
      ])
  }

  @Test("say of an unknown one, and of a word that is none, what is known and what was probably meant")
  func nearest() throws {
    var body = try fields(#"{"pionts":1,"Note":"a","slug":"a","colour":"red","visibility":"privat"}"#)
    _ = (body[Self.to], body[Self.points], body[Self.note], body[Self.slug], body[Self.visibility])
    let problem = #expect(throws: Problem.self) { try body.finish() }
    #expect(
      problem?.errors.map { "\($0.pointer) \($0.detail)" } == [
        "/to is required", "/points is required",
        "/visibility must be one of public, private; did you mean \"private\"?",
        "/pionts is not known here; did you mean \"points\"? Known are to, points, note, slug, visibility",
        "/Note is not known here; did you mean \"note\"?", "/colour is not known here",
      ])
  }

  @Test("have a hundred of their errors told, and no more")
  func many() throws {
    let members = (0..<5_000).map { "\"m\($0)\":0" }
    var body = try fields("{\(members.joined(separator: ","))}")
    let problem = #expect(throws: Problem.self) { try body.finish() }
    #expect(problem?.errors.map(\.pointer) == (0..<100).map { "/m\($0)" })
  }

  @Test("tell one mistake of a member, and none about what follows from it")
  func once() throws {
    var body = try fields(#"{"points":null,"copies":null,"period":{"from":7}}"#)
    _ = (body[Self.points], body[Self.copies], body[Self.period])
    body.refuse(Self.points, "is too few")
    body.refuse(Self.period, "ends before it begins")
    let problem = #expect(throws: Problem.self) { try body.finish() }
    #expect(
      problem?.errors.map { "\($0.pointer) \($0.detail)" } == [
        "/points is required", "/copies must be a whole number", "/period/from must be a text",
      ])
  }

  @Test(
    "hold texts as they are kept: in normal form C, without white space around; but for what means its very characters")
  func texts() throws {
    let code = Member("code", .verbatim(1...9), "")
    var body = try fields("{\"note\":\"\u{A0} Jose\u{301}\\n\",\"code\":\" e\u{301}\"}")
    let note = Member("note", .text(4...4), "")
    #expect(Array(body[note].utf8) == Array("José".utf8))
    #expect(Array(body[code].utf8) == Array(" e\u{301}".utf8))
    #expect(note.peek(in: ["note": " Anna "]) == "Anna" && note.peek(in: ["note": "Ann"]) == nil)
    #expect(note.peek(in: ["note": 7]) == nil && note.peek(in: [:]) == nil)
    try body.finish()
    var overmarked = try fields("{\"note\":\"e\(String(repeating: "\u{301}", count: 65))\"}")
    _ = overmarked[Member("note", .text(1...100), "")]
    #expect(throws: Problem.self) { try overmarked.finish() }
  }

  @Test("change what they name, and null takes away what may be absent; what has a default is never null")
  func changes() throws {
    var (points, note, visibility): (Int64, String?, Visibility) = (1, "no", .private)
    var body = try fields(#"{"note":null,"visibility":"public"}"#)
    body.change(&points, Self.points)
    body.change(&note, Self.note)
    body.change(&visibility, Self.visibility)
    try body.finish()
    #expect(points == 1 && note == nil && visibility == .public)
    var silent = try fields(#"{"visibility":null}"#)
    silent.change(&visibility, Self.visibility)
    #expect(throws: Problem.self) { try silent.finish() }
    var other = try fields(#"{"points":null}"#)
    other.change(&points, Self.points)
    #expect(throws: Problem.self) { try other.finish() }
  }

  @Test("are none in another value than an object, which is refused")
  func shapes() throws {
    var list = try fields("[]")
    #expect(list[Self.note] == nil)
    #expect(throws: Problem.self) { try list.finish() }
  }

  @Test("are described as they are read")
  func described() throws {
    let schema = JSONSchema.object([Self.points, Self.copies, Self.note, Self.slug, Self.visibility])
    let expected: JSONValue = [
      "type": "object",
      "properties": [
        "points": ["type": "integer", "minimum": 0, "maximum": 10],
        "copies": ["type": "integer", "minimum": 0, "maximum": 10, "default": 3],
        "note": ["type": ["string", "null"], "minLength": 1, "maxLength": 2],
        "slug": ["type": "string", "minLength": 1, "maxLength": 9, "pattern": "^(?:[a-z]+)$"],
        "visibility": ["type": "string", "enum": ["public", "private"], "default": "public"],
      ],
      "required": ["points", "slug"], "additionalProperties": false,
    ]
    #expect(schema.value == expected)
    #expect(JSONSchema.change([Self.points]).value["required"] == nil)
  }

  @Test("count Unicode code points, as PostgreSQL does")
  func length() throws {
    var body = try fields(#"{"note":"x\u0301","from":"👩‍🚀"}"#)
    #expect(body[Self.note]?.unicodeScalars.count == 2)
    #expect(body[Member("from", .text(3...3), "")].isEmpty == false)
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
