/// What an organisation is called, and where its days begin.
public struct Profile: Sendable, Equatable {
  /// What commands name it by.
  public let slug: String
  public var name: String
  public var timeZone: String
  /// What people call its points, where it is not "points".
  public var currencyName: String?
  public var currencySymbol: String?
  /// Where people find it, for links.
  public var publicURL: String?

  public init(
    slug: String, name: String, timeZone: String, currencyName: String? = nil, currencySymbol: String? = nil,
    publicURL: String? = nil
  ) {
    self.slug = slug
    self.name = name
    self.timeZone = timeZone
    self.currencyName = currencyName
    self.currencySymbol = currencySymbol
    self.publicURL = publicURL
  }

  /// What an audit reads, all of it each time, so that the last entry says what it is.
  var particulars: String {
    [
      ("slug", slug), ("name", name), ("time_zone", timeZone), ("currency_name", currencyName ?? ""),
      ("currency_symbol", currencySymbol ?? ""), ("public_url", publicURL ?? ""),
    ].map(Particulars.line).joined()
  }
}

extension Book {
  /// - Returns: nil when there is nothing to change.
  mutating func change(to wanted: Profile, expected: Int64, _ operation: Operation) throws(Refusal) -> Acceptance? {
    guard let present = profile else { throw Refusal(.notFound, "There is no such organisation.") }
    guard present.position == expected else {
      throw Refusal(.precondition, "The organisation has changed since you read it; read it again.")
    }
    // Which day and month everything belongs to, that was recorded so far, follows from it.
    guard wanted.timeZone == present.profile.timeZone else {
      throw Refusal(
        .timeZoneFixed, "The days and months of the ledger are those of \(present.profile.timeZone), and stay so.",
        at: "/time_zone")
    }
    if wanted == present.profile { return nil }
    load(wanted, position: head.position + 1)
    return append(operation, .organizationChanged, subject: organization, text: wanted.particulars)
  }
}
