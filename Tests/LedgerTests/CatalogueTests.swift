import Testing

@testable import Ledger

@Suite("What the log says of a reward")
struct CatalogueTests {
  private static let awkward = [
    "x", "Isla Café", "a\nb", "x\ndescription\ty", #"\\n"#, #"a\"#, "\r", "\r\nkind\tdonation", "\tname\t", "\n",
    "e\u{301}\n\u{301}", "true\n",
  ]

  @Test("is read back as it was written, whatever lines its words look like", arguments: awkward, awkward)
  func readBack(_ name: String, _ description: String) throws {
    let reward = Reward(
      id: ID(rawValue: 7), sku: "MUG-1", name: name, description: description, kind: .donation, pricePoints: 12,
      cost: try #require(Money(amount: "1.25", currency: "EUR")), isLimited: true, fulfilment: .instant,
      needsApproval: true,
      isTaxable: false, isActive: true, imageURL: nil, position: 5)
    let read = Reward(id: reward.id, isLimited: true, particulars: reward.particulars, position: 5)
    #expect(read == reward)
  }

  @Test("says one thing: other words make another text")
  func unambiguous() {
    let texts = Self.awkward.flatMap { name in
      Self.awkward.map { Particulars.line("name", name) + Particulars.line("description", $0) }
    }
    // By bytes: to Swift, composed and decomposed letters are equal.
    #expect(Set(texts.map { Array($0.utf8) }).count == Self.awkward.count * Self.awkward.count)
    for value in Self.awkward {
      let read = Particulars.values(in: Particulars.line("name", value))
      #expect(read?["name"].map { Array($0.utf8) } == Array(value.utf8))
    }
  }

  @Test("is not made out of anything else")
  func refused() {
    for text in ["", "\n", "sku\tMUG\n", "name\t\\x\n", "name\tx", String(repeating: "\n", count: 20)] {
      #expect(Reward(id: ID(rawValue: 7), isLimited: true, particulars: text, position: 5) == nil)
    }
  }
}
