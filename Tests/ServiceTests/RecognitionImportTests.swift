import HTTP
import Ledger
import Synchronization
import Testing

@testable import Service

extension OnLaurel {
  @Suite("Importing history")
  struct RecognitionImportTests {
    private static let header = "occurred_at,from,to,value,message,ref\n"

    private func run(_ company: Company, _ rows: String) async throws -> [Int] {
      let result = try await company.laurel.administration.importRecognitions(
        Array((Self.header + rows).utf8), organization: company.slug, points: 3, addsValues: false
      ) { _, _ in }
      return [result.imported, result.skipped]
    }

    private func people(_ company: Company, _ csv: String) async throws {
      _ = try await company.laurel.administration.importPeople(Array(csv.utf8), organization: company.slug) { _, _ in }
    }

    private func points(_ company: Company) throws -> [Int64] {
      try ["ann", "bo", "cy", "di"].map {
        try company["admin"].get("/v1/people/\(company.id($0))").json["balances"]?["points"]?.number ?? -1
      }
    }

    @Test("A row without a ref is refused by its line: two of them would be taken for one")
    func emptyRef() async throws {
      try await Company.with { (company) async throws in
        let rows =
          "2020-01-01T00:00:00Z,ann,bo,,one,r1\n2020-01-01T00:00:00Z,ann,bo,,two,\n2020-01-02T00:00:00Z,ann,bo,, three , \n"
        let error = await #expect(throws: ImportError.self) { _ = try await run(company, rows) }
        #expect(error?.mistakes.map(\.line) == [3, 4])
        #expect(try points(company) == [0, 0, 0, 0])
      }
    }

    @Test("After people are called otherwise, the file of before and the file of now are both known again")
    func renames() async throws {
      try await Company.with { (company) async throws in
        let old =
          "2020-01-01T00:00:00Z,ann,bo,be-helpful,one,r1\n2020-01-02T00:00:00Z,ann,cy;bo,,two,r2\n2020-01-02T00:00:00Z,bo,cy,,two,r2\n"
        #expect(try await run(company, old) == [3, 0])
        let after = try points(company)
        let (ann, di) = (try company.id("ann"), try company.id("di"))
        // Ann becomes Anna, and Di is called as she was.
        try await people(company, "id,handle\n\(ann),anna\n\(di),ann\n")
        #expect(try await run(company, old) == [0, 3])
        #expect(try await run(company, old.replacing(",ann,", with: ",anna,")) == [0, 3])
        #expect(
          try await run(
            company, old.replacing(",ann,", with: ",\(ann),").replacing(",bo,cy", with: ",bo@acme.example,cy")) == [
              0, 3,
            ])
        // Whom nobody is called like any more gave these rows all the same.
        try await people(company, "id,handle\n\(di),dina\n")
        #expect(try await run(company, old) == [0, 3])
        #expect(try points(company) == after)
        // What is new comes in for whom its word names now.
        try await people(company, "id,handle\n\(di),ann\n")
        #expect(
          try await run(company, "2020-01-03T00:00:00Z,ann,bo,,three,r3\n2020-01-04T00:00:00Z,ANNA,bo,,four,r1\n") == [
            2, 0,
          ])
        let feed = try company["admin"].get("/v1/recognitions?limit=2").json["data"]?.list ?? []
        #expect(feed.compactMap { $0["from"]?["id"]?.text } == [ann, di])
      }
    }

    @Test("A ref may come again with another value or another giver; the same three twice in a file are a mistake")
    func sameRef() async throws {
      try await Company.with { (company) async throws in
        let rows =
          "2020-01-01T00:00:00Z,ann,bo,be-helpful,m,r\n2020-01-01T00:00:00Z,ann,bo,,m,r\n2020-01-01T00:00:00Z,cy,bo,,m,r\n"
        #expect(try await run(company, rows) == [3, 0])
        for again in [
          "2020-01-01T00:00:00Z,ann,cy,,m,s\n2020-01-01T00:00:00Z,ANN,di,,m,s\n",
          "2020-01-01T00:00:00Z,ann,cy,,m,s\n2020-01-01T00:00:00Z,ann@acme.example,di,,m,s\n",
        ] {
          let error = await #expect(throws: ImportError.self) { _ = try await run(company, again) }
          #expect(error?.mistakes.map(\.line) == [3])
        }
      }
    }

    @Test(
      "Whoever watches sees the recognitions of the file counted, and neither the values made for them nor less for those known"
    )
    func progress() async throws {
      try await Company.with { (company) async throws in
        func seen(_ rows: Int) async throws -> [String] {
          let seen = Mutex<[String]>([])
          let file = (0..<rows).map { "2020-01-01T00:00:00Z,ann,bo,new-\($0 % 7),m,r\($0)\n" }.joined()
          _ = try await company.laurel.administration.importRecognitions(
            Array((Self.header + file).utf8), organization: company.slug, points: 1, addsValues: true
          ) { done, all in seen.withLock { $0.append("\(done) of \(all)") } }
          return seen.withLock { $0 }
        }
        #expect(try await seen(600) == ["512 of 600", "600 of 600"])
        #expect(try await seen(610) == ["610 of 610"])
      }
    }

    @Test("However names change between imports, in whichever words, each row of history comes in once")
    func property() async throws {
      try await Company.with { (company) async throws in
        var random = SystemRandomNumberGenerator()
        let ids = try Dictionary(uniqueKeysWithValues: ["ann", "bo", "cy", "di"].map { ($0, try company.id($0)) })
        // Who somebody is called, by who they were at first.
        var handles = Dictionary(uniqueKeysWithValues: ids.keys.map { ($0, $0) })
        var history: [(giver: String, word: String, ref: String)] = []
        for round in 0..<12 {
          let shuffled = handles.values.shuffled(using: &random)
          for (person, handle) in zip(handles.keys.sorted(), shuffled) { handles[person] = handle }
          try await people(company, "id,handle\n" + handles.map { "\(ids[$0.key] ?? ""),\($0.value)\n" }.joined())
          for number in 0..<3 {
            let giver = ["ann", "bo", "cy"].randomElement(using: &random) ?? "ann"
            let word =
              [handles[giver], "\(giver)@acme.example", ids[giver]].compactMap { $0 }.randomElement(using: &random)
              ?? ""
            history.append((giver, word, "\(round).\(number)"))
          }
          // Old rows in the words in which they came, or in their giver's name of now.
          let rows = history.map { row in
            let isNew = row.ref.hasPrefix("\(round).")
            let word = isNew || Bool.random(using: &random) ? row.word : handles[row.giver] ?? ""
            return "2020-01-01T00:00:00Z,\(word),\(ids["di"] ?? ""),,m,\(row.ref)\n"
          }
          #expect(try await run(company, rows.joined()) == [3, history.count - 3])
        }
        let given = try company["admin"].get("/v1/recognitions?limit=1000").json["data"]?.list ?? []
        for person in ["ann", "bo", "cy"] {
          #expect(given.count { $0["from"]?["id"]?.text == ids[person] } == history.count { $0.giver == person })
        }
      }
    }
  }
}
