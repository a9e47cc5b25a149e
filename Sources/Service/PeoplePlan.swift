import Ledger

/// What a file of people comes to.
struct PeoplePlan {
  let update: DirectoryUpdate
  /// Of everybody who changes, in the order of the file; then of those who leave since no line names them.
  let places: [Int32]
  /// By place; zero for whom the file does not name.
  let lines: [Int32]
  /// Rows that say what is known already.
  let unchangedCount: Int
  /// Handles of admins who stay though the file does not name them: without them nobody would administer.
  let keptAdmins: [String]
}

/// What an import of people did, or would do.
public struct PeopleImportResult: Sendable {
  /// Somebody who is brought in, changed, or lets go, with what changes about them.
  public struct Change: Sendable {
    public enum Kind: String, Sendable {
      case created, updated, left

      init(_ before: Person?, _ after: Person) {
        self = before == nil ? .created : before?.isActive == true && !after.isActive ? .left : .updated
      }
    }

    /// Nil for whoever leaves since no line names them.
    public let line: Int?
    public let handle: String
    public let kind: Kind
    public let fields: [(name: String, before: String?, after: String?)]
  }

  /// They are put into words one by one, as somebody reads them.
  public struct Changes: RandomAccessCollection, Sendable {
    fileprivate let draft: DirectoryDraft
    fileprivate let places: [Int32]
    fileprivate let lines: [Int32]

    public var startIndex: Int { 0 }
    public var endIndex: Int { places.count }

    public subscript(index: Int) -> Change {
      let place = Int(places[index])
      let (before, after) = (draft.before(place), draft[place])
      return Change(
        line: lines[place] > 0 ? Int(lines[place]) : nil, handle: after.handle, kind: Change.Kind(before, after),
        fields: PeopleImportResult.members.compactMap { member in
          let old = before.flatMap { member.text($0) { id in draft.place(of: id).flatMap(draft.before)?.handle } }
          let new = member.text(after) { id in draft.place(of: id).map { draft[$0].handle } }
          return old == new ? nil : (name: member.name, before: old, after: new)
        })
    }
  }

  public let created: Int
  public let updated: Int
  public let unchanged: Int
  public let left: Int
  public let changes: Changes
  /// Columns of the file that were passed over, by their headers.
  public let ignoredColumns: [String]
  /// Handles of admins who stay though the file does not name them.
  public let keptAdmins: [String]

  public var counts: [Int] { [created, updated, unchanged, left] }

  init(_ plan: PeoplePlan, ignoredColumns: [String]) {
    let draft = plan.update.draft
    var counts: [Change.Kind: Int] = [:]
    for place in plan.places { counts[Change.Kind(draft.before(Int(place)), draft[Int(place)]), default: 0] += 1 }
    created = counts[.created, default: 0]
    updated = counts[.updated, default: 0]
    left = counts[.left, default: 0]
    unchanged = plan.unchangedCount
    keptAdmins = plan.keptAdmins
    self.ignoredColumns = ignoredColumns
    changes = Changes(draft: draft, places: plan.places, lines: plan.lines)
  }

  fileprivate struct Member {
    let name: String
    let text: (Person, _ handle: (ID) -> String?) -> String?
  }

  fileprivate static var members: [Member] {
    [
      Member(name: "handle") { person, _ in person.handle }, Member(name: "name") { person, _ in person.name },
      Member(name: "email") { person, _ in person.email }, Member(name: "team") { person, _ in person.team },
      Member(name: "department") { person, _ in person.department },
      Member(name: "location") { person, _ in person.location },
      Member(name: "cost_centre") { person, _ in person.costCentre },
      Member(name: "manager") { person, handle in person.manager.map { handle($0) ?? "\($0)" } },
      Member(name: "roles") { person, _ in
        person.roles.isEmpty ? nil : person.roles.map(\.rawValue).sorted().joined(separator: " ")
      },
      Member(name: "time_zone") { person, _ in person.timeZone },
      Member(name: "joined") { person, _ in person.joined.map(RFC3339.text) },
      Member(name: "active") { person, _ in "\(person.isActive)" },
    ]
  }
}
