import HTTP
import Ledger

/// The reference as one HTML page.
struct ReferencePage {
  private let groups: [RouteGroup]
  private let publicURL: PublicURL?
  /// From the page to where the service begins.
  private let root: String

  static func page(of groups: [RouteGroup], at publicURL: PublicURL?, root: String) -> [UInt8] {
    ReferencePage(groups: groups, publicURL: publicURL, root: root).page
  }

  private var page: [UInt8] {
    var html = """
      <header>
      <h1>Laurel <small>\(Version.current)</small></h1>
      <p>\(HTML.text(Reference.summary))</p>
      <p>How to call it, for people. For programs the same is at <a href="\(root)openapi.json">openapi.json</a>.</p>
      </header>
      <nav aria-label="Contents">
      <ul>
      <li><a href="#first-call">Your first call</a></li>
      <li><a href="#ground-rules">What holds for every call</a></li>
      <li><a href="#problems">What may go wrong with any call</a></li>

      """
    for group in groups {
      html += "<li><a href=\"#\(anchor(group.name))\">\(HTML.text(group.name))</a>\n<ul>\n"
      for endpoint in group.endpoints {
        html += "<li><a href=\"#\(endpoint.name)\">\(HTML.prose(endpoint.summary))</a></li>\n"
      }
      html += "</ul></li>\n"
    }
    html +=
      "</ul>\n</nav>\n<main>\n\(firstCall)<section id=\"ground-rules\">\n<h2>What holds for every call</h2>\n<ul>\n"
    for rule in Reference.groundRules { html += "<li>\(HTML.prose(rule))</li>\n" }
    html += "</ul>\n</section>\n\(problems)"
    for group in groups {
      html += "<section id=\"\(anchor(group.name))\">\n<h2>\(HTML.text(group.name))</h2>\n"
      html += "<p>\(HTML.prose(group.summary))</p>\n"
      for endpoint in group.endpoints { html += article(endpoint) }
      html += "</section>\n"
    }
    return HTML.page("Laurel: how to call it", html + "</main>\n")
  }

  private var firstCall: String {
    """
    <section id="first-call">
    <h2>Your first call</h2>
    <p>Every call below <code>/v1</code> takes a key. Somebody who operates the service makes one by
    <code>laurel key create --org SLUG --person HANDLE</code>; <code>laurel serve --demo</code> prints some. Ask whose it is:</p>
    <pre>export LAUREL_URL=\(HTML.text(publicURL?.text ?? "http://127.0.0.1:8080"))
    export LAUREL_KEY=laurel_1_…
    \(shown("getMe"))</pre>
    <p>Then thank somebody. <code>?dry_run=true</code> behind the address says what would come of it, and records nothing:</p>
    <pre>\(shown("recognise"))</pre>
    <p>A refusal says why in words, and in one <code>code</code> for programs. Each call below can be pasted as it is, once its
    ids are yours.</p>
    </section>

    """
  }

  private func shown(_ name: String) -> String {
    groups.flatMap(\.endpoints).first { $0.name == name }.map { HTML.text(CurlCommand($0).text) } ?? ""
  }

  // MARK: One call

  private func article(_ endpoint: Endpoint) -> String {
    var html = """
      <article id="\(endpoint.name)">
      <h3><a href="#\(endpoint.name)">\(HTML.prose(endpoint.summary))</a></h3>
      <p><code><b>\(endpoint.method.rawValue)</b> \(HTML.text(endpoint.pattern))</code></p>
      <p>\(HTML.prose(endpoint.details)) <span class="access">\(HTML.text(access(of: endpoint)))</span></p>
      <pre>\(HTML.text(CurlCommand(endpoint).text))</pre>

      """
    let parameters =
      endpoint.path.map { row($0, "in the path") } + endpoint.query.map { row($0, "query") }
      + endpoint.requestHeaders.map { row($0, $0.isRequired ? "header, required" : "header") }
    if !parameters.isEmpty { html += "<table>\n<caption>Parameters</caption>\n\(parameters.joined())</table>\n" }
    if let body = endpoint.body { html += self.body(body) }
    html += "<table>\n<caption>Answers</caption>\n\(endpoint.answers.map(row).joined())</table>\n"
    for answer in endpoint.answers where answer.status < 300 {
      if let example = Example.answer(answer, of: endpoint) {
        let pretty = HTML.text(PrettyJSON.text(example))
        html += "<details><summary>\(answer.status), an example</summary>\n<pre>\(pretty)</pre></details>\n"
      }
    }
    return html + ownProblems(of: endpoint) + "</article>\n"
  }

  /// Those that are not any call's.
  private func ownProblems(of endpoint: Endpoint) -> String {
    let own = endpoint.problems.filter { !ProblemTable.general.contains($0.code) && $0.status < 500 }
    if own.isEmpty { return "" }
    let rows = own.map { problem in
      "<tr><th scope=\"row\"><a href=\"\(root)problems/\(problem.code)\"><code>\(problem.status) \(problem.code)</code></a></th>"
        + "<td>\(HTML.prose(meaning(of: problem)))</td></tr>\n"
    }
    return "<table>\n<caption>Its own refusals</caption>\n\(rows.joined())</table>\n"
  }

  private func access(of endpoint: Endpoint) -> String {
    switch endpoint.access {
    case .anyone: "No key needed."
    case .everyone, .everyoneByItself: "For everyone with a key."
    case .roles(let roles): "For \(roles.map(\.rawValue).sorted().joined(separator: " or "))."
    }
  }

  private func row(_ parameter: any RequestParameter, _ place: String) -> String {
    "<tr><th scope=\"row\"><code>\(HTML.text(parameter.name))</code></th><td>\(place)</td>"
      + "<td>\(HTML.text(kind(of: parameter.schema)))</td><td>\(HTML.prose(parameter.schema.summary ?? ""))</td></tr>\n"
  }

  private func row(_ answer: Answer) -> String {
    let headers = answer.headers.map { "<code>\(HTML.text($0.name))</code>" }.joined(separator: ", ")
    let content =
      switch answer.content {
      case .json(let schema): HTML.text(kind(of: schema))
      case .other(let types): HTML.text(types.joined(separator: ", "))
      case nil: "nothing"
      }
    return "<tr><th scope=\"row\">\(answer.status)</th><td>\(content)</td><td>\(HTML.prose(answer.summary))</td>"
      + "<td>\(headers)</td></tr>\n"
  }

  private func body(_ schema: JSONSchema) -> String {
    switch schema.shape {
    case .either(let schemas): return schemas.map(body).joined(separator: "<p>or</p>\n")
    case .object(let properties) where !properties.isEmpty:
      let rows = properties.map { property in
        "<tr><th scope=\"row\"><code>\(HTML.text(property.name))</code></th>"
          + "<td>\(property.isRequired ? "required" : "")</td><td>\(HTML.text(kind(of: property.schema)))</td>"
          + "<td>\(HTML.prose(property.schema.summary ?? ""))</td></tr>\n"
      }
      return "<table>\n<caption>Body</caption>\n\(rows.joined())</table>\n"
    default: return ""
    }
  }

  /// A schema in a few words.
  private func kind(of schema: JSONSchema) -> String {
    var words =
      switch schema.shape {
      case .string(let length, _, let format):
        (format ?? "text") + (length.map { ", \($0.lowerBound) to \($0.upperBound) characters" } ?? "")
      case .words(let words): words.joined(separator: " | ")
      case .integer(let range) where range.upperBound == .max && range.lowerBound == .min: "whole number"
      case .integer(let range) where range.upperBound == .max: "whole number, \(range.lowerBound) or more"
      case .integer(let range): "whole number, \(range.lowerBound) to \(range.upperBound)"
      case .number(let range): "number, \(range.lowerBound) to \(range.upperBound)"
      case .boolean: "true | false"
      case .constant(let value): String(decoding: value.canonicalBytes, as: UTF8.self)
      case .array(let element, _): "list of \(kind(of: element))"
      case .object, .map: schema.name ?? "object"
      case .either(let schemas): schemas.map(kind).joined(separator: " or ")
      case .any: "anything"
      }
    if schema.isNullable { words += " | null" }
    if let implied = schema.implied {
      words += "; \(String(decoding: implied.canonicalBytes, as: UTF8.self)) if absent"
    }
    return words
  }

  // MARK: Problems

  /// What any call may meet, said once; those that are rules of some calls follow for whoever looks a word up.
  private var problems: String {
    let (general, own) = (
      ProblemTable.all.filter { ProblemTable.general.contains($0.code) },
      ProblemTable.all.filter { !ProblemTable.general.contains($0.code) }
    )
    return """
      <section id="problems">
      <h2>What may go wrong with any call</h2>
      <p>Beside these a call has refusals of its own, which stand with it.</p>
      <table>
      \(general.map(row).joined())</table>
      <details><summary>All others, by their word</summary>
      <table>
      \(own.map(row).joined())</table>
      </details>
      </section>

      """
  }

  private func row(_ problem: Problem) -> String {
    "<tr id=\"problem-\(problem.code)\"><th scope=\"row\"><a href=\"\(root)problems/\(problem.code)\">"
      + "<code>\(problem.status) \(problem.code)</code></a></th><td>\(HTML.prose(meaning(of: problem)))</td></tr>\n"
  }

  private func meaning(of problem: Problem) -> String { ProblemTable.meaning(of: problem) }

  private func anchor(_ name: String) -> String { "group-\(name.lowercased().replacing(" ", with: "-"))" }
}
