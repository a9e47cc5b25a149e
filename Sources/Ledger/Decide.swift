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
    if let clockLeap { return .refused(clockLeap) }
    do throws(Refusal) {
      try operation.action.checkBounds()
      return switch operation.action {
      case .recognise(let request): .accepted(try recognise(request, operation))
      case .putPerson(let person, let expected):
        try put(person, expected, operation).map(Decision.accepted) ?? .unchanged
      case .createKey(let key): .accepted(create(key, operation))
      case .revokeKey(let key): .accepted(try revoke(key, operation))
      case .putValue(let value, let expected): .accepted(try put(value, expected, operation))
      case .putReward(let reward): .accepted(try put(reward, operation))
      case .moveStock(let reward, let delta): .accepted(try moveStock(of: reward, by: delta, operation))
      case .redeem(let request): .accepted(try redeem(request, operation))
      case .moveRedemption(let request): .accepted(try move(request, operation))
      case .createBudget(let budget, let points): .accepted(try create(budget, points: points, operation))
      case .fundBudget(let budget, let points): .accepted(try fund(budget, points: points, operation))
      case .award(let request): .accepted(try award(request, operation))
      case .decideAward(let request): .accepted(try decide(request, operation))
      case .boost(let request): .accepted(try boost(request, operation))
      case .earn(let request): .accepted(try earn(request, operation))
      case .adjust(let request): .accepted(try adjust(request, operation))
      case .reverse(let kind, let id): .accepted(try reverse(kind, id, operation))
      case .changeProgram(let program, let expected):
        try change(to: program, expected: expected, operation).map(Decision.accepted) ?? .unchanged
      case .expirePoints(let person): try expirePoints(of: person, operation).map(Decision.accepted) ?? .unchanged
      case .returnBudget(let budget): try returnBudget(budget, operation).map(Decision.accepted) ?? .unchanged
      case .foundOrganization(let profile):
        .accepted(
          append(
            operation, .organizationCreated, subject: organization, text: profile.particulars + program.particulars))
      case .changeOrganization(let profile, let zone, let expected):
        try change(to: profile, zone: zone, expected: expected, operation).map(Decision.accepted) ?? .unchanged
      }
    } catch {
      return .refused(error)
    }
  }

  // MARK: The log

  /// Records `operation` as the next entry, with postings that must sum to zero in each unit.
  /// - Parameter source: where what it credits comes from; of an entry that makes lots.
  mutating func append(
    _ operation: Operation, _ kind: EntryKind, subject: ID? = nil, text: String? = nil, detail: Detail = .none,
    moves: [(Account, Int64)] = [], lotUses: [LotUse] = [], preceding: [Entry] = [], source: PointsSource? = nil
  ) -> Acceptance {
    let words = text.map { SaltedText(salt: operation.salt, text: $0) }
    let entry = append(
      Entry(
        position: head.position + 1, id: operation.id, kind: kind, recordedAt: now,
        occurredAt: operation.occurredAt ?? now, actor: operation.actor, subject: subject,
        programVersion: program.version, idempotency: operation.idempotency, textDigest: words?.digest,
        detail: detail, postings: post(moves), lotUses: lotUses))
    if let idempotency = operation.idempotency, let actor = operation.actor {
      recorded[IdempotencyScope(actor: actor, key: idempotency.key)] = Recorded(
        position: entry.position, entry: entry.id, request: idempotency.request)
    }
    assert(kind.makesLots == (source != nil), "lots have a source, and nothing else has")
    if let source { noteLots(of: entry, from: source) }
    return Acceptance(preceding: preceding, entry: entry, following: nil, text: words)
  }

  /// Records an entry that accompanies `operation`: without words or key, with an id that follows from the operation's.
  mutating func follow(
    _ operation: Operation, _ kind: EntryKind, subject: ID, _ moves: [(Account, Int64)], lotUses: [LotUse] = []
  ) -> Entry {
    append(
      Entry(
        position: head.position + 1,
        id: .derived(from: .sha256(Array("\(kind.rawValue) \(subject)".utf8) + operation.salt.bytes)),
        kind: kind, recordedAt: now, occurredAt: now, actor: operation.actor, subject: subject,
        programVersion: program.version, idempotency: nil, textDigest: nil, postings: post(moves), lotUses: lotUses))
  }

  /// Lets those who spend in the same batch spend what they were just given.
  private mutating func noteLots(of entry: Entry, from source: PointsSource) {
    for (line, posting) in zip(Int32(0)..., entry.postings)
    where posting.account.kind == .points && posting.amount > 0 {
      load(
        Lot(position: entry.position, line: line, remaining: posting.amount, source: source),
        of: posting.account.owner)
    }
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
    var postings: [Posting] = []
    postings.reserveCapacity(moves.count)
    var points: Int64 = 0
    var items: [ID: Int64] = [:]
    for (account, amount) in moves where amount != 0 {
      let (balance, overflows) = balances[account, default: 0].addingReportingOverflow(amount)
      if overflows || balance.magnitude > Limits.balanceMax.magnitude {
        note(Defect("\(account.kind.rawValue) would hold more than \(Limits.balanceMax)"))
      } else if balance < 0, !account.kind.mayBeNegative {
        note(Defect("\(account.kind.rawValue) would fall to \(balance)"))
      }
      // Wrapping, since what does not fit was noted.
      switch account.unit {
      case .points: points &+= amount
      case .items(let reward): items[reward, default: 0] &+= amount
      }
      balances[account] = balance
      postings.append(Posting(account: account, amount: amount, balanceAfter: balance))
    }
    if points != 0 || items.values.contains(where: { $0 != 0 }) { note(Defect("an entry does not sum to zero")) }
    return postings
  }
}
