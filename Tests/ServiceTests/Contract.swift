import HTTP
import Testing

@testable import Service

/// The served document, held against what is answered.
enum Contract {
  static let document = OpenAPI.document(of: Routes.groups)
  static let schemas = SchemaCheck(document: document)

  /// Fails the test for an answer that the document does not declare.
  static func check(_ answer: Answer, to method: String, _ target: String) {
    let faults = faults(of: answer, to: method, target)
    #expect(faults == [], "\(method) \(target.prefix(200)) → \(answer.status) \(answer.text.prefix(300))")
  }

  /// - Returns: a line for each thing that the document does not say.
  static func faults(of answer: Answer, to method: String, _ target: String) -> [String] {
    guard let method = Method(rawValue: method), method != .head,
      case .found(let endpoint, _) = Routes.router.match(method, String(target.prefix { $0 != "?" }))
    else {
      // There is no operation to declare it, and it can only be a refusal.
      return answer.status < 400 ? [] : schemas.faults(of: answer.json, by: OpenAPI.problemSchema.value)
    }
    let operation = document["paths"]?[endpoint.pattern]?[method.rawValue.lowercased()]
    guard let declared = operation?["responses"]?["\(answer.status)"] else { return ["the status is not declared"] }
    let response = declared["$ref"]?.text.flatMap(schemas.resolve) ?? declared
    return headerFaults(of: answer, by: response) + contentFaults(of: answer, by: response)
  }

  private static func headerFaults(of answer: Answer, by response: JSONValue) -> [String] {
    // Those of HTTP itself need no declaration.
    let common: Set = [
      "content-type", "content-length", "transfer-encoding", "connection", "date", "cache-control", "server", "vary",
    ]
    // A problem has the headers of problems, also where its status is one of an answer.
    if answer["Content-Type"] == Problem.mediaType, response["content"]?["application/json"] != nil { return [] }
    let headers = response["headers"]
    var faults: [String] = []
    for name in headers?.names ?? [] {
      guard let text = answer[name] else {
        if headers?[name]?["required"] == true { faults.append("the header \(name) is not there") }
        continue
      }
      let schema = headers?[name]?["schema"] ?? [:]
      let value = schema["type"] == "integer" ? Int64(text).map(JSONValue.integer) ?? .string(text) : .string(text)
      faults += schemas.faults(of: value, by: schema, at: name)
    }
    let declared = Set((headers?.names ?? []).map { $0.lowercased() })
    return faults
      + answer.headers.map { $0.0.lowercased() }.filter { !declared.contains($0) && !common.contains($0) }
      .map { "the header \($0) is not declared" }
  }

  private static func contentFaults(of answer: Answer, by response: JSONValue) -> [String] {
    guard let type = answer["Content-Type"] else {
      return response["content"] == nil || !answer.body.isEmpty ? [] : ["the body is not there"]
    }
    guard let media = response["content"]?[type] else { return ["\(type) is not declared"] }
    if type == Problem.mediaType {
      let isDeclared = answer.code.map { media["examples"]?[$0] != nil } ?? false
      return (isDeclared ? [] : ["the code \(answer.code ?? "") is not declared"])
        + schemas.faults(of: answer.json, by: media["schema"] ?? [:])
    }
    // What is streamed is read elsewhere.
    return type == "application/json" ? schemas.faults(of: answer.json, by: media["schema"] ?? [:]) : []
  }
}
