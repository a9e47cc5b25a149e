import Ledger

/// Many people's changes as one: what comes of all of them counts, and all are recorded or none.
extension Model {
  mutating func check(_ settled: Lane.SettledDirectory, _ store: Store) throws(Discrepancy) {
    now = settled.book.now
    today = store.calendar.calendar(at: now).today
    var after = members.mapValues(\.person)
    for wanted in settled.request.people { after[wanted.id] = asKept(wanted) }
    let wrong = whatCannotBe(after)
    switch settled.outcome {
    case .failure(let faults):
      try require(faults.codes == wrong, "refused as \(Self.words(faults.codes)), expected \(Self.words(wrong))")
    case .success(let acceptances):
      try require(wrong.isEmpty, "people were taken, expected \(Self.words(wrong))")
      try record(acceptances, after)
    }
    try require(store.head.position == position, "the head is at \(store.head.position), expected \(position)")
    for id in Set(settled.request.people.map(\.id)) {
      let (row, member) = (store.people[id], members[id])
      try require(
        row?.person == member?.person && row?.position == member?.position, "somebody of the file is kept otherwise")
    }
    try require(store.keys == keys, "other keys work")
  }

  /// A leaver has no role, and a last day: today, or where they had left before, the one of then.
  private func asKept(_ wanted: Person) -> Person {
    var person = wanted
    let earlier = members[wanted.id]?.person
    person.leftOn = nil
    if !wanted.isActive {
      person.roles = []
      person.leftOn = earlier.map { !$0.isActive } == true ? earlier?.leftOn : today
    }
    return person
  }

  private func whatCannotBe(_ people: [ID: Person]) -> Set<Refusal.Code> {
    var wrong: Set<Refusal.Code> = []
    for (id, person) in people {
      for (otherID, other) in people where otherID != id {
        if other.handle == person.handle { wrong.insert(.duplicateHandle) }
        if let email = person.email, email.asciiLowercased == other.email?.asciiLowercased {
          wrong.insert(.duplicateEmail)
        }
      }
      // Whoever goes up from anybody comes to an end, and meets nobody who is not there.
      var (above, steps) = (person.manager, 0)
      while let manager = above, steps <= people.count {
        if people[manager] == nil { wrong.insert(.unknownPerson) }
        (above, steps) = (people[manager]?.manager, steps + 1)
      }
      if steps > people.count { wrong.insert(.managerCycle) }
    }
    func administers(_ person: Person) -> Bool { person.isActive && person.roles.contains(.admin) }
    if members.values.contains(where: { administers($0.person) }), !people.values.contains(where: administers) {
      wrong.insert(.lastAdmin)
    }
    return wrong
  }

  /// One entry for everybody who comes or changes, and for nobody else; after that of their manager, where they have one.
  private mutating func record(_ acceptances: [Acceptance], _ after: [ID: Person]) throws(Discrepancy) {
    let changed = after.filter { members[$0.key]?.person != $0.value }
    let subjects = acceptances.compactMap(\.entry.subject)
    try require(
      Set(subjects) == Set(changed.keys) && subjects.count == acceptances.count && subjects.count == changed.count,
      "\(subjects.count) people were recorded, expected \(changed.count)")
    var waiting = Set(changed.keys)
    for (acceptance, id) in zip(acceptances, subjects) {
      guard let person = changed[id] else { continue }
      waiting.remove(id)
      if let manager = person.manager {
        try require(!waiting.contains(manager), "\(person.handle) is recorded before their manager")
      }
      let earlier = members[id]?.person
      let entry = record(earlier == nil ? .personCreated : .personChanged)
      try require(
        acceptance.entries.count == 1 && acceptance.entry.kind == entry.kind
          && acceptance.entry.position == entry.position
          && acceptance.entry.postings.isEmpty && acceptance.entry.recordedAt == now && acceptance.entry.actor == nil,
        "\(person.handle) is recorded as \(acceptance.entry.kind.rawValue) at \(acceptance.entry.position), "
          + "expected \(entry.kind.rawValue) at \(entry.position)")
      try require(
        (acceptance.text?.text.contains("handle\t\(person.handle)\n") == true) == (earlier?.handle != person.handle),
        "the words of \(person.handle) do not say what changed")
      members[id] = Member(person: person, position: entry.position)
      if let earlier, !earlier.isActive, person.isActive { keys = keys.filter { $0.value != id } }
    }
  }

  private static func words(_ codes: Set<Refusal.Code>) -> String {
    codes.isEmpty ? "no refusal" : codes.map(\.rawValue).sorted().joined(separator: ", ")
  }
}
