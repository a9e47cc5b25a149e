import Ledger

/// Operations and outcomes in words, for whoever has to find out what went wrong.
enum Transcript {
  static func line(_ operation: Operation, _ answer: Answer, _ store: Store) -> String {
    let key = operation.idempotency.map { "   key \($0.key.description.prefix(4))" } ?? ""
    let actor = operation.actor.map { name($0, store) } ?? "operator"
    return "  \(short(operation.id))  \(actor) \(action(operation.action, store))\(key)   \(words(answer))"
  }

  static func short(_ id: ID) -> String { "#" + id.description.suffix(4) }

  static func name(_ id: ID, _ store: Store) -> String { store.people[id]?.person.handle ?? short(id) }

  private static func action(_ action: Action, _ store: Store) -> String {
    switch action {
    case .foundOrganization: "founds the organisation"
    case .changeOrganization(let it, let zone, let expected):
      "calls the organisation \(it.name)\(zone.map { ", in \($0)" } ?? ""), seen at \(expected)"
    case .recognise(let it):
      "thanks \(it.to.joined(separator: ", ")) \(it.points)\(it.source == .history ? " history" : "")"
        + (it.visibility == .private ? " private" : "") + (it.values + it.hashtags).map { " #\($0)" }.joined()
    case .boost(let it): "boosts \(short(it.recognition)) \(it.points)"
    case .putPerson(let it, let expected):
      "puts \(short(it.id)) \(it.handle) \(it.email ?? "-") manager \(it.manager.map { name($0, store) } ?? "-")"
        + " roles \(it.roles.map(\.rawValue).sorted()) allowance \(it.allowancePoints.map { "\($0)" } ?? "-")"
        + (it.isActive ? "" : " gone") + (expected.map { " as of \($0)" } ?? "")
    case .createKey(let it): "makes key \(short(it.id))"
    case .revokeKey(let it): "revokes key \(short(it))"
    case .putValue(let it, let expected):
      "puts value \(it.slug)\(it.isActive ? "" : " retired")\(expected.map { " as of \($0)" } ?? "")"
    case .putReward(let it):
      "puts reward \(short(it.reward.id)) \(it.reward.sku) price \(it.reward.pricePoints) stock \(it.stock)"
        + " \(it.reward.fulfilment)\(it.reward.needsApproval ? " approved" : "")\(it.expected.map { " as of \($0)" } ?? "")"
    case .moveStock(let reward, let delta): "moves the stock of \(short(reward)) by \(delta)"
    case .redeem(let it): "redeems \(it.quantity) of \(it.reward)"
    case .moveRedemption(let it): "\(it.move.rawValue) \(short(it.id))"
    case .createBudget(let it, let points):
      "makes budget \(short(it.id)) \(it.name) of \(name(it.owner, store)) \(points), days \(it.startsOn.number) to \(it.endsOn.number)"
    case .fundBudget(let id, let points): "funds \(short(id)) \(points)"
    case .award(let it): "awards \(it.to.joined(separator: ", ")) \(it.points) from \(short(it.budget))"
    case .decideAward(let request): "\(request.isApproved ? "approves" : "declines") \(short(request.id))"
    case .earn(let it):
      "credits \(it.person) \(it.points) from \(it.source)" + (it.key.map { " by key \(short($0))" } ?? "")
    case .adjust(let it): "adjusts the \(it.target) of \(it.person) by \(it.points)"
    case .reverse(let kind, let id): "reverses \(kind.rawValue) \(short(id))"
    case .changeProgram(let it, let expected):
      "changes the rules to \(rules(it))\(expected.map { " as of \($0)" } ?? "")"
    case .expirePoints(let id): "expires the points of \(name(id, store))"
    case .returnBudget(let id): "returns \(short(id))"
    }
  }

  static func rules(_ it: Program) -> String {
    let roles = it.allowanceByRole.map { "\($0.key.rawValue) \($0.value)" }.sorted()
    return
      "allowance \(it.allowancePoints) a \(it.allowancePeriod.rawValue) \(roles), most \(it.pointsMax) to \(it.recipientsMax),"
      + " cap \(it.recipientCap.share) \(it.recipientCap.mode.rawValue), expiry \(it.expiryMonths.map { "\($0)" } ?? "-"),"
      + " grace \(it.leaverGraceDays), given by \(it.givers.rawValue)\(it.isPrivateAllowed ? "" : ", public")"
  }

  private static func words(_ answer: Answer) -> String {
    switch answer {
    case .decided(let decision): outcome(decision)
    case .defective: "defective"
    case .unavailable: "unavailable"
    case .outcomeUnknown: "outcome unknown"
    case .nothing: "no answer"
    }
  }

  static func outcome(_ decision: Decision) -> String {
    switch decision {
    case .accepted(let acceptance):
      "accepted \(acceptance.entries.map { "\($0.kind.rawValue) \($0.position)" }.joined(separator: ", "))"
    case .replayed(let effect): "replayed \(effect.position)"
    case .unchanged: "unchanged"
    case .refused(let refusal): refusal.code.rawValue
    }
  }

  static func outcome(_ expected: Model.Expectation) -> String {
    switch expected {
    case .accepted(let entries):
      "accepted \(entries.map { "\($0.kind.rawValue) \($0.position)" }.joined(separator: ", "))"
    case .replayed(let effect): "replayed \(effect.position)"
    case .unchanged: "unchanged"
    case .refused(let code): code.rawValue
    }
  }

  static func word(_ account: Account) -> String {
    account.owner == .zero ? account.kind.rawValue : "\(account.kind.rawValue):\(short(account.owner))"
  }

  static func words(_ postings: [Account: Int64]) -> String {
    "[" + postings.map { "\(word($0.key)) \($0.value)" }.sorted().joined(separator: ", ") + "]"
  }

  static func words(_ uses: [Model.LotKey: Int64]) -> String {
    "[" + uses.map { "\($0.key.position) of \(short($0.key.owner)): \($0.value)" }.sorted().joined(separator: ", ")
      + "]"
  }

  static func word(_ day: Day?) -> String {
    guard let day else { return "no day" }
    let date = CivilDate(day)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(date.year)-\(two(date.month))-\(two(date.day))"
  }
}
