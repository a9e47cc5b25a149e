import HTTP
import Ledger
import Testing

@testable import Service

@Suite("The reference")
struct ReferenceTests {
  private let document = Contract.document

  private var operations: [(name: String, operation: JSONValue)] {
    (document["paths"]?.names ?? []).flatMap { path in
      (document["paths"]?[path]?.names ?? []).map { method in
        ("\(method) \(path)", document["paths"]?[path]?[method] ?? .null)
      }
    }
  }

  @Test("has every endpoint, each under a name of its own that makes a good function")
  func operationNames() {
    #expect(operations.count == Routes.all.count)
    let names = operations.compactMap { $0.operation["operationId"]?.text }
    #expect(Set(names).count == Routes.all.count)
    #expect(names.allSatisfy { $0.wholeMatch(of: /[a-z]+([A-Z][a-z]+|API)*/) != nil }, "\(names)")
  }

  @Test("refers to nothing that is not there")
  func references() {
    var references: [String] = []
    func walk(_ value: JSONValue) {
      if let reference = value["$ref"]?.text { references.append(reference) }
      for name in value.names { walk(value[name] ?? .null) }
      for element in value.list { walk(element) }
    }
    walk(document)
    #expect(references.count > 500)
    for reference in Set(references) { #expect(Contract.schemas.resolve(reference) != nil, "\(reference)") }
  }

  @Test("has only examples that are valid, also of whole bodies, answers and defaults")
  func examples() {
    var count = 0
    func check(_ value: JSONValue, _ schema: JSONValue, _ place: String) {
      count += 1
      #expect(Contract.schemas.faults(of: value, by: schema) == [], "\(place)")
    }
    func walk(_ value: JSONValue, _ place: String) {
      if let schema = value["schema"], let example = value["example"] { check(example, schema, place) }
      if value["type"] != nil || value["oneOf"] != nil {
        for example in value["examples"]?.list ?? [] { check(example, value, place) }
        if let implied = value["default"] { check(implied, value, place) }
      }
      if let schema = value["schema"] {
        for name in value["examples"]?.names ?? [] {
          check(document["components"]?["examples"]?[name]?["value"] ?? .null, schema, "\(place) \(name)")
        }
      }
      for name in value.names { walk(value[name] ?? .null, "\(place)/\(name)") }
      for (index, element) in value.list.enumerated() { walk(element, "\(place)/\(index)") }
    }
    walk(document, "")
    #expect(count > 500)
  }

  @Test("says of every body what it looks like, and of a request's also what it is not declared")
  func bodies() {
    for (name, operation) in operations {
      guard let media = operation["requestBody"]?["content"]?["application/json"] else { continue }
      #expect(media["example"] != nil || operation["requestBody"]?["required"] == false, "\(name)")
    }
    for endpoint in Routes.all {
      for case .json(let schema) in endpoint.answers.compactMap(\.content) where endpoint.name != "getOpenAPI" {
        #expect(schema.exampleOrMade != nil, "\(endpoint.name)")
      }
    }
    for endpoint in Routes.all where endpoint.body != nil {
      let unknown: JSONValue = ["no_such_member": 1]
      #expect(Contract.schemas.faults(of: unknown, by: endpoint.body!.value) != [], "\(endpoint.name)")
    }
  }

  @Test("declares every word for a refusal somewhere, but for the one that only the operator meets")
  func refusals() {
    let declared = Set(OpenAPI.problems.map(\.code))
    let missing = Refusal.Code.allCases.filter { !declared.contains($0.rawValue) }
    #expect(missing == [.duplicateOrganization])
  }

  @Test("says how to authenticate where a key is needed, and what parameters a path has")
  func security() {
    for endpoint in Routes.all {
      let operation = document["paths"]?[endpoint.pattern]?[endpoint.method.rawValue.lowercased()]
      #expect(operation?["security"]?.list.isEmpty == !endpoint.needsKey)
      let inPath = operation?["parameters"]?.list.filter { $0["in"] == "path" }.compactMap { $0["name"]?.text } ?? []
      let inPattern = endpoint.pattern.matches(of: /\{(\w+)\}/).map { String($0.1) }
      #expect(inPath == inPattern)
    }
  }

  @Test("finds what is not as declared, so that its agreement with the answers means something")
  func faults() {
    func answer(_ head: String, _ body: String) -> Answer {
      var answer = Answer(head: head)
      answer.body = Array(body.utf8)
      return answer
    }
    let json = "HTTP/1.1 200 OK\r\nContent-Type: application/json"
    func faults(_ answer: Answer) -> [String] { Contract.faults(of: answer, to: "GET", "/healthz") }
    #expect(faults(answer(json, #"{"status":"ok"}"#)) == [])
    #expect(faults(answer(json, #"{"status":"well"}"#)).count == 1)
    #expect(faults(answer(json, #"{"status":"ok","more":1}"#)).count == 1)
    #expect(faults(answer(json, "{}")).count == 1)
    #expect(faults(answer(json + "\r\nX-More: 1", #"{"status":"ok"}"#)).count == 1)
    #expect(faults(answer("HTTP/1.1 201 Created", "")).count == 1)
    #expect(faults(answer("HTTP/1.1 200 OK\r\nContent-Type: text/html", "")).count == 1)
    let problem = "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json"
    let mistaken = answer(problem, String(decoding: Problem.preconditionRequired.document, as: UTF8.self))
    #expect(Contract.faults(of: mistaken, to: "GET", "/v1/values/x").count == 1)
  }
}

extension OnLaurel {
  @Suite("The reference, served")
  struct ServedReferenceTests {
    @Test("is the same for programs and people, cached by its tag, and takes nothing from elsewhere")
    func served() async throws {
      try await Company.with { company in
        let client = Client(company.laurel.port, key: nil)
        for (path, type) in [("/openapi.json", "application/json"), ("/docs", "text/html; charset=utf-8")] {
          let answer = try client.get(path)
          #expect(answer.status == 200)
          #expect(answer["Content-Type"] == type)
          let tag = try #require(answer["ETag"])
          #expect(try client.get(path, [("If-None-Match", tag)]).status == 304)
        }
        #expect(try client.get("/openapi.json").json == Contract.document)
        let page = try client.get("/docs").text
        #expect(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"))
        for endpoint in Routes.all { #expect(page.contains("id=\"\(endpoint.name)\""), "\(endpoint.name)") }
        for problem in OpenAPI.problems { #expect(page.contains("id=\"problem-\(problem.code)\"")) }
        let anchors = page.matches(of: /href="#([^"]+)"/).map { String($0.1) }
        for anchor in Set(anchors) { #expect(page.contains("id=\"\(anchor)\""), "\(anchor)") }
      }
    }
  }
}
