import HTTP
import Ledger
import Postgres

/// `/v1/rewards`: the catalogue.
enum Rewards {
  static let endpoints = [
    Endpoint(.get, "/v1/rewards", .everyone, parameters: Endpoint.paging + ["kind", "max_points", "q"], list),
    Endpoint(.get, "/v1/rewards/{id}", .everyone, one),
    Endpoint(.post, "/v1/rewards", .roles([.admin]), create),
    Endpoint(.patch, "/v1/rewards/{id}", .roles([.admin]), change),
    Endpoint(.post, "/v1/rewards/{id}/stock", .roles([.admin]), moveStock),
  ]

  // MARK: Reading

  private static func list(_ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let query = exchange.request.query
    if let kind = query["kind"], Reward.Kind(rawValue: kind) == nil {
      throw Problem.invalidParameter(
        "kind", "is one of \(Reward.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let pointsMax = try query["max_points"].map { text throws(Problem) in
      guard let number = Int64(text), number >= 0 else { throw .invalidParameter("max_points", "is a whole number") }
      return number
    }
    let rows = try await exchange.worker.pool.query(
      rewards,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.text(page.after.map { String(decoding: $0, as: UTF8.self) } ?? "")
        $0.text(query["kind"])
        $0.int64(pointsMax)
        $0.text(query["q"])
        $0.bool(exchange.caller.isAdmin)
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

  // MARK: Writing

  private static func create(_ exchange: Exchange) async throws -> Response {
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange) { body throws(Problem) in
      .putReward(try reward(from: body, id: Secrets.id()))
    }
    return try await answer(201, written, exchange)
  }

  private static func reward(from body: JSONValue, id: ID) throws(Problem) -> PutReward {
    var fields = JSONFields(body)
    let cost = fields.money("cost")
    let stock = fields.optionalInteger("stock", in: 0...1_000_000_000)
    let reward = Reward(
      id: id, sku: fields.sku(), name: fields.string("name", length: 1...200),
      description: fields.optionalString("description", length: 0...2_000) ?? "",
      kind: fields.choice("kind", default: .merchandise),
      pricePoints: Int64(fields.integer("price_points", in: 1...Int(Limits.pointsMax))),
      cost: cost ?? Money(tenThousandths: 0, currency: "EUR"), isLimited: stock != nil,
      fulfilment: fields.choice("fulfilment", default: .manual),
      needsApproval: fields.bool("needs_approval", default: false), isTaxable: fields.bool("taxable", default: false),
      isActive: fields.bool("active", default: true), imageURL: fields.optionalString("image_url", length: 1...2_000))
    try fields.finish()
    return PutReward(reward: reward, stock: Int64(stock ?? 0))
  }

  private static func change(_ exchange: Exchange) async throws -> Response {
    let record = try await find(exchange.parameters["id"], exchange)
    try exchange.requireMatch(record.tag)
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange) { body throws(Problem) in
      var reward = record.reward
      var fields = JSONFields(body)
      if fields.contains("sku") { reward.sku = fields.sku() }
      if let name = fields.optionalString("name", length: 1...200) { reward.name = name }
      if let text = fields.optionalString("description", length: 0...2_000) { reward.description = text }
      if let kind: Reward.Kind = fields.optionalChoice("kind") { reward.kind = kind }
      if let price = fields.optionalInteger("price_points", in: 1...Int(Limits.pointsMax)) {
        reward.pricePoints = Int64(price)
      }
      if let cost = fields.money("cost") { reward.cost = cost }
      if let fulfilment: Reward.Fulfilment = fields.optionalChoice("fulfilment") { reward.fulfilment = fulfilment }
      if let needsApproval = fields.optionalBool("needs_approval") { reward.needsApproval = needsApproval }
      if let isTaxable = fields.optionalBool("taxable") { reward.isTaxable = isTaxable }
      if let isActive = fields.optionalBool("active") { reward.isActive = isActive }
      if fields.contains("image_url") { reward.imageURL = fields.optionalString("image_url", length: 1...2_000) }
      try fields.finish()
      return .putReward(PutReward(reward: reward, expected: record.reward.position))
    }
    return try await answer(200, written, exchange)
  }

  private static func moveStock(_ exchange: Exchange) async throws -> Response {
    let id = try await find(exchange.parameters["id"], exchange).reward.id
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange) { body throws(Problem) in
      var fields = JSONFields(body)
      let delta = fields.integer("delta", in: -1_000_000_000...1_000_000_000)
      if delta == 0 { fields.refuse("delta", "must not be 0") }
      try fields.finish()
      return .moveStock(reward: id, delta: Int64(delta))
    }
    return try await answer(200, written, exchange)
  }

  private static func answer(_ status: Int, _ written: Written, _ exchange: Exchange) async throws -> Response {
    let (subject, headers) = try await written.subject(exchange)
    let record = try await find(subject.description, exchange)
    let location = status == 201 ? [("Location", "/v1/rewards/\(subject)")] : []
    return .json(status, headers: headers + location + [("ETag", record.tag)]) { record.write(to: &$0) }
  }

  private static let reward = SQL.statement("reward")
  private static let rewards = SQL.statement("rewards")
}

/// A reward with its stock.
private struct RewardRecord {
  let reward: Reward
  let stock: Int64

  init(_ row: Row) throws(PostgresError) {
    reward = try BookReading.reward(row, from: 0)
    stock = try row.int64(15)
  }

  /// Strong: the position that last changed what can be edited.
  var tag: String { "\"\(reward.position)\"" }

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

extension JSONFields {
  /// `{"amount": "12.50", "currency": "EUR"}`
  mutating func money(_ name: String) -> Money? {
    let read = optionalObject(name) { fields -> Money? in
      let amount = fields.string("amount", length: 1...20)
      let currency = fields.string("currency", length: 3...3)
      let money = Money(amount: amount, currency: currency)
      if money == nil { fields.refuse("amount", "is a decimal such as \"12.50\", of a currency such as EUR") }
      return money
    }
    return read ?? nil
  }

  fileprivate mutating func sku() -> String {
    let sku = string("sku", length: 1...64)
    if sku.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._\-]*/) == nil {
      refuse("sku", "is made of letters, digits, dot, dash and underscore")
    }
    return sku
  }
}
