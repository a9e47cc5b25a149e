import HTTP
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Importing a catalogue")
  struct RewardImportTests {
    private func run(_ company: Company, _ csv: [UInt8]) async throws -> [Int] {
      let result = try await company.laurel.administration.importRewards(csv, organization: company.slug) { _, _ in }
      return [result.created, result.updated, result.unchanged]
    }

    @Test("A catalogue comes in once, is brought up to date, and keeps its stock")
    func whole() async throws {
      try await Company.with { (company) async throws in
        let demo = EmbeddedFile.at("demo/rewards.csv").bytes
        #expect(try await run(company, demo) == [13, 0, 0])
        #expect(try await run(company, demo) == [0, 0, 13])
        let changed =
          "SKU;Price Points;Needs-Approval;Stock;Description\r\nMUG-ISLA;75;ja;7;-\r\nLATE-START;350;;;\r\nNEW;;;;\r\n"
        let error = await #expect(throws: ImportError.self) { _ = try await run(company, Array(changed.utf8)) }
        #expect(error?.mistakes.map(\.line) == [4, 4])
        #expect(try await run(company, Array(changed.replacing("NEW;;;;\r\n", with: "").utf8)) == [0, 1, 1])
        let mug = try company["ann"].get("/v1/rewards/MUG-ISLA").json
        #expect(mug["price_points"]?.number == 75 && mug["stock"]?.number == 48 && mug["description"]?.text == "")
        #expect(mug["needs_approval"]?.flag == true && mug["cost"]?["amount"]?.text == "6.00")
      }
    }

    @Test("Every mistake of a catalogue is told by its line, and nothing is recorded")
    func mistakes() async throws {
      try await Company.with { (company) async throws in
        let csv = """
          sku,name,kind,price_points,cost_amount,cost_currency,stock,taxable
          A,One,mug,10,1.00,EUR,,
          B,Two,merchandise,ten,1.00,EUR,,
          C,Three,merchandise,10,"1,50",EUR,,
          D,Four,merchandise,10,1.50,EUR,-1,
          E,Five,merchandise,10,1.50,EUR,,perhaps
          F,Six,merchandise,10,1.50,EUR,,
          A,Seven,merchandise,10,1.50,EUR,,

          """
        let twice = await #expect(throws: ImportError.self) { _ = try await run(company, Array(csv.utf8)) }
        #expect(twice?.mistakes.map(\.line) == [8])
        let rest = csv.replacing("A,Seven", with: "G,Seven")
        let error = await #expect(throws: ImportError.self) { _ = try await run(company, Array(rest.utf8)) }
        #expect(error?.mistakes.map(\.line) == [2, 3, 4, 5, 6])
        #expect(try company["admin"].get("/v1/rewards").json["data"]?.list == [])
      }
    }
  }
}
