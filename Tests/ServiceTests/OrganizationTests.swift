import HTTP
import Testing

@testable import Service

extension OnLaurel {
  @Suite("What the organisation says of itself")
  struct OrganizationTests {
    private func patch(_ body: String, in company: Company, by handle: String = "admin", _ tag: String = "*") throws
      -> Answer
    {
      try company[handle].call(
        "PATCH", "/v1/organization", [("Content-Type", "application/json"), ("If-Match", tag)], body: Array(body.utf8))
    }

    @Test(
      "Everybody reads what it is called and its rules; admins change the one by the other's side, and the log says so")
    func reading() async throws {
      try await Company.with(timeZone: "Europe/Berlin") { (company) async throws in
        let seen = try company["ann"].get("/v1/organization")
        #expect(
          try seen.json
            == json(
              #"{"slug": "\#(company.slug)", "name": "Acme", "time_zone": "Europe/Berlin", "next_time_zone": null, "#
                + #""currency": "EUR", "#
                + #""currency_name": null, "currency_symbol": null, "public_url": null}"#))
        #expect(try company["ann"].get("/v1/program").json["max_points"]?.number == 100)
        #expect(try patch(#"{"name": "Ours"}"#, in: company, by: "fay").summary == "403 forbidden")
        #expect(try company["fay"].call("PATCH", "/v1/program").summary == "403 forbidden")

        let change =
          #"{"name": "Emca", "currency_name": "leaves", "currency_symbol": "🍃", "public_url": "https://x.example/l"}"#
        let tag = try #require(seen["ETag"])
        let changed = try patch(change, in: company, tag)
        #expect(changed.status == 200 && changed["Ledger-Position"] != nil && changed["ETag"] != tag)
        for (member, value) in try json(change).object { #expect(changed.json[member] == value, "\(member)") }
        #expect(try company["bo"].get("/v1/organization").json == changed.json)
        #expect(try patch(change, in: company, tag).summary == "412 precondition_failed")
        let again = try patch(change, in: company)
        #expect(again.status == 200 && again["Ledger-Position"] == nil, "nothing new is no entry")
        #expect(try patch(#"{"currency_name": null, "name": "a\\\\b\\n"}"#, in: company).json["currency_name"] == .null)
      }
    }

    @Test("A time zone comes with the next month; another takes its place, and the present one takes it back")
    func moving() async throws {
      try await Company.with(timeZone: "Etc/GMT+12") { (company) async throws in
        func zones(_ answer: Answer) -> [String?] {
          [answer.json["time_zone"]?.text, answer.json["next_time_zone"]?["time_zone"]?.text]
        }
        let tokyo = try patch(#"{"time_zone": "Asia/Tokyo", "name": "Acme Tokyo"}"#, in: company)
        #expect(tokyo.status == 200 && tokyo["Ledger-Position"] != nil && zones(tokyo) == ["Etc/GMT+12", "Asia/Tokyo"])
        let from = try #require(tokyo.json["next_time_zone"]?["from"]?.text)
        #expect(from.hasSuffix("-01"))
        let coming = #"{"next_time_zone": {"time_zone": "Asia/Tokyo", "from": "\#(from)"}}"#
        // Once it is to come, it stays: whoever sends it again, or the whole of what they read.
        for body in [#"{"time_zone": "Asia/Tokyo"}"#, tokyo.text, coming] {
          let again = try patch(body, in: company)
          #expect(again.json == tokyo.json && again["Ledger-Position"] == nil, "\(body)")
        }
        #expect(zones(try patch(#"{"name": "Acme"}"#, in: company)) == ["Etc/GMT+12", "Asia/Tokyo"])
        #expect(zones(try patch(#"{"time_zone": "Asia/Seoul"}"#, in: company)) == ["Etc/GMT+12", "Asia/Seoul"])
        #expect(zones(try patch(#"{"time_zone": "Etc/GMT+12"}"#, in: company)) == ["Etc/GMT+12", nil])
        #expect(zones(try patch(#"{"time_zone": "Asia/Seoul"}"#, in: company)) == ["Etc/GMT+12", "Asia/Seoul"])
        #expect(zones(try patch(#"{"next_time_zone": null}"#, in: company)) == ["Etc/GMT+12", nil])
        #expect(try patch(#"{"time_zone": "Etc/GMT+12"}"#, in: company)["Ledger-Position"] == nil)
        #expect(
          try patch(coming, in: company).summary == "400 invalid_request", "that comes by another time_zone alone")
      }
    }

    @Test("What stays is refused by its word, and may come along as it is")
    func fixed() async throws {
      try await Company.with(timeZone: "Europe/Berlin") { (company) async throws in
        for (change, expected) in [
          (#"{"time_zone": "Asia/Atlantis"}"#, "400 invalid_request"), (#"{"time_zone": null}"#, "400 invalid_request"),
          (#"{"time_zone": "-infinity Asia/Tokyo"}"#, "400 invalid_request"),
          (#"{"next_time_zone": {"time_zone": "Asia/Tokyo", "from": "2026-11-01"}}"#, "400 invalid_request"),
          (#"{"slug": "other"}"#, "400 invalid_request"),
          (#"{"currency": "USD"}"#, "400 invalid_request"), (#"{"name": null}"#, "400 invalid_request"),
          (#"{"name": ""}"#, "400 invalid_request"), (#"{"public_url": "ftp://x"}"#, "400 invalid_request"),
          (#"{"public_url": "javascript:alert(1)"}"#, "400 invalid_request"),
          (#"{"colour": 1}"#, "400 invalid_request"),
        ] {
          #expect(try patch(change, in: company).summary == expected, "\(change)")
        }
        let whole = try company["admin"].get("/v1/organization")
        #expect(try patch(whole.text.replacing("Acme", with: "Emca"), in: company).json["name"]?.text == "Emca")
        // The currency is the rules', and a change of it is seen here.
        let tag = try #require(try company["admin"].get("/v1/organization")["ETag"])
        let program = try company["admin"].call(
          "PATCH", "/v1/program", [("Content-Type", "application/json"), ("If-Match", "*")],
          body: Array(#"{"point_value": {"amount": "0.10", "currency": "CHF"}}"#.utf8))
        #expect(program.status == 200)
        let now = try company["ann"].get("/v1/organization", [("If-None-Match", tag)])
        #expect(now.status == 200 && now.json["currency"]?.text == "CHF")
      }
    }
  }
}

extension JSONValue {
  fileprivate var object: [(String, JSONValue)] {
    if case .object(let members) = self { members.map { ($0.name, $0.value) } } else { [] }
  }
}
