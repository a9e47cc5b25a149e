import HTTP
import Ledger
import Service

extension Command {
  static let importPeople = Command(
    "import people", words: "FILE.csv", wordCount: 1...1, choices: .files,
    summary: "brings people into the directory, or up to date; all of the file or nothing",
    notes: """
      Columns, in any order and spelling (Cost Centre, cost_centre): \(Administration.peopleColumns.joined(separator: ", ")).
      A row is about whom its id names, else its handle, else its email; somebody new gets a handle from their email where the
      file has none. The manager is a handle, an email, an id or a number of the file. An absent or empty cell changes nothing, "-"
      takes away what was there. active is true or false; left_on is somebody's last day. roles are parted by spaces.
      Commas, semicolons or tabs part the columns, as the header does. FILE may be - for standard input.
      """,
    options: databaseOptions + [
      organization,
      .init(name: "--dry-run", value: nil, help: "say what would change, and change nothing"),
      .init(
        name: "--from", value: "SYSTEM", help: "the system that wrote the file: \(systems.joined(separator: ", "))",
        choices: .words(systems)),
    ] + reading(map: "Work Email=email") + [
      .init(
        name: "--date-format", value: "FORMAT", help: "such as DD.MM.YYYY or MM/DD/YYYY; 2026-11-22 is always read"),
      .init(name: "--leavers", value: nil, help: "whoever is here and not in the file leaves"),
      .init(
        name: "--most-leavers", value: "N",
        help: "so many may leave by --leavers, or a share such as 5%, as it is unless given"),
      .init(
        name: "--keep", value: "PERSON", help: "stays, though the file does not name them; with --leavers",
        isRepeatable: true),
      json,
    ]
  ) { arguments in
    let slug = try arguments.required("--org")
    let options = try peopleOptions(arguments)
    let isDryRun = arguments.has("--dry-run")
    let file = try readFile(arguments.words[0])
    try await arguments.administer { administration in
      let result = try await administration.importPeople(
        file, organization: slug, options, isDryRun: isDryRun, progress: progress("people"))
      sayWhatIsLeftOut(result)
      if arguments.has("--json") {
        let output = try OutputFile("-")
        var json = JSONWriter()
        try json.object { json in
          json.member("created", result.created)
          json.member("updated", result.updated)
          json.member("unchanged", result.unchanged)
          json.member("left", result.left)
          if isDryRun { try json.changes(result.changes, to: output) }
        }
        try output.write(json.take() + Array("\n".utf8))
      } else {
        if isDryRun { for change in result.changes { print(line(change)) } }
        print(
          "\(result.created) created, \(result.updated) updated, \(result.unchanged) unchanged, \(result.left) left"
            + (isDryRun ? ": nothing was recorded." : "."))
      }
    }
  }

  /// How a file is to be read.
  private static func reading(map example: String) -> [Arguments.Option] {
    [
      .init(
        name: "--map", value: "HEADER=COLUMN", help: "a column of the file is one of ours, as in \"\(example)\"",
        isRepeatable: true),
      .init(name: "--ignore-unknown", value: nil, help: "pass over columns that are not known"),
      .init(
        name: "--encoding", value: "ENCODING", help: "\(encodings.joined(separator: " or ")); utf-8 unless given",
        choices: .words(encodings)),
    ]
  }

  private static let systems = HRSystem.allCases.map(\.rawValue)
  private static let encodings = FileEncoding.allCases.map(\.rawValue)

  private static func peopleOptions(_ arguments: Arguments) throws -> PeopleImportOptions {
    var options = PeopleImportOptions()
    if let word = arguments["--from"] {
      guard let system = HRSystem(rawValue: word) else {
        throw Arguments.UsageError(description: "--from is one of \(systems.joined(separator: ", ")), not \"\(word)\"")
      }
      options.system = system
    }
    if let text = arguments["--date-format"] {
      guard let format = DateFormat(text) else {
        throw Arguments.UsageError(
          description: "--date-format is made of YYYY, MM or MMM, and DD, as in DD.MM.YYYY, not \"\(text)\"")
      }
      options.dates = format
    }
    options.columns = try columns(arguments)
    if arguments.has("--leavers") {
      var brake = Leavers.brakeDefault
      if let text = arguments["--most-leavers"] {
        guard let given = Leavers.Brake(text) else {
          throw Arguments.UsageError(description: "--most-leavers is a number or a share such as 5%, not \"\(text)\"")
        }
        brake = given
      }
      options.leavers = Leavers(brake: brake, kept: arguments.all("--keep"))
    } else if let option = ["--most-leavers", "--keep"].first(where: arguments.has) {
      throw Arguments.UsageError(description: "\(option) takes --leavers as well")
    }
    return options
  }

  /// How the columns of a file are read.
  static func columns(_ arguments: Arguments) throws(Arguments.UsageError) -> ImportColumns {
    var columns = ImportColumns(ignoresUnknown: arguments.has("--ignore-unknown"))
    for pair in arguments.all("--map") {
      // A header may hold an equals sign; our names hold none.
      guard let split = pair.lastIndex(of: "="), split != pair.startIndex, pair.index(after: split) != pair.endIndex
      else {
        throw Arguments.UsageError(description: "--map is HEADER=COLUMN, as in \"Work Email=email\", not \"\(pair)\"")
      }
      columns.map.append((header: String(pair[..<split]), column: String(pair[pair.index(after: split)...])))
    }
    if let word = arguments["--encoding"] {
      guard let encoding = FileEncoding(rawValue: word.lowercased()) else {
        throw Arguments.UsageError(
          description: "--encoding is one of \(encodings.joined(separator: ", ")), not \"\(word)\"")
      }
      columns.encoding = encoding
    }
    return columns
  }

  private static func sayWhatIsLeftOut(_ result: PeopleImportResult) {
    if !result.ignoredColumns.isEmpty {
      complain("passed over the columns \(result.ignoredColumns.joined(separator: ", "))")
    }
    if !result.keptAdmins.isEmpty {
      complain("\(result.keptAdmins.joined(separator: ", ")) stay: nobody else would administer")
    }
  }

  /// `line 3: ann updated: email ann@acme.example → anna@acme.example`.
  private static func line(_ change: PeopleImportResult.Change) -> String {
    let place = change.line.map { "line \($0)" } ?? "not in the file"
    let fields = change.fields.map { field in
      change.kind == .created
        ? "\(field.name) \(field.after ?? "")"
        : "\(field.name) \(field.before ?? "nothing") → \(field.after ?? "nothing")"
    }
    return "\(place): \(change.handle) \(change.kind.rawValue): \(fields.joined(separator: ", "))"
  }

  static let importRecognitions = Command(
    "import recognitions", words: "FILE.csv", wordCount: 1...1, choices: .files,
    summary: "brings in history with its own dates",
    notes: """
      Columns: \(Administration.recognitionColumns.joined(separator: ", ")); people by handle, email or id, several in `to` parted by
      semicolons. A row is the one of its ref, its value and its giver, as from named them when it came in: what came in before
      is skipped, whatever people are called by now. FILE may be - for standard input.
      """,
    options: databaseOptions + [
      organization,
      .init(name: "--points", value: "N", help: "points for each recipient of each row; 0 unless given"),
      .init(name: "--add-values", value: nil, help: "make the values that do not exist yet"),
    ] + reading(map: "Date=occurred_at") + [json]
  ) { arguments in
    let slug = try arguments.required("--org")
    let points = try arguments.integer("--points", in: 0...1_000_000, default: 0)
    let columns = try columns(arguments)
    let file = try readFile(arguments.words[0])
    try await arguments.administer { administration in
      let result = try await administration.importRecognitions(
        file, organization: slug, columns: columns, points: points, addsValues: arguments.has("--add-values"),
        progress: progress("recognitions"))
      if arguments.has("--json") {
        printJSON { json in
          json.member("imported", result.imported)
          json.member("skipped", result.skipped)
        }
      } else {
        print("\(result.imported) imported, \(result.skipped) skipped: they were here already.")
      }
    }
  }

  static let importRewards = Command(
    "import rewards", words: "FILE.csv", wordCount: 1...1, choices: .files,
    summary: "brings rewards into the catalogue, or up to date",
    notes: """
      Columns: \(Administration.rewardColumns.joined(separator: ", ")). A row is the reward of its sku. An empty cell changes nothing.
      stock counts for a new reward alone; empty, there are as many as are wanted. FILE may be - for standard input.
      """,
    options: databaseOptions + [organization] + reading(map: "Price=price_points") + [json]
  ) { arguments in
    let slug = try arguments.required("--org")
    let columns = try columns(arguments)
    let file = try readFile(arguments.words[0])
    try await arguments.administer { administration in
      let result = try await administration.importRewards(
        file, organization: slug, columns: columns, progress: progress("rewards"))
      if arguments.has("--json") {
        printJSON { json in
          json.member("created", result.created)
          json.member("updated", result.updated)
          json.member("unchanged", result.unchanged)
        }
      } else {
        print("\(result.created) created, \(result.updated) updated, \(result.unchanged) unchanged.")
      }
    }
  }
}

extension JSONWriter {
  /// What a dry run found, which of a large company is much: it goes out piece by piece.
  fileprivate mutating func changes(_ changes: PeopleImportResult.Changes, to output: OutputFile) throws {
    member("dry_run", true)
    try member("changes") { json in
      try json.array { json in
        for change in changes {
          json.object { json in
            json.member("line") { json in
              if let line = change.line { json.integer(Int64(line)) } else { json.null() }
            }
            json.member("handle", change.handle)
            json.member("change", change.kind.rawValue)
            json.member("fields") { json in
              json.object { json in
                for field in change.fields {
                  json.member(named: field.name) { json in
                    json.object { json in
                      json.member("from", field.before)
                      json.member("to", field.after)
                    }
                  }
                }
              }
            }
          }
          if json.bytes.count > 1 << 16 { try output.write(json.take()) }
        }
      }
    }
  }
}
