/// Who the people of an organisation are at present, as far as boards care.
public struct Directory<Member: Hashable & Sendable>: Sendable {
  public struct Particulars: Sendable {
    /// Unique in the organisation, by its bytes.
    public var handle: String
    public var team: String?
    /// Active, and has not opted out of boards.
    public var isListed: Bool

    public init(handle: String, team: String?, isListed: Bool) {
      self.handle = handle
      self.team = team
      self.isListed = isListed
    }
  }

  private var people: [Member: Particulars] = [:]

  public init() {}

  /// Nil for who is unknown, or was removed: such people are on no list, and in no team.
  public subscript(member: Member) -> Particulars? {
    get { people[member] }
    set { people[member] = newValue }
  }

  func team(of member: Member) -> String? { people[member]?.team }
}
