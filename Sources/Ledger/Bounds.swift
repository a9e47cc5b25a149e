extension Action {
  /// Refuses what no book could allow: more words, people or points than any programme can let through. It looks at nothing but
  /// the action, so it is asked before an operation waits for anything; ``Book/decide(_:)`` asks again, whoever decides.
  ///
  /// These bounds also keep every product and sum of one entry far within 64 bits.
  public func checkBounds() throws(Refusal) {
    switch self {
    case .recognise(let request):
      try Self.check(request.message)
      try Self.check(request.to.count)
      try Self.check(request.points, at: "/points")
    case .award(let request):
      try Self.check(request.message)
      try Self.check(request.to.count)
      try Self.check(request.points, at: "/points")
    case .boost(let boost): try Self.check(boost.points, at: "/points")
    case .earn(let earn): try Self.check(earn.points, at: "/points")
    case .adjust(let adjust):
      try Self.check(adjust.points.magnitude, atMost: Limits.pointsMax.magnitude, at: "/points")
    case .createBudget(_, let points), .fundBudget(_, let points): try Self.check(points, at: "/points")
    case .putReward(let put):
      try Self.check(put.reward.pricePoints, at: "/price_points")
      try Self.check(put.stock, at: "/stock")
    case .moveStock(_, let delta):
      try Self.check(delta.magnitude, atMost: Limits.pointsMax.magnitude, at: "/delta")
    case .redeem(let request): try Self.check(request.quantity, atMost: Limits.quantityMax, at: "/quantity")
    case .putPerson(let person, _): try Self.check(person.allowancePoints ?? 0, at: "/allowance_points")
    case .createKey(let key):
      try Self.check(key.bounds?.pointsMax ?? 0, at: "/points_max")
      try Self.check(key.bounds?.pointsMaxDay ?? 0, at: "/points_max_day")
    case .changeProgram(let program, _): try Self.check(program)
    case .foundOrganization, .changeOrganization, .revokeKey, .putValue, .moveRedemption, .decideAward,
      .reverse,
      .expirePoints, .returnBudget:
      break
    }
  }

  /// How many people it names.
  public var recipientCount: Int {
    switch self {
    case .recognise(let request): request.to.count
    case .award(let request): request.to.count
    default: 0
    }
  }

  private static func check(_ message: String) throws(Refusal) {
    if message.unicodeScalars.count > Limits.messageCharactersMax {
      throw Refusal(.messageTooLong, "A message has at most \(Limits.messageCharactersMax) characters.", at: "/message")
    }
  }

  private static func check(_ recipientCount: Int) throws(Refusal) {
    if recipientCount > Limits.recipientsMax {
      throw Refusal(.tooManyRecipients, "At most \(Limits.recipientsMax) people at once.", at: "/to")
    }
  }

  private static func check(_ points: Int64, at pointer: String) throws(Refusal) {
    try check(points, atMost: Limits.pointsMax, at: pointer)
  }

  private static func check<Number: BinaryInteger>(
    _ number: Number, atMost limit: Number, at pointer: String
  ) throws(Refusal) {
    if number < 0 || number > limit {
      throw Refusal(.tooManyPoints, "At most \(limit) at once, and not less than 0.", at: pointer)
    }
  }

  private static func check(_ program: Program) throws(Refusal) {
    try check(program.allowancePoints, at: "/allowance/points")
    for points in program.allowanceByRole.values { try check(points, at: "/allowance/by_role") }
    try check(program.pointsMax, at: "/max_points")
    if !(1...Limits.recipientsMax).contains(program.recipientsMax) {
      throw Refusal(.tooManyRecipients, "At most \(Limits.recipientsMax) people at once.", at: "/max_recipients")
    }
  }
}
