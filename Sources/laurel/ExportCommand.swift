import HTTPClient
import Ledger
import Service

extension Command {
  static let export = Command(
    "export", words: "KIND", wordCount: 1...1, choices: .words(exportKinds),
    summary: "writes the redemption ledger for finance (KIND: \(exportKinds.joined(separator: ", ")))",
    notes: """
      With --org it reads the database; without, it calls the server of --url or LAUREL_URL with a key of finance or an
      admin, and believes what came only when its SHA-256 at the end agrees. A file appears whole or not at all.
      """,
    options: databaseOptions + [organization] + API.options + [
      .init(
        name: "--format", value: "FORMAT", help: "\(formats.joined(separator: " or ")); csv unless given",
        choices: .words(formats)),
      .init(
        name: "--for", value: "SPREADSHEET",
        help: "\(spreadsheets.joined(separator: " or ")): CSV to be opened by a double click, with local times",
        choices: .words(spreadsheets)),
      .init(
        name: "--locale", value: "LANGUAGE",
        help: "what --for is set up for, such as en-GB; a language with a decimal comma unless given"),
      .init(
        name: "--from", value: "WHEN",
        help: "a date, a month such as 2026-11, or a time such as 2026-11-22T09:30:00Z; inclusive"),
      .init(name: "--to", value: "WHEN", help: "a date or a month, inclusive; or a time, exclusive"),
      .init(
        name: "-o", value: "FILE", help: "where it is written; - is standard output, as it is unless given",
        choices: .files),
      .init(name: "--unchecked", value: nil, help: "also what a proxy let through without its SHA-256"),
      json,
    ]
  ) { arguments in
    let kind = arguments.words[0]
    guard exportKinds.contains(kind) else {
      throw Arguments.unknown("export", kind, among: exportKinds)
    }
    if let format = arguments["--format"], !formats.contains(format) {
      throw Arguments.unknown("format", format, among: formats)
    }
    if let name = arguments["--for"], !spreadsheets.contains(name) {
      throw Arguments.unknown("spreadsheet", name, among: spreadsheets)
    }
    if let mistake = Administration.mistake(inFrom: arguments["--from"], to: arguments["--to"])
      ?? Administration.mistake(
        inFor: arguments["--for"], locale: arguments["--locale"], format: arguments["--format"])
    {
      throw Arguments.UsageError(description: "--\(mistake)")
    }
    let path = arguments["-o"] ?? "-"
    if arguments.has("--json"), path == "-" { throw Arguments.UsageError(description: "--json takes -o FILE as well") }
    guard let slug = arguments["--org"] else {
      guard arguments.has("--url") || environment("LAUREL_URL") != nil else {
        throw Arguments.UsageError(description: "--org is missing, or --url for a server")
      }
      if let option = databaseOptions.first(where: { arguments.has($0.name) }) {
        throw Arguments.UsageError(description: "\(option.name) takes --org as well")
      }
      return try download(kind, arguments, to: path)
    }
    if let option = (API.options.map(\.name) + ["--unchecked"]).first(where: arguments.has) {
      throw Arguments.UsageError(description: "\(option) and --org exclude each other")
    }
    try await arguments.administer { administration in
      let file = try OutputFile(path)
      let position = try await administration.exportRedemptions(
        organization: slug, format: arguments["--format"] ?? "csv", for: arguments["--for"],
        locale: arguments["--locale"], from: arguments["--from"], to: arguments["--to"]
      ) { try file.write($0) }
      try file.finish()
      if arguments.has("--json") { printJSON { $0.member("position", position) } }
    }
  }

  private static let exportKinds = ["redemptions"]
  private static let formats = Administration.exportFormats
  private static let spreadsheets = Administration.spreadsheets

  private static func download(_ kind: String, _ arguments: Arguments, to path: String) throws {
    let api = try API(arguments)
    let file = try OutputFile(path)
    let query =
      ["format", "locale", "from", "to"].map { ($0, arguments["--\($0)"]) } + [("dialect", arguments["--for"])]
    let position = try api.stream("/v1/exports/\(kind)", query, canRestart: file.canRestart) { answer in
      if file.canRestart { try file.restart() }
      let digest = DigestStream()
      while let bytes = try answer.next() {
        digest.update(bytes)
        try file.write(bytes)
      }
      try check(answer.trailers["repr-digest"], digest.finish(), isRequired: !arguments.has("--unchecked"))
      return answer.headers["ledger-position"].flatMap { Int64($0) }
    }
    try file.finish()
    if arguments.has("--json") {
      printJSON { json in
        json.member("position") { json in
          if let position { json.integer(position) } else { json.null() }
        }
      }
    }
  }

  /// Whether what came is what was sent, by the digest behind it.
  static func check(_ field: String?, _ digest: Digest, isRequired: Bool) throws(CommandError) {
    guard let field else {
      guard isRequired else { return }
      throw CommandError(
        "the export came without its SHA-256, as through a proxy that drops trailers: whether it is whole is not known "
          + "(--unchecked takes it as it is)")
    }
    guard field == digest.reprDigest else {
      throw CommandError(
        "the export is not what the server sent: it says \(field), and what came is \(digest.reprDigest)")
    }
  }
}
