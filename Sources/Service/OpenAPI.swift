import HTTP

/// The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0), made of the route table.
enum OpenAPI {
  /// - Parameter publicURL: where clients find the service; nil where they find it at the document's own address.
  static func document(of groups: [RouteGroup], at publicURL: PublicURL? = nil) -> JSONValue {
    let operations = groups.flatMap { group in group.endpoints.map { (tag: group.name, endpoint: $0) } }
    var paths: [(name: String, value: JSONValue)] = []
    for pattern in operations.map(\.endpoint.pattern) where !paths.contains(where: { $0.name == pattern }) {
      let ofPath = operations.filter { $0.endpoint.pattern == pattern }
      paths.append(
        (pattern, .object(ofPath.map { ($0.endpoint.method.rawValue.lowercased(), operation($0.endpoint, $0.tag)) })))
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Laurel", "version": .string(Version.current), "summary": .string(Reference.summary),
        "description": .string(Reference.groundRules.joined(separator: "\n\n")),
        "license": ["name": "Apache License 2.0", "identifier": "Apache-2.0"],
      ],
      "servers": [["url": .string(publicURL?.text ?? "/")]],
      "tags": .array(groups.map { ["name": .string($0.name), "description": .string($0.summary)] }),
      "paths": .object(paths),
      "components": components(operations.map(\.endpoint)),
    ]
  }

  // MARK: Operations

  private static func operation(_ endpoint: Endpoint, _ tag: String) -> JSONValue {
    var members: [(name: String, value: JSONValue)] = [
      ("operationId", .string(endpoint.name)), ("summary", .string(endpoint.summary)), ("tags", [.string(tag)]),
      ("security", security(of: endpoint)),
    ]
    if !endpoint.details.isEmpty { members.append(("description", .string(endpoint.details))) }
    let parameters =
      endpoint.path.map { parameter($0, of: endpoint, in: "path", isRequired: true) }
      + endpoint.query.map { parameter($0, of: endpoint, in: "query", isRequired: false) }
      + endpoint.requestHeaders.map { parameter($0, of: endpoint, in: "header", isRequired: $0.isRequired) }
    if !parameters.isEmpty { members.append(("parameters", .array(parameters))) }
    if let body = endpoint.body {
      members.append(
        (
          "requestBody",
          ["required": .bool(endpoint.needsBody), "content": ["application/json": media(body, Example.value(body))]]
        ))
    }
    members.append(("responses", responses(of: endpoint)))
    return .object(members)
  }

  /// Without OAuth, the words beside a scheme are the roles that it takes: one of several is enough (section 4.8.30).
  private static func security(of endpoint: Endpoint) -> JSONValue {
    switch endpoint.access {
    case .anyone: []
    case .everyone, .everyoneByItself: [["key": []]]
    case .roles(let roles): .array(roles.map(\.rawValue).sorted().map { ["key": [.string($0)]] })
    }
  }

  private static func parameter(
    _ parameter: any RequestParameter, of endpoint: Endpoint, in place: String, isRequired: Bool
  ) -> JSONValue {
    var schema = parameter.schema
    // They stand beside the schema.
    (schema.summary, schema.example) = (nil, nil)
    var members: [(name: String, value: JSONValue)] = [
      ("name", .string(parameter.name)), ("in", .string(place)), ("required", .bool(isRequired)),
      ("schema", schema.value),
    ]
    if let summary = parameter.schema.summary, !summary.isEmpty { members.append(("description", .string(summary))) }
    if parameter.schema.example != nil, let example = Example.value(of: parameter, in: endpoint) {
      members.append(("example", example))
    }
    return .object(members)
  }

  private static func responses(of endpoint: Endpoint) -> JSONValue {
    var responses: [(status: Int, value: JSONValue)] = []
    let refusals = refusals(of: endpoint)
    for status in Set(endpoint.answers.map(\.status) + refusals.map(\.status)).sorted() {
      let refusal = refusals.first { $0.status == status }
      if let answer = endpoint.answers.first(where: { $0.status == status }) {
        let example = Example.answer(answer, of: endpoint)
        responses.append((status, response(answer, refusal, example: example, isCounted: endpoint.needsKey)))
      } else if let refusal {
        responses.append((status, ["$ref": .string("#/components/responses/\(refusal.name)")]))
      }
    }
    return .object(responses.map { ("\($0.status)", $0.value) })
  }

  /// The problems of one status that an endpoint may answer with. Many endpoints have the same.
  private struct RefusalAnswer {
    let status: Int
    let problems: [Problem]

    var name: String { problems.map(\.code).joined(separator: "-") }
  }

  private static func refusals(of endpoint: Endpoint) -> [RefusalAnswer] {
    let problems = Dictionary(grouping: endpoint.problems, by: \.status)
    return problems.map { RefusalAnswer(status: $0.key, problems: $0.value) }
  }

  /// - Parameter isCounted: whether rate limits may count the request; refusals are shared by those that are and are not.
  private static func response(
    _ answer: Answer?, _ refusal: RefusalAnswer?, example: JSONValue? = nil, isCounted: Bool = true
  ) -> JSONValue {
    let problems = refusal?.problems ?? []
    let description = [answer?.summary].compactMap { $0 } + problems.map { "`\($0.code)`: \($0.detail)" }
    var members: [(name: String, value: JSONValue)] = [
      ("description", .string(description.joined(separator: "\n\n")))
    ]
    let headers =
      [.requestID] + (answer?.headers ?? refusal.map { Answer.Header.ofProblem($0.status) } ?? [])
      + (isCounted ? Answer.Header.rateLimits : [])
    members.append(("headers", .object(headers.map { ($0.name, header($0)) })))
    var content: [(name: String, value: JSONValue)] = []
    switch answer?.content {
    case .json(let schema): content.append(("application/json", media(schema, example)))
    case .other(let types): content += types.map { ($0, media(JSONSchema(.string()), nil)) }
    case nil: break
    }
    if !problems.isEmpty {
      let examples = problems.map { problem -> (name: String, value: JSONValue) in
        (problem.code, ["$ref": .string("#/components/examples/\(problem.code)")])
      }
      content.append((Problem.mediaType, ["schema": problemSchema.value, "examples": .object(examples)]))
    }
    if !content.isEmpty { members.append(("content", .object(content))) }
    return .object(members)
  }

  private static func header(_ header: Answer.Header) -> JSONValue {
    var schema = header.schema
    schema.summary = nil
    return [
      "description": .string(header.schema.summary ?? ""), "required": .bool(header.isRequired),
      "schema": schema.value,
    ]
  }

  private static func media(_ schema: JSONSchema, _ example: JSONValue?) -> JSONValue {
    var members: [(name: String, value: JSONValue)] = [("schema", schema.value)]
    if let example { members.append(("example", example)) }
    return .object(members)
  }

  // MARK: Components

  private static func components(_ endpoints: [Endpoint]) -> JSONValue {
    let mentioned = endpoints.flatMap { endpoint -> [JSONSchema] in
      let answered = endpoint.answers.flatMap { answer -> [JSONSchema] in
        if case .json(let schema) = answer.content { schema.named } else { [] }
      }
      return answered + (endpoint.body?.named ?? [])
    }
    var schemas: [String: JSONValue] = [:]
    for schema in mentioned + problemSchema.named {
      // Nullable is the mention, not what is mentioned.
      var schema = schema
      schema.isNullable = false
      guard let name = schema.name else { continue }
      precondition(schemas[name] == nil || schemas[name] == schema.definition, "two schemas are named \(name)")
      schemas[name] = schema.definition
    }
    var responses: [String: RefusalAnswer] = [:]
    for endpoint in endpoints {
      for refusal in refusals(of: endpoint) where !endpoint.answers.contains(where: { $0.status == refusal.status }) {
        responses[refusal.name] = refusal
      }
    }
    return [
      "securitySchemes": [
        "key": [
          "type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer laurel_…`.",
        ]
      ],
      "schemas": .object(schemas.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }),
      "responses": .object(
        responses.sorted { $0.key < $1.key }.map { ($0.key, response(nil, $0.value)) }),
      "examples": .object(
        ProblemTable.all.map { problem in
          // What this program writes is JSON.
          let value = try! JSONReader.read(problem.document)
          return (problem.code, ["summary": .string(problem.title), "value": value])
        }),
    ]
  }

  static let problemSchema = Problem.schema(codes: ProblemTable.all.map(\.code))
}
