import Ledger

/// Changes of many people at once: what clients bring, how the store has them, and what the ledger says in words that the model knows.
extension Clients {
  /// A file of people: mostly one that holds as a whole, though no order of its rows would.
  mutating func directory(_ store: Store) -> DirectoryRequest {
    let known = people.compactMap { store.people[$0]?.person }
    let first = chance.number(0...max(0, known.count - 1))
    let count = chance.once(in: 6) ? known.count : min(known.count, chance.magnitude(upTo: 12))
    var file = (0..<count).map { known[(first + $0) % known.count] }
    for _ in 0..<(chance.once(in: 3) ? chance.number(1...4) : 0) {
      if case .putPerson(let person, _) = newPerson(store) { file.append(person) }
    }
    for _ in 0..<chance.number(1...3) where !file.isEmpty { change(&file) }
    return DirectoryRequest(people: file, seed: chance.digest())
  }

  private mutating func change(_ file: inout [Person]) {
    let step = chance.number(1...max(1, file.count - 1))
    let (names, one) = (file, chance.number(0...file.count - 1))
    switch chance.number(1...16) {
    case 1...3:
      for index in file.indices { file[index].handle = names[(index + step) % names.count].handle }
    case 4...6:
      for index in file.indices { file[index].email = names[(index + step) % names.count].email }
    case 7...8:
      // Somebody and their manager change places, or so do others.
      let other = file.firstIndex { $0.id == names[one].manager } ?? (one + step) % file.count
      file[one].manager = names[other].manager
      file[other].manager = names[one].id
    case 9: for index in file.indices { file[index].manager = chance.any(nil, anyone(), names[0].id) }
    case 10: for index in file.indices { file[index].isActive = chance.once(in: 2) }
    case 11: for index in file.indices { file[index].isActive = true }
    case 12: for index in file.indices { file[index].isActive = file[index].id == founder }
    case 13: file[one].roles = chance.any([], [.finance], [.admin], [.rewards, .admin])
    case 14: for index in file.indices { file[index].roles = chance.any([], [.finance], [.admin]) }
    case 15:
      file[one].email = chance.any(nil, names[(one + step) % names.count].email?.uppercased(), "new@acme.example")
    default: file[one].handle = chance.any(names[(one + step) % names.count].handle, "r\(chance.number(1...60))")
    }
    self.names += [file[one].handle, names[one].handle]
  }
}

extension Store {
  /// The directory with these people as they are to be.
  func draft(with changes: [Person], on today: Day) -> DirectoryDraft {
    var draft = DirectoryDraft(people.values.map(\.person).sorted { $0.id < $1.id }, today: today)
    for person in changes {
      if let place = draft.place(of: person.id) { draft[place] = person } else { _ = draft.append(person) }
    }
    return draft
  }

  /// What indexes and foreign keys ask of rows that are written one after the other, where names were given back before.
  func checkNames(of operations: [Operation]) throws(Discrepancy) {
    var written = people.mapValues(\.person)
    for operation in operations {
      guard case .putPerson(let person, _) = operation.action else { continue }
      if let manager = person.manager {
        try require(written[manager] != nil, "\(person.handle) is written before their manager")
      }
      written[person.id] = person
    }
    try require(Set(written.values.map(\.handle)).count == written.count, "two people have one handle")
    let emails = written.values.compactMap { $0.email?.asciiLowercased }
    try require(Set(emails).count == emails.count, "two people have one email")
  }
}

extension WholeDirectory.Faults {
  /// In the words that refuse one person's change for the same reason.
  var codes: Set<Refusal.Code> {
    Set(
      list.map { fault in
        switch fault {
        case .sharedHandle: .duplicateHandle
        case .sharedEmail: .duplicateEmail
        case .noManager: .unknownPerson
        case .circle: .managerCycle
        case .noAdmin: .lastAdmin
        }
      })
  }
}
