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

  @Test("has only examples that agree with themselves, and with the request that they answer")
  func agreement() throws {
    var people: [String: JSONValue] = [:]
    var others: Set<String> = []
    var count = 0
    func check(_ value: JSONValue, _ place: String) {
      if let handle = value["handle"]?.text, let id = value["id"]?.text {
        count += 1
        let named: JSONValue = ["id": .string(id), "name": value["name"] ?? .null]
        #expect(people[handle] ?? named == named, "\(handle) is two people in \(place)")
        people[handle] = named
      } else if let id = value["id"]?.text {
        others.insert(id)
      }
      if let points = value["points"]?.number, let to = value["to"]?.list, to.first?["person"] != nil {
        count += 1
        #expect(to.allSatisfy { $0["points"]?.number == points }, "\(place)")
        #expect(value["total_points"]?.number == points * Int64(to.count), "\(place)")
        let handles = to.compactMap { $0["person"]?["handle"]?.text }
        #expect(!handles.contains(value["from"]?["handle"]?.text ?? ""), "\(place) thanks oneself")
        #expect(Set(handles).count == handles.count, "\(place) thanks somebody twice")
      }
      if let from = value["from"]?.text, let to = value["to"]?.text { #expect(from <= to, "\(place)") }
      if let from = value["starts_at"]?.text, let to = value["ends_at"]?.text { #expect(from < to, "\(place)") }
      // Of a budget; the balances that a dry run tells stand beside what its budget has left.
      if value["allowance"] == nil, let points = value["points"]?.number, let available = value["available"]?.number {
        let rest = ["held", "awarded", "returned"].compactMap { value[$0]?.number }.reduce(available, +)
        #expect(value["awarded"] == nil ? rest <= points : rest == points, "\(place)")
      }
      if value["state"] == "pending_approval" { #expect(value["decisions"]?.list.isEmpty ?? true, "\(place)") }
      for name in value.names { check(value[name] ?? .null, "\(place)/\(name)") }
      for element in value.list { check(element, "\(place)[]") }
    }
    for endpoint in Routes.all {
      for answer in endpoint.answers {
        guard let example = Example.answer(answer, of: endpoint) else {
          continue
        }
        check(example, endpoint.name)
        guard endpoint.method == .post, answer.status == 201, let body = endpoint.body.flatMap(Example.value) else {
          continue
        }
        for name in body.names {
          guard let asked = body[name], asked != .null, let got = example[name] else { continue }
          let handles = got.list.map { ($0["person"] ?? $0)["handle"].flatMap(\.text) }
          let isGot =
            got == asked || got["handle"] == asked || !got.list.isEmpty && handles == asked.list.map(\.text)
            || got["sku"] == asked || got["name"] == asked
          #expect(isGot, "\(endpoint.name) asks for \(name) \(asked), and gets \(got)")
        }
      }
    }
    #expect(count > 50 && others.count > 5)
    #expect(people.values.allSatisfy { !others.contains($0["id"]?.text ?? "") }, "somebody's id is something else's")
  }

  @Test("has a call to paste for each, whose body is the example")
  func calls() throws {
    for endpoint in Routes.all {
      let text = CurlCommand(endpoint).text
      #expect(text.hasPrefix("curl ") && text.contains("\"$LAUREL_URL/") && !text.contains("/{"), "\(text)")
      #expect(text.contains("$LAUREL_KEY") == endpoint.needsKey)
      let target = try #require(text.firstMatch(of: /"\$LAUREL_URL([^"?]*)/)).1
      guard case .found(let found, _) = Routes.router.match(endpoint.method, String(target)) else {
        Issue.record("\(text) leads nowhere")
        continue
      }
      #expect(found.name == endpoint.name)
      let method = text.firstMatch(of: /-X ([A-Z]+)/).map { String($0.1) } ?? (text.contains("--json") ? "POST" : "GET")
      #expect(method == endpoint.method.rawValue, "\(text)")
      guard let body = endpoint.body.flatMap(Example.value), let quoted = text.firstMatch(of: /--json '((?s:.*))'$/)
      else { continue }
      #expect(try json(String(quoted.1).replacing(#"'\''"#, with: "'")) == body)
    }
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
    let declared = Set(ProblemTable.all.map(\.code))
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
    let id = "\r\nRequest-Id: a-1"
    let json = "HTTP/1.1 200 OK\r\nContent-Type: application/json\(id)"
    func faults(_ answer: Answer) -> [String] { Contract.faults(of: answer, to: "GET", "/healthz") }
    #expect(faults(answer(json, #"{"status":"ok"}"#)) == [])
    #expect(faults(answer(json, #"{"status":"well"}"#)).count == 1)
    #expect(faults(answer(json, #"{"status":"ok","more":1}"#)).count == 1)
    #expect(faults(answer(json, "{}")).count == 1)
    #expect(faults(answer(json + "\r\nX-More: 1", #"{"status":"ok"}"#)).count == 1)
    #expect(faults(answer("HTTP/1.1 201 Created", "")).count == 1)
    #expect(faults(answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\(id)", "")).count == 1)
    let problem = "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\(id)"
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
        for (path, type) in [
          ("/openapi.json", "application/json"), ("/docs", Served.html), ("/docs/", Served.html), ("/", Served.html),
          ("/problems/out_of_stock", Served.html),
        ] {
          let answer = try client.get(path)
          #expect(answer.status == 200)
          #expect(answer["Content-Type"] == type)
          let tag = try #require(answer["ETag"])
          #expect(try client.get(path, [("If-None-Match", tag)]).status == 304)
        }
        #expect(try client.get("/openapi.json").json == Contract.document)
        let page = try client.get("/docs").text
        #expect(!page.contains("<script") && !page.contains("src=") && !page.contains("<link"))
        for endpoint in Routes.all { #expect(page.contains("id=\"\(endpoint.name)\""), "\(endpoint.name)") }
        for problem in ProblemTable.all { #expect(page.contains("id=\"problem-\(problem.code)\"")) }
        let anchors = page.matches(of: /href="#([^"]+)"/).map { String($0.1) }
        for anchor in Set(anchors) { #expect(page.contains("id=\"\(anchor)\""), "\(anchor)") }
      }
    }
  }
}
