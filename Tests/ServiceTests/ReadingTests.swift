import HTTP
import Ledger
import Testing

@testable import Postgres
@testable import Service

@Suite("Reading what people write")
struct ReadingTests {
  // MARK: CSV

  private func rows(_ text: String) throws -> [[String]] {
    let csv = try CSV(Array(text.utf8))
    return [csv.header] + csv.records.map(\.fields)
  }

  @Test(
    "CSV is read as RFC 4180 has it",
    arguments: [
      ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
      ("a,b\n1,2", [["a", "b"], ["1", "2"]]),
      ("\u{FEFF}a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
      ("a,b\n,\n", [["a", "b"], ["", ""]]),
      ("a,b\n\n\r\n1,2\n\n", [["a", "b"], ["1", "2"]]),
      ("a\n\"x,\"\"y\"\"\r\nz\"\n", [["a"], ["x,\"y\"\r\nz"]]),
      ("a,b\n\"\",\"\"\n", [["a", "b"], ["", ""]]),
      ("a,b\n é , 1 \n", [["a", "b"], [" é ", " 1 "]]),
      ("a\n=1+1\n", [["a"], ["=1+1"]]),
    ])
  func csv(_ text: String, _ expected: [[String]]) throws {
    #expect(try rows(text) == expected)
  }

  @Test(
    "What is no CSV is refused, at its line",
    arguments: [
      ("", 1), ("a,b\n1\n", 2), ("a,b\n1,2,3\n", 2), ("a\n\"open\n\n", 2), ("a\nx\"y\n", 2), ("a\n\"x\"y\n", 2),
      ("a\nx\ry\n", 2), ("a,b\n\"1\n2\",3\n4\n", 4), ("a\n\n\"", 3),
    ])
  func noCSV(_ text: String, _ line: Int) {
    let mistake = #expect(throws: ImportError.self) {
      try ImportTable(Array(text.utf8), required: ["a"], optional: ["b"])
    }
    #expect(mistake?.mistakes.first?.line == line)
  }

  @Test("Bytes that are no UTF-8 are no CSV")
  func notUTF8() {
    #expect(throws: CSV.Mistake.self) { try CSV(Array("a\n".utf8) + [0xFF]) }
    #expect(throws: CSV.Mistake.self) { try CSV(Array("a\n".utf8) + [0xC3]) }
  }

  @Test(
    "A field that is written reads back", arguments: ["", "a", "a,b", "\"", "\"\"", "a\nb", "\r\n", "a\"b,c", " ", "é"])
  func field(_ text: String) throws {
    #expect(try rows("h,i\n\(CSV.field(text)),x\n") == [["h", "i"], [text, "x"]])
  }

  // MARK: Times

  @Test(
    "Times are read with Z or an offset, to the microsecond",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-22T09:30:00Z", 1_795_339_800_000_000),
      ("2026-11-22T10:30:00+01:00", 1_795_339_800_000_000), ("2026-11-21T23:30:00.5-10:00", 1_795_339_800_500_000),
      ("2026-11-22t09:30:00.123456789z", 1_795_339_800_123_456), ("1969-12-31T23:59:59.999999Z", -1),
      ("2000-02-29T00:00:00Z", 951_782_400_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
      ("0001-01-01T00:00:00Z", -62_135_596_800_000_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
    ])
  func time(_ text: String, _ microseconds: Int64) {
    #expect(RFC3339.timestamp(text) == Timestamp(microseconds: microseconds))
  }

  @Test(
    "Anything else is no time",
    arguments: [
      "", "2026-11-22", "2026-11-22T09:30:00", "2026-11-22 09:30:00Z", "2026-11-22T09:30Z", "2026-11-22T24:00:00Z",
      "2026-11-22T09:60:00Z", "2026-11-22T09:30:61Z", "2026-11-31T00:00:00Z", "2026-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-00T00:00:00Z",
      "0000-01-01T00:00:00Z", "2026-11-22T09:30:00.Z", "2026-11-22T09:30:00+0100", "2026-11-22T09:30:00+01",
      "2026-11-22T09:30:00+24:00", "2026-11-22T09:30:00Zx", "2026-11-22T09:30:00+01:00x", "+026-11-22T09:30:00Z",
      "2026-11-22T09:30:00．5Z", "２026-11-22T09:30:00Z", "-2026-11-22T09:30:00Z", "20261122T093000Z", "now",
    ])
  func noTime(_ text: String) {
    #expect(RFC3339.timestamp(text) == nil)
  }

  @Test("Times and days are written so that they read back, of all centuries")
  func times() {
    var random = SeededGenerator(state: 7)
    for _ in 0..<2_000 {
      let seconds = Int64.random(in: -62_135_596_800...253_402_300_799, using: &random)
      let fraction = Bool.random(using: &random) ? 0 : Int64.random(in: 0..<1_000_000, using: &random)
      let time = Timestamp(microseconds: seconds * 1_000_000 + fraction)
      let text = RFC3339.text(time)
      #expect(RFC3339.timestamp(text) == time, "\(text)")
      #expect(text.utf8.count == (fraction == 0 ? 20 : 27), "\(text)")
      let day = Day(number: Int32(seconds / 86_400))
      #expect(RFC3339.day(RFC3339.text(day)) == day)
    }
    #expect(RFC3339.text(Timestamp(microseconds: 1_795_339_800_000_000)) == "2026-11-22T09:30:00Z")
    #expect(RFC3339.text(Timestamp(microseconds: -1)) == "1969-12-31T23:59:59.999999Z")
    #expect(RFC3339.text(Timestamp(microseconds: 50)) == "1970-01-01T00:00:00.000050Z")
    // By what PostgreSQL, Python and every calendar say.
    #expect(RFC3339.day("2000-01-01") == Day(number: 10_957))
    #expect(RFC3339.text(Day(number: 19_782)) == "2024-02-29")
  }

  // MARK: Hashtags

  @Test(
    "Hashtags are words behind a hash that stands alone",
    arguments: [
      ("#be-helpful", ["be-helpful"]), ("(#One), #two. #two #ONE", ["one", "two"]), ("a#b &#39; http://x/#y ##z", []),
      ("# #é #-a", []), ("fix #123 for #be-polite!", ["123", "be-polite"]), ("é#no \n#yes", ["yes"]),
    ])
  func hashtags(_ text: String, _ tags: [String]) {
    #expect(MarkedText.hashtags(in: text) == tags)
  }
}

@Suite("Keys, cursors, statements and words for refusals")
struct SmallPartsTests {
  @Test("A key names its organisation, reads back, and is never made twice")
  func keys() throws {
    let keys = (0..<100).map { KeyText(organization: Int32($0 + 1)) }
    #expect(Set(keys.map(\.text)).count == 100)
    for key in keys {
      let read = try #require(KeyText(key.text[...]))
      #expect(read.organization == key.organization)
      #expect(read.digest == key.digest)
      #expect(key.digest == .sha256(Array(key.text.utf8)))
    }
  }

  @Test(
    "What cannot be a key is none",
    arguments: [
      "", "laurel", "laurel_1", "laurel_1_", "laurel_0_KEY", "laurel_-1_KEY", "laurel_x_KEY", "Laurel_1_KEY",
      "laurel_1_KEYx",
      "laurel_2147483648_KEY", " laurel_1_KEY", "laurel__KEY", "laurel_1_1_KEY",
    ])
  func noKey(_ text: String) {
    #expect(KeyText(text.replacing("KEY", with: String(repeating: "k", count: 43))[...]) == nil)
  }

  @Test("Base64 for URLs reads back, and nothing else is read", arguments: 0...66)
  func base64(_ count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 251) }
    let text = base64URL(bytes)
    #expect(text.utf8.count == (count * 4 + 2) / 3)
    #expect(decodeBase64URL(text) == bytes)
    #expect(decodeBase64URL(text + "=") == nil)
    #expect(decodeBase64URL(text + "+") == nil)
    #expect(decodeBase64URL(text + "é") == nil)
  }

  @Test("Base64 is RFC 4648's")
  func base64Examples() {
    #expect(base64URL(Array("foobar".utf8)) == "Zm9vYmFy")
    #expect(base64URL(Array("fooba".utf8)) == "Zm9vYmE")
    #expect(base64URL([0xFB, 0xFF]) == "-_8")
  }

  @Test("Ids are version 7, and their times are now")
  func ids() {
    let before = Timestamp.now.microseconds / 1_000
    let ids = (0..<50).map { _ in Secrets.id() }
    let after = Timestamp.now.microseconds / 1_000
    #expect(Set(ids).count == 50)
    for id in ids {
      let text = Array("\(id)")
      #expect(text[14] == "7" && "89ab".contains(text[19]), "\(id)")
      #expect((before...after).contains(Int64(id.rawValue >> 80)))
    }
  }

  @Test("A cursor opens by the secret and in the context that it was sealed in, and not otherwise")
  func cursors() {
    let signer = CursorSigner(secret: Array("secret".utf8))
    for payload in [[], [1], Array("ann".utf8), [UInt8](repeating: 255, count: 100)] {
      let sealed = signer.seal(payload, [1, 2])
      #expect(signer.open(sealed, [1, 2]) == payload)
      #expect(signer.open(sealed, [1, 3]) == nil)
      #expect(signer.open(sealed, []) == nil)
      #expect(CursorSigner(secret: Array("other".utf8)).open(sealed, [1, 2]) == nil)
      #expect(signer.open(sealed + "A", [1, 2]) == nil)
      #expect(signer.open(sealed + "=", [1, 2]) == nil)
      for index in sealed.indices {
        var tampered = sealed
        tampered.replaceSubrange(index...index, with: sealed[index] == "A" ? "B" : "A")
        #expect(signer.open(tampered, [1, 2]) == nil, "\(tampered)")
      }
    }
    #expect(signer.open("", []) == nil)
  }

  @Test("The types of a statement's parameters are read off its casts, in their order")
  func parameterTypes() {
    #expect(SQL.parameterTypes(of: "SELECT 1") == [])
    #expect(
      SQL.parameterTypes(of: "SELECT $2::text, $1::integer[], $3::timestamptz, $2::text")
        == [.int4Array, .text, .timestamptz])
    #expect(
      SQL.parameterTypes(of: "SELECT $1::bytea[], $2::uuid, $3::boolean, $4::date[], $5::bigint, $6::smallint[]")
        == [.byteaArray, .uuid, .bool, .dateArray, .int8, .int2Array])
  }

  @Test("What a link holds is percent-encoded, byte by byte")
  func percent() {
    #expect(percentEncoded("aZ09-._~") == "aZ09-._~")
    #expect(percentEncoded("a b&c=é/%") == "a%20b%26c%3D%C3%A9%2F%25")
  }

  @Test(
    "Every word for a refusal is snake_case, and has a status that says whose fault it is",
    arguments: Refusal.Code.allCases)
  func refusals(_ code: Refusal.Code) {
    let refusal = Refusal(code, "Why.", at: "/here")
    #expect(code.rawValue.wholeMatch(of: /[a-z]+(?:_[a-z]+)*/) != nil)
    // Nobody who calls can help it that clocks disagree.
    #expect([400, 401, 403, 404, 409, 412, 422].contains(refusal.status) || code == .clockLeapt)
    #expect(refusal.problem.status == refusal.status)
    #expect(refusal.problem.code == code.rawValue)
    #expect(refusal.problem.errors.map(\.pointer) == ["/here"])
  }

  @Test(
    "The contract's words have the contract's statuses",
    arguments: [
      ("insufficient_allowance", 409), ("self_recognition", 422), ("duplicate_recipient", 422), ("unknown_person", 422),
      ("unknown_value", 422), ("inactive_recipient", 422), ("message_too_long", 422), ("idempotency_key_reused", 422),
    ])
  func contract(_ word: String, _ status: Int) throws {
    let code = try #require(Refusal.Code(rawValue: word))
    #expect(Refusal(code, "").status == status)
  }
}
