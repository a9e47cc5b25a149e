/// Reads the members of a JSON object one by one and collects everything that is wrong with them, so that a client
/// learns of all its mistakes at once.
///
///     var fields = JSONFields(body)
///     let (to, copies) = (fields[to], fields[copies])
///     try fields.finish()
///
/// Values read are meaningful only after ``finish()`` has not thrown; in between, a wrong member reads as something
/// harmless. A member that is never read is unknown and refused.
public struct JSONFields {
  private let members: [(name: String, value: JSONValue)]
  private var isRead: [Bool]
  /// The names that were asked for, in their order: what is known here.
  private var known: [String] = []
  private var mistakes: JSONMistakes

  /// - Parameter object: other values have no members, which is a mistake.
  public init(_ object: JSONValue) { self.init(object, JSONMistakes()) }

  init(_ object: JSONValue, _ mistakes: JSONMistakes) {
    self.mistakes = mistakes
    if case .object(let members) = object {
      self.members = members
    } else {
      members = []
      self.mistakes.note("must be an object")
    }
    isRead = Array(repeating: false, count: members.count)
  }

  /// The member's value.
  public subscript<Value>(member: Member<Value>) -> Value {
    mutating get {
      let value = value(member.name)
      if let value, value != .null || member.absent != nil {
        return mistakes.within(member.name) { member.read(value, &$0) }
      }
      if let absent = member.absent { return absent }
      refuse(member, "is required")
      return member.harmless
    }
  }

  /// Puts the member's value in the place of another; one that is absent changes nothing, and `null` takes away what may be
  /// missing (RFC 7396).
  public mutating func change<Value>(_ place: inout Value, _ member: Member<Value>) {
    guard let value = value(member.name) else { return }
    place = mistakes.within(member.name) { member.read(value, &$0) }
  }

  /// Whether the object has the member, `null` included.
  public mutating func contains(_ member: some JSONMember) -> Bool {
    note(member.name)
    return index(of: member.name) != nil
  }

  /// Notes an error of the caller's own about a member, unless it is wrong already: what was not read says nothing more.
  public mutating func refuse(_ member: some JSONMember, _ detail: String) {
    mistakes.within(member.name) { if !$0.hasNoted { $0.note(detail) } }
  }

  /// - Throws: 400 `invalid_request` with every error found, the unknown members among them.
  public mutating func finish() throws(Problem) {
    mistakes = finished()
    if !mistakes.errors.isEmpty { throw .invalidRequest(mistakes.errors) }
  }

  /// The mistakes found, the unknown members among them.
  func finished() -> JSONMistakes {
    var mistakes = mistakes
    let words = KnownWords(known)
    var isFirst = true
    for (index, member) in members.enumerated() where !isRead[index] && !mistakes.isFull {
      mistakes.within(member.name) { $0.note(words.refusal(of: member.name, namesAll: isFirst)) }
      isFirst = false
    }
    return mistakes
  }

  private mutating func note(_ name: String) {
    if !known.contains(name) { known.append(name) }
  }

  private mutating func value(_ name: String) -> JSONValue? {
    note(name)
    guard let index = index(of: name) else { return nil }
    isRead[index] = true
    return members[index].value
  }

  private func index(of name: String) -> Int? { members.firstIndex { $0.name.utf8.elementsEqual(name.utf8) } }
}
