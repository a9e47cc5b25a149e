extension Book {
  /// Accepts or refuses one operation. What it accepts is seen by the next one; what it refuses leaves no trace.
  /// Pure: the same book and the same operation give the same decision, to the last byte.
  public mutating func decide(_ operation: Operation) -> Decision {
    if let idempotency = operation.idempotency, let actor = operation.actor,
      let earlier = recorded[IdempotencyScope(actor: actor, key: idempotency.key)]
    {
      return earlier.request == idempotency.request
        ? .replayed(earlier)
        : .refused(
          Refusal(.idempotencyKeyReused, "This Idempotency-Key came with another request before; use a new key."))
    }
    do throws(Refusal) {
      return switch operation.action {
      case .recognise(let request): .accepted(try recognise(request, operation))
      case .putPerson(let person): try put(person, operation).map(Decision.accepted) ?? .unchanged
      case .createKey(let key): .accepted(create(key, operation))
      case .createValue(let value): .accepted(try create(value, operation))
      case .foundOrganization(let name):
        .accepted(append(operation, .organizationCreated, subject: organization, text: "name\t\(name)\n"))
      }
    } catch {
      return .refused(error)
    }
  }

  // MARK: Directory

  private mutating func put(_ person: Person, _ operation: Operation) throws(Refusal) -> Acceptance? {
    let earlier = people[person.id]
    if earlier == person { return nil }
    if let other = names[person.handle], other != person.id {
      throw Refusal(.duplicateHandle, "Somebody else has the handle \(person.handle).", at: "/handle")
    }
    if let email = person.email, let other = names[email.lowercased()], other != person.id {
      throw Refusal(.duplicateEmail, "Somebody else has the email \(email).", at: "/email")
    }
    if let manager = person.manager, people[manager] == nil || manager == person.id {
      throw Refusal(.unknownPerson, "The manager of \(person.handle) is not in the directory.", at: "/manager")
    }
    if let earlier {
      names[earlier.handle] = nil
      if let email = earlier.email { names[email.lowercased()] = nil }
    }
    load(person)
    return append(
      operation, earlier == nil ? .personCreated : .personChanged, subject: person.id,
      text: person.particulars(since: earlier))
  }

  private mutating func create(_ key: APIKey, _ operation: Operation) -> Acceptance {
    append(operation, .keyCreated, subject: key.person, text: "key\t\(key.id)\n")
  }

  private mutating func create(_ value: Value, _ operation: Operation) throws(Refusal) -> Acceptance {
    guard values[value.slug] == nil else {
      throw Refusal(.duplicateValue, "There is a value \(value.slug) already.", at: "/slug")
    }
    load(value)
    return append(
      operation, .valueCreated, text: "slug\t\(value.slug)\nname\t\(value.name)\ndescription\t\(value.description)\n")
  }

  // MARK: The log

  /// Records `operation` as the next entry, with postings that must sum to zero.
  mutating func append(
    _ operation: Operation, _ kind: EntryKind, subject: ID? = nil, text: String? = nil,
    recognition: Recognition? = nil, moves: [(Account, Int64)] = [], preceding: Entry? = nil
  ) -> Acceptance {
    let words = text.map { SaltedText(salt: operation.salt, text: $0) }
    let entry = append(
      Entry(
        position: head.position + 1, id: operation.id, kind: kind, recordedAt: now,
        occurredAt: operation.occurredAt ?? now, actor: operation.actor, subject: subject,
        programVersion: program.version, idempotency: operation.idempotency, textDigest: words?.digest,
        recognition: recognition, postings: post(moves)))
    if let idempotency = operation.idempotency, let actor = operation.actor {
      recorded[IdempotencyScope(actor: actor, key: idempotency.key)] = Recorded(
        position: entry.position, entry: entry.id, request: idempotency.request)
    }
    return Acceptance(preceding: preceding, entry: entry, text: words)
  }

  /// Closes the chain over `entry`.
  mutating func append(_ entry: Entry) -> Entry {
    var entry = entry
    entry.hash = Chain.hash(entry, of: organization, after: head.hash)
    head = Head(position: entry.position, hash: entry.hash, recordedAt: entry.recordedAt)
    return entry
  }

  /// Moves points, and says what each account holds afterwards. Moves of nothing leave no posting.
  mutating func post(_ moves: [(Account, Int64)]) -> [Posting] {
    assert(moves.reduce(0) { $0 + $1.1 } == 0, "an entry sums to zero")
    return moves.compactMap { account, amount in
      if amount == 0 { return nil }
      let balance = balances[account, default: 0] + amount
      assert(balance >= 0 || account.kind.mayBeNegative, "\(account.kind) below zero")
      balances[account] = balance
      return Posting(account: account, amount: amount, balanceAfter: balance)
    }
  }
}
