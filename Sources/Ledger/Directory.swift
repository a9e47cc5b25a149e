extension Book {
  /// Creates somebody, or brings them up to date.
  /// - Returns: nil when there is nothing to change.
  mutating func put(_ person: Person, _ expected: Int64?, _ operation: Operation) throws(Refusal) -> Acceptance? {
    let earlier = people[person.id]
    if let expected {
      guard earlier != nil else { throw Refusal(.notFound, "There is no such person.") }
      guard personPositions[person.id] == expected else {
        throw Refusal(.precondition, "The person has changed since you read them; read them again.")
      }
    }
    let person = person.settled(after: earlier, on: today)
    if earlier == person { return nil }
    if let other = names[person.handle], other != person.id {
      throw Refusal(.duplicateHandle, "Somebody else has the handle \(person.handle).", at: "/handle")
    }
    if let email = person.email, let other = names[email.asciiLowercased], other != person.id {
      throw Refusal(.duplicateEmail, "Somebody else has the email \(email).", at: "/email")
    }
    try checkManager(of: person)
    if earlier?.isActiveAdmin == true, !person.isActiveAdmin, !admins.contains(where: { $0 != person.id }) {
      throw Refusal(
        .lastAdmin, "\(person.handle) is the last admin; make somebody else one first.",
        at: person.isActive ? "/roles" : "/active")
    }
    try checkDuty(of: operation.actor, changing: earlier, to: person)
    if let earlier {
      names[earlier.handle] = nil
      if let email = earlier.email { names[email.asciiLowercased] = nil }
    }
    if let manager = earlier?.manager { reports[manager, default: 0] -= 1 }
    if let manager = person.manager { reports[manager, default: 0] += 1 }
    load(person)
    personPositions[person.id] = head.position + 1
    return record(person, since: earlier, operation)
  }

  /// Records somebody who was checked, with the words of what changed.
  mutating func record(_ person: Person, since earlier: Person?, _ operation: Operation) -> Acceptance {
    var acceptance = append(
      operation, earlier == nil ? .personCreated : .personChanged, subject: person.id,
      text: person.particulars(since: earlier))
    if earlier?.isActive == false, person.isActive {
      keys = keys.filter { $0.value != person.id }
      acceptance.endsKeysOf = person.id
    }
    return acceptance
  }

  /// Everybody above is loaded, so a circle would be seen.
  private func checkManager(of person: Person) throws(Refusal) {
    guard let manager = person.manager else { return }
    guard people[manager] != nil else {
      throw Refusal(.unknownPerson, "The manager of \(person.handle) is not in the directory.", at: "/manager")
    }
    var next: ID? = manager
    var seen: Set<ID> = []
    while let current = next, seen.insert(current).inserted {
      if current == person.id {
        throw Refusal(.managerCycle, "\(person.handle) would be, by way of others, their own manager.", at: "/manager")
      }
      next = people[current]?.manager
    }
  }

  mutating func create(_ key: APIKey, _ operation: Operation) -> Acceptance {
    load(key: key.id, of: key.person, crediting: key.bounds.map { CreditingKey($0) })
    return append(operation, .keyCreated, subject: key.person, text: key.particulars)
  }

  mutating func revoke(_ key: ID, _ operation: Operation) throws(Refusal) -> Acceptance {
    guard let person = keys.removeValue(forKey: key) else {
      throw Refusal(.notFound, "There is no such key, or it is revoked already.")
    }
    return append(operation, .keyRevoked, subject: person, text: Particulars.line("key", key))
  }

  mutating func put(_ value: Value, _ expected: Int64?, _ operation: Operation) throws(Refusal) -> Acceptance {
    let exists = values[value.slug] != nil
    if let expected {
      guard exists else { throw Refusal(.notFound, "There is no value \(value.slug).") }
      guard valuePositions[value.slug] == expected else {
        throw Refusal(.precondition, "The value has changed since you read it; read it again.")
      }
    } else if exists {
      throw Refusal(.duplicateValue, "There is a value \(value.slug) already.", at: "/slug")
    }
    load(value, position: head.position + 1)
    return append(
      operation, exists ? .valueChanged : .valueCreated,
      text: Particulars.line("slug", value.slug) + Particulars.line("name", value.name)
        + Particulars.line("description", value.description) + Particulars.line("active", value.isActive))
  }
}
