import HTTP
import Testing

extension OnLaurel {
  @Suite("Me, people and values")
  struct MeTests {
    @Test("Me says who is calling, what they hold, and when their allowance starts anew")
    func me() async throws {
      try await Company.with { company in
        let answer = try company["fay"].get("/v1/me")
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "application/json")
        let person = try json(
          #"{"id": "\#(answer.json["id"]?.text ?? "")", "handle": "fay", "name": "Fay Fang"}"#)
        #expect(answer.json["person"] == person)
        #expect(answer.json["handle"]?.text == "fay")
        #expect(answer.json["name"]?.text == "Fay Fang")
        #expect(answer.json["roles"] == (try json(#"["employee", "finance"]"#)))
        #expect(answer.json["balances"] == (try json(#"{"allowance": 100, "points": 0, "held": 0}"#)))
        let resets = try #require(answer.json["allowance_resets_at"]?.text)
        // The first of a month at midnight in Berlin, in UTC.
        #expect(resets.wholeMatch(of: /\d{4}-\d\d-(?:28|29|30|31)T2[23]:00:00Z/) != nil, "\(resets)")
      }
    }
  }
}
