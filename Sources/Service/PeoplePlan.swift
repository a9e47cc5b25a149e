import Ledger

/// What a file of people comes to.
struct PeoplePlan {
  struct Change {
    enum Kind: String {
      case created, updated, left
    }

    /// Nil for whoever leaves since no line names them.
    let line: Int?
    let before: Person?
    let after: Person

    var kind: Kind { before == nil ? .created : before?.isActive == true && !after.isActive ? .left : .updated }
  }

  let changes: [Change]
  /// Rows that say what is known already.
  let unchangedCount: Int
  /// Handles of admins who stay though the file does not name them: without them nobody would administer.
  let keptAdmins: [String]
}

/// What an import of people did, or would do.
public struct PeopleImportResult: Sendable {
  /// Somebody who is brought in, changed, or lets go, with what changes about them.
  public struct Change: Sendable {
    public let line: Int?
    public let handle: String
    /// `created`, `updated` or `left`.
    public let kind: String
    public let fields: [(name: String, before: String?, after: String?)]
  }

  public let created: Int
  public let updated: Int
  public let unchanged: Int
  public let left: Int
  /// In a dry run only.
  public let changes: [Change]
  /// Columns of the file that were passed over, by their headers.
  public let ignoredColumns: [String]
  /// Handles of admins who stay though the file does not name them.
  public let keptAdmins: [String]

  public var counts: [Int] { [created, updated, unchanged, left] }

  init(_ plan: PeoplePlan, ignoredColumns: [String], people: [Person]?) {
    created = plan.changes.count { $0.kind == .created }
    updated = plan.changes.count { $0.kind == .updated }
    left = plan.changes.count { $0.kind == .left }
    unchanged = plan.unchangedCount
    keptAdmins = plan.keptAdmins
    self.ignoredColumns = ignoredColumns
    let before = Dictionary((people ?? []).map { ($0.id, $0.handle) }) { $1 }
    let after = before.merging(plan.changes.map { ($0.after.id, $0.after.handle) }) { $1 }
    changes =
      people == nil
      ? []
      : plan.changes.map { change in
        Change(
          line: change.line, handle: change.after.handle, kind: change.kind.rawValue,
          fields: Self.members.compactMap { member in
            let (old, new) = (change.before.flatMap { member.text($0, before) }, member.text(change.after, after))
            return old == new ? nil : (name: member.name, before: old, after: new)
          })
      }
  }

  private struct Member {
    let name: String
    let text: (Person, _ handles: [ID: String]) -> String?
  }

  private static var members: [Member] {
    [
      Member(name: "handle") { person, _ in person.handle }, Member(name: "name") { person, _ in person.name },
      Member(name: "email") { person, _ in person.email }, Member(name: "team") { person, _ in person.team },
      Member(name: "department") { person, _ in person.department },
      Member(name: "location") { person, _ in person.location },
      Member(name: "cost_centre") { person, _ in person.costCentre },
      Member(name: "manager") { person, handles in person.manager.map { handles[$0] ?? "\($0)" } },
      Member(name: "roles") { person, _ in
        person.roles.isEmpty ? nil : person.roles.map(\.rawValue).sorted().joined(separator: " ")
      },
      Member(name: "time_zone") { person, _ in person.timeZone },
      Member(name: "joined") { person, _ in person.joined.map(RFC3339.text) },
      Member(name: "active") { person, _ in "\(person.isActive)" },
    ]
  }
}
