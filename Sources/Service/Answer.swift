import HTTP

/// One answer that an endpoint gives when all is well: what the reference says of it, and what tests hold every answer
/// against.
struct Answer: Sendable {
  enum Content: Sendable {
    case json(JSONSchema)
    /// Anything else, in one of these media types.
    case other([String])
  }

  struct Header: Sendable {
    let name: String
    let schema: JSONSchema
    var isRequired = true

    /// The same, where it is not always there.
    var optional: Header { Header(name: name, schema: schema, isRequired: false) }
  }

  let status: Int
  let summary: String
  /// Nil for an answer without a body.
  let content: Content?
  var headers: [Header] = []
}

extension Answer {
  /// What is read.
  static func ok(_ schema: JSONSchema, headers: [Header] = []) -> [Answer] {
    [Answer(status: 200, summary: "What was asked for.", content: .json(schema), headers: headers)]
  }

  /// A single object that is read: with its `ETag`, or nothing where the client has it already.
  static func tagged(_ schema: JSONSchema) -> [Answer] {
    ok(schema, headers: [.etag]) + [.notModified]
  }

  /// The client has it already.
  static let notModified = Answer(
    status: 304, summary: "It is as `If-None-Match` says.", content: nil, headers: [.etag])

  /// A page of a list.
  static func page(of schema: JSONSchema) -> [Answer] {
    let page = JSONSchema(
      .object([
        .init("data", JSONSchema(.array(of: schema))),
        .init("next_cursor", JSONSchema(.string(), "Goes on from here; absent on the last page."), isRequired: false),
      ]), name: schema.name.map { "\($0)Page" })
    return [Answer(status: 200, summary: "A page of the list.", content: .json(page), headers: [.link.optional])]
  }

  /// What was made and recorded.
  static func created(_ schema: JSONSchema, headers: [Header] = [.location]) -> [Answer] {
    [
      Answer(
        status: 201, summary: "It is made and recorded.", content: .json(schema),
        headers: [.ledgerPosition, .idempotentReplayed.optional] + headers)
    ]
  }

  /// What was changed and recorded; if it can be tried, also what would come of it. What can stay as it was is recorded
  /// only when it changes.
  static func changed(
    _ schema: JSONSchema, canBeTried: Bool = false, canStay: Bool = false, headers: [Header] = []
  ) -> [Answer] {
    [
      Answer(
        status: 200,
        summary: canBeTried ? "It is recorded; or, with `dry_run`, what would come." : "It is changed and recorded.",
        content: .json(canBeTried ? JSONSchema(.either([schema, preview(of: schema)])) : schema),
        headers: [canBeTried || canStay ? .ledgerPosition.optional : .ledgerPosition, .idempotentReplayed.optional]
          + headers)
    ]
  }

  /// What would come of a dry run.
  static func tried(_ schema: JSONSchema) -> [Answer] {
    [
      Answer(
        status: 200, summary: "With `dry_run`: what would come; nothing was recorded.",
        content: .json(preview(of: schema)))
    ]
  }

  /// It was done, and there is nothing to say about it.
  static let done = [
    Answer(
      status: 204, summary: "It is done and recorded.", content: nil,
      headers: [.ledgerPosition, .idempotentReplayed.optional])
  ]

  private static func preview(of schema: JSONSchema) -> JSONSchema {
    schema.with(
      [
        .init("dry_run", JSONSchema(.constant(true))),
        .init("balances", Balances.schema.described("The caller's, after it."), isRequired: false),
      ], name: "\(schema.name ?? "")Preview")
  }
}

extension Answer.Header {
  static let ledgerPosition = Answer.Header(
    name: "Ledger-Position",
    schema: JSONSchema(.integer(1 ... .max), "The organisation's position that this is recorded at.", example: 17))
  static let idempotentReplayed = Answer.Header(
    name: "Idempotent-Replayed",
    schema: JSONSchema(.words(["true"]), "This is the first answer to this `Idempotency-Key` again."))
  static let etag = Answer.Header(
    name: "ETag",
    schema: JSONSchema(
      .string(pattern: "\"[!#-~]+\""),
      "Strong; for `If-Match` and `If-None-Match`. Of what can be edited, where something can be.", example: "\"17\""))
  static let link = Answer.Header(
    name: "Link", schema: JSONSchema(.string(), "`<…>; rel=\"next\"`, while there is a next page (RFC 8288)."))
  static let location = Answer.Header(name: "Location", schema: JSONSchema(.string(), "Where it is now."))
  static let retryAfter = Answer.Header(
    name: "Retry-After", schema: JSONSchema(.integer(0 ... .max), "Seconds to wait before another try."))
  static let authenticate = Answer.Header(
    name: "WWW-Authenticate", schema: JSONSchema(.string(), "How to authenticate (RFC 6750)."))
  static let contentDisposition = Answer.Header(
    name: "Content-Disposition", schema: JSONSchema(.string(), "The name of the file."))
  static let trailer = Answer.Header(
    name: "Trailer", schema: JSONSchema(.string(), "The field that follows the body: `Repr-Digest`."))

  /// What comes with every answer.
  static let requestID = Answer.Header(
    name: "Request-Id",
    schema: JSONSchema(
      .string(), "By which the request is found in the log: the client's own, or one made for it.",
      example: "1zq9b2kx0c4wd-17"))

  /// What comes with every answer to a request that the limits count.
  static let rateLimits = [
    Answer.Header(
      name: "RateLimit",
      schema: JSONSchema(
        .string(),
        "For each limit the requests left (`r`) and the seconds until all, or the next one, are there (`t`).",
        example: #""key";r=999;t=1"#)
    ).optional,
    Answer.Header(
      name: "RateLimit-Policy",
      schema: JSONSchema(
        .string(), "For each limit the requests at once (`q`) and the seconds in which they are refilled (`w`).",
        example: #""key";q=1000;w=20"#)
    ).optional,
  ]

  /// What comes with every problem of that status.
  static func ofProblem(_ status: Int) -> [Answer.Header] {
    switch status {
    case 401: [authenticate]
    case 403: [authenticate.optional]
    case 429, 503: [retryAfter]
    default: []
    }
  }
}
