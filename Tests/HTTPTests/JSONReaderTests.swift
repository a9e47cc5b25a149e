import Testing

@testable import HTTP

@Suite("The JSON reader")
struct JSONReaderTests {
  private func read(_ text: String) throws(JSONError) -> JSONValue { try JSONReader.read(Array(text.utf8)) }

  @Test("reads every kind of value, with white space around its parts")
  func values() throws {
    let text = " \t\r\n{ \"a\" : [ null , true , false , -7 , \"x\" , { } , [ ] ] , \"\" : { \"b\" : 0 } } \n"
    let expected = JSONValue.object([
      (
        "a",
        .array([.null, .bool(true), .bool(false), .integer(-7), .string("x"), .object([]), .array([])])
      ),
      ("", .object([("b", .integer(0))])),
    ])
    #expect(try read(text) == expected)
    #expect(try read("\"x\"") == .string("x"))
    #expect(try read("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]").canonicalBytes.count == 32)
  }

  @Test(
    "reads strings with every escape, and what need not be escaped",
    arguments: [
      (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
      (#""\u0041\u00e9\u20AC\uFFFF""#, "A\u{E9}\u{20AC}\u{FFFF}"),
      (#""\ud83d\ude00\uDBFF\uDFFF""#, "\u{1F600}\u{10FFFF}"),
      (#""é€😀""#, "é€😀"),
      ("\"\u{7F}\u{2028}\u{FEFF}\"", "\u{7F}\u{2028}\u{FEFF}"),
      (#""x\u0001y""#, "x\u{1}y"),
      (#""a\\u0000""#, "a\\u0000"),
      (#""""#, ""),
    ])
  func strings(_ text: String, _ expected: String) throws {
    guard case .string(let value) = try read(text) else {
      Issue.record("no string")
      return
    }
    #expect(Array(value.utf8) == Array(expected.utf8))
  }

  @Test(
    "reads whole numbers as integers, however they are written",
    arguments: [
      ("0", 0), ("-0", 0), ("0.0", 0), ("0e99999999999999999999", 0), ("1", 1), ("1.0", 1), ("1e2", 100),
      ("1E+2", 100), ("10e-1", 1), ("1.50e1", 15), ("9223372036854775807", Int64.max),
      ("-9223372036854775808", Int64.min), ("9223372036854775807.0", Int64.max), ("0.001e3", 1), ("12e0", 12),
    ])
  func integers(_ text: String, _ expected: Int64) throws {
    guard case .integer(let number) = try read(text) else {
      Issue.record("no integer")
      return
    }
    #expect(number == expected)
  }

  @Test(
    "keeps other numbers exactly, in one form for each value",
    arguments: [
      ("12.50", "12.5"), ("-0.5", "-0.5"), ("5e-1", "0.5"), ("1.25e1", "12.5"), ("0.1", "0.1"), ("1e-3", "0.001"),
      ("1e-7", "1e-7"), ("123e-9", "123e-9"), ("1e19", "1e19"), ("10e18", "1e19"), ("1e308", "1e308"),
      ("0.00012", "0.00012"),
      ("123456789012345678901234567890.5", "123456789012345678901234567890.5"), ("5e-324", "5e-324"),
      ("92233720368547758071.0", "92233720368547758071e0"),
    ])
  func decimals(_ text: String, _ expected: String) throws {
    guard case .decimal(let number) = try read(text) else {
      Issue.record("no decimal")
      return
    }
    #expect(number.description == expected)
    #expect(number.double == Double(text))
    #expect(try read(expected) == .decimal(number))
  }

  @Test(
    "refuses what is not JSON, and says where",
    arguments: [
      ("", JSONError.Reason.endOfText, 0, ""), (" ", .endOfText, 1, ""), ("nul", .unexpectedByte, 0, ""),
      ("nulL", .unexpectedByte, 0, ""), ("True", .unexpectedByte, 0, ""), ("NaN", .unexpectedByte, 0, ""),
      ("Infinity", .unexpectedByte, 0, ""), ("'a'", .unexpectedByte, 0, ""), ("\u{FEFF}1", .unexpectedByte, 0, ""),
      ("1 2", .trailingBytes, 2, ""), ("{}}", .trailingBytes, 2, ""), ("1,", .trailingBytes, 1, ""),
      ("[1,]", .unexpectedByte, 3, "/1"), ("[,1]", .unexpectedByte, 1, "/0"), ("[1", .endOfText, 2, ""),
      ("[1 2]", .unexpectedByte, 3, ""), ("[1}", .unexpectedByte, 2, ""), ("[", .endOfText, 1, "/0"),
      ("{\"a\":1,}", .unexpectedByte, 7, ""), ("{,}", .unexpectedByte, 1, ""), ("{a:1}", .unexpectedByte, 1, ""),
      ("{\"a\" 1}", .unexpectedByte, 5, ""), ("{\"a\":}", .unexpectedByte, 5, "/a"), ("{\"a\"", .endOfText, 4, ""),
      ("{\"a\":1", .endOfText, 6, ""), ("{1:1}", .unexpectedByte, 1, ""), ("{\"a\":1 \"b\":2}", .unexpectedByte, 7, ""),
      ("{\"a\":1,\"a\":2}", .repeatedName, 7, "/a"), ("{\"a\":1,\"\\u0061\":2}", .repeatedName, 7, "/a"),
      ("[{\"a/b~\":[0,{\"c\":x}]}]", .unexpectedByte, 17, "/0/a~1b~0/1/c"),
      ("[1]//", .trailingBytes, 3, ""), ("/**/1", .unexpectedByte, 0, ""),
    ])
  func malformed(_ text: String, _ reason: JSONError.Reason, _ offset: Int, _ pointer: String) {
    let error = #expect(throws: JSONError.self) { try read(text) }
    #expect(error?.reason == reason)
    #expect(error?.offset == offset)
    #expect(error?.pointer == pointer)
  }

  @Test(
    "refuses numbers that RFC 8259 does not know",
    arguments: [
      "+1", "01", "-01", "00", "1.", ".1", "-", "-.5", "1.e1", "1e", "1e+", "1e-", "0x1", "1_000", "1a", "1e1.5", "--1",
      "٣", "1．5", "- 1", "-Infinity", "1eE2", "0.1.2",
    ])
  func badNumbers(_ text: String) { #expect(throws: JSONError.self) { try read("[\(text)]") } }

  @Test(
    "refuses numbers out of range, rather than round them",
    arguments: [
      "9223372036854775808", "-9223372036854775809", "100000000000000000000", "1e309", "-1e309",
      "1e99999999999999999999",
      "1e-400", "1e-99999999999999999999", "1.8e308",
    ])
  func outOfRange(_ text: String) {
    #expect(throws: JSONError(.numberOutOfRange, offset: 1).within("0")) { try read("[\(text)]") }
  }

  @Test(
    "refuses strings that are no text",
    arguments: [
      (#""abc"#, JSONError.Reason.endOfText), (#"""#, .endOfText), (#""\"#, .endOfText), (#""\u12"#, .endOfText),
      ("\"\n\"", .controlCharacter), ("\"\t\"", .controlCharacter), ("\"\u{0}\"", .controlCharacter),
      ("\"\\n\u{1F}\"", .controlCharacter), (#""\x41""#, .badEscape), (#""\'""#, .badEscape),
      (#""\U0041""#, .badEscape),
      (#""\u00g0""#, .badEscape), (#""\u+041""#, .badEscape), (#""\ud800""#, .loneSurrogate),
      (#""\udc00""#, .loneSurrogate), (#""\ud800\ud800""#, .loneSurrogate), (#""\ud800\u0041""#, .loneSurrogate),
      (#""\ud800x""#, .loneSurrogate), (#""\ud800\n""#, .loneSurrogate), (#""\udc00\ud800""#, .loneSurrogate),
      (#""a\u0000b""#, .nulCharacter),
    ])
  func badStrings(_ text: String, _ reason: JSONError.Reason) {
    let error = #expect(throws: JSONError.self) { try read(text) }
    #expect(error?.reason == reason)
  }

  @Test(
    "refuses bytes that are not UTF-8",
    arguments: [
      [0xFF], [0xC3], [0x80], [0xC0, 0x80], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xF8, 0x88, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
    ] as [[UInt8]])
  func badUTF8(_ bytes: [UInt8]) {
    for prefix in ["", "\\n"] {
      let text = Array("\"\(prefix)".utf8) + bytes + Array("\"".utf8)
      let error = #expect(throws: JSONError.self) { try JSONReader.read(text) }
      #expect(error?.reason == .invalidUTF8)
    }
    #expect(throws: JSONError.self) { try JSONReader.read(bytes) }
  }

  @Test("refuses nesting beyond its bound, without using the stack for it")
  func depth() {
    let error = #expect(throws: JSONError.self) { try read(String(repeating: "[", count: 100_000)) }
    #expect(error?.reason == .tooDeep)
    #expect(error?.offset == 16)
    #expect(error?.pointer == String(repeating: "/0", count: 16))
  }

  @Test("finds a repeated name among many in time that follows the text's length")
  func manyNames() throws {
    let names = (0..<20_000).map { "\"n\($0)\":\($0)" }
    guard case .object(let members) = try read("{\(names.joined(separator: ","))}") else {
      Issue.record("no object")
      return
    }
    #expect(members.count == 20_000)
    let error = #expect(throws: JSONError.self) { try read("{\(names.joined(separator: ",")),\"n7\":0}") }
    #expect(error?.reason == .repeatedName)
    #expect(error?.pointer == "/n7")
  }

  @Test("takes names that differ only in composition for different, for their code points are")
  func composition() throws {
    let value = try read("{\"\u{E9}\":1,\"e\u{301}\":2}")
    #expect(value["\u{E9}"] == .integer(1))
    #expect(value["e\u{301}"] == .integer(2))
    #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
  }

  @Test("gives equal values the same canonical bytes, and others other ones")
  func canonical() throws {
    let one = try read("{\"b\": [1.0, 2.50], \"a\": {\"y\": null, \"x\": \"\\u00e9/\"}, \"é\": 1, \"B\": 0}")
    let other = try read("{\"B\":-0,\"a\":{\"x\":\"é\\/\",\"y\":null},\"b\":[1,25e-1],\"\\u00e9\":1}")
    #expect(one == other)
    #expect(
      String(decoding: one.canonicalBytes, as: UTF8.self) == #"{"B":0,"a":{"x":"é/","y":null},"b":[1,2.5],"é":1}"#)
    #expect(try read("[1,2]") != read("[2,1]"))
    #expect(try read("1") != read("\"1\""))
    #expect(try read("{\"a\":null}") != read("{}"))
  }

  @Test("survives random damage, and reads back whatever it has read")
  func damage() throws {
    var random = SeededGenerator(state: 3)
    let sources = [
      #"{"to":["ann","bo@acme.example"],"points":10,"x":-1.5e-3,"nested":{"a":[{},[],null,true,false]}}"#,
      #"["\u00e9\ud83d\ude00\n","é😀",0,1e3,9223372036854775807,{"":{"":[[[[[]]]]]}}]"#,
      "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "{\"a\":1,\"b\":2,\"c\":{\"a\":1}}",
    ].map { Array($0.utf8) }
    let spice = Array("{}[]\",:\\/u0123456789-+.eEtfnd8 \n\0".utf8) + [0x80, 0xC3, 0xED, 0xFF]
    var readCount = 0
    for _ in 0..<100_000 {
      var bytes = sources.randomElement(using: &random)!
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = spice.randomElement(using: &random)!
        case 1: bytes.insert(spice.randomElement(using: &random)!, at: place)
        case 2: bytes.remove(at: place)
        default: bytes.removeSubrange(place..<min(place + 5, bytes.count))
        }
        if bytes.isEmpty { bytes = [0x30] }
      }
      guard let value = try? JSONReader.read(bytes) else { continue }
      readCount += 1
      let again = try JSONReader.read(value.canonicalBytes)
      if again != value || again.canonicalBytes != value.canonicalBytes {
        Issue.record("\(String(decoding: bytes, as: UTF8.self))")
        return
      }
    }
    #expect(readCount > 1_000)
  }
}
