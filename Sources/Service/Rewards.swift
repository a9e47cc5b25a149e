import HTTP
import Ledger
import Postgres
import Text

/// `/v1/rewards`: the catalogue.
enum Rewards {
  static let endpoints = [
    Endpoint(
      .get, "/v1/rewards", .everyone, "listRewards", "The catalogue, by SKU.",
      "Rewards that are not offered now are shown to admins.", query: Page.parameters + [ofKind, pointsMax, search],
      answers: Answer.page(of: RewardRecord.schema), list
    ).forLeavers,
    Endpoint(
      .get, "/v1/rewards/{id}", .everyone, "getReward", "One reward.", path: [inPath],
      answers: Answer.tagged(RewardRecord.schema), one
    ).forLeavers,
    Endpoint(
      .post, "/v1/rewards", .roles([.rewards, .admin]), "createReward", "Add a reward.",
      body: .object(members + [stock], name: "NewReward"),
      answers: Answer.created(RewardRecord.schema, headers: [.location, .etag]), refusals: [.duplicateSKU], create),
    Endpoint(
      .patch, "/v1/rewards/{id}", .roles([.rewards, .admin]), "changeReward", "Change a reward.",
      "What is absent stays as it is. Stock is moved, not changed.", path: [inPath],
      body: .change(members, name: "RewardChange"), answers: Answer.changed(RewardRecord.schema, headers: [.etag]),
      refusals: [.duplicateSKU], change),
    Endpoint(
      .post, "/v1/rewards/{id}/stock", .roles([.rewards, .admin]), "moveStock",
      "Put rewards into stock, or take some out.",
      path: [inPath], body: .object([delta], name: "StockMove"),
      answers: Answer.changed(RewardRecord.schema, headers: [.etag]), refusals: [.unlimitedStock, .outOfStock],
      moveStock),
  ]

  private static let inPath = PathParameter(
    "id", JSONSchema(.string(length: 1...200), "The reward's id or SKU.", example: "MUG-ISLA"))
  private static let ofKind = QueryParameter("kind", .choice(Reward.Kind.self), "Of this kind.")
  private static let pointsMax = QueryParameter("max_points", .integer(0 ... .max), "At most that price.", example: 500)
  private static let search = QueryParameter(
    "q", .text(0...200), "Words of a SKU, a name or a description, or parts of them; without case and accents.",
    example: "mug")

  private static let sku = Member(
    "sku",
    .text(1...64, pattern: "[A-Za-z0-9][A-Za-z0-9._-]*", else: "is made of letters, digits, dot, dash and underscore"),
    "Its short name, which no other reward has.", example: "MUG-ISLA")
  private static let name = Member("name", .displayName, "", example: "Isla Café mug")
  private static let description = Member("description", .description, default: "", "")
  private static let kind = Member("kind", .choice(Reward.Kind.self), default: .merchandise, "")
  private static let price = Member("price_points", .points(from: 1), "The price of one, in points.", example: 150)
  private static let cost = Member(
    "cost", optional: Money.type, "What one costs the organisation; nothing, if absent.")
  private static let fulfilment = Member(
    "fulfilment", .choice(Reward.Fulfilment.self), default: .manual, "Whether somebody has to hand it out.")
  private static let needsApproval = Member(
    "needs_approval", .bool, default: false, "Whether finance or an admin approves each redemption.")
  private static let isTaxable = Member("taxable", .bool, default: false, "As exports say.")
  private static let isActive = Member("active", .bool, default: true, "Whether it is offered.")
  /// A path begins with one slash: behind two there would be another host, and browsers take a backslash for a slash.
  private static let imagePattern = #"https?://[^/\\\s]+(?:/[^\\\s]*)?|/[^/\\\s][^\\\s]*"#
  private static let imageURL = Member(
    "image_url",
    optional: .text(1...2_000).checked(pattern: imagePattern) { text in
      // As the pattern says; and nothing in it is hidden.
      let isPlace = text.wholeMatch(of: /https?:\/\/[^\/\\\s]+(?:\/[^\\\s]*)?|\/[^\/\\\s][^\\\s]*/) != nil
      return isPlace && text.unicodeScalars.allSatisfy(\.isVisible)
        ? nil : "is an address such as https://acme.example/mug.png, or a path such as /images/mug.png"
    },
    "Where its picture is: an http or https address, or a path at the same place as this service.",
    example: "/images/mug.png")
  private static let members: [any JSONMember] = [
    sku, name, description, kind, price, cost, fulfilment, needsApproval, isTaxable, isActive, imageURL,
  ]
  private static let stock = Member(
    "stock", optional: .integer(0...1_000_000_000), "How many there are; unlimited, if absent.", example: 40)
  private static let delta = Member(
    "delta", .integer(-1_000_000_000...1_000_000_000), "How many more, or fewer; not 0.", example: 10)

  // MARK: Reading

  private static func list(_ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let (kind, search) = (try exchange[ofKind], try exchange[Self.search])
    let pointsMax = try exchange[Self.pointsMax]
    let rows = try await exchange.worker.pool.query(
      rewards,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.text(page.after.map { String(decoding: $0, as: UTF8.self) } ?? "")
        $0.text(kind?.rawValue)
        $0.int64(pointsMax)
        $0.texts(Search.patterns(search))
        $0.bool(exchange.caller.seesWholeCatalogue)
        $0.int32(Int32(page.limit + 1))
      }, isIdempotent: true)
    let records = try rows.map { row throws(PostgresError) in try RewardRecord(row) }
    return page.answer(records) {
      Array($0.reward.sku.utf8)
    } _: {
      $1.write(to: &$0)
    }
  }

  private static func one(_ exchange: Exchange) async throws -> Response {
    let record = try await find(exchange.parameters["id"], exchange)
    return exchange.answer(tag: record.tag) { record.write(to: &$0) }
  }

  private static func find(_ name: String, _ exchange: Exchange) async throws -> RewardRecord {
    let rows = try await exchange.worker.pool.query(
      reward,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(ID(name)?.rawValue)
        $0.text(name)
      }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    return try RewardRecord(row)
  }

  // MARK: What the members say, of a request or of a file's row

  /// A new reward, and how many there are; nil is unlimited.
  static func new(_ id: ID, _ fields: inout JSONFields) -> (reward: Reward, stock: Int64?) {
    let stock = fields[Self.stock]
    let reward = Reward(
      id: id, sku: fields[sku], name: fields[name], description: fields[description], kind: fields[kind],
      pricePoints: fields[price], cost: fields[cost] ?? .nothing, isLimited: stock != nil,
      fulfilment: fields[fulfilment], needsApproval: fields[needsApproval], isTaxable: fields[isTaxable],
      isActive: fields[isActive], imageURL: fields[imageURL])
    return (reward, stock)
  }

  /// What is absent stays as it is.
  static func change(_ reward: inout Reward, _ fields: inout JSONFields) {
    fields.change(&reward.sku, sku)
    fields.change(&reward.name, name)
    fields.change(&reward.description, description)
    fields.change(&reward.kind, kind)
    fields.change(&reward.pricePoints, price)
    var cost: Money? = reward.cost
    fields.change(&cost, Self.cost)
    reward.cost = cost ?? .nothing
    fields.change(&reward.fulfilment, fulfilment)
    fields.change(&reward.needsApproval, needsApproval)
    fields.change(&reward.isTaxable, isTaxable)
    fields.change(&reward.isActive, isActive)
    fields.change(&reward.imageURL, imageURL)
  }

  // MARK: Writing

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    let id = Secrets.id()
    var asked: (reward: Reward, stock: Int64)?
    let action = try write.action { fields in
      let (reward, stock) = new(id, &fields)
      asked = (reward, stock ?? 0)
      return .putReward(PutReward(reward: reward, stock: stock ?? 0))
    }
    let written = try await write.submit(exchange, action)
    let (subject, headers) = try await written.subject(exchange)
    guard let asked else { preconditionFailure("what was submitted was read") }
    // A replay's request is the same as then, and so is what it made, whatever became of that.
    let record = RewardRecord(asked.reward, stock: asked.stock, id: subject, position: written.position)
    let location = ("Location", "/v1/rewards/\(subject)")
    return .json(201, headers: headers + [location, ("ETag", record.tag)]) { record.write(to: &$0) }
  }

  private static func change(_ exchange: Exchange) async throws -> Response {
    let record = try await find(exchange.parameters["id"], exchange)
    try exchange.requireMatch(record.tag)
    let write = try WriteRequest(exchange)
    let action = try write.action { fields in
      var reward = record.reward
      change(&reward, &fields)
      return .putReward(PutReward(reward: reward, expected: record.reward.position))
    }
    let written = try await write.submit(exchange, action)
    return try await answer(written, exchange)
  }

  private static func moveStock(_ exchange: Exchange) async throws -> Response {
    let id = try await idInPath(exchange)
    let write = try WriteRequest(exchange)
    let action = try write.action { fields in
      let count = fields[delta]
      if count == 0 { fields.refuse(delta, "must not be 0") }
      return .moveStock(reward: id, delta: count)
    }
    let written = try await write.submit(exchange, action)
    return try await answer(written, exchange)
  }

  /// Which reward the path names. One that a replay no longer finds under that SKU matters no more: the key's effect is known.
  private static func idInPath(_ exchange: Exchange) async throws -> ID {
    do {
      return try await find(exchange.parameters["id"], exchange).reward.id
    } catch let problem as Problem where exchange.isReplay && problem == .notFound {
      return .zero
    }
  }

  private static func answer(_ written: Written, _ exchange: Exchange) async throws -> Response {
    let (row, _, headers) = try await written.subject(exchange, as: rewardAsOf)
    let record = try RewardRecord(asOf: row)
    return .json(200, headers: headers + [("ETag", record.tag)]) { record.write(to: &$0) }
  }

  private static let reward = SQL.statement("reward")
  private static let rewardAsOf = SQL.statement("reward_as_of")
  private static let rewards = SQL.statement("rewards", .long)
}

/// A reward with its stock.
private struct RewardRecord {
  let reward: Reward
  let stock: Int64

  init(_ row: Row) throws(PostgresError) {
    reward = try BookReading.reward(row, from: 0)
    stock = try row.int64(15)
  }

  /// Of `reward_as_of`: where the row has changed since, what its entry said then.
  init(asOf row: Row) throws(PostgresError) {
    let present = try BookReading.reward(row, from: 0)
    stock = try row.int64(15)
    guard let said = try row.textOrNull(16) else {
      reward = present
      return
    }
    guard
      let then = Reward(id: present.id, isLimited: present.isLimited, particulars: said, position: try row.int64(17))
    else { throw PostgresError(.misuse, "the entry at \(try row.int64(17)) is not that of a reward") }
    reward = then
  }

  /// One as it was made.
  init(_ asked: Reward, stock: Int64, id: ID, position: Int64) {
    reward = Reward(
      id: id, sku: asked.sku, name: asked.name, description: asked.description, kind: asked.kind,
      pricePoints: asked.pricePoints, cost: asked.cost, isLimited: asked.isLimited, fulfilment: asked.fulfilment,
      needsApproval: asked.needsApproval, isTaxable: asked.isTaxable, isActive: asked.isActive,
      imageURL: asked.imageURL,
      position: position)
    self.stock = stock
  }

  static let schema = JSONSchema(
    .object([
      .init("id", .id), .init("sku", .text(example: "MUG-ISLA")), .init("name", .text(example: "Isla Café mug")),
      .init("description", .text(example: "It holds 0.3 litres.")), .init("kind", .word(Reward.Kind.self)),
      .init("price_points", .count(example: 150)), .init("cost", Money.schema),
      .init("stock", .count("Null where it is unlimited.", example: 40).orNull),
      .init("fulfilment", .word(Reward.Fulfilment.self)), .init("needs_approval", .bool), .init("taxable", .bool),
      .init("active", JSONSchema(.boolean, example: true)), .init("image_url", .text().orNull),
    ]), name: "Reward")

  var tag: String { versionTag(reward.position) }

  func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("id", reward.id.description)
      json.member("sku", reward.sku)
      json.member("name", reward.name)
      json.member("description", reward.description)
      json.member("kind", reward.kind.rawValue)
      json.member("price_points", reward.pricePoints)
      json.member("cost", reward.cost)
      json.member("stock", reward.isLimited ? Int(stock) : nil)
      json.member("fulfilment", reward.fulfilment.rawValue)
      json.member("needs_approval", reward.needsApproval)
      json.member("taxable", reward.isTaxable)
      json.member("active", reward.isActive)
      json.member("image_url", reward.imageURL)
    }
  }
}
