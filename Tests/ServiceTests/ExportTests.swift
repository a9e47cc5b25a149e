import Foundation
import Glibc
import HTTP
import Ledger
import Testing

@testable import Service

extension OnLaurel {
  @Suite("The redemption ledger as finance gets it")
  struct ExportTests {
    private static let columns =
      "position,recorded_at,period,redemption_id,event,person_id,person_handle,person_name,department,cost_centre,"
      + "reward_sku,reward_name,quantity,points,unit_cost,total_cost,currency,taxable,budget_sources,entry_hash,"
      + "taxable_points,decided_by,reason"

    private static let people = #"""
      handle,name,email,team,department,cost_centre,roles
      ann,"=cmd|'/C calc'!A0, ""Ann""",ann@acme.example,Sales,@Sales,"4711, north",
      bo,Bo,bo@acme.example,Sales,,,
      fay,Fay,fay@acme.example,Finance,,,finance

      """#

    /// Ann's mugs go through every state, and Bo's seeds come at once.
    private func history(_ company: Company) async throws {
      try await company.give(["ann", "bo"], points: 100)
      try company.offer(
        """
        {"sku": "MUG", "name": "+Mug \\"big\\", red", "price_points": 10, "cost": {"amount": "12.50", "currency": "EUR"},
         "stock": 9, "needs_approval": true, "taxable": true}
        """)
      try company.offer(
        #"{"sku": "SEED", "name": "Seeds", "price_points": 3, "cost": {"amount": "0.12", "currency": "EUR"}, "fulfilment": "instant"}"#
      )
      let fay = company["fay"]
      for moves in [["approve", "fulfil", "refund"], ["decline"]] {
        let id = try company.redeem("MUG", by: "ann", quantity: 2)
        for move in moves { #expect(try fay.post("/v1/redemptions/\(id)/\(move)", "{}").status == 200) }
      }
      let cancelled = try company.redeem("MUG", by: "ann")
      #expect(try company["ann"].post("/v1/redemptions/\(cancelled)/cancel", "{}").status == 200)
      _ = try company.redeem("SEED", by: "bo", quantity: 3)
    }

    /// Event, handle, SKU, quantity, points, unit cost, total cost, taxable, sources, taxable points, who decided.
    private static let expected = [
      "requested|ann|MUG|2|0|12.50|0.00|true|history:20|0|", "approved|ann|MUG|2|0|12.50|0.00|true|history:20|0|fay",
      "fulfilled|ann|MUG|2|-20|12.50|-25.00|true|history:20|0|fay",
      "refunded|ann|MUG|2|20|12.50|25.00|true|history:20|0|fay",
      "requested|ann|MUG|2|0|12.50|0.00|true|history:20|0|", "declined|ann|MUG|2|0|12.50|0.00|true|history:20|0|fay",
      "requested|ann|MUG|1|0|12.50|0.00|true|history:10|0|", "cancelled|ann|MUG|1|0|12.50|0.00|true|history:10|0|",
      "requested|bo|SEED|3|0|0.12|0.00|false|history:9|0|", "fulfilled|bo|SEED|3|-9|0.12|-0.36|false|history:9|0|",
    ]

    @Test("CSV has the contract's columns, one line a change, with the sign of its effect")
    func csv() async throws {
      try await Company.with(Self.people) { company in
        try await history(company)
        let export = try Export.fetch(company, "fay")
        #expect(export.header("content-type")?.hasPrefix("text/csv") == true)
        #expect(export.header("content-disposition") == #"attachment; filename="redemptions.csv""#)
        let lines = export.text.components(separatedBy: "\r\n")
        #expect(lines.first == Self.columns)
        #expect(lines.last == "")
        let records = try CSV(export.body).records.map(\.fields)
        let shown = [4, 6, 10, 12, 13, 14, 15, 17, 18, 20, 21]
        #expect(records.map { record in shown.map { record[$0] }.joined(separator: "|") } == Self.expected)

        // The words of others, harmless and quoted where they must be; an absent one is empty.
        let name = #""'=cmd|'/C calc'!A0, ""Ann""""#
        #expect(lines[1].contains(#",ann,\#(name),'@Sales,"4711, north",MUG,"'+Mug ""big"", red",2,0,"#), "\(lines[1])")
        #expect(lines[9].contains(",bo,Bo,,,SEED,Seeds,3,0,"), "\(lines[9])")

        let positions = records.map { $0[0] }
        let session = try Session(company.laurel.cluster.superuserURL)
        let logged = try session.run(
          """
          SELECT position, encode(hash, 'hex'), subject FROM entries
          WHERE org_id = \(company.number) AND kind LIKE 'redemption%' ORDER BY position
          """)
        #expect(records.map { "\($0[0])|\($0[19])|\($0[3])" } == logged)
        #expect(records.allSatisfy { $0[16] == "EUR" && $0[1].hasSuffix("Z") })
        #expect(export.header("ledger-position") == positions.last)
      }
    }

    @Test("NDJSON has the same lines, as objects of the same names")
    func ndjson() async throws {
      try await Company.with(Self.people) { company in
        try await history(company)
        let export = try Export.fetch(company, "admin", "?format=ndjson")
        #expect(export.header("content-type") == "application/x-ndjson")
        let objects = try export.text.split(separator: "\n").map { try json(String($0)) }
        let lines = objects.map { line in
          [
            line["event"]?.text, line["person_handle"]?.text, line["reward_sku"]?.text,
            line["quantity"]?.number.map(String.init),
            line["points"]?.number.map(String.init), line["unit_cost"]?.text, line["total_cost"]?.text,
            line["taxable"]?.flag.map { "\($0)" }, line["budget_sources"]?.text,
            line["taxable_points"]?.number.map(String.init), line["decided_by"]?.text ?? "",
          ].map { $0 ?? "?" }.joined(separator: "|")
        }
        #expect(lines == Self.expected)
        #expect(objects.allSatisfy { $0.names.joined(separator: ",") == Self.columns + ",sources" })
        // A spreadsheet does not read this: words are as they are.
        #expect(objects.first?["person_name"]?.text == #"=cmd|'/C calc'!A0, "Ann""#)
        #expect(objects.last?["department"] == .null)
      }
    }

    @Test("CSV for programs is RFC 4180 of what NDJSON says, byte for byte")
    func plain() async throws {
      try await Company.with(Self.people) { company in
        try await history(company)
        let objects = try Export.fetch(company, "fay", "?format=ndjson").text.split(separator: "\n")
        let words: Set = [
          "person_handle", "person_name", "department", "cost_centre", "reward_sku", "reward_name", "budget_sources",
          "decided_by", "reason",
        ]
        let lines = try objects.map { line in
          let object = try json(String(line))
          return Self.columns.split(separator: ",").map { column in
            let value = object[String(column)]
            let text = value?.text ?? value?.number.map { "\($0)" } ?? value?.flag.map { "\($0)" } ?? ""
            return words.contains(String(column)) ? CSV.field(CSV.harmless(text)) : text
          }.joined(separator: ",") + "\r\n"
        }
        #expect(lines.count == Self.expected.count)
        #expect(try Export.fetch(company, "fay").body == Array((Self.columns + "\r\n" + lines.joined()).utf8))
      }
    }

    @Test(
      "For a spreadsheet it has a byte order mark, the clocks' times, a language's marks, and texts that stay texts",
      arguments: [
        ("", ";", ","), ("de", ";", ","), ("en-GB", ",", "."), ("de-CH", ";", "."),
      ])
    func spreadsheet(_ locale: String, _ separator: String, _ mark: String) async throws {
      let people = """
        handle,name,email,team,department,cost_centre,roles
        ann,"=1+1, ""Ann""; x,=2",ann@acme.example,Sales,3-4,0471,
        bo,Bo,bo@acme.example,Sales,MAR-1,12e4,
        fay,Fay,fay@acme.example,Finance,,,finance

        """
      try await Company.with(people, timeZone: "Asia/Kathmandu") { company in
        try await history(company)
        let query = "dialect=excel" + (locale.isEmpty ? "" : "&locale=\(locale)")
        let export = try Export.fetch(company, "fay", "?\(query)")
        let (plain, cells) = (try CSV(Export.fetch(company, "fay").body), try CSV(export.body))
        let header = "\u{FEFF}" + Self.columns.replacing(",", with: separator) + "\r\n"
        #expect(export.body.starts(with: header.utf8))
        #expect(export.body.filter { $0 == UInt8(ascii: "\r") }.count == plain.records.count + 1)
        #expect(
          cells.records.count == Self.expected.count && cells.records.allSatisfy { $0.count == cells.header.count })
        for (cells, plain) in zip(cells.records.map(\.fields), plain.records.map(\.fields)) {
          var expected = plain
          let instant = try #require(RFC3339.timestamp(plain[1]))
          // Kathmandu is 5 hours and 45 minutes ahead.
          let local = RFC3339.text(Timestamp(microseconds: (instant.microseconds / 1_000_000 + 20_700) * 1_000_000))
          expected[1] = local.replacing("T", with: " ").prefix(19).description
          for column in [14, 15] { expected[column] = plain[column].replacing(".", with: mark) }
          if plain[6] == "ann" {
            #expect(plain[7] == #"'=1+1, "Ann"; x,=2"#)
            expected[7] = separator == "," ? plain[7] : #"'=1+1, "Ann"; x,'=2"#
          }
          (expected[8], expected[9]) = plain[6] == "ann" ? ("'3-4", "'0471") : ("'MAR-1", "'12e4")
          #expect(cells == expected)
          #expect(cells[1].wholeMatch(of: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/) != nil)
        }
        let digest = Data(Digest.sha256(export.body).bytes).base64EncodedString()
        #expect(export.trailers == ["repr-digest: sha-256=:\(digest):"])

        let asked = ["export", "redemptions", "--for", "excel"] + (locale.isEmpty ? [] : ["--locale", locale])
        let written = try await Program.run(asked + ["--org", company.slug])
        #expect(written.status == 0 && Array(written.output.utf8) == export.body, "\(written.errors)")
        let sent = try await Program.run(
          asked + ["--url", "http://127.0.0.1:\(company.laurel.port)"],
          environment: ["LAUREL_KEY": company.keys["fay"] ?? ""])
        #expect(sent.status == 0 && Array(sent.output.utf8) == export.body, "\(sent.errors)")
      }
    }

    @Test("The trailer is the digest of the body, and the command writes the same bytes")
    func digest() async throws {
      try await Company.with(Self.people) { company in
        try await history(company)
        for format in ["csv", "ndjson"] {
          let export = try Export.fetch(company, "fay", "?format=\(format)")
          let digest = Data(Digest.sha256(export.body).bytes).base64EncodedString()
          #expect(export.header("trailer") == "Repr-Digest")
          #expect(export.trailers == ["repr-digest: sha-256=:\(digest):"])
          let written = try await Program.run("export", "redemptions", "--org", company.slug, "--format", format)
          #expect(written.status == 0, "\(written.errors)")
          #expect(Array(written.output.utf8) == export.body)
        }
      }
    }

    @Test("Days are whole days of the organisation's zone, and instants begin inclusive and end exclusive")
    func bounds() async throws {
      // At any moment it is another day than in UTC in one of the two.
      for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        try await Company.with(Self.people, timeZone: zone) { company in
          try await history(company)
          let all = try CSV(Export.fetch(company, "fay").body).records.map(\.fields)
          let first = try #require(all.first)
          let fetch = { (query: String) in
            try CSV(Export.fetch(company, "fay", "?\(query)").body).records.map { $0.fields[0] }
          }
          let day = try Self.day(first[1], zone)
          #expect(first[2] == String(day(0).prefix(7)))
          #expect(try fetch("from=\(day(0))&to=\(day(0))").first == first[0])
          #expect(try fetch("to=\(day(-1))") == [])
          #expect(try fetch("from=\(day(1))").contains(first[0]) == false)
          let expected = all.filter { $0[1] >= all[3][1] && $0[1] < all[7][1] }.map { $0[0] }
          #expect(!expected.isEmpty)
          #expect(try fetch("from=\(all[3][1])&to=\(all[7][1])") == expected)
        }
      }
    }

    @Test("Exports are for finance and admins, of formats that there are")
    func access() async throws {
      try await Company.with { (company) async throws in
        #expect(try company["ann"].get("/v1/exports/redemptions").summary == "403 forbidden")
        #expect(try Client(company.laurel.port, key: nil).get("/v1/exports/redemptions").status == 401)
        for query in [
          "format=xlsx", "from=yesterday", "to=2026-02-30", "limit=5", "dialect=calc", "locale=de",
          "dialect=excel&locale=xx",
          "dialect=excel&format=ndjson", "format=ndjson&locale=de",
        ] {
          #expect(try company["fay"].get("/v1/exports/redemptions?\(query)").status == 400, "\(query)")
        }
        let empty = try Export.fetch(company, "fay")
        #expect(empty.text == Self.columns + "\r\n")
      }
    }

    /// The day of an instant in a zone, and days around it.
    private static func day(_ time: String, _ zone: String) throws -> (Int) -> String {
      let instant = try #require(RFC3339.timestamp(time))
      let zone = try #require(TimeZone(identifier: zone))
      return { offset in
        let seconds = Double(instant.microseconds) / 1_000_000 + Double(offset) * 86_400
        var style = Date.ISO8601FormatStyle(timeZone: zone)
        style = style.year().month().day()
        return Date(timeIntervalSince1970: seconds).formatted(style)
      }
    }
  }
}

/// A streamed answer, read by hand from its chunks: its body and its trailers.
struct Export {
  let head: [String]
  let body: [UInt8]
  let trailers: [String]

  var text: String { String(decoding: body, as: UTF8.self) }

  func header(_ name: String) -> String? {
    head.first { $0.lowercased().hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
  }

  static func fetch(_ company: Company, _ handle: String, _ query: String = "") throws -> Export {
    try #require(try ask(company, handle, query), "refused: \(query)")
  }

  /// Nil where it is refused.
  static func ask(_ company: Company, _ handle: String, _ query: String) throws -> Export? {
    let request =
      "GET /v1/exports/redemptions\(query) HTTP/1.1\r\nHost: laurel.example\r\nConnection: close\r\n"
      + "Authorization: Bearer \(company.keys[handle]!)\r\n\r\n"
    let bytes = try exchange(Array(request.utf8), company.laurel.port)
    let end = try #require(bytes.firstRange(of: Array("\r\n\r\n".utf8)))
    let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    guard head[0].hasPrefix("HTTP/1.1 200") else { return nil }
    var rest = bytes[end.upperBound...]
    var body: [UInt8] = []
    while true {
      let line = try #require(rest.firstRange(of: Array("\r\n".utf8)))
      let size = try #require(Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16))
      rest = rest[line.upperBound...]
      if size == 0 { break }
      body += rest.prefix(size)
      rest = rest.dropFirst(size + 2)
    }
    let trailers = String(decoding: rest, as: UTF8.self).components(separatedBy: "\r\n").filter { !$0.isEmpty }
    return Export(head: head, body: body, trailers: trailers.map { $0.replacing("Repr-Digest", with: "repr-digest") })
  }

  private static func exchange(_ request: [UInt8], _ port: Int) throws -> [UInt8] {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(connected == 0)
    try #require(send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = recv(descriptor, &chunk, chunk.count, 0), count != 0 {
      try #require(count > 0, "nothing comes any more")
      bytes += chunk[..<count]
    }
    return bytes
  }
}
