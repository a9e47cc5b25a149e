import Ledger
import Text

/// Who is meant by a word of a file, in the directory as it will be: by id, handle, email, by the number that the file gives
/// people, or by a name that one person alone has.
struct PeopleNames {
  private let people: DirectoryDraft
  /// Places of people in the draft, by what they are called.
  private var handles: [String: Int32]
  private var emails: [String: Int32]
  private let numbers: [String: Int32]
  private var names: [String: [Int32]] = [:]
  private let system: HRSystem?

  /// - Parameters:
  ///   - people: everybody, as they will be.
  ///   - numbers: what the file calls its people besides.
  ///   - system: the one that wrote the file, whose people may be named by their full names.
  init(_ people: DirectoryDraft, numbers: [String: Int32] = [:], system: HRSystem? = nil) {
    self.people = people
    self.numbers = numbers
    self.system = system
    handles = Dictionary(minimumCapacity: people.count)
    emails = Dictionary(minimumCapacity: people.count)
    for place in 0..<people.count {
      let person = people[place]
      handles[person.handle] = Int32(place)
      if let email = person.email?.asciiLowercased { emails[email] = Int32(place) }
      if system != nil { names[person.name.folded, default: []].append(Int32(place)) }
    }
  }

  enum Found: Equatable {
    /// By their place.
    case one(Int32)
    case several(Int)
    case nobody
  }

  /// Whoever alone is meant.
  func id(_ word: String) -> ID? {
    if case .one(let place) = find(word) { people[Int(place)].id } else { nil }
  }

  func find(_ word: String) -> Found {
    if let id = ID(word) { return people.place(of: id).map { .one(Int32($0)) } ?? .nobody }
    let bare = word.asciiLowercased
    let handle = bare.hasPrefix("@") ? String(bare.dropFirst()) : bare
    if let place = handles[handle] ?? emails[bare] ?? numbers[word] { return .one(place) }
    let found = names[word.folded] ?? system.flatMap { names[$0.spoken(word).folded] } ?? []
    return found.count == 1 ? .one(found[0]) : found.isEmpty ? .nobody : .several(found.count)
  }
}
