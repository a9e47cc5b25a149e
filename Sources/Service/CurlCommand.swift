import HTTP

/// A call as somebody pastes it into a shell, with `LAUREL_URL` and `LAUREL_KEY` set.
struct CurlCommand {
  let text: String

  init(_ endpoint: Endpoint) {
    let example = endpoint.body.flatMap(Example.value)
    var lines = [
      "curl \(Self.method(of: endpoint, hasBody: example != nil))\"$LAUREL_URL\(Self.target(of: endpoint))\""
    ]
    if endpoint.needsKey { lines.append(#"-H "Authorization: Bearer $LAUREL_KEY""#) }
    if endpoint.method == .post { lines.append(#"-H "Idempotency-Key: $(uuidgen)""#) }
    if endpoint.method == .patch { lines.append(#"-H 'If-Match: "17"'"#) }
    if let example { lines.append("--json '\(PrettyJSON.text(example).replacing("'", with: #"'\''"#))'") }
    text = lines.joined(separator: " \\\n  ")
  }

  /// With a body curl sends POST, and without GET, unless it is told.
  private static func method(of endpoint: Endpoint, hasBody: Bool) -> String {
    endpoint.method == (hasBody ? .post : .get) ? "" : "-X \(endpoint.method.rawValue) "
  }

  /// The path with the parameters' examples, and one of those of a list that say which of all are wanted.
  private static func target(of endpoint: Endpoint) -> String {
    let segments = endpoint.pattern.split(separator: "/", omittingEmptySubsequences: false).map { segment -> String in
      guard segment.hasPrefix("{"), let parameter = endpoint.path.first(where: { "{\($0.name)}" == segment }) else {
        return String(segment)
      }
      return percentEncoded(words(of: parameter, in: endpoint) ?? String(segment))
    }
    let shown = endpoint.query.first { parameter in
      parameter.schema.example != nil && !Page.parameters.contains { $0.name == parameter.name }
    }
    let query = shown.flatMap { parameter in
      words(of: parameter, in: endpoint).map { "?\(parameter.name)=\(percentEncoded($0))" }
    }
    return segments.joined(separator: "/") + (query ?? "")
  }

  private static func words(of parameter: any RequestParameter, in endpoint: Endpoint) -> String? {
    switch Example.value(of: parameter, in: endpoint) {
    case .string(let text): text
    case .integer(let number): "\(number)"
    case .bool(let flag): "\(flag)"
    default: nil
    }
  }
}

/// JSON as people read it: a member a line, short lists in one.
enum PrettyJSON {
  static func text(_ value: JSONValue, _ indent: String = "") -> String {
    let inner = indent + "  "
    switch value {
    case .object(let members) where !members.isEmpty:
      let lines = members.map { "\(inner)\(line(.string($0.name))): \(text($0.value, inner))" }
      return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
    case .array(let elements) where elements.contains { if case .object = $0 { true } else { false } }:
      return "[\(elements.map { text($0, indent) }.joined(separator: ", "))]"
    default: return line(value)
    }
  }

  private static func line(_ value: JSONValue) -> String {
    var json = JSONWriter()
    json.value(value)
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
