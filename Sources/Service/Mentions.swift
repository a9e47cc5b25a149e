import Ledger
import Postgres

/// Whom and what the operations of a batch speak of.
struct Mentions {
  /// Keys of one kind, each with its organisation.
  struct Keys<Key> {
    private(set) var organizations: [Int32] = []
    private(set) var keys: [Key] = []
    var isEmpty: Bool { keys.isEmpty }

    mutating func add(_ key: Key, in organization: Int32) {
      organizations.append(organization)
      keys.append(key)
    }

    mutating func add(_ others: Keys) {
      organizations += others.organizations
      keys += others.keys
    }
  }

  private var people = Keys<ID>()
  private var handles = Keys<String>()
  private var emails = Keys<String>()
  private(set) var effects: [(Int32, Book.IdempotencyScope)] = []
  private(set) var keys = Keys<ID>()
  /// Whether what an organisation is called may change.
  private(set) var needsProfiles = false
  /// Time zones that organisations want.
  private(set) var zones = Keys<String>()
  /// Whether somebody may stop being an admin.
  private(set) var needsAdmins = false
  private(set) var needsValues = false
  /// Awards are for those below the giver, and nobody manages themselves.
  private(set) var needsManagers = false
  private var rewards = Keys<ID>()
  private var skus = Keys<String>()
  private(set) var redemptions = Keys<ID>()
  /// Whoever spends points: by id, handle or email, or as those who were given what is to be taken back.
  private var spenders = Keys<ID>()
  private var spenderHandles = Keys<String>()
  private var spenderEmails = Keys<String>()
  /// Whoever may get a name in this batch that a spender goes by.
  private var renamed = Keys<ID>()
  private var reversedAwards = Keys<ID>()
  private var reversed = Keys<ID>()
  /// Recognitions and earnings that something is to be done about.
  private var grants = Keys<ID>()
  /// Whoever gives points of their allowance.
  private(set) var givers = Keys<ID>()
  /// Whoever thanks without points.
  private(set) var thankers = Keys<ID>()
  /// Whether the rules may be others in the middle of the batch.
  private(set) var changesProgram = false
  private var budgets = Keys<ID>()
  private var budgetNames = Keys<String>()
  private(set) var awards = Keys<ID>()
  /// Awards whose recipients must still be in their giver's team.
  private var approvals = Keys<ID>()
  private(set) var awardees = Awardees()

  var needsRewards: Bool { !rewards.isEmpty || !skus.isEmpty || !redemptions.isEmpty }
  var needsLots: Bool {
    !spenders.isEmpty || !spenderHandles.isEmpty || !spenderEmails.isEmpty || !reversedAwards.isEmpty
      || !reversed.isEmpty
  }
  var needsGrants: Bool { !grants.isEmpty || !reversedAwards.isEmpty }
  var needsBudgets: Bool { !budgets.isEmpty || !budgetNames.isEmpty || !awards.isEmpty }

  mutating func collect(_ submission: Submission) {
    let organization = submission.organization
    let operation = submission.operation
    if let actor = operation.actor {
      people.add(actor, in: organization)
      if let key = operation.idempotency?.key { effects.append((organization, .init(actor: actor, key: key))) }
      // The caller's balances are part of the answer, and points that have run out are not part of them.
      if submission.isDryRun { spenders.add(actor, in: organization) }
    }
    switch operation.action {
    case .recognise(let request):
      for name in request.to { mention(name, in: organization) }
      for name in Notices.names(mentionedIn: request) { mention(name, in: organization) }
      needsValues = needsValues || !request.values.isEmpty || !request.hashtags.isEmpty
      if let actor = operation.actor, request.source != .history {
        if request.points > 0 { givers.add(actor, in: organization) } else { thankers.add(actor, in: organization) }
      }
    case .boost(let boost):
      grants.add(boost.recognition, in: organization)
      if let actor = operation.actor { givers.add(actor, in: organization) }
    case .earn(let earn):
      mention(earn.person, in: organization)
      if let key = earn.key { keys.add(key, in: organization) }
    case .adjust(let adjust):
      mention(adjust.person, in: organization)
      if adjust.target == .points, adjust.points < 0 { mentionSpender(adjust.person, in: organization) }
    case .reverse(.award, let id):
      awards.add(id, in: organization)
      reversedAwards.add(id, in: organization)
    case .reverse(_, let id):
      grants.add(id, in: organization)
      reversed.add(id, in: organization)
    case .changeProgram:
      changesProgram = true
    case .expirePoints(let person):
      people.add(person, in: organization)
      spenders.add(person, in: organization)
    case .returnBudget(let budget):
      budgets.add(budget, in: organization)
    case .putPerson(let person, _):
      people.add(person.id, in: organization)
      needsAdmins = true
      renamed.add(person.id, in: organization)
      if let manager = person.manager {
        people.add(manager, in: organization)
        needsManagers = true
      }
      handles.add(person.handle, in: organization)
      if let email = person.email { emails.add(email.asciiLowercased, in: organization) }
    case .changeOrganization(_, let zone, _):
      needsProfiles = true
      if let zone { zones.add(zone, in: organization) }
    case .putValue:
      needsValues = true
    case .revokeKey(let key):
      keys.add(key, in: organization)
    case .putReward(let put):
      rewards.add(put.reward.id, in: organization)
      skus.add(put.reward.sku, in: organization)
    case .moveStock(let reward, _):
      rewards.add(reward, in: organization)
    case .redeem(let request):
      if let id = ID(request.reward) { rewards.add(id, in: organization) }
      skus.add(request.reward, in: organization)
      if let actor = operation.actor { spenders.add(actor, in: organization) }
    case .moveRedemption(let request):
      redemptions.add(request.id, in: organization)
    case .createBudget(let budget, _):
      people.add(budget.owner, in: organization)
      budgetNames.add(budget.name, in: organization)
    case .fundBudget(let budget, _):
      budgets.add(budget, in: organization)
    case .award(let request):
      budgets.add(request.budget, in: organization)
      for name in request.to {
        mention(name, in: organization)
        if let actor = operation.actor { awardees.add(name, in: organization, from: request.budget, by: actor) }
      }
      needsManagers = true
      needsValues = needsValues || !request.values.isEmpty || !request.hashtags.isEmpty
    case .decideAward(let request):
      awards.add(request.id, in: organization)
      if request.isApproved {
        approvals.add(request.id, in: organization)
        needsManagers = true
      }
    case .createKey, .foundOrganization:
      break
    }
  }

  private mutating func mention(_ name: String, in organization: Int32) {
    Self.add(name, in: organization, &people, &handles, &emails)
  }

  private mutating func mentionSpender(_ name: String, in organization: Int32) {
    Self.add(name, in: organization, &spenders, &spenderHandles, &spenderEmails)
  }

  private static func add(
    _ name: String, in organization: Int32, _ ids: inout Keys<ID>, _ handles: inout Keys<String>,
    _ emails: inout Keys<String>
  ) {
    if let id = ID(name) {
      ids.add(id, in: organization)
    } else if name.utf8.contains(UInt8(ascii: "@")) {
      emails.add(name.asciiLowercased, in: organization)
    } else {
      handles.add(name.asciiLowercased, in: organization)
    }
  }

  // MARK: Parameters, in the order of the statements

  var nameParameters: Parameters {
    Parameters {
      $0.add(people)
      $0.add(handles)
      $0.add(emails)
    }
  }

  var peopleParameters: Parameters {
    var parameters = nameParameters
    parameters.add(redemptions)
    parameters.add(awards)
    parameters.add(grants)
    parameters.bool(changesProgram)
    return parameters
  }

  var managerParameters: Parameters {
    var parameters = nameParameters
    parameters.add(approvals)
    return parameters
  }

  var awardeeParameters: Parameters { awardees.parameters(renamed: renamed) }

  var lotParameters: Parameters {
    var spenders = self.spenders
    if !spenderHandles.isEmpty || !spenderEmails.isEmpty { spenders.add(renamed) }
    return Parameters {
      $0.add(spenders)
      $0.add(spenderHandles)
      $0.add(spenderEmails)
      $0.add(reversedAwards)
      $0.add(reversed)
      $0.add(redemptions)
    }
  }

  var grantParameters: Parameters {
    Parameters {
      $0.add(grants)
      $0.add(reversedAwards)
    }
  }

  var giverParameters: Parameters {
    Parameters {
      $0.add(givers)
      $0.bool(changesProgram)
    }
  }

  var rewardParameters: Parameters {
    Parameters {
      $0.add(rewards)
      $0.add(skus)
      $0.add(redemptions)
    }
  }

  var budgetParameters: Parameters {
    Parameters {
      $0.add(budgets)
      $0.add(budgetNames)
      $0.add(awards)
    }
  }
}

extension Mentions.Keys<ID> {
  var parameters: Parameters { Parameters { $0.add(self) } }
}

extension Mentions.Keys<String> {
  var parameters: Parameters { Parameters { $0.add(self) } }
}

extension Parameters {
  fileprivate mutating func add(_ keys: Mentions.Keys<ID>) {
    int32s(keys.organizations)
    uuids(keys.keys.map(\.rawValue))
  }

  fileprivate mutating func add(_ keys: Mentions.Keys<String>) {
    int32s(keys.organizations)
    texts(keys.keys)
  }
}
