/// A directory with changes over it: everybody as they are, and as they will be. People have places in it, those who are there
/// before those who are new; so whoever stays as they are is held once, and a place is four bytes where an id is sixteen.
public struct DirectoryDraft: Sendable {
  private let present: [Person]
  private let today: Day
  /// Whoever changes or is new, as they will be.
  private var changed: [Person] = []
  /// By place, where in ``changed`` somebody is; below zero: they stay as they are.
  private var changes: [Int32]
  private var places: [ID: Int32]

  /// - Parameters:
  ///   - present: everybody of the organisation, each once.
  ///   - today: there.
  public init(_ present: [Person], today: Day) {
    self.present = present
    self.today = today
    changes = Array(repeating: -1, count: present.count)
    places = Dictionary(minimumCapacity: present.count)
    for (place, person) in zip(Int32(0)..., present) { places[person.id] = place }
  }

  public var count: Int { changes.count }

  public func place(of id: ID) -> Int? { places[id].map { Int($0) } }

  /// Somebody as they are; nil for whoever is new.
  public func before(_ place: Int) -> Person? { place < present.count ? present[place] : nil }

  /// Somebody as they will be. What is set is kept as the ledger keeps it.
  public subscript(place: Int) -> Person {
    get { changes[place] < 0 ? present[place] : changed[Int(changes[place])] }
    set {
      let person = newValue.settled(after: before(place), on: today)
      if changes[place] >= 0 {
        changed[Int(changes[place])] = person
      } else if person != present[place] {
        changes[place] = Int32(changed.count)
        changed.append(person)
      }
    }
  }

  /// Brings somebody new in.
  /// - Returns: their place.
  public mutating func append(_ person: Person) -> Int {
    let place = changes.count
    places[person.id] = Int32(place)
    changes.append(Int32(changed.count))
    changed.append(person.settled(after: nil, on: today))
    return place
  }

  /// Whether somebody is new, or will be otherwise than they are.
  public func isChanged(_ place: Int) -> Bool {
    changes[place] >= 0 && (place >= present.count || changed[Int(changes[place])] != present[place])
  }

  var hadAdmin: Bool { present.contains(where: \.isActiveAdmin) }
  /// Whether there will be somebody active who administers.
  public var hasAdmin: Bool { (0..<count).contains { self[$0].isActiveAdmin } }
}

extension Person {
  /// Somebody as the ledger keeps them: it notes itself the day on which they left. Whoever left has no role, and gets none of
  /// before by coming back.
  func settled(after earlier: Person?, on today: Day) -> Person {
    var person = self
    person.leftOn = isActive ? nil : earlier?.isActive == false ? earlier?.leftOn : today
    if !isActive { person.roles = [] }
    return person
  }
}
