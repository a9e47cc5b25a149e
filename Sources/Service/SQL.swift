import Postgres

/// The statements of `sql/queries/`, by name.
///
/// A file is a sequence of `-- name: word` lines, each followed by one statement. The types of a statement's parameters
/// are read off its casts (`$1::integer[]`), so they are said once, where the database says them too.
enum SQL {
  static func statement(_ name: String, _ length: Statement.Length = .brief) -> Statement {
    // A name that is not there is a programming error, and the tests prepare every statement.
    guard let text = texts[name] else { preconditionFailure("no statement \(name)") }
    return Statement(text, types: parameterTypes(of: text), length)
  }

  static let names = texts.keys.sorted()

  private static let texts: [String: String] = {
    var texts: [String: String] = [:]
    for file in EmbeddedFile.all(under: "sql/queries/") {
      var name: String?
      for line in file.text.split(separator: "\n", omittingEmptySubsequences: true) {
        if let marker = line.wholeMatch(of: /-- name: (\w+)/) {
          name = String(marker.1)
          precondition(texts.updateValue("", forKey: String(marker.1)) == nil, "two statements \(marker.1)")
        } else if let name, !line.hasPrefix("--") {
          texts[name, default: ""] += line + "\n"
        }
      }
    }
    return texts
  }()

  static func parameterTypes(of text: String) -> [PGType] {
    var types: [Int: PGType] = [:]
    for match in text.matches(of: /\$(\d+)::(\w+(?:\[\])?)/) {
      guard let number = Int(match.1), let type = typesByName[String(match.2)] else {
        preconditionFailure("unknown type \(match.2)")
      }
      precondition(types.updateValue(type, forKey: number) ?? type == type, "$\(number) has two types")
    }
    return (0..<types.count).map { index in
      guard let type = types[index + 1] else { preconditionFailure("$\(index + 1) has no cast") }
      return type
    }
  }

  private static let typesByName: [String: PGType] = [
    "boolean": .bool, "smallint": .int2, "integer": .int4, "bigint": .int8, "text": .text, "bytea": .bytea,
    "uuid": .uuid, "timestamptz": .timestamptz, "date": .date,
    "boolean[]": .boolArray, "smallint[]": .int2Array, "integer[]": .int4Array, "bigint[]": .int8Array,
    "text[]": .textArray, "bytea[]": .byteaArray, "uuid[]": .uuidArray, "timestamptz[]": .timestamptzArray,
    "date[]": .dateArray,
  ]
}
