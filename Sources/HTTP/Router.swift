/// Which endpoint answers a method and a path. A tree of path segments, built once.
///
/// Patterns are `/v1/people/{id}`: a segment is literal or one parameter. A literal wins over a parameter; where the
/// literal leads to no endpoint, the parameter is tried.
public struct Router<Endpoint: Sendable>: Sendable {
  public enum Match {
    case found(Endpoint, parameters: PathParameters)
    /// The path exists with other methods; they are the `Allow` field. OPTIONS is among them: whoever asks for it gets
    /// this too, where no route answers it.
    case methodNotAllowed(allow: [Method])
    case notFound
  }

  private struct Route {
    let method: Method
    /// Its index in `all`: an endpoint may be large, and only the one that answers is copied.
    let endpoint: Int
    let parameterNames: [String]
  }

  private struct Node {
    var literals: [(segment: [UInt8], node: Int)] = []
    var parameter: Int?
    var routes: [Route] = []
  }

  private var nodes = [Node()]
  private var all: [Endpoint] = []
  /// Every path that there is, once.
  private(set) var patterns: [String] = []
  /// Those that any path answers.
  private var methods: [Method] {
    Method.allCases.filter { method in
      [.head, .options].contains(method) || nodes.contains { $0.routes.contains { $0.method == method } }
    }
  }

  /// - Precondition: every pattern begins with `/`, and no two routes answer the same method for the same shape.
  public init(_ routes: [(Method, pattern: String, Endpoint)]) {
    for (method, pattern, endpoint) in routes {
      all.append(endpoint)
      if !patterns.contains(pattern) { patterns.append(pattern) }
      insert(method, pattern, all.count - 1)
    }
  }

  /// - Parameter path: as sent, percent-encoded.
  public func match(_ method: Method, _ path: String) -> Match {
    var path = path
    return path.withUTF8 { bytes in
      let path = bytes.span
      // OPTIONS * asks about the server as a whole (RFC 9110 section 9.3.7).
      if method == .options, path.equals("*") { return .methodNotAllowed(allow: methods) }
      guard !path.isEmpty, path[0] == UInt8(ascii: "/") else { return .notFound }
      var values: [Range<Int>] = []
      guard let node = find(path, from: 1, at: 0, &values) else { return .notFound }
      return choose(method, nodes[node].routes, path, values)
    }
  }

  private func choose(_ method: Method, _ routes: [Route], _ path: Span<UInt8>, _ values: [Range<Int>]) -> Match {
    let route =
      routes.first { $0.method == method } ?? (method == .head ? routes.first { $0.method == .get } : nil)
    guard let route else {
      var allow = routes.map(\.method)
      if allow.contains(.get), !allow.contains(.head) { allow.append(.head) }
      if !allow.contains(.options) { allow.append(.options) }
      return .methodNotAllowed(allow: allow)
    }
    var decoded: [String] = []
    for range in values {
      guard let value = PercentEncoding.decode(path.extracting(range), plusIsSpace: false) else { return .notFound }
      decoded.append(value)
    }
    return .found(all[route.endpoint], parameters: PathParameters(names: route.parameterNames, values: decoded))
  }

  /// - Returns: the node with endpoints that the rest of the path leads to.
  private func find(_ path: Span<UInt8>, from start: Int, at node: Int, _ values: inout [Range<Int>]) -> Int? {
    let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
    func descend(_ next: Int, _ values: inout [Range<Int>]) -> Int? {
      if end < path.count { return find(path, from: end + 1, at: next, &values) }
      return nodes[next].routes.isEmpty ? nil : next
    }
    let segment = path.extracting(start..<end)
    for (literal, next) in nodes[node].literals where Self.equal(literal, segment) {
      if let found = descend(next, &values) { return found }
    }
    guard let next = nodes[node].parameter, start < end else { return nil }
    values.append(start..<end)
    if let found = descend(next, &values) { return found }
    values.removeLast()
    return nil
  }

  private static func equal(_ literal: [UInt8], _ segment: Span<UInt8>) -> Bool {
    guard literal.count == segment.count else { return false }
    for index in literal.indices where literal[index] != segment[index] { return false }
    return true
  }

  private mutating func insert(_ method: Method, _ pattern: String, _ endpoint: Int) {
    precondition(pattern.hasPrefix("/"), "a pattern begins with a slash: \(pattern)")
    var node = 0
    var names: [String] = []
    for segment in pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      if segment.hasPrefix("{"), segment.hasSuffix("}") {
        let name = String(segment.dropFirst().dropLast())
        precondition(!name.isEmpty && !names.contains(name), "a parameter needs a name of its own: \(pattern)")
        names.append(name)
        node = parameterNode(of: node)
      } else {
        precondition(!segment.contains { $0 == "{" || $0 == "}" }, "a parameter is a whole segment: \(pattern)")
        node = literalNode(of: node, Array(segment.utf8))
      }
    }
    precondition(
      !nodes[node].routes.contains { $0.method == method }, "two routes for \(method.rawValue) \(pattern)")
    nodes[node].routes.append(Route(method: method, endpoint: endpoint, parameterNames: names))
  }

  private mutating func parameterNode(of node: Int) -> Int {
    if let next = nodes[node].parameter { return next }
    nodes.append(Node())
    nodes[node].parameter = nodes.count - 1
    return nodes.count - 1
  }

  private mutating func literalNode(of node: Int, _ segment: [UInt8]) -> Int {
    if let next = nodes[node].literals.first(where: { $0.segment == segment }) { return next.node }
    nodes.append(Node())
    nodes[node].literals.append((segment, nodes.count - 1))
    return nodes.count - 1
  }
}

/// The decoded values of a pattern's parameters.
public struct PathParameters: Sendable {
  private let names: [String]
  private let values: [String]

  init(names: [String], values: [String]) {
    self.names = names
    self.values = values
  }

  /// - Precondition: the pattern has a parameter of that name.
  public subscript(name: String) -> String {
    guard let index = names.firstIndex(of: name) else { preconditionFailure("the pattern has no parameter \(name)") }
    return values[index]
  }
}
