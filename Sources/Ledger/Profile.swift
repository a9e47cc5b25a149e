/// What an organisation is called, and where its days begin.
public struct Profile: Sendable, Equatable {
  /// What commands name it by.
  public let slug: String
  public var name: String
  /// Where its days begin: a time zone or, where it has moved, one after another, each behind the first day from which it counts. The
  /// database says what follows from it.
  public var calendar: String
  /// What people call its points, where it is not "points".
  public var currencyName: String?
  public var currencySymbol: String?
  /// Where people find it, for links.
  public var publicURL: String?

  public init(
    slug: String, name: String, calendar: String, currencyName: String? = nil, currencySymbol: String? = nil,
    publicURL: String? = nil
  ) {
    self.slug = slug
    self.name = name
    self.calendar = calendar
    self.currencyName = currencyName
    self.currencySymbol = currencySymbol
    self.publicURL = publicURL
  }

  /// What an audit reads, all of it each time, so that the last entry says what it is.
  var particulars: String {
    [
      ("slug", slug), ("name", name), ("time_zone", calendar), ("currency_name", currencyName ?? ""),
      ("currency_symbol", currencySymbol ?? ""), ("public_url", publicURL ?? ""),
    ].map(Particulars.line).joined()
  }
}

extension Book {
  /// - Parameter zone: what its time zone is to be from the next month on; nil leaves it as it is, and what is to come of it.
  /// - Returns: nil when there is nothing to change.
  mutating func change(
    to wanted: Profile, zone: String?, expected: Int64, _ operation: Operation
  ) throws(Refusal) -> Acceptance? {
    guard let present = profile else { throw Refusal(.notFound, "There is no such organisation.") }
    guard present.position == expected else {
      throw Refusal(.precondition, "The organisation has changed since you read it; read it again.")
    }
    var next = wanted
    next.calendar = try calendar(with: zone, present.profile)
    if next == present.profile { return nil }
    load(next, position: head.position + 1)
    return append(operation, .organizationChanged, subject: organization, text: next.particulars)
  }

  private mutating func calendar(with zone: String?, _ present: Profile) throws(Refusal) -> String {
    guard let zone else { return present.calendar }
    guard let calendar = calendars[zone] else {
      note(Defect("what a time zone makes of the calendar is not loaded"))
      return present.calendar
    }
    // Every day of its history is looked up in it.
    if calendar.utf8.count(where: { $0 == UInt8(ascii: " ") }) > 2 * Limits.zoneChangesMax + 1 {
      throw Refusal(
        .tooManyTimeZones, "It has changed its time zone \(Limits.zoneChangesMax) times, and stays where it is.",
        at: "/time_zone")
    }
    return calendar
  }
}
