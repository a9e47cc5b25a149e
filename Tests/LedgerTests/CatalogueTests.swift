import Testing

@testable import Ledger

@Suite("What the log says of a reward")
struct CatalogueTests {
  private static let awkward = [
    "x", "Isla Café", "a\nb", "\r", "\r\nkind\tdonation", "\tname\t", "\n", "e\u{301}\n\u{301}", "true\n",
  ]

  @Test("is read back as it was written, but for names with a line like a description's", arguments: awkward, awkward)
  func readBack(_ name: String, _ description: String) throws {
    let reward = Reward(
      id: ID(rawValue: 7), sku: "MUG-1", name: name, description: description, kind: .donation, pricePoints: 12,
      cost: try #require(Money(amount: "1.25", currency: "EUR")), isLimited: true, fulfilment: .instant,
      needsApproval: true,
      isTaxable: false, isActive: true, imageURL: nil, position: 5)
    let read = Reward(id: reward.id, isLimited: true, particulars: reward.particulars, position: 5)
    #expect(read == reward)
  }

  @Test("is not made out of anything else")
  func refused() {
    for text in ["", "\n", "sku\tMUG\n", String(repeating: "\n", count: 20)] {
      #expect(Reward(id: ID(rawValue: 7), isLimited: true, particulars: text, position: 5) == nil)
    }
  }
}
