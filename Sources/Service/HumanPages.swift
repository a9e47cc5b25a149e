import HTTP
import Ledger

/// What a browser finds at `/` and where a problem's `type` leads: a few words for people.
enum HumanPages {
  static let endpoints = [
    Endpoint(.get, "/", .anyone, "getHome", "What this is, for people.", answers: Served.pageAnswers) {
      home.answer($0)
    },
    Endpoint(
      .get, "/problems/{code}", .anyone, "getProblem", "What a refusal means, for people.",
      "Where the `type` of a problem leads.",
      path: [
        PathParameter(
          "code", JSONSchema(.string(length: 1...64), "Its `code`.", example: .string(Refusal.Code.outOfStock.rawValue))
        )
      ],
      answers: Served.pageAnswers, problem),
  ]

  private static let home = Served(
    HTML.page(
      "Laurel",
      """
      <header>
      <h1>Laurel <small>\(Version.current)</small></h1>
      <p>\(HTML.text(Reference.summary))</p>
      </header>
      <main>
      <p>This is the service that programs call. <a href="docs">How to call it</a> says what it takes and answers, with an
      example of each call; for programs the same is at <a href="openapi.json">openapi.json</a>.</p>
      </main>

      """), Served.html)

  private static func problem(_ exchange: Exchange) async throws -> Response {
    let code = exchange.parameters["code"]
    guard let served = problems[code] else {
      let nearest = KnownWords(ProblemTable.all.map(\.code)).nearest(to: code)
      throw Problem.noSuchPath("/problems/\(code)", nearest.map { "/problems/\($0)" })
    }
    return served.answer(exchange)
  }

  private static let problems = Dictionary(
    uniqueKeysWithValues: ProblemTable.all.map { ($0.code, Served(page($0), Served.html)) })

  private static func page(_ problem: Problem) -> [UInt8] {
    let calls = Routes.all.filter { endpoint in endpoint.refusals.contains { $0.rawValue == problem.code } }
    let list = calls.map { endpoint in
      "<li><a href=\"../docs#\(endpoint.name)\"><code>\(endpoint.method.rawValue) \(HTML.text(endpoint.pattern))</code></a> "
        + "\(HTML.prose(endpoint.summary))</li>\n"
    }
    let whose =
      calls.isEmpty
      ? "<p>Any call may be answered so that meets it.</p>\n"
      : "<h2>Calls that it is a rule of</h2>\n<ul>\n\(list.joined())</ul>\n"
    let meaning = ProblemTable.meaning(of: problem)
    return HTML.page(
      "\(problem.title) · Laurel",
      """
      <header>
      <h1>\(HTML.text(problem.title))</h1>
      <p><code>\(problem.status) \(problem.code)</code></p>
      </header>
      <main>
      <p>\(HTML.prose(meaning))</p>
      <p>\(HTML.prose(ProblemTable.advice(problem.status)))</p>
      \(whose)<p><a href="../docs#problems">All problems</a></p>
      </main>

      """)
  }
}
