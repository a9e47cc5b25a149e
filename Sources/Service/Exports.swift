import HTTP
import Ledger
import Postgres

/// `/v1/exports`: streams for finance, with the digest of what was sent at their end.
enum Exports {
  static let endpoints = [
    Endpoint(
      .get, "/v1/exports/redemptions", .roles([.finance, .admin]), "exportRedemptions",
      "The redemption ledger: one line for each change of a redemption.",
      "Streamed; ends with the SHA-256 of the body in the trailer `Repr-Digest` (RFC 9530).",
      query: [CommonQuery.from, CommonQuery.to, format, dialect, locale],
      answers: [
        Answer(
          status: 200, summary: "The lines, in the order of the ledger.",
          content: .other(RedemptionExport.Format.allCases.map(\.mediaType)),
          headers: [
            .contentDisposition, .trailer,
            Answer.Header(name: "Ledger-Position", schema: .count("Where the export ends.", example: 17)),
            Answer.Header(
              name: "Ledger-Head-Hash",
              schema: .text("The hash there: with the position, what a later verification can be held against.")),
          ])
      ], redemptions)
  ]

  private static let format = QueryParameter("format", .choice(RedemptionExport.Format.self), default: .csv, "")
  private static let dialect = QueryParameter(
    "dialect", .choice(CSVDialect.Spreadsheet.self),
    "CSV for whoever opens it by a double click: a byte order mark, separator and decimal mark of `locale`, times as the "
      + "organisation's clocks showed them, and an apostrophe before texts that would be taken for numbers. Without it, CSV "
      + "is RFC 4180 with times in UTC.")
  private static let locale = QueryParameter(
    "locale", SpreadsheetLocale.type,
    "The language that the spreadsheet of `dialect` is set up for; unless given, one with a decimal comma, where "
      + "semicolons part the cells.")

  private static func redemptions(_ exchange: Exchange) async throws -> Response {
    let (format, spreadsheet, locale) = (try exchange[format], try exchange[dialect], try exchange[locale])
    if spreadsheet != nil, format != .csv { throw Problem.invalidParameter("dialect", "takes `format=csv`") }
    if locale != nil, spreadsheet == nil { throw Problem.invalidParameter("locale", "takes `dialect` as well") }
    let span = try await exchange.span()
    let pool = exchange.worker.pool
    let organization = exchange.caller.organization
    let bounds = RedemptionExport.boundsQuery(organization, span)
    guard let row = try await pool.query(bounds.0, bounds.1, isIdempotent: true).first else { throw Problem.notFound }
    let export = try RedemptionExport(organization, format, CSVDialect(spreadsheet, locale), bounds: row)
    let query = exchange.request.query
    let name = ["redemptions", query[CommonQuery.from.name], query[CommonQuery.to.name]].compactMap { $0 }.joined(
      separator: "_"
    ).filter { $0 != ":" }
    return Response(
      status: 200,
      headers: [
        ("Content-Type", format.mediaType),
        ("Content-Disposition", "attachment; filename=\"\(name).\(format.rawValue)\""),
        ("Ledger-Position", "\(export.position)"), ("Ledger-Head-Hash", "\(export.headHash)"),
        ("Trailer", "Repr-Digest"),
      ],
      body: .stream { writer in
        let digest = DigestStream()
        digest.update(export.head)
        try await writer.write(export.head)
        var position: Int64? = 0
        while let after = position {
          let query = export.pageQuery(after: after)
          let page = try export.page(await pool.query(query.0, query.1, isIdempotent: true))
          digest.update(page.bytes)
          try await writer.write(page.bytes)
          position = page.next
        }
        writer.trailer("Repr-Digest", digest.finish().reprDigest)
      })
  }
}

extension Administration {
  public static let exportFormats = RedemptionExport.Format.allCases.map(\.rawValue)
  public static let spreadsheets = CSVDialect.Spreadsheet.allCases.map(\.rawValue)

  /// What is wrong with the ends of an export, in words that go on after `--`; nil where nothing is.
  public static func mistake(inFrom from: String?, to: String?) -> String? {
    for (name, text) in [("from", from), ("to", to)] {
      if let text, TimeBound(text) == nil {
        return
          "\(name) is a date like 2026-11-22, a month like 2026-11 or a time like 2026-11-22T09:30:00Z, not \"\(text)\""
      }
    }
    let span = TimeSpan(from: from.flatMap(TimeBound.init), to: to.flatMap(TimeBound.init))
    return span.isBackwards == true ? "from is after --to" : nil
  }

  /// What is wrong with whom an export is for, in words that go on after `--`; nil where nothing is.
  public static func mistake(inFor spreadsheet: String?, locale: String?, format: String?) -> String? {
    if let spreadsheet, CSVDialect.Spreadsheet(rawValue: spreadsheet) == nil {
      return "for is one of \(spreadsheets.joined(separator: ", ")), not \"\(spreadsheet)\""
    }
    if let locale, SpreadsheetLocale(locale) == nil {
      return "locale \(SpreadsheetLocale.description), not \"\(locale)\""
    }
    if spreadsheet != nil, let format, format != RedemptionExport.Format.csv.rawValue {
      return "for takes --format csv, not \"\(format)\""
    }
    return locale != nil && spreadsheet == nil ? "locale takes --for as well" : nil
  }

  /// Writes the redemption ledger piece by piece.
  /// - Parameters:
  ///   - spreadsheet: whose CSV it is, in the language `locale`; nil for programs' CSV.
  ///   - from: a date, a month or an instant; nil for the beginning.
  ///   - write: gets the pieces in order.
  /// - Returns: the position that it ends at.
  public func exportRedemptions(
    organization slug: String, format: String, for spreadsheet: String? = nil, locale: String? = nil, from: String?,
    to: String?,
    write: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws -> Int64 {
    guard let format = RedemptionExport.Format(rawValue: format) else {
      throw CommandError("there is no format \"\(format)\": use csv, ndjson")
    }
    if let mistake = Self.mistake(inFrom: from, to: to)
      ?? Self.mistake(inFor: spreadsheet, locale: locale, format: format.rawValue)
    {
      throw CommandError("--\(mistake)")
    }
    let dialect = CSVDialect(
      spreadsheet.flatMap(CSVDialect.Spreadsheet.init), locale.flatMap(SpreadsheetLocale.init))
    let span = TimeSpan(from: from.flatMap(TimeBound.init), to: to.flatMap(TimeBound.init))
    let organization = try await number(of: slug)
    let bounds = RedemptionExport.boundsQuery(organization, span)
    return try await connected { connection in
      guard let row = try await connection.query(bounds.0, bounds.1).first else { return 0 }
      let export = try RedemptionExport(organization, format, dialect, bounds: row)
      // Between a day and an instant, the zone decides.
      if export.isBackwards { throw CommandError("--from is after --to") }
      try write(export.head)
      var position: Int64? = 0
      while let after = position {
        let query = export.pageQuery(after: after)
        let page = try export.page(await connection.query(query.0, query.1))
        try write(page.bytes)
        position = page.next
      }
      return export.position
    }
  }
}
