import Foundation
import Testing

@testable import Service

@Suite("The table of problems")
struct ProblemTableTests {
  @Test("explains every word for a refusal that this program knows, and those of all calls once")
  func words() throws {
    var found: Set<String> = []
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /(?:Problem|unavailable)\(\s*(?:\d{3}, )?"([a-z_]+)"/) {
        found.insert(String(match.1))
      }
    }
    #expect(found.count > 20)
    let explained = Set(ProblemTable.all.map(\.code))
    #expect(found.subtracting(explained) == [])
    for problem in ProblemTable.all {
      #expect(ProblemTable.meaning(of: problem).hasSuffix("."), "\(problem.code)")
    }
    // A call's own refusals are few, or nobody reads them.
    for endpoint in Routes.all {
      let own = endpoint.problems.filter { !ProblemTable.general.contains($0.code) }
      #expect(own.count <= endpoint.refusals.count + 2, "\(endpoint.name): \(own.map(\.code))")
    }
  }
}

extension OnLaurel {
  @Suite("What people find in a browser")
  struct HumanPagesTests {
    @Test("A problem's type leads to a page that says what the word means and what to do, whichever word it is")
    func problems() async throws {
      try await Company.with { company in
        let browser = Client(company.laurel.port, key: nil)
        for problem in ProblemTable.all {
          let page = try browser.get("/problems/\(problem.code)")
          #expect(page.status == 200 && page["Content-Type"] == Served.html, "\(problem.code)")
          #expect(page.text.contains("<code>\(problem.status) \(problem.code)</code>"))
          #expect(page.text.contains(HTML.prose(ProblemTable.meaning(of: problem))))
        }
        let refused = try company["ann"].post("/v1/recognitions", #"{"to": ["ann"], "message": "well done me"}"#)
        let type = try #require(refused.json["type"]?.text)
        #expect(try browser.get(type).text.contains("Nobody can thank themselves."))
      }
    }

    @Test("What is not there says what is")
    func nearest() async throws {
      try await Company.with { company in
        let browser = Client(company.laurel.port, key: nil)
        for (path, hint) in [
          ("/problems/out_of_stok", "did you mean /problems/out_of_stock?"),
          ("/v1/recognition", "did you mean /v1/recognitions?"),
          ("/me", "did you mean /v1/me?"), ("/nothing", "/docs lists what there is."),
        ] {
          let answer = try browser.get(path)
          #expect(
            answer.summary == "404 not_found" && answer.json["detail"]?.text?.hasSuffix(hint) == true, "\(answer.text)")
        }
        let misspelt = try company["ann"].get("/v1/people?taem=Sales")
        #expect(
          misspelt.json["errors"]?.list.first?["detail"]?.text?
            .hasPrefix("is not known here; did you mean \"team\"? Known are limit, cursor, q, team") == true)
        #expect(try browser.get("/").text.contains("href=\"docs\""))
      }
    }
  }
}
