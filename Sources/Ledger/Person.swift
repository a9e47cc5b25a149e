/// Somebody of an organisation, as the directory knows them.
public struct Person: Sendable, Equatable {
  public let id: ID
  public var handle: String
  public var name: String
  public var email: String?
  public var team: String?
  public var department: String?
  public var location: String?
  public var costCentre: String?
  public var manager: ID?
  public var roles: Set<Role>
  public var timeZone: String?
  public var joined: Day?
  public var isActive: Bool
  /// On no board, by their own wish.
  public var isOptedOut: Bool
  /// What they may give in an allowance period, where it is not what the programme says.
  public var allowancePoints: Int64?
  /// The day on which they left; the ledger sets it.
  public var leftOn: Day?

  public init(
    id: ID, handle: String, name: String, email: String? = nil, team: String? = nil, department: String? = nil,
    location: String? = nil, costCentre: String? = nil, manager: ID? = nil, roles: Set<Role> = [],
    timeZone: String? = nil, joined: Day? = nil, isActive: Bool = true, isOptedOut: Bool = false,
    allowancePoints: Int64? = nil, leftOn: Day? = nil
  ) {
    self.id = id
    self.handle = handle
    self.name = name
    self.email = email
    self.team = team
    self.department = department
    self.location = location
    self.costCentre = costCentre
    self.manager = manager
    self.roles = roles
    self.timeZone = timeZone
    self.joined = joined
    self.isActive = isActive
    self.isOptedOut = isOptedOut
    self.allowancePoints = allowancePoints
    self.leftOn = leftOn
  }

  /// Whether they may administer: whoever left has no role.
  public var isActiveAdmin: Bool { isActive && roles.contains(.admin) }

  /// What an audit reads: one `name<TAB>value` line for each member that `earlier` does not have the same.
  func particulars(since earlier: Person?) -> String {
    func line(_ name: String, _ value: String?, _ before: String?) -> String {
      value == before ? "" : "\(name)\t\(escapedParticular(value ?? ""))\n"
    }
    return line("handle", handle, earlier?.handle)
      + line("name", name, earlier?.name)
      + line("email", email, earlier?.email)
      + line("team", team, earlier?.team)
      + line("department", department, earlier?.department)
      + line("location", location, earlier?.location)
      + line("cost_centre", costCentre, earlier?.costCentre)
      + line("manager", manager?.description, earlier?.manager?.description)
      + line("roles", Self.word(roles), earlier.map { Self.word($0.roles) } ?? "")
      + line("time_zone", timeZone, earlier?.timeZone)
      + line("joined", joined.map { "\($0.number)" }, earlier?.joined.map { "\($0.number)" })
      + line("active", "\(isActive)", earlier.map { "\($0.isActive)" })
      + line("leaderboard_opt_out", "\(isOptedOut)", earlier.map { "\($0.isOptedOut)" } ?? "false")
      + line("allowance_points", allowancePoints.map { "\($0)" }, earlier?.allowancePoints.map { "\($0)" })
  }

  private static func word(_ roles: Set<Role>) -> String {
    roles.map(\.rawValue).sorted().joined(separator: " ")
  }
}
