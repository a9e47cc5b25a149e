import HTTP
import Ledger

/// One row of the route table: what is called how, who may, what it takes, what it answers, and what answers. The
/// router, the checks, the reference and the tests are made of these rows.
struct Endpoint: Sendable {
  enum Access: Sendable {
    /// No key needed.
    case anyone
    case everyone
    /// Everyone, and what answers finds out who is calling by its own query, which saves a round trip.
    case everyoneByItself
    case roles(Set<Role>)
  }

  let method: Method
  let pattern: String
  let access: Access
  /// What a client's function for it is called.
  let name: String
  /// One line for people.
  let summary: String
  /// What else there is to know; may be empty.
  let details: String
  let path: [PathParameter]
  /// The query parameters that it knows; any other is refused.
  let query: [any RequestParameter]
  /// What its body may be; nil where none is read.
  let body: JSONSchema?
  let answers: [Answer]
  /// The words for a no that the domain gives it.
  let refusals: [Refusal.Code]
  let handle: @Sendable (Exchange) async throws -> Response
  /// Whether whoever left may call it while they can still redeem.
  private(set) var isForLeavers = false
  /// Whether its pages are of a list that is kept in memory.
  private(set) var isKeptInMemory = false
  /// What a key with scopes must have to call it; nil where only a key without may.
  private(set) var scope: Scope?

  /// Bytes of its body; 413 beyond.
  private(set) var bodyBytesMax = Endpoint.bodyBytesMax

  /// Twice what a thank-you to as many people as may be takes.
  static let bodyBytesMax = 64 * 1024

  /// - Precondition: `path` are the parameters of the pattern.
  init(
    _ method: Method, _ pattern: String, _ access: Access, _ name: String, _ summary: String, _ details: String = "",
    path: [PathParameter] = [], query: [any RequestParameter] = [], body: JSONSchema? = nil, answers: [Answer],
    refusals: [Refusal.Code] = [], _ handle: @escaping @Sendable (Exchange) async throws -> Response
  ) {
    let names = pattern.split(separator: "/").filter { $0.hasPrefix("{") }
    precondition(names.elementsEqual(path.map { "{\($0.name)}" }), "\(pattern): the path's parameters are others")
    self.method = method
    self.pattern = pattern
    self.access = access
    self.name = name
    self.summary = summary
    self.details = details
    self.path = path
    self.query = query
    self.body = body
    self.answers = answers
    self.refusals = refusals
    self.handle = handle
    scope = method == .get ? .read : nil
  }

  var needsKey: Bool { if case .anyone = access { false } else { true } }

  /// The same, also for whoever left and can still redeem.
  var forLeavers: Endpoint {
    var endpoint = self
    endpoint.isForLeavers = true
    return endpoint
  }

  /// The same, also for keys that are for `scope` alone.
  func covered(by scope: Scope) -> Endpoint {
    var endpoint = self
    endpoint.scope = scope
    return endpoint
  }

  /// The same, of a list that is kept in memory.
  var keptInMemory: Endpoint {
    var endpoint = self
    endpoint.isKeptInMemory = true
    return endpoint
  }

  /// What the answer to a request weighs in rows read from PostgreSQL; nil where it is no page of a list. A short page may have
  /// to look at many rows for the few that it shows, so none is as light as it looks: two at a time is what a key gets, and
  /// ten of those that are kept in memory, whose rows cost about a tenth.
  func pageRows(_ request: Query) -> Int? {
    guard query.contains(where: { $0.name == Page.cursor.name }) else { return nil }
    // A limit that cannot be read is refused once it is known who asks.
    let limit = (try? Page.limit(of: request)) ?? 1
    return isKeptInMemory ? max(Turns.rowsMax, limit) / 10 : max(Turns.rowsMax / 2, limit)
  }

  /// Whether it changes something.
  var writes: Bool { method != .get }
}

/// A parameter of a path, such as `{id}`.
struct PathParameter: RequestParameter {
  let name: String
  let schema: JSONSchema

  init(_ name: String, _ schema: JSONSchema) {
    self.name = name
    self.schema = schema
  }

  /// The id of something; anything else cannot exist.
  static func id(_ summary: String) -> PathParameter { PathParameter("id", .id.described(summary)) }

  static let person = PathParameter(
    "id", JSONSchema(.string(length: 1...254), "A person's id, handle or email.", example: "ann"))
}

/// Parameters that many endpoints share.
enum CommonQuery {
  static let dryRun = QueryParameter("dry_run", .bool, default: false, "Check and answer, and record nothing.")
  static let from = bound(
    "from", "The first day or month in the organisation's time zone, or the instant that it begins at.")
  static let to = bound(
    "to", "The last day or month in the organisation's time zone, or the instant that it ends before.")
  static let since = bound("since", from.schema.summary ?? "")
  static let until = bound("until", to.schema.summary ?? "")

  private static func bound(_ name: String, _ summary: String) -> QueryParameter<TimeBound?> {
    QueryParameter(name, .timeBound, summary)
  }
}

/// Who is calling.
struct Caller: Sendable {
  let organization: Int32
  let person: PersonReference
  let roles: Set<Role>
  /// Whether they have left, and can still redeem.
  var hasLeft = false
  /// The key that they call with.
  let key: ID
  /// What the key is for; empty: for whatever its person may.
  var scopes: Set<Scope> = []

  var isAdmin: Bool { roles.contains(.admin) }
  /// Everybody's accounts, budgets and awards.
  var seesAccounts: Bool { !roles.isDisjoint(with: [.finance, .admin]) }
  /// Everybody's redemptions.
  var seesRedemptions: Bool { !roles.isDisjoint(with: [.finance, .rewards, .admin]) }
  /// What is in the catalogue and cannot be redeemed.
  var seesWholeCatalogue: Bool { !roles.isDisjoint(with: [.rewards, .admin]) }
}

/// The strong ETag of something that can be edited: the version of what can be. What moves by itself, such as balances and
/// stock, does not change it, so that it is no conflict for whoever edits.
func versionTag(_ version: Int64) -> String { "\"\(version)\"" }

extension Digest {
  /// As a strong ETag: half of it is beyond any chance of two being the same.
  var entityTag: String { "\"\(description.prefix(32))\"" }
}

/// One request on its way through a handler.
struct Exchange {
  let request: Request
  let parameters: PathParameters
  let worker: Worker
  private let givenKey: KeyText?
  private let authenticated: Caller?
  /// Whether the key of this request is known to have done it already, so that nothing may refuse it any more.
  let isReplay: Bool
  private let effect = Effect()

  /// What is known of a write while its answer is still being read.
  private final class Effect {
    var isRecorded = false
  }

  /// Whether what it asks for is in the log by now: from then on nothing may say that nothing was recorded.
  var isRecorded: Bool {
    get { effect.isRecorded }
    nonmutating set { effect.isRecorded = newValue }
  }

  init(
    _ request: Request, _ parameters: PathParameters, _ worker: Worker, key: KeyText?, caller: Caller?,
    isReplay: Bool = false
  ) {
    self.request = request
    self.parameters = parameters
    self.worker = worker
    givenKey = key
    authenticated = caller
    self.isReplay = isReplay
  }

  /// What came with the request, good or not.
  /// - Precondition: the endpoint's access is not `anyone`.
  var key: KeyText {
    guard let givenKey else { preconditionFailure("an endpoint for anyone needs no key") }
    return givenKey
  }

  /// - Precondition: the endpoint's access is neither `anyone` nor `everyoneByItself`.
  var caller: Caller {
    guard let authenticated else { preconditionFailure("an endpoint for anyone has no caller") }
    return authenticated
  }

  /// A query parameter's value.
  /// - Throws: 400 `invalid_parameter`.
  subscript<Value>(parameter: QueryParameter<Value>) -> Value {
    get throws(Problem) { try parameter.read(from: request.query) }
  }

  /// A path parameter that must be an id; anything else cannot exist.
  func id(_ name: String) throws(Problem) -> ID {
    guard let id = ID(parameters[name]) else { throw .notFound }
    return id
  }

  /// The `If-Match` that a change must come with (RFC 9110, section 13.1.1).
  /// - Parameter tag: of what is changed, as it is.
  func requireMatch(_ tag: String) throws(Problem) {
    guard let known = EntityTags(request.headers.all("if-match")) else { throw .preconditionRequired }
    guard known.matchStrongly(tag) else {
      throw Refusal(.precondition, "It has changed since you read it; read it again.").problem
    }
  }

  /// Whether the client has what the tag is of already (RFC 9110, section 13.1.2).
  func isKnown(_ tag: String) -> Bool {
    EntityTags(request.headers.all("if-none-match"))?.matchWeakly(tag) ?? false
  }

  /// A single object that can be edited, with its ETag, or 304 where the client has it already.
  func answer(tag: String, _ write: (inout JSONWriter) -> Void) -> Response {
    if isKnown(tag) { return Response(status: 304, headers: [("ETag", tag)]) }
    return .json(200, headers: [("ETag", tag)], write)
  }

  /// A single object that nobody edits, with a strong ETag over all of it, or 304 where the client has it already.
  func answer(_ write: (inout JSONWriter) -> Void) -> Response {
    var json = JSONWriter()
    write(&json)
    let tag = Digest.sha256(json.bytes).entityTag
    if isKnown(tag) { return Response(status: 304, headers: [("ETag", tag)]) }
    return .json(200, json.bytes, headers: [("ETag", tag)])
  }
}
