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
    """
    sku\t\(sku)
    name\t\(name)
    description\t\(description)
    kind\t\(kind.rawValue)
    price_points\t\(pricePoints)
    cost\t\(cost.amount) \(cost.currency)
    fulfilment\t\(fulfilment.rawValue)
    needs_approval\t\(needsApproval)
    taxable\t\(isTaxable)
    active\t\(isActive)
    image_url\t\(imageURL ?? "")

    """
  }

  /// Reads what ``particulars`` wrote. Only a description or a name may hold line breaks, so the lines around them are counted
  /// from either end. A name ends before the first line that begins as the description's does.
  /// - Returns: nil for anything else.
  public init?(id: ID, isLimited: Bool, particulars: String, position: Int64) {
    // By bytes: to Swift a carriage return and a line feed are one character.
    let lines = particulars.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      String($0) ?? ""
    }
    let tail = ["kind", "price_points", "cost", "fulfilment", "needs_approval", "taxable", "active", "image_url"]
    // After the last line comes nothing.
    guard lines.count >= tail.count + 4, lines.last == "" else { return nil }
    let end = lines.count - 1 - tail.count
    func value(_ line: String, _ name: String) -> String? {
      line.hasPrefix("\(name)\t") ? String(line.dropFirst(name.count + 1)) : nil
    }
    var last: [String: String] = [:]
    for (line, name) in zip(lines[end...], tail) { last[name] = value(line, name) }
    let cost = (last["cost"] ?? "").split(separator: " ")
    guard let sku = value(lines[0], "sku"),
      let middle = lines[1..<end].firstIndex(where: { $0.hasPrefix("description\t") }),
      let name = value(lines[1..<middle].joined(separator: "\n"), "name"),
      let description = value(lines[middle..<end].joined(separator: "\n"), "description"),
      let kind = last["kind"].flatMap(Kind.init), let price = last["price_points"].flatMap(Int64.init(_:)),
      cost.count == 2,
      let money = Money(amount: String(cost[0]), currency: String(cost[1])),
      let fulfilment = last["fulfilment"].flatMap(Fulfilment.init),
      let needsApproval = last["needs_approval"].flatMap(Bool.init),
      let isTaxable = last["taxable"].flatMap(Bool.init), let isActive = last["active"].flatMap(Bool.init),
      let imageURL = last["image_url"]
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
