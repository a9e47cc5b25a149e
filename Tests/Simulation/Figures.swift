import Ledger

/// What was met on the way, so that nobody believes in a simulation that went nowhere.
struct Figures {
  var worlds = 0
  var operations = 0
  var entries = 0
  var byAction: [String: Int] = [:]
  var byOutcome: [String: Int] = [:]
  var faults: [String: Int] = [:]
  var batches: [String: Int] = [:]
  var poisons = 0
  var resends = 0
  var expiries = 0
  var resets = 0
  var clockChanges = 0
  var leapDays = 0
  var yearEdges = 0
  var stepsBack = 0

  static func += (sum: inout Figures, other: Figures) {
    sum.worlds += other.worlds
    sum.operations += other.operations
    sum.entries += other.entries
    sum.byAction.merge(other.byAction, uniquingKeysWith: +)
    sum.byOutcome.merge(other.byOutcome, uniquingKeysWith: +)
    sum.faults.merge(other.faults, uniquingKeysWith: +)
    sum.batches.merge(other.batches, uniquingKeysWith: +)
    sum.poisons += other.poisons
    sum.resends += other.resends
    sum.expiries += other.expiries
    sum.resets += other.resets
    sum.clockChanges += other.clockChanges
    sum.leapDays += other.leapDays
    sum.yearEdges += other.yearEdges
    sum.stepsBack += other.stepsBack
  }

  mutating func count(_ settled: Lane.Settled) {
    for (request, decision) in zip(settled.requests, settled.decisions) {
      operations += 1
      byAction[request.operation.action.word, default: 0] += 1
      switch decision {
      case .accepted(let acceptance):
        byOutcome["accepted", default: 0] += 1
        entries += acceptance.entries.count
      case .replayed: byOutcome["replayed", default: 0] += 1
      case .unchanged: byOutcome["unchanged", default: 0] += 1
      case .refused(let refusal): byOutcome[refusal.code.rawValue, default: 0] += 1
      }
    }
    let size = settled.requests.count
    batches[size == 1 ? "1" : size < 8 ? "2–7" : size < 64 ? "8–63" : size < 512 ? "64–511" : "512", default: 0] += 1
  }

  mutating func count(_ settled: Lane.SettledDirectory) {
    operations += 1
    byAction["people as a whole", default: 0] += 1
    switch settled.outcome {
    case .success(let acceptances):
      byOutcome[acceptances.isEmpty ? "unchanged" : "accepted", default: 0] += 1
      entries += acceptances.count
    case .failure(let faults):
      for code in faults.codes { byOutcome[code.rawValue, default: 0] += 1 }
    }
  }

  func text(seconds: Double) -> String {
    func list(_ counts: [String: Int]) -> String {
      counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
    return """
      \(operations) operations in \(worlds) worlds, \(entries) entries, in \(Int(seconds)) s: \
      \(Int(Double(operations) / max(seconds, 0.001))) operations a second
      asked      \(list(byAction))
      outcomes   \(list(byOutcome))
      batches    \(list(batches))
      faults     \(list(faults)); poisoned operations \(poisons), keys sent again \(resends)
      before     allowance resets \(resets), expiries \(expiries)
      clock      changes of the clocks \(clockChanges), leap days \(leapDays), weeks of two years \(yearEdges), \
      steps back \(stepsBack)
      """
  }
}

extension Action {
  var word: String {
    switch self {
    case .foundOrganization: "found"
    case .changeOrganization: "change organisation"
    case .recognise: "recognise"
    case .putPerson: "put person"
    case .createKey: "create key"
    case .revokeKey: "revoke key"
    case .putValue: "put value"
    case .putReward: "put reward"
    case .moveStock: "move stock"
    case .redeem: "redeem"
    case .moveRedemption(let request): request.move.rawValue
    case .createBudget: "create budget"
    case .fundBudget: "fund budget"
    case .award: "award"
    case .decideAward: "decide award"
    case .boost: "boost"
    case .earn: "earn"
    case .adjust(let adjust): adjust.target == .points ? "adjust points" : "top up"
    case .reverse(let kind, _): "reverse \(kind.rawValue)"
    case .changeProgram: "change program"
    case .expirePoints: "expire points"
    case .returnBudget: "return budget"
    }
  }
}
