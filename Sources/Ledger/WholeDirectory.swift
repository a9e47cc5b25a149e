/// A directory as a whole, as it will be: what must hold among people. Many people can change in one step only by what is true
/// afterwards, since on the way they may hold each other's names and report to each other.
public enum WholeDirectory {
  /// What cannot be, and whom it concerns, by their places in the draft.
  public enum Fault: Sendable, Equatable {
    case sharedHandle(String, [Int])
    case sharedEmail(String, [Int])
    /// They report to somebody who is not in the directory.
    case noManager(Int)
    /// Each reports to the next, and the last to the first.
    case circle([Int])
    /// There were admins, and there would be none.
    case noAdmin
  }

  /// All that cannot be; at least one.
  public struct Faults: Error, Equatable {
    public let list: [Fault]
  }

  static func faults(in draft: DirectoryDraft, _ managers: [Manager]) -> [Fault] {
    var faults = shared(draft, \.handle).map { Fault.sharedHandle($0.name, $0.places) }
    faults += shared(draft) { $0.email?.asciiLowercased }.map { .sharedEmail($0.name, $0.places) }
    faults += managers.indices.filter { managers[$0] == .unknown }.map { .noManager($0) }
    faults += circles(managers).map { .circle($0) }
    if draft.hadAdmin, !draft.hasAdmin { faults.append(.noAdmin) }
    return faults
  }

  /// Whom somebody reports to.
  enum Manager: Equatable {
    case nobody, unknown
    case place(Int32)

    var place: Int? { if case .place(let place) = self { Int(place) } else { nil } }
  }

  /// Of everybody, by place.
  static func managers(in draft: DirectoryDraft) -> [Manager] {
    (0..<draft.count).map { place in
      guard let manager = draft[place].manager else { return .nobody }
      return draft.place(of: manager).map { .place(Int32($0)) } ?? .unknown
    }
  }

  /// `places` in an order in which everybody comes after their manager, where that is one of them.
  /// - Precondition: nobody is their own manager, by whatever way.
  static func managersFirst(_ places: [Int32], _ managers: [Manager]) -> [Int32] {
    var isWaiting = Array(repeating: false, count: managers.count)
    for place in places { isWaiting[Int(place)] = true }
    var ordered: [Int32] = []
    ordered.reserveCapacity(places.count)
    for place in places {
      var chain: [Int32] = []
      var next: Int? = Int(place)
      while let current = next, isWaiting[current] {
        isWaiting[current] = false
        chain.append(Int32(current))
        next = managers[current].place
      }
      ordered += chain.reversed()
    }
    return ordered
  }

  /// Names that several have.
  private static func shared(
    _ draft: DirectoryDraft, _ name: (Person) -> String?
  ) -> [(name: String, places: [Int])] {
    var owners: [String: Int32] = Dictionary(minimumCapacity: draft.count)
    var shared: [String: [Int]] = [:]
    for place in 0..<draft.count {
      guard let name = name(draft[place]) else { continue }
      if let other = owners[name] {
        shared[name, default: [Int(other)]].append(place)
      } else {
        owners[name] = Int32(place)
      }
    }
    return shared.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Each circle once, beginning with the first of its places. Every person is looked at once: whoever was passed leads nowhere new.
  private static func circles(_ managers: [Manager]) -> [[Int]] {
    var circles: [[Int]] = []
    // From whom on somebody was first passed.
    var passedFrom: [Int32] = Array(repeating: -1, count: managers.count)
    for start in managers.indices {
      var next: Int? = start
      while let current = next, passedFrom[current] < 0 {
        passedFrom[current] = Int32(start)
        next = managers[current].place
      }
      guard let met = next, passedFrom[met] == Int32(start) else { continue }
      var circle = [met]
      while let above = managers[circle[circle.count - 1]].place, above != met { circle.append(above) }
      let least = circle.indices.min { circle[$0] < circle[$1] } ?? 0
      circles.append(Array(circle[least...] + circle[..<least]))
    }
    return circles.sorted { ($0.first ?? 0) < ($1.first ?? 0) }
  }
}

/// Many people's changes, checked as a whole.
public struct DirectoryUpdate: Sendable {
  public let draft: DirectoryDraft
  /// Whom it changes or brings, each after their manager.
  private let places: [Int32]

  /// - Throws: what cannot be, by the directory as it will be.
  public init(_ draft: DirectoryDraft) throws(WholeDirectory.Faults) {
    let managers = WholeDirectory.managers(in: draft)
    let faults = WholeDirectory.faults(in: draft, managers)
    if !faults.isEmpty { throw WholeDirectory.Faults(list: faults) }
    self.draft = draft
    let changed = (0..<draft.count).filter(draft.isChanged).map { Int32($0) }
    places = WholeDirectory.managersFirst(changed, managers)
  }

  public var count: Int { places.count }

  /// Somebody of those who change or come, in an order in which they can be recorded.
  public subscript(index: Int) -> (before: Person?, after: Person) {
    let place = Int(places[index])
    return (draft.before(place), draft[place])
  }
}

extension Book {
  /// Records one person of a checked update, in its order: one entry, with the words of what changed. Nobody needs to be loaded, and
  /// nobody is afterwards.
  public mutating func enter(_ update: DirectoryUpdate, at index: Int, _ operation: Operation) -> Acceptance {
    let (before, after) = update[index]
    return record(after, since: before, operation)
  }
}
