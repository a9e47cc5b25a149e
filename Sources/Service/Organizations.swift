import HTTP
import Ledger
import Postgres

/// `/v1/organization`: what it is called, and where its days begin.
enum Organizations {
  static let endpoints = [
    Endpoint(
      .get, "/v1/organization", .everyone, "getOrganization", "What the organisation is called.",
      answers: Answer.tagged(schema), one),
    Endpoint(
      .patch, "/v1/organization", .roles([.admin]), "changeOrganization", "Change what the organisation is called.",
      "What is absent stays as it is; `null` takes it away. Another `time_zone` takes effect with the next month, in the place "
        + "of what was to come; the present one takes that back, unless `next_time_zone` comes along as it is. `slug` and "
        + "`currency` may come along as they are: the slug stays, and the currency is that of the programme's `point_value`.",
      body: .change(members, name: "OrganizationChange"),
      answers: Answer.changed(schema, canStay: true, headers: [.etag]), refusals: [.tooManyTimeZones], change),
  ]

  private static let slug = Member("slug", .text(1...63), "What commands name it by; it stays.", example: "acme")
  private static let name = Member("name", .title, "", example: "Acme")
  private static let timeZone = Member(
    "time_zone", .title, "Where its days and months begin, from the next month on.", example: "Europe/Berlin")
  private static let currency = Member(
    "currency", .text(3...3), "By ISO 4217; changed with the programme's `point_value`.", example: "EUR")
  private static let currencyName = Member(
    "currency_name", optional: .text(1...40), "What people call its points, where it is not points.",
    example: "laurels")
  private static let currencySymbol = Member(
    "currency_symbol", optional: .text(1...8), "What stands for a point.", example: "🌿")
  private static let publicURL = Member(
    "public_url",
    optional: .text(1...300, pattern: #"https?://[^\s/?#]+(/[^\s?#]*)?"#, else: "is no http or https URL"),
    "Where people find it, without a query.", example: "https://laurel.acme.example")
  private static let members: [any JSONMember] = [
    slug, name, timeZone, NextTimeZone.member, currency, currencyName, currencySymbol, publicURL,
  ]

  private static let schema = JSONSchema(
    .object([
      .init("slug", .text(example: "acme")), .init("name", .text(example: "Acme")),
      .init("time_zone", .text("Where its days and months begin now.", example: "Europe/Berlin")),
      .init("next_time_zone", NextTimeZone.schema.orNull),
      .init("currency", .text("Of the programme's `point_value`.", example: "EUR")),
      .init("currency_name", .text("What people call its points; null: points.", example: "laurels").orNull),
      .init("currency_symbol", .text(example: "🌿").orNull),
      .init("public_url", .text(example: "https://laurel.acme.example").orNull),
    ]), name: "Organization")

  private static func one(_ exchange: Exchange) async throws -> Response {
    let record = try await current(exchange)
    return exchange.answer(tag: record.tag) { record.write(to: &$0) }
  }

  private static func change(_ exchange: Exchange) async throws -> Response {
    let present = try await current(exchange)
    try exchange.requireMatch(present.tag)
    let write = try WriteRequest(exchange)
    let isKnown = try await TimeZones.isKnown(write.peek(at: timeZone), exchange)
    let action = try write.action { fields in
      var profile = present.profile
      fields.change(&profile.name, name)
      let zone = wantedZone(&fields, present)
      if !isKnown { fields.refuse(timeZone, TimeZones.mistake) }
      fields.change(&profile.currencyName, currencyName)
      fields.change(&profile.currencySymbol, currencySymbol)
      fields.change(&profile.publicURL, publicURL)
      var (slug, currency) = (profile.slug, present.currency)
      fields.change(&slug, Self.slug)
      if slug != profile.slug { fields.refuse(Self.slug, "is what commands name it by, and stays") }
      fields.change(&currency, Self.currency)
      if currency != present.currency { fields.refuse(Self.currency, "is changed with point_value of /v1/program") }
      return .changeOrganization(profile, zone: zone, expected: present.position)
    }
    let written = try await write.submit(exchange, action)
    let record = try await current(exchange)
    return .json(200, headers: written.headers + [("ETag", record.tag)]) { record.write(to: &$0) }
  }

  /// - Returns: nil where everything stays as it is, and what is to come.
  private static func wantedZone(_ fields: inout JSONFields, _ present: OrganizationRecord) -> String? {
    var (zone, next) = (present.timeZone, present.next)
    fields.change(&zone, timeZone)
    fields.change(&next, NextTimeZone.member)
    if next != nil, next != present.next {
      fields.refuse(NextTimeZone.member, "is what another time_zone brings about")
    }
    let saysNothing = !fields.contains(timeZone) && !fields.contains(NextTimeZone.member)
    let saysWhatIs = zone == present.timeZone && fields.contains(NextTimeZone.member) && next == present.next
    return saysNothing || saysWhatIs ? nil : zone
  }

  private static func current(_ exchange: Exchange) async throws -> OrganizationRecord {
    let rows = try await exchange.worker.pool.query(
      organization, Parameters { $0.int32(exchange.caller.organization) }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    return try OrganizationRecord(row)
  }

  private static let organization = SQL.statement("organization")
}

private struct OrganizationRecord {
  let profile: Profile
  let position: Int64
  let currency: String
  /// What counts now, by the organisation's clocks.
  let timeZone: String
  let next: NextTimeZone?

  init(_ row: Row) throws(PostgresError) {
    profile = try BookReading.profile(row, from: 0)
    position = try row.int64(6)
    currency = try row.text(7)
    timeZone = try row.text(8)
    next = try NextTimeZone(row, from: 9)
  }

  /// The currency is edited elsewhere and shown here, and what is to come of the time zone comes by itself.
  var tag: String { "\"\(position)-\(currency)\(next.map { "-\(RFC3339.text($0.from))" } ?? "")\"" }

  func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("slug", profile.slug)
      json.member("name", profile.name)
      json.member("time_zone", timeZone)
      json.member("next_time_zone") { json in
        if let next { next.write(to: &json) } else { json.null() }
      }
      json.member("currency", currency)
      json.member("currency_name", profile.currencyName)
      json.member("currency_symbol", profile.currencySymbol)
      json.member("public_url", profile.publicURL)
    }
  }
}
