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
      query: [CommonQuery.from, CommonQuery.to, format],
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

  private static func redemptions(_ exchange: Exchange) async throws -> Response {
    let format = try exchange[Self.format]
    let (from, to) = (try exchange[CommonQuery.from], try exchange[CommonQuery.to])
    let pool = exchange.worker.pool
    let organization = exchange.caller.organization
    let bounds = RedemptionExport.boundsQuery(
      organization, from: from, to: to)
    guard let row = try await pool.query(bounds.0, bounds.1, isIdempotent: true).first else { throw Problem.notFound }
    let export = try RedemptionExport(organization, format, bounds: row)
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

  /// Whether an export can begin or end there.
  public static func isDateOrTime(_ text: String) -> Bool { TimeBound(text) != nil }

  /// Writes the redemption ledger piece by piece.
  /// - Parameters:
  ///   - from: a date or an instant; nil for the beginning.
  ///   - write: gets the pieces in order.
  /// - Returns: the position that it ends at.
  public func exportRedemptions(
    organization slug: String, format: String, from: String?, to: String?,
    write: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws -> Int64 {
    guard let format = RedemptionExport.Format(rawValue: format) else {
      throw CommandError("there is no format \"\(format)\": use csv, ndjson")
    }
    func bound(_ text: String?) throws(CommandError) -> TimeBound? {
      guard let text else { return nil }
      if let bound = TimeBound(text) { return bound }
      throw CommandError("--from and --to are dates like 2026-11-22 or times like 2026-11-22T09:30:00Z")
    }
    let organization = try await number(of: slug)
    let bounds = RedemptionExport.boundsQuery(organization, from: try bound(from), to: try bound(to))
    return try await connected { connection in
      guard let row = try await connection.query(bounds.0, bounds.1).first else { return 0 }
      let export = try RedemptionExport(organization, format, bounds: row)
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
