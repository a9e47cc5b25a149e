import Glibc
import HTTP
import HTTPClient
import Ledger
import Service

extension Command {
  static let api = Command(
    "api", words: "METHOD PATH", wordCount: 2...2, choices: .words(methods),
    summary: "makes any call of the server's API, and prints the answer",
    notes: """
        laurel api GET '/v1/people?q=ann'
        laurel api POST /v1/people/ann/top-ups -d '{"points": 50, "reason": "Launch week"}'
        laurel api PATCH /v1/organization -d @organization.json

      /docs on the server lists the calls. What changes something goes under an Idempotency-Key; a PATCH is sent with the ETag of
      what is there now, unless --header gives an If-Match. A refusal is said on standard error.
      """,
    options: [
      .init(name: "-d", value: "JSON|@FILE", help: "the body, or @ and the file that holds it; @- is standard input"),
      .init(name: "--content-type", value: "TYPE", help: "of the body; application/json unless given"),
      .init(name: "--header", value: "'NAME: VALUE'", help: "a further header of the request", isRepeatable: true),
    ] + API.postOptions
  ) { arguments in
    let method = arguments.words[0].uppercased()
    guard methods.contains(method) else { throw Arguments.unknown("method", arguments.words[0], among: methods) }
    let path = try path(arguments.words[1])
    var headers = try arguments.all("--header").map(header)
    guard method != "GET" else {
      if arguments.has("-d") {
        throw Arguments.UsageError(description: "a GET has no body: -d goes with another method")
      }
      return try printAnswer(path, headers, API(arguments))
    }
    let body = try body(arguments["-d"])
    if !body.isEmpty { headers.append(("Content-Type", arguments["--content-type"] ?? "application/json")) }
    let api = try API(arguments)
    if method == "PATCH", !headers.contains(where: { $0.name.lowercased() == "if-match" }) {
      if let tag = try api.get(path).headers["etag"] { headers.append(("If-Match", tag)) }
    }
    let reply = try api.send(method, path, [], headers, body)
    if !reply.bytes.isEmpty { reply.print() }
  }

  private static let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

  /// As the request has it: what a line of it cannot hold is encoded.
  private static func path(_ text: String) throws(Arguments.UsageError) -> String {
    guard !text.contains("://"), !text.isEmpty else {
      throw Arguments.UsageError(description: "PATH is such as /v1/me; --url says which server")
    }
    let path = text.utf8.map { byte in
      (0x21...0x7E).contains(byte) ? String(Unicode.Scalar(byte)) : percentEncodedByte(byte)
    }.joined()
    return path.hasPrefix("/") ? path : "/\(path)"
  }

  private static func percentEncodedByte(_ byte: UInt8) -> String {
    "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 0xF, radix: 16, uppercase: true)
  }

  private static func header(_ text: String) throws(Arguments.UsageError) -> (name: String, value: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
      parts[1].utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { throw Arguments.UsageError(description: "--header is 'NAME: VALUE', not \"\(text)\"") }
    return (String(parts[0]), String(parts[1].drop { $0 == " " }))
  }

  private static func body(_ text: String?) throws -> [UInt8] {
    guard let text else { return [] }
    return text.hasPrefix("@") ? try readFile(String(text.dropFirst())) : Array(text.utf8)
  }

  /// Piece by piece, since it may be an export, or events that come for as long as somebody listens.
  private static func printAnswer(_ path: String, _ headers: [(name: String, value: String)], _ api: API) throws {
    let output = try OutputFile("-")
    try api.stream(path, [], headers, canRestart: false) { answer in
      let digest = DigestStream()
      var last: UInt8?
      while let bytes = try answer.next() {
        digest.update(bytes)
        try output.write(bytes)
        last = bytes.last ?? last
      }
      if let last, last != UInt8(ascii: "\n") { try output.write([UInt8(ascii: "\n")]) }
      if answer.trailers["repr-digest"] != nil {
        try check(answer.trailers["repr-digest"], digest.finish(), isRequired: true)
      }
    }
  }
}
