import Text

extension Book {
  /// Decides a thank-you: who is meant, whether the rules allow it, and whether the giver's allowance covers it.
  mutating func recognise(_ request: Recognise, _ operation: Operation) throws(Refusal) -> Acceptance {
    guard let giver = operation.actor.flatMap({ people[$0] }), giver.isActive || request.source == .history else {
      throw Refusal(.inactiveCaller, "Whoever this key belongs to has left the organisation.")
    }
    let recognition = Recognition(
      recipients: try recipients(
        named: request.to, from: giver,
        countMax: request.source == .history ? Limits.recipientsMax : program.recipientsMax,
        mayHaveLeft: request.source == .history),
      points: request.points,
      values: try values(request.values, hashtags: request.hashtags, mayBeInactive: request.source == .history),
      visibility: request.visibility)
    let isHistory = request.source == .history
    // History may be silent: its words may have been lost.
    if !isHistory {
      try checkSaid(request.message)
      try check(recognition, by: giver)
    }
    let total = recognition.totalPoints
    let acceptance = append(
      operation, .recognition, text: request.message, detail: .recognition(recognition),
      moves: [(isHistory ? .issued : .allowance(giver.id), -total)]
        + recognition.recipients.map { (.points($0), recognition.points) },
      preceding: isHistory || total == 0 ? [] : resetAllowance(of: giver, for: operation).map { [$0] } ?? [],
      source: isHistory ? .history : .allowance)
    if !isHistory {
      noteGift(of: recognition.points, to: recognition.recipients, by: giver.id, on: today)
      if recognition.points == 0 {
        for recipient in recognition.recipients { freeThanks[Pair(giver.id, recipient), default: 0] += 1 }
      }
    }
    noteGrant(acceptance.entry, .recognition, of: operation.id, to: recognition.recipients, recognition.points)
    return acceptance
  }

  /// Whoever thanks says something.
  func checkSaid(_ message: String) throws(Refusal) {
    if !message.isVisible {
      throw Refusal(.messageEmpty, "Say what for: a message holds something that can be seen.", at: "/message")
    }
  }

  private func check(_ recognition: Recognition, by giver: Person) throws(Refusal) {
    if recognition.visibility == .private, !program.isPrivateAllowed {
      throw Refusal(.privateNotAllowed, "Recognitions are public in this organisation.", at: "/visibility")
    }
    if recognition.points == 0 { try checkFreeThanks(to: recognition.recipients, by: giver) }
    try checkGiving(recognition.points, to: recognition.recipients, by: giver)
  }

  /// What costs nothing has a bound of its own: also what was taken back was sent.
  private func checkFreeThanks(to recipients: [ID], by giver: Person) throws(Refusal) {
    for (index, recipient) in recipients.enumerated()
    where freeThanks[Pair(giver.id, recipient), default: 0] >= Int64(program.freeThanksADay) {
      throw Refusal(
        .tooManyThanks,
        "You can thank \(people[recipient]?.handle ?? "") \(program.freeThanksADay) times a day without points.",
        at: "/to/\(index)")
    }
  }

  /// Whom the names mean: each once, never the giver.
  func recipients(
    named names: [String], from giver: Person, countMax: Int, mayHaveLeft: Bool = false
  ) throws(Refusal) -> [ID] {
    if names.count > countMax { throw Refusal(.tooManyRecipients, "At most \(countMax) people at once.", at: "/to") }
    var recipients: [ID] = []
    var seen: Set<ID> = []
    for (index, name) in names.enumerated() {
      let pointer = "/to/\(index)"
      guard let person = person(named: name) else {
        throw Refusal(.unknownPerson, "Nobody here is called \(name).", at: pointer)
      }
      if person.id == giver.id {
        throw Refusal(.selfRecognition, "Nobody can thank themselves.", at: pointer)
      }
      guard seen.insert(person.id).inserted else {
        throw Refusal(.duplicateRecipient, "\(person.handle) is named twice.", at: pointer)
      }
      if !mayHaveLeft, !person.isActive {
        throw Refusal(.inactiveRecipient, "\(person.handle) has left the organisation.", at: pointer)
      }
      recipients.append(person.id)
    }
    return recipients
  }

  /// The slugs of values, each once; all must exist, and be in use unless it is history. Hashtags count where they name a value in
  /// use.
  func values(_ slugs: [String], hashtags: [String], mayBeInactive: Bool = false) throws(Refusal) -> [String] {
    var known: [String] = []
    for (index, slug) in slugs.enumerated() {
      guard let value = values[slug], value.isActive || mayBeInactive else {
        throw Refusal(.unknownValue, "There is no value \(slug).", at: "/values/\(index)")
      }
      if !known.contains(slug) { known.append(slug) }
    }
    for slug in hashtags where values[slug]?.isActive == true && !known.contains(slug) { known.append(slug) }
    return known
  }
}
