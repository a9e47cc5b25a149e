import HTTP
import Testing

@Suite("The JSON writer")
struct JSONWriterTests {
  private func text(_ write: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    write(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test("is the same whether it is handed over piece by piece or at once")
  func pieces() {
    func write(_ json: inout JSONWriter, _ each: (inout JSONWriter) -> Void) {
      json.object { json in
        json.member("a") { json in
          json.array { json in
            for number in 0..<3 {
              json.integer(number)
              each(&json)
            }
          }
        }
      }
    }
    var whole = JSONWriter()
    write(&whole) { _ in }
    var (pieces, taken) = (JSONWriter(), [UInt8]())
    write(&pieces) { taken += $0.take() }
    #expect(taken + pieces.take() == whole.bytes)
    #expect(pieces.bytes.isEmpty)
  }

  @Test("puts commas where they belong, in empty, nested and mixed structures")
  func commas() {
    let json = text { json in
      json.object { json in
        json.member("a", 1)
        json.member("b") { $0.array { _ in } }
        json.member("c") { json in
          json.array { json in
            json.integer(-1)
            json.object { _ in }
            json.array { $0.null() }
            json.string("x")
            json.bool(true)
            json.raw(Array("2.5".utf8))
            json.raw("{}")
          }
        }
        json.member("d", nil as String?)
        json.member("e", nil as Int?)
        json.member("f", "g")
        json.member("h", false)
        json.member("i", Int64.min)
        json.member("j", raw: Array("[1]".utf8))
      }
    }
    #expect(
      json
        == #"{"a":1,"b":[],"c":[-1,{},[null],"x",true,2.5,{}],"d":null,"e":null,"f":"g","h":false,"#
        + #""i":-9223372036854775808,"j":[1]}"#)
  }

  @Test("escapes what RFC 8259 demands, and nothing else")
  func escapes() {
    #expect(text { $0.string("\"\\\u{8}\u{C}\n\r\t\u{0}\u{1F}") } == #""\"\\\b\f\n\r\t\u0000\u001F""#)
    #expect(text { $0.string("/é€😀\u{7F}\u{2028}<>&'") } == "\"/é€😀\u{7F}\u{2028}<>&'\"")
    #expect(text { json in json.object { $0.member(named: "a\"b") { $0.integer(1) } } } == #"{"a\"b":1}"#)
  }

  @Test("escapes each byte at each place the same, whatever stands around it")
  func places() {
    for character in (0..<0x100).map({ Character(Unicode.Scalar(UInt8($0))) }) {
      let alone = text { $0.string(String(character)) }.dropFirst().dropLast()
      for before in 0..<17 {
        for after in [0, 1, 7, 8, 9] {
          let (left, right) = (
            String(repeating: "é", count: before / 2) + (before % 2 == 0 ? "" : "x"),
            String(repeating: "y", count: after)
          )
          #expect(text { $0.string(left + String(character) + right) } == "\"\(left)\(alone)\(right)\"")
        }
      }
    }
  }

  @Test("writes lines of values one after another when it appends to what is there")
  func appending() {
    var bytes = Array("{}\n".utf8)
    for number in 1...2 {
      var writer = JSONWriter(appendingTo: bytes)
      writer.array { $0.integer(number) }
      bytes = writer.bytes + [0x0A]
    }
    #expect(String(decoding: bytes, as: UTF8.self) == "{}\n[1]\n[2]\n")
  }

  @Test("writes what the reader reads back, for every character")
  func roundTrip() throws {
    var all = String.UnicodeScalarView()
    for number in UInt32(1)...0x10FFFF {
      if let scalar = Unicode.Scalar(number) { all.append(scalar) }
    }
    let value = JSONValue.string(String(all))
    var writer = JSONWriter()
    writer.value(value)
    #expect(try JSONReader.read(writer.bytes) == value)
  }
}
