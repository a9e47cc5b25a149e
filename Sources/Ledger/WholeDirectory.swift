/// A directory as a whole, as it will be: what must hold among people. Many people can change in one step only by what is true
/// afterwards, since on the way they may hold each other's names and report to each other.
public enum WholeDirectory {
  /// What cannot be, and whom it concerns.
  public enum Fault: Error, Sendable, Equatable {
    case sharedHandle(String, [ID])
    case sharedEmail(String, [ID])
    /// They report to somebody who is not in the directory.
    case noManager(ID)
    /// Each reports to the next, and the last to the first.
    case circle([ID])
    /// There were admins, and there would be none.
    case noAdmin

    /// - Parameter handle: of somebody whom the fault concerns.
    public func refusal(handle: (ID) -> String) -> Refusal {
      switch self {
      case .sharedHandle(let name, _): Refusal(.duplicateHandle, "Two people would have the handle \(name).")
      case .sharedEmail(let email, _): Refusal(.duplicateEmail, "Two people would have the email \(email).")
      case .noManager(let person): Refusal(.unknownPerson, "The manager of \(handle(person)) is not in the directory.")
      case .circle(let people):
        Refusal(.managerCycle, "People would manage each other: \(people.map(handle).joined(separator: ", ")).")
      case .noAdmin: Refusal(.lastAdmin, "Nobody would be left who administers.")
      }
    }
  }

  /// - Parameters:
  ///   - people: everybody, as they will be.
  ///   - hadAdmin: whether somebody active administers now.
  public static func faults(among people: [ID: Person], hadAdmin: Bool) -> [Fault] {
    var faults = shared(people.values.map { ($0.handle, $0.id) }).map { Fault.sharedHandle($0.0, $0.1) }
    faults += shared(people.values.compactMap { person in person.email.map { ($0.asciiLowercased, person.id) } })
      .map { .sharedEmail($0.0, $0.1) }
    for person in people.values {
      if let manager = person.manager, people[manager] == nil { faults.append(.noManager(person.id)) }
    }
    faults += circles(people).map { .circle($0) }
    if hadAdmin, !hasAdmin(people.values) { faults.append(.noAdmin) }
    return faults
  }

  public static func hasAdmin(_ people: some Sequence<Person>) -> Bool {
    people.contains(where: \.isActiveAdmin)
  }

  /// `people` in an order in which everybody comes after their manager, where that is one of them.
  /// - Precondition: nobody is their own manager, by whatever way.
  public static func managersFirst(_ people: [Person]) -> [Person] {
    let byID = Dictionary(people.map { ($0.id, $0) }) { $1 }
    var ordered: [Person] = []
    ordered.reserveCapacity(people.count)
    var placed: Set<ID> = []
    for person in people {
      var chain: [Person] = []
      var next: Person? = person
      while let current = next, placed.insert(current.id).inserted {
        chain.append(current)
        next = current.manager.flatMap { byID[$0] }
      }
      ordered += chain.reversed()
    }
    return ordered
  }

  /// Names that several have.
  private static func shared(_ names: [(String, ID)]) -> [(String, [ID])] {
    var owners: [String: ID] = [:]
    owners.reserveCapacity(names.count)
    var shared: [String: [ID]] = [:]
    for (name, id) in names {
      if let other = owners.updateValue(id, forKey: name) { shared[name, default: [other]].append(id) }
    }
    return shared.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Each circle once, beginning with the least of its ids. Every person is looked at once: whoever was passed leads nowhere new.
  private static func circles(_ people: [ID: Person]) -> [[ID]] {
    var circles: [[ID]] = []
    var passed: Set<ID> = []
    for person in people.values {
      var way: [ID] = []
      var places: [ID: Int] = [:]
      var next: ID? = person.id
      while let current = next, let there = people[current], !passed.contains(current) {
        if let place = places.updateValue(way.count, forKey: current) {
          let circle = Array(way[place...])
          let least = circle.indices.min { circle[$0] < circle[$1] } ?? 0
          circles.append(Array(circle[least...] + circle[..<least]))
          break
        }
        way.append(current)
        next = there.manager
      }
      passed.formUnion(way)
    }
    return circles.sorted { ($0.first ?? .zero) < ($1.first ?? .zero) }
  }
}

/// Many people's changes, checked as a whole.
public struct DirectoryUpdate: Sendable {
  /// Those whom it changes or brings, each after their manager.
  public let people: [Person]
}

extension Book {
  /// Checks a change of many people by the directory as it will be.
  /// - Precondition: everybody of the organisation is loaded.
  public func update(_ changes: [Person]) throws(WholeDirectory.Fault) -> DirectoryUpdate {
    let changed = changes.map(settled).filter { people[$0.id] != $0 }
    let after = people.merging(changed.map { ($0.id, $0) }) { $1 }
    if let fault = WholeDirectory.faults(among: after, hadAdmin: WholeDirectory.hasAdmin(people.values)).first {
      throw fault
    }
    return DirectoryUpdate(people: WholeDirectory.managersFirst(changed))
  }

  /// Records one person of a checked update, in its order: one entry, with the words of what changed.
  public mutating func enter(_ update: DirectoryUpdate, at index: Int, _ operation: Operation) -> Acceptance {
    enter(update.people[index], operation)
  }
}
