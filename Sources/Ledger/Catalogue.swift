/// Something points can be redeemed for.
public struct Reward: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case giftCard = "gift_card"
    case merchandise, experience, donation
    case timeOff = "time_off"
  }

  public enum Fulfilment: String, Sendable, CaseIterable {
    case instant, manual
  }

  public let id: ID
  public var sku: String
  public var name: String
  public var description: String
  public var kind: Kind
  public var pricePoints: Int64
  public var cost: Money
  /// Whether it has a stock; it never changes.
  public let isLimited: Bool
  public var fulfilment: Fulfilment
  public var needsApproval: Bool
  public var isTaxable: Bool
  public var isActive: Bool
  public var imageURL: String?
  /// The position of the entry that last changed it.
  public var position: Int64

  public init(
    id: ID, sku: String, name: String, description: String, kind: Kind, pricePoints: Int64, cost: Money,
    isLimited: Bool, fulfilment: Fulfilment, needsApproval: Bool, isTaxable: Bool, isActive: Bool, imageURL: String?,
    position: Int64 = 0
  ) {
    self.id = id
    self.sku = sku
    self.name = name
    self.description = description
    self.kind = kind
    self.pricePoints = pricePoints
    self.cost = cost
    self.isLimited = isLimited
    self.fulfilment = fulfilment
    self.needsApproval = needsApproval
    self.isTaxable = isTaxable
    self.isActive = isActive
    self.imageURL = imageURL
    self.position = position
  }

  /// What an audit reads.
  var particulars: String {
    Particulars.line("sku", sku) + Particulars.line("name", name) + Particulars.line("description", description)
      + Particulars.line("kind", kind.rawValue) + Particulars.line("price_points", pricePoints)
      + Particulars.line("cost", "\(cost.amount) \(cost.currency)")
      + Particulars.line("fulfilment", fulfilment.rawValue)
      + Particulars.line("needs_approval", needsApproval) + Particulars.line("taxable", isTaxable)
      + Particulars.line("active", isActive) + Particulars.line("image_url", imageURL ?? "")
  }

  /// Reads what ``particulars`` wrote; nil for anything else.
  public init?(id: ID, isLimited: Bool, particulars: String, position: Int64) {
    guard let values = Particulars.values(in: particulars), let sku = values["sku"], let name = values["name"],
      let description = values["description"], let kind = values["kind"].flatMap(Kind.init),
      let price = values["price_points"].flatMap(Int64.init(_:)),
      let cost = values["cost"]?.split(separator: " "), cost.count == 2,
      let money = Money(amount: String(cost[0]), currency: String(cost[1])),
      let fulfilment = values["fulfilment"].flatMap(Fulfilment.init),
      let needsApproval = values["needs_approval"].flatMap(Bool.init),
      let isTaxable = values["taxable"].flatMap(Bool.init), let isActive = values["active"].flatMap(Bool.init),
      let imageURL = values["image_url"]
    else { return nil }
    self.init(
      id: id, sku: sku, name: name, description: description, kind: kind, pricePoints: price, cost: money,
      isLimited: isLimited, fulfilment: fulfilment, needsApproval: needsApproval, isTaxable: isTaxable,
      isActive: isActive, imageURL: imageURL.isEmpty ? nil : imageURL, position: position)
  }
}

public struct PutReward: Sendable {
  public let reward: Reward
  /// Units at the beginning, for one that is created with a stock.
  public let stock: Int64
  /// The position that the reward must last have changed at: what the caller saw. Nil for a new one.
  public let expected: Int64?

  public init(reward: Reward, stock: Int64 = 0, expected: Int64? = nil) {
    self.reward = reward
    self.stock = stock
    self.expected = expected
  }
}

extension Book {
  mutating func put(_ put: PutReward, _ operation: Operation) throws(Refusal) -> Acceptance {
    var reward = put.reward
    let earlier = rewards[reward.id]
    if let expected = put.expected {
      guard let earlier else { throw Refusal(.notFound, "There is no such reward.") }
      guard earlier.position == expected else {
        throw Refusal(.precondition, "The reward has changed since you read it; read it again.")
      }
    }
    if let other = rewardsBySKU[reward.sku], other != reward.id {
      throw Refusal(.duplicateSKU, "There is a reward with the SKU \(reward.sku) already.", at: "/sku")
    }
    reward.position = head.position + 1
    if let earlier { rewardsBySKU[earlier.sku] = nil }
    load(reward)
    return append(
      operation, earlier == nil ? .rewardCreated : .rewardChanged, subject: reward.id, text: reward.particulars,
      moves: [(.stock(reward.id), put.stock), (.supply(reward.id), -put.stock)])
  }

  mutating func moveStock(of id: ID, by delta: Int64, _ operation: Operation) throws(Refusal) -> Acceptance {
    guard let reward = rewards[id] else { throw Refusal(.notFound, "There is no such reward.") }
    guard reward.isLimited else {
      throw Refusal(.unlimitedStock, "\(reward.sku) is unlimited: it has no stock to move.", at: "/delta")
    }
    let stock = balances[.stock(id), default: 0]
    guard stock + delta >= 0 else {
      throw Refusal(.outOfStock, "Only \(stock) of \(reward.sku) are in stock.", at: "/delta")
    }
    return append(
      operation, .stockMoved, subject: id, moves: [(.stock(id), delta), (.supply(id), -delta)])
  }
}
