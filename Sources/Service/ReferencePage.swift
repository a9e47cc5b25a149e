import HTTP
import Ledger

/// The reference as one HTML page: no scripts, and nothing fetched from elsewhere.
enum ReferencePage {
  static func page(of groups: [RouteGroup]) -> [UInt8] {
    let style = EmbeddedFile.at("web/reference.css").text
    var html = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Laurel: the HTTP reference</title>
      <style>
      \(style)</style>
      </head>
      <body>
      <header>
      <h1>Laurel <small>\(Version.current)</small></h1>
      <p>\(text(Reference.summary))</p>
      <p>For programs: <a href="/openapi.json">/openapi.json</a>.</p>
      </header>
      <nav aria-label="Contents">
      <ul>

      """
    for group in groups {
      html += "<li><a href=\"#\(anchor(group.name))\">\(text(group.name))</a>\n<ul>\n"
      for endpoint in group.endpoints {
        html += "<li><a href=\"#\(endpoint.name)\">\(text(endpoint.name))</a></li>\n"
      }
      html += "</ul></li>\n"
    }
    html += "<li><a href=\"#problems\">Problems</a></li>\n</ul>\n</nav>\n<main>\n<section>\n<h2>Ground rules</h2>\n"
    for rule in Reference.groundRules { html += "<p>\(prose(rule))</p>\n" }
    html += "</section>\n"
    for group in groups {
      html += "<section id=\"\(anchor(group.name))\">\n<h2>\(text(group.name))</h2>\n<p>\(prose(group.summary))</p>\n"
      for endpoint in group.endpoints { html += article(endpoint) }
      html += "</section>\n"
    }
    html += problems + "</main>\n</body>\n</html>\n"
    return Array(html.utf8)
  }

  private static func article(_ endpoint: Endpoint) -> String {
    var html = """
      <article id="\(endpoint.name)">
      <h3><a href="#\(endpoint.name)"><code><b>\(endpoint.method.rawValue)</b> \(text(endpoint.pattern))</code></a></h3>
      <p>\(prose(endpoint.summary)) \(prose(endpoint.details))</p>
      <p class="access">\(text(access(of: endpoint)))</p>

      """
    let parameters =
      endpoint.path.map { row($0, "in the path", isRequired: true) }
      + endpoint.query.map { row($0, "query", isRequired: false) }
      + endpoint.requestHeaders.map { row($0, "header", isRequired: $0.isRequired) }
    if !parameters.isEmpty {
      html += "<table>\n<caption>Parameters</caption>\n\(parameters.joined())</table>\n"
    }
    if let body = endpoint.body { html += self.body(body) }
    html += "<table>\n<caption>Answers</caption>\n"
    for answer in endpoint.answers { html += row(answer) }
    html += "</table>\n"
    for answer in endpoint.answers where answer.status < 300 {
      if case .json(let schema) = answer.content, let example = schema.exampleOrMade {
        html += "<details><summary>\(answer.status), an example</summary>\n<pre>\(pretty(example))</pre></details>\n"
      }
    }
    let codes = endpoint.problems.filter { $0.status < 500 }.map { problem in
      "<a href=\"#problem-\(problem.code)\"><code>\(problem.status) \(problem.code)</code></a>"
    }
    return html + "<p class=\"codes\">Problems: \(codes.joined(separator: ", "))</p>\n</article>\n"
  }

  private static func access(of endpoint: Endpoint) -> String {
    switch endpoint.access {
    case .anyone: "No key needed."
    case .everyone, .everyoneByItself: "For everyone with a key."
    case .roles(let roles): "For \(roles.map(\.rawValue).sorted().joined(separator: " or "))."
    }
  }

  private static func row(_ parameter: any RequestParameter, _ place: String, isRequired: Bool) -> String {
    "<tr><th scope=\"row\"><code>\(text(parameter.name))</code></th><td>\(place)\(isRequired ? ", required" : "")</td>"
      + "<td>\(text(kind(of: parameter.schema)))</td><td>\(prose(parameter.schema.summary ?? ""))</td></tr>\n"
  }

  private static func row(_ answer: Answer) -> String {
    let headers = answer.headers.map { "<code>\(text($0.name))</code>" }.joined(separator: ", ")
    let content =
      switch answer.content {
      case .json(let schema): text(kind(of: schema))
      case .other(let types): text(types.joined(separator: ", "))
      case nil: "nothing"
      }
    return "<tr><th scope=\"row\">\(answer.status)</th><td>\(content)</td><td>\(prose(answer.summary))</td>"
      + "<td>\(headers)</td></tr>\n"
  }

  private static func body(_ schema: JSONSchema) -> String {
    switch schema.shape {
    case .either(let schemas): return schemas.map(body).joined(separator: "<p>or</p>\n")
    case .object(let properties) where !properties.isEmpty:
      var html = "<table>\n<caption>Body</caption>\n"
      for property in properties {
        html +=
          "<tr><th scope=\"row\"><code>\(text(property.name))</code></th>"
          + "<td>\(property.isRequired ? "required" : "")</td><td>\(text(kind(of: property.schema)))</td>"
          + "<td>\(prose(property.schema.summary ?? ""))</td></tr>\n"
      }
      html += "</table>\n"
      if let example = schema.exampleOrMade { html += "<pre>\(pretty(example))</pre>\n" }
      return html
    default: return ""
    }
  }

  /// A schema in a few words.
  private static func kind(of schema: JSONSchema) -> String {
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

  private static var problems: String {
    var html = "<section id=\"problems\">\n<h2>Problems</h2>\n<table>\n"
    for problem in OpenAPI.problems {
      html +=
        "<tr id=\"problem-\(problem.code)\"><th scope=\"row\"><code>\(problem.code)</code></th>"
        + "<td>\(problem.status)</td><td>\(text(problem.detail))</td></tr>\n"
    }
    return html + "</table>\n</section>\n"
  }

  // MARK: HTML

  /// JSON with an element a line.
  private static func pretty(_ value: JSONValue, _ indent: String = "") -> String {
    let inner = indent + "  "
    switch value {
    case .object(let members) where !members.isEmpty:
      let lines = members.map { "\(inner)\(text("\"\($0.name)\"")): \(pretty($0.value, inner))" }
      return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
    case .array(let elements) where elements.contains { if case .object = $0 { true } else { false } }:
      return "[\(elements.map { pretty($0, indent) }.joined(separator: ", "))]"
    default:
      var json = JSONWriter()
      json.value(value)
      return text(String(decoding: json.bytes, as: UTF8.self))
    }
  }

  /// A text with what is between back-ticks as code.
  private static func prose(_ words: String) -> String {
    words.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
      index % 2 == 0 ? text(String(part)) : "<code>\(text(String(part)))</code>"
    }.joined()
  }

  private static func anchor(_ name: String) -> String { "group-\(name.lowercased())" }

  private static func text(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
