import HTTP

/// Examples of bodies and answers that agree with themselves and with each other: made of the examples of their parts, played by
/// one cast of people, with sums that are sums, and an answer that has what its request asked for.
enum Example {
  /// Of a request's body.
  static func value(_ schema: JSONSchema) -> JSONValue? { make(schema, as: []) }

  /// Of the answer to a request with the example as its body.
  static func answer(_ answer: Answer, of endpoint: Endpoint) -> JSONValue? {
    guard case .json(let schema) = answer.content, var value = make(schema, as: []) else { return nil }
    // A dry run is answered as the real one would be.
    let isMade = endpoint.method == .post && endpoint.answers.contains { $0.status == 201 }
    if isMade || endpoint.method == .patch, let body = endpoint.body.flatMap(Self.value) { value.take(from: body) }
    if isMade { value.begin() }
    if endpoint.method == .delete, value["reversed"] != nil { value.set("reversed", true) }
    if let state = endpoint.pattern.split(separator: "/").last.flatMap({ states[String($0)] }),
      schema.words(of: "state").contains(where: state.contains)
    {
      value.set("state", .string(schema.words(of: "state").first(where: state.contains) ?? ""))
    }
    return value.settled
  }

  /// Of a parameter: what is in the path is of the kind that the path says.
  static func value(of parameter: any RequestParameter, in endpoint: Endpoint) -> JSONValue? {
    guard case .string(_, _, "uuid") = parameter.schema.shape,
      let parts = Optional(endpoint.pattern.split(separator: "/")),
      let place = parts.firstIndex(where: { $0 == "{\(parameter.name)}" }), place > 0
    else { return parameter.schema.exampleOrMade }
    return .string(id(of: String(parts[place - 1].dropLast())))
  }

  /// What a step makes of something, by its word in the path.
  private static let states: [String: Set<String>] = [
    "approve": ["approved", "granted"], "decline": ["declined"], "fulfil": ["fulfilled"], "cancel": ["cancelled"],
    "refund": ["refunded"],
  ]

  /// - Parameter role: the names of the members that lead here.
  private static func make(_ schema: JSONSchema, as role: [String]) -> JSONValue? {
    if schema.name == PersonReference.schema.name { return Cast.playing(role).value }
    if let example = schema.example { return reference(schema, role) ?? example }
    switch schema.shape {
    case .object(let properties):
      var members: [(name: String, value: JSONValue)] = []
      for property in properties {
        if let value = make(property.schema, as: role + [property.name]) {
          members.append((property.name, value))
        } else if property.isRequired {
          return nil
        }
      }
      var value = JSONValue.object(members)
      value.name(schema.name ?? value["type"]?.string ?? role.last ?? "")
      return value.settled
    case .array(_, let count) where count?.upperBound == 0: return []
    case .array(let element, _): return make(element, as: role).map { [$0] }
    case .either(let schemas): return schemas.first.flatMap { make($0, as: role) }
    default: return schema.exampleOrMade
    }
  }

  /// The id of what a member is named for, such as a boost's `recognition`.
  private static func reference(_ schema: JSONSchema, _ role: [String]) -> JSONValue? {
    guard case .string(_, _, "uuid") = schema.shape, let name = role.last, name != "id" else { return nil }
    return .string(id(of: name))
  }

  /// One for each kind of thing.
  fileprivate static func id(of kind: String) -> String {
    let stem = ["Details", "Reference", "Preview", "AsOf"].reduce(kind.lowercased()) { stem, suffix in
      stem.hasSuffix(suffix.lowercased()) ? String(stem.dropLast(suffix.count)) : stem
    }
    let number = stem.utf8.reduce(7) { ($0 * 31 + Int($1)) % 0xF000 } + 0x1000
    return "0199f0c4-7a00-7000-8000-00000000\(String(number, radix: 16))"
  }
}

/// Who plays which part.
private enum Cast: String, CaseIterable {
  case ann = "Ann Ames", bo = "Bo Björk", cy = "Cy Ünal", mo = "Mo Mansour", fay = "Fay Fang", eve = "Eve Evans"

  var handle: String { "\(self)" }
  var id: String { "0199f0c4-7a00-7000-8000-00000000000\(1 + (Self.allCases.firstIndex(of: self) ?? 0))" }
  var value: JSONValue { ["id": .string(id), "handle": .string(handle), "name": .string(rawValue)] }

  static func called(_ handle: String) -> Cast? { allCases.first { $0.handle == handle } }

  /// - Parameter role: the names of the members that lead to somebody.
  static func playing(_ role: [String]) -> Cast {
    switch role.last {
    case "from", "giver": role.contains("boosts") ? .cy : .mo
    case "person" where role.contains("to"): .bo
    case "manager", "owner": .mo
    case "by", "actor": .fay
    default: .ann
    }
  }
}

extension JSONSchema {
  /// What a member may be, where it is one of some words.
  fileprivate func words(of name: String) -> [String] {
    switch shape {
    case .object(let properties):
      if case .words(let words)? = properties.first(where: { $0.name == name })?.schema.shape { return words }
      return []
    case .either(let schemas): return schemas.first?.words(of: name) ?? []
    default: return []
    }
  }
}

extension JSONValue {
  /// Puts a value in the place of a member that there is.
  fileprivate mutating func set(_ name: String, _ value: JSONValue) {
    guard case .object(var members) = self, let index = members.firstIndex(where: { $0.name == name }) else { return }
    members[index].value = value
    self = .object(members)
  }

  private var whole: Int64? { if case .integer(let number) = self { number } else { nil } }

  /// Gives it the id of its kind, and somebody their own.
  fileprivate mutating func name(_ kind: String) {
    guard case .string? = self["id"] else { return }
    let person = self["handle"]?.string.flatMap(Cast.called)
    set("id", .string(person?.id ?? Example.id(of: kind)))
  }

  /// Has what the request asked for.
  fileprivate mutating func take(from body: JSONValue) {
    guard case .object(let members) = body else { return }
    for (name, asked) in members {
      switch (self[name], asked) {
      case (.string?, .string), (.integer?, .integer), (.bool?, .bool), (.null?, _): set(name, asked)
      case (.object?, .string(let handle)):
        if let person = Cast.called(handle) { set(name, person.value) }
      case (.object(let own)?, .object(let given)):
        // A part of it may be all that a change says.
        let members = own.map { member in
          (name: member.name, value: given.first { $0.name == member.name }?.value ?? member.value)
        }
        set(name, .object(members))
      case (.array(let own)?, .array(let given)):
        let people = given.compactMap { $0.string.flatMap(Cast.called) }
        if own.first?["person"] != nil {
          set(name, .array(people.map { ["person": $0.value, "points": 0] }))
        } else if own.first?["handle"] != nil {
          set(name, .array(people.map(\.value)))
        } else {
          set(name, asked)
        }
      default: break
      }
    }
    if let handle = self["handle"]?.string, let person = Cast.called(handle) { set("id", .string(person.id)) }
  }

  /// Nothing has happened to it yet.
  fileprivate mutating func begin() {
    for name in ["boosts", "decisions"] where self[name] != nil { set(name, []) }
    for name in ["held", "awarded", "returned"] where self["available"] != nil { set(name, 0) }
    if let points = self["points"], self["available"] != nil { set("available", points) }
  }

  /// With sums that are sums.
  fileprivate var settled: JSONValue {
    var value = self
    if let points = self["points"]?.whole, case .array(let to)? = self["to"], to.first?["person"] != nil {
      let recipients = to.map { recipient in
        var recipient = recipient
        recipient.set("points", .integer(points))
        return recipient
      }
      value.set("to", .array(recipients))
      value.set("total_points", .integer(points * Int64(to.count)))
    }
    if let points = self["points"]?.whole, let available = self["available"]?.whole, let held = self["held"]?.whole {
      value.set("awarded", .integer(points - available - held - (self["returned"]?.whole ?? 0)))
    }
    if let position = self["position"]?.whole, case .array(let boosts)? = self["boosts"] {
      let later = boosts.map { boost in
        var boost = boost
        boost.set("position", .integer(position + 1))
        return boost
      }
      value.set("boosts", .array(later))
    }
    if self["state"] == "pending_approval" { value.set("decisions", []) }
    return value
  }
}
