import HTTP
import Testing

@testable import Service

@Suite("An entity tag")
struct EntityTagTests {
  @Test("is looked for in lists, and the weak form of it counts for reading alone")
  func lists() {
    let tag = "\"17\""
    for field in [tag, "*", "\"1\", \"17\"", "\"17\",\"1\"", "\"1\"\t,\t\"17\" "] {
      #expect(EntityTag.isAmong([field], tag), "\(field)")
      #expect(EntityTag.isAmong(["\"2\"", field], tag, isWeakEnough: true), "\(field)")
    }
    for field in ["", "17", "\"1\"", "\"171\"", "\"17", ",", "W/\"1\"", "w/\"17\""] {
      #expect(!EntityTag.isAmong([field], tag, isWeakEnough: true), "\(field)")
    }
    #expect(!EntityTag.isAmong(["W/\"17\""], tag))
    #expect(EntityTag.isAmong(["W/\"17\""], tag, isWeakEnough: true))
    #expect(!EntityTag.isAmong([], tag))
  }
}

extension OnLaurel {
  @Suite("What a client has already")
  struct ConditionalReadingTests {
    @Test("is not sent again: of whatever stands alone, to whoever reads it")
    func notModified() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 50)
        try company.offer(#"{"sku": "MUG", "name": "Mug", "price_points": 20, "needs_approval": true}"#)
        let redemption = "/v1/redemptions/\(try company.redeem("MUG", by: "ann"))"
        let budget = try company.fund("mo", points: 10)
        let thanks = try company["bo"].post("/v1/recognitions", #"{"to": ["ann"]}"#)
        let recognition = try "/v1/recognitions/\(#require(thanks.json["id"]?.text))"
        let given = try company["mo"].post("/v1/awards", #"{"budget": "\#(budget)", "to": ["ann"], "points": 1}"#)
        let award = try "/v1/awards/\(#require(given.json["id"]?.text))"
        for (handle, path) in [
          ("ann", "/v1/people/ann"), ("admin", "/v1/people/ann"), ("bo", "/v1/people/ann"), ("ann", "/v1/rewards/MUG"),
          ("ann", "/v1/values/be-helpful"), ("admin", "/v1/program"), ("ann", redemption),
          ("mo", "/v1/budgets/\(budget)"),
          ("ann", recognition), ("ann", award),
        ] {
          let tag = try #require(try company[handle].get(path)["ETag"], "\(path)")
          #expect(tag.hasPrefix("\""), "strong: \(tag)")
          let again = try company[handle].get(path, [("If-None-Match", "\"0\", \(tag)")])
          #expect(again.status == 304 && again["ETag"] == tag && again.body.isEmpty, "\(handle) \(path)")
          #expect(try company[handle].get(path, [("If-None-Match", "\"0\"")]).status == 200)
        }

        let tag = try #require(try company["ann"].get(redemption)["ETag"])
        #expect(try company["fay"].post("\(redemption)/approve", "{}").status == 200)
        #expect(try company["ann"].get(redemption, [("If-None-Match", tag)]).json["state"]?.text == "approved")
        let person = try #require(try company["admin"].get("/v1/people/ann")["ETag"])
        #expect(try company["bo"].post("/v1/recognitions", #"{"to": ["ann"], "points": 1}"#).status == 201)
        #expect(try company["admin"].get("/v1/people/ann")["ETag"] == person, "balances are no editable field")
      }
    }
  }
}
