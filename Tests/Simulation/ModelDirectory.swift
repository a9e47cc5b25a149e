import Ledger

/// People, keys, values and rules.
extension Model {
  mutating func put(_ wanted: Person, _ expected: Int64?, _ operation: Operation) throws(No) -> [ExpectedEntry] {
    let earlier = members[wanted.id]
    if let expected {
      guard let earlier else { throw No(.notFound) }
      if earlier.position != expected { throw No(.precondition) }
    }
    let others = members.values.filter { $0.person.id != wanted.id }
    if others.contains(where: { $0.person.handle == wanted.handle }) { throw No(.duplicateHandle) }
    if let email = wanted.email?.asciiLowercased,
      others.contains(where: { $0.person.email?.asciiLowercased == email })
    {
      throw No(.duplicateEmail)
    }
    try checkManager(of: wanted)
    var person = wanted
    person.leftOn = wanted.isActive ? nil : earlier?.person.isActive == false ? earlier?.person.leftOn : today
    // A leaver has no role.
    if !wanted.isActive { person.roles = [] }
    if let earlier, earlier.person == person { return [] }
    // There is always somebody left to administer.
    func administers(_ person: Person) -> Bool { person.isActive && person.roles.contains(.admin) }
    if let earlier, administers(earlier.person), !administers(person),
      !others.contains(where: { administers($0.person) })
    {
      throw No(.lastAdmin)
    }
    // Nobody changes what they may do themselves, but for leaving, which takes their roles.
    if let earlier = earlier?.person, operation.actor == wanted.id {
      if person.isActive, earlier.roles != person.roles { throw No(.ownRoles) }
      if earlier.allowancePoints != person.allowancePoints { throw No(.ownPoints) }
    }
    let entry = record(earlier == nil ? .personCreated : .personChanged)
    members[wanted.id] = Member(person: person, position: entry.position)
    // Coming back revives no key.
    if let earlier, !earlier.person.isActive, person.isActive {
      keys = keys.filter { $0.value != wanted.id }
    }
    return [entry]
  }

  /// A manager is somebody else who is known, and not somebody further down.
  private func checkManager(of wanted: Person) throws(No) {
    guard let manager = wanted.manager else { return }
    if members[manager] == nil { throw No(.unknownPerson) }
    if manager == wanted.id || isBelow(manager, wanted.id) { throw No(.managerCycle) }
  }

  mutating func createKey(_ key: APIKey) -> [ExpectedEntry] {
    keys[key.id] = key.person
    bounds[key.id] = key.bounds
    return [record(.keyCreated)]
  }

  mutating func revokeKey(_ key: ID) throws(No) -> [ExpectedEntry] {
    guard keys.removeValue(forKey: key) != nil else { throw No(.notFound) }
    return [record(.keyRevoked)]
  }

  mutating func put(_ value: Value, _ expected: Int64?) throws(No) -> [ExpectedEntry] {
    let earlier = values[value.slug]
    if let expected {
      guard let earlier else { throw No(.notFound) }
      if earlier.position != expected { throw No(.precondition) }
    } else if earlier != nil {
      throw No(.duplicateValue)
    }
    let entry = record(earlier == nil ? .valueCreated : .valueChanged)
    values[value.slug] = (value, entry.position)
    return [entry]
  }

  mutating func found(_ wanted: Profile) -> [ExpectedEntry] {
    let entry = record(.organizationCreated)
    profile = (wanted, entry.position)
    zones = [(wanted.calendar, Day(number: .min))]
    return [entry]
  }

  /// What it is called may change; and its time zone, with the next month.
  mutating func change(_ wanted: Profile, _ zone: String?, _ expected: Int64) throws(No) -> [ExpectedEntry] {
    guard let present = profile, present.position == expected else { throw No(.precondition) }
    if let zone { want(zone) }
    var next = wanted
    next.calendar = (zones.count > 1 ? "-infinity " : "") + zones[0].name
    for zone in zones.dropFirst() { next.calendar += " \(Transcript.word(zone.from)) \(zone.name)" }
    if next == present.profile { return [] }
    let entry = record(.organizationChanged)
    profile = (next, entry.position)
    return [entry]
  }

  private mutating func want(_ zone: String) {
    func has(_ day: Day, begunIn zone: String) -> Bool { Zone.named(zone).today(at: now) >= day }
    // What is to come has begun nowhere: neither where they are nor where they go.
    var coming: (name: String, from: Day)?
    if zones.count > 1 {
      let (before, last) = (zones[zones.count - 2], zones[zones.count - 1])
      if !has(last.from, begunIn: before.name), !has(last.from, begunIn: last.name) { coming = zones.removeLast() }
    }
    let present = zones[zones.count - 1]
    if zone == present.name { return }
    if let coming, coming.name == zone {
      zones.append(coming)
      return
    }
    var month = CivilDate(max(today, present.from)).start(of: .month)
    repeat { month = CivilDate(month).adding(months: 1).number } while has(month, begunIn: zone)
    zones.append((zone, month))
  }

  mutating func change(_ wanted: Program, _ expected: Int32?) throws(No) -> [ExpectedEntry] {
    if let expected, expected != program.version { throw No(.precondition) }
    var next = wanted
    next.version = program.version
    if next == program { return [] }
    next.version += 1
    let entry = record(.programChanged, detail: .program(next))
    program = next
    return [entry]
  }

  // MARK: Whom to give to

  /// The people who are meant, in their order.
  /// - Parameter most: how many may be named; history may name leavers.
  func recipients(
    _ names: [String], from giver: ID, most: Int, isHistory: Bool = false
  ) throws(No) -> [ID] {
    if names.count > most { throw No(.tooManyRecipients) }
    var recipients: [ID] = []
    for name in names {
      guard let person = find(name)?.person else { throw No(.unknownPerson) }
      if person.id == giver { throw No(.selfRecognition) }
      if recipients.contains(person.id) { throw No(.duplicateRecipient) }
      if !person.isActive && !isHistory { throw No(.inactiveRecipient) }
      recipients.append(person.id)
    }
    return recipients
  }

  /// Slugs that must be there, then hashtags that may; each once.
  func slugs(_ wanted: [String], hashtags: [String] = [], isHistory: Bool = false) throws(No) -> [String] {
    var slugs: [String] = []
    func isKnown(_ slug: String) -> Bool { values[slug].map { $0.value.isActive || isHistory } ?? false }
    for slug in wanted where !isKnown(slug) { throw No(.unknownValue) }
    for slug in wanted + hashtags where isKnown(slug) && !slugs.contains(slug) { slugs.append(slug) }
    return slugs
  }

  func checkLength(_ message: String) throws(No) {
    if message.unicodeScalars.count > 2_000 { throw No(.messageTooLong) }
  }

  /// Of what is wished for here, these are the signs that nobody sees.
  func checkSaid(_ message: String) throws(No) {
    let unseen = " \n\u{A0}\u{200B}\u{200D}\u{2060}".unicodeScalars
    if message.unicodeScalars.allSatisfy({ unseen.contains($0) }) { throw No(.messageEmpty) }
  }

  func isBelow(_ person: ID, _ manager: ID) -> Bool {
    var above = members[person]?.person.manager
    while let id = above {
      if id == manager { return true }
      above = members[id]?.person.manager
    }
    return false
  }
}
