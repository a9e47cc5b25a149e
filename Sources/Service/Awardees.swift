import Ledger
import Postgres

/// Whom the awards of a batch may go to, with the budget and the giver: what was given so decides whether an award waits.
struct Awardees {
  fileprivate struct Paths<Key> {
    var organizations: [Int32] = []
    var budgets: [ID] = []
    var givers: [ID] = []
    var keys: [Key] = []

    mutating func add(_ key: Key, in organization: Int32, from budget: ID, by giver: ID) {
      organizations.append(organization)
      budgets.append(budget)
      givers.append(giver)
      keys.append(key)
    }
  }

  private var ids = Paths<ID>()
  private var handles = Paths<String>()
  private var emails = Paths<String>()
  /// Who awards from which budget.
  private var sources: Set<Source> = []

  private struct Source: Hashable {
    let organization: Int32
    let budget: ID
    let giver: ID
  }

  var isEmpty: Bool { sources.isEmpty }

  /// - Parameter name: an id, handle or email.
  mutating func add(_ name: String, in organization: Int32, from budget: ID, by giver: ID) {
    sources.insert(Source(organization: organization, budget: budget, giver: giver))
    if let id = ID(name) {
      ids.add(id, in: organization, from: budget, by: giver)
    } else if name.utf8.contains(UInt8(ascii: "@")) {
      emails.add(name.asciiLowercased, in: organization, from: budget, by: giver)
    } else {
      handles.add(name.asciiLowercased, in: organization, from: budget, by: giver)
    }
  }

  /// - Parameter renamed: whoever may get a name in this batch that an award goes to.
  func parameters(renamed: Mentions.Keys<ID>) -> Parameters {
    var ids = ids
    for (organization, person) in zip(renamed.organizations, renamed.keys) {
      for source in sources where source.organization == organization {
        ids.add(person, in: organization, from: source.budget, by: source.giver)
      }
    }
    return Parameters {
      $0.add(ids) { $0.uuids($1.map(\.rawValue)) }
      $0.add(handles) { $0.texts($1) }
      $0.add(emails) { $0.texts($1) }
    }
  }
}

extension Parameters {
  fileprivate mutating func add<Key>(_ paths: Awardees.Paths<Key>, _ addKeys: (inout Parameters, [Key]) -> Void) {
    int32s(paths.organizations)
    uuids(paths.budgets.map(\.rawValue))
    uuids(paths.givers.map(\.rawValue))
    addKeys(&self, paths.keys)
  }
}
