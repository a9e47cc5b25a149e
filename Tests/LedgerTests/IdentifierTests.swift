import Ledger
import Testing

@Suite("Ids and digests")
struct IdentifierTests {
  @Test("A version 7 UUID has the time in front, version and variant in their places, and randomness elsewhere")
  func version7() {
    // The example of RFC 9562, appendix A.6.
    let example = ID.version7(milliseconds: 0x017F_22E2_79B0, random: 0x0CC3 << 64 | 0x18C4_DC0C_0C07_398F)
    #expect("\(example)" == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    #expect("\(ID.version7(milliseconds: 0, random: .max))" == "00000000-0000-7fff-bfff-ffffffffffff")
    #expect("\(ID.version7(milliseconds: 0xFFFF_FFFF_FFFF, random: 0))" == "ffffffff-ffff-7000-8000-000000000000")
  }

  @Test("Ids of later milliseconds sort behind, as numbers and as texts")
  func order() {
    let ids = (0..<100).map { later in
      ID.version7(milliseconds: 1_800_000_000_000 + later, random: UInt128.random(in: 0 ... .max))
    }
    #expect(ids == ids.sorted())
    #expect(ids.map(\.description) == ids.map(\.description).sorted())
  }

  @Test("An id reads back as it was written, in either case")
  func roundTrip() {
    let id = ID(rawValue: 0x0123_4567_89AB_CDEF_0011_2233_4455_6677)
    #expect("\(id)" == "01234567-89ab-cdef-0011-223344556677")
    #expect(ID("\(id)") == id)
    #expect(ID("\(id)".uppercased()) == id)
    #expect(ID("00000000-0000-0000-0000-000000000000") == .zero)
  }

  @Test(
    "Whatever is no UUID in its canonical form is no id",
    arguments: [
      "", "-", "01234567", "0123456789abcdef0011223344556677", "01234567-89ab-cdef-0011-22334455667",
      "01234567-89ab-cdef-0011-2233445566777", "{01234567-89ab-cdef-0011-223344556677}",
      "01234567-89ab-cdef-0011-22334455667g", "01234567_89ab_cdef_0011_223344556677",
      " 1234567-89ab-cdef-0011-223344556677", "0123456-789ab-cdef-0011-223344556677",
      "01234567-89ab-cdef-0011-2233445566é7", "------------------------------------",
      "01234567-89ab-cdef-0011-22334455667\0",
    ])
  func noID(_ text: String) {
    #expect(ID(text) == nil)
  }

  @Test("A digest is 32 bytes or 64 hexadecimal digits")
  func digests() {
    // FIPS 180-4's example for "abc".
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect("\(Digest.sha256(Array("abc".utf8)))" == abc)
    #expect(Digest(hexadecimal: abc) == .sha256(Array("abc".utf8)))
    #expect(Digest(hexadecimal: abc.uppercased()) == .sha256(Array("abc".utf8)))
    #expect(Digest(bytes: Digest.sha256([]).bytes) == .sha256([]))
    #expect(Digest.zero.bytes == [UInt8](repeating: 0, count: 32))
    #expect(Digest(bytes: [UInt8](repeating: 0, count: 31)) == nil)
    #expect(Digest(bytes: [UInt8](repeating: 0, count: 33)) == nil)
  }

  @Test(
    "Anything else is no digest",
    arguments: [
      "", "ba78", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
      String(repeating: "0", count: 63) + "g", String(repeating: "0", count: 62) + "é",
      " " + String(repeating: "0", count: 63), String(repeating: "0", count: 61) + "０",
    ])
  func noDigest(_ text: String) {
    #expect(Digest(hexadecimal: text) == nil)
  }

  @Test("Bytes are written as two lower-case digits each")
  func bytes() {
    #expect(hexadecimal([]) == "")
    #expect(hexadecimal([0, 1, 0x9A, 0xFF]) == "00019aff")
  }
}
