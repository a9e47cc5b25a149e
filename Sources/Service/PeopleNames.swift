import Ledger
import Text

/// Who is meant by a word of a file, in the directory as it will be: by id, handle, email, by the number that the file gives
/// people, or by a name that one person alone has.
struct PeopleNames {
  private var handles: [String: ID] = [:]
  private var emails: [String: ID] = [:]
  private var numbers: [String: ID] = [:]
  private var names: [String: [ID]] = [:]
  private let ids: Set<ID>

  /// - Parameters:
  ///   - people: everybody, as they will be.
  ///   - numbers: what the file calls its people besides.
  ///   - byName: whether full names may name somebody, as in files of other systems.
  init(_ people: some Collection<Person>, numbers: [String: ID], byName: Bool) {
    ids = Set(people.map(\.id))
    self.numbers = numbers
    for person in people {
      handles[person.handle] = person.id
      if let email = person.email?.asciiLowercased { emails[email] = person.id }
      if byName { names[person.name.folded, default: []].append(person.id) }
    }
  }

  enum Found: Equatable {
    case one(ID)
    case several(Int)
    case nobody
  }

  func find(_ word: String) -> Found {
    if let id = ID(word) { return ids.contains(id) ? .one(id) : .nobody }
    let bare = word.asciiLowercased
    let handle = bare.hasPrefix("@") ? String(bare.dropFirst()) : bare
    if let id = handles[handle] ?? emails[bare] ?? numbers[word] { return .one(id) }
    let found = names[word.folded] ?? names[PeopleColumns.turned(word).folded] ?? []
    return found.count == 1 ? .one(found[0]) : found.isEmpty ? .nobody : .several(found.count)
  }
}
