import Testing

@testable import HTTP

/// What a request says of the version `"17"`.
@Suite("Entity tags")
struct EntityTagsTests {
  private struct Comparison: Sendable, CustomTestStringConvertible {
    let fields: [String]
    /// By strong and by weak comparison.
    let (strong, weak): (Bool, Bool)
    var testDescription: String { fields.joined(separator: " | ") }

    init(_ fields: String..., strong: Bool, weak: Bool) {
      (self.fields, self.strong, self.weak) = (fields, strong, weak)
    }
  }

  @Test(
    "match by RFC 9110's comparisons, alone, in lists and in several fields",
    arguments: [
      Comparison(#""17""#, strong: true, weak: true),
      Comparison("*", strong: true, weak: true),
      Comparison(#"W/"17""#, strong: false, weak: true),
      Comparison(#""16", "17""#, strong: true, weak: true),
      Comparison(#""16",W/"17""#, strong: false, weak: true),
      Comparison(#"W/"17", "17""#, strong: true, weak: true),
      Comparison(", ,\"16\" ,\t\"17\",,", strong: true, weak: true),
      Comparison(#""16""#, #""17""#, strong: true, weak: true),
      Comparison(#""a,b", "17""#, strong: true, weak: true),
      Comparison(#""é", "17""#, strong: true, weak: true),
      Comparison(#""16", "18""#, strong: false, weak: false),
      Comparison(#""1,"17",7""#, strong: false, weak: false),
      Comparison(#"""#, strong: false, weak: false),
      Comparison(#""17"#, strong: false, weak: false),
      Comparison("17", strong: false, weak: false),
      Comparison(#"w/"17""#, strong: false, weak: false),
      Comparison(#"W/ "17""#, strong: false, weak: false),
      Comparison(#""17" "18""#, strong: false, weak: false),
      Comparison(#""17"x"#, strong: false, weak: false),
      Comparison(#"" ", "17""#, strong: false, weak: false),
      Comparison(#"*, "17""#, strong: false, weak: false),
      Comparison("*", "*", strong: false, weak: false),
      Comparison("", strong: false, weak: false),
    ])
  private func comparisons(_ comparison: Comparison) throws {
    let tags = try #require(EntityTags(comparison.fields))
    #expect(tags.matchStrongly(#""17""#) == comparison.strong)
    #expect(tags.matchWeakly(#""17""#) == comparison.weak)
  }

  @Test("are none without a field")
  func none() { #expect(EntityTags([]) == nil) }
}
