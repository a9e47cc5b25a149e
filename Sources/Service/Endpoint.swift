import HTTP
import Ledger

/// One row of the route table: what is called how, who may, and what answers.
struct Endpoint: Sendable {
  enum Access: Sendable {
    /// No key needed.
    case anyone
    /// Whoever holds a key, which the endpoint's own query looks up.
    case holder
    case everyone
    case roles(Set<Role>)
  }

  let method: Method
  let pattern: String
  let access: Access
  /// The query parameters that it knows; any other is refused.
  let parameters: [String]
  let handle: @Sendable (Exchange) async throws -> Response

  init(
    _ method: Method, _ pattern: String, _ access: Access, parameters: [String] = [],
    _ handle: @escaping @Sendable (Exchange) async throws -> Response
  ) {
    self.method = method
    self.pattern = pattern
    self.access = access
    self.parameters = parameters
    self.handle = handle
  }

  static let paging = ["limit", "cursor"]
}

/// Who is calling.
struct Caller: Sendable {
  let organization: Int32
  let person: PersonReference
  let roles: Set<Role>

  var isAdmin: Bool { roles.contains(.admin) }
}

/// One request on its way through a handler.
struct Exchange {
  let request: Request
  let parameters: PathParameters
  let worker: Worker
  private let authenticated: Caller?

  init(_ request: Request, _ parameters: PathParameters, _ worker: Worker, caller: Caller?) {
    self.request = request
    self.parameters = parameters
    self.worker = worker
    authenticated = caller
  }

  /// - Precondition: the endpoint's access is not `anyone`.
  var caller: Caller {
    guard let authenticated else { preconditionFailure("an endpoint for anyone has no caller") }
    return authenticated
  }

  /// A path parameter that must be an id; anything else cannot exist.
  func id(_ name: String) throws(Problem) -> ID {
    guard let id = ID(parameters[name]) else { throw .notFound }
    return id
  }

  /// The `If-Match` that a change must come with (RFC 9110, section 13.1.1).
  /// - Parameter tag: of what is changed, as it is.
  func requireMatch(_ tag: String) throws(Problem) {
    guard let given = request.headers["if-match"] else {
      throw Problem(428, "precondition_required", detail: "Send If-Match with the ETag of what you read.")
    }
    guard given == tag || given == "*" else {
      throw Refusal(.precondition, "It has changed since you read it; read it again.").problem
    }
  }

  /// A single object with its strong ETag, or 304 where the client has it already.
  func answer(tag: String, _ write: (inout JSONWriter) -> Void) -> Response {
    if request.headers["if-none-match"] == tag { return Response(status: 304, headers: [("ETag", tag)]) }
    return .json(200, headers: [("ETag", tag)], write)
  }

  func bool(_ name: String) throws(Problem) -> Bool? {
    switch request.query[name] {
    case nil: nil
    case "true": true
    case "false": false
    default: throw .invalidParameter(name, "is true or false")
    }
  }
}
