import HTTP
import Ledger
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Clocks that disagree")
  struct ClockTests {
    private static let thanks = #"{"to": ["bo"], "points": 1, "message": "Thanks"}"#

    @Test(
      "While PostgreSQL's clock, the server's and the last entry's are more than 15 minutes apart, nothing is recorded")
    func apart() async throws {
      try await ClockedPostgres.with { postgres in
        try await postgres.serve(acceptsClock: false) { administration, server in
          let town = try await ClockedTown(administration, server, timeZone: "UTC")
          func head() throws -> [String] { try Session(postgres.url).run("SELECT max(position) FROM entries") }
          func thank(_ town: ClockedTown, key: String) throws -> String {
            try town.ann.post("/v1/recognitions", Self.thanks, key: key).summary
          }
          #expect(try thank(town, key: "before") == "201")
          // Years ahead, a day back, and just too much; the server's own clock stays.
          for step in [400 * 86_400, -86_400, 16 * 60, -16 * 60] as [Int64] {
            postgres.set(step)
            let before = try head()
            let refused = try town.ann.post("/v1/recognitions", Self.thanks, key: "while")
            #expect(refused.summary == "503 clock_leapt" && refused["Retry-After"] == "60", "\(step): \(refused.text)")
            #expect(try thank(town, key: "before") == "201", "what was recorded is answered again")
            await #expect(throws: Refusal.self) {
              try await administration.importPeople(Array("handle,name\ncy,Cy\n".utf8), organization: "town") { _, _ in
              }
            }
            await #expect(throws: Refusal.self) {
              try await administration.create(.init(slug: "city", name: "City", timeZone: "UTC", allowance: 1))
            }
            #expect(try head() == before, "\(step)")
          }
          // As clocks are, and the last entry a little ahead.
          for (number, step) in ([-14 * 60, 0, 14 * 60, 0] as [Int64]).enumerated() {
            postgres.set(step)
            #expect(try thank(town, key: "near-\(number)") == "201", "\(step)")
          }
          #expect(try thank(town, key: "while") == "201", "a key that was refused is free")

          // The operator says that PostgreSQL is right; and when it is set back, the last entry is of a time to come.
          postgres.set(3_600)
          try await postgres.serve(acceptsClock: true) { _, accepting in
            let accepted = try town.through(accepting)
            #expect(try thank(accepted, key: "accepted") == "201")
            postgres.set(0)
            #expect(try thank(town, key: "after") == "503 clock_leapt")
            #expect(try thank(accepted, key: "after") == "201")
          }
          #expect(try await administration.verify(organization: "town").flatMap(\.report.findings) == [])
        }
      }
    }
  }
}
