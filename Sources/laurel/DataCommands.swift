import Ledger
import Service
import Text

extension Command {
  static let migrate = Command(
    "migrate", summary: "brings the schema up to this program's", options: databaseOptions + [json]
  ) { arguments in
    try await arguments.administer(mayCreate: true) { administration in
      if arguments.has("--json") {
        printJSON { json in
          json.member("applied") { json in
            json.array { json in for name in administration.migrated { json.string(name) } }
          }
        }
      } else {
        let names = administration.migrated.joined(separator: ", ")
        print(names.isEmpty ? "The schema is this program's already." : "Applied \(names).")
      }
    }
  }

  static let createOrganization = Command(
    "org create", words: "SLUG", wordCount: 1...1, summary: "makes an organisation and its first administrator",
    options: databaseOptions + [
      .init(name: "--name", value: "NAME", help: "what people call it; the slug unless given"),
      .init(name: "--time-zone", value: "ZONE", help: "such as Europe/Berlin: its days and months"),
      .init(name: "--allowance", value: "POINTS", help: "what everyone may give in a month; 100 unless given"),
      json,
    ]
  ) { arguments in
    let new = Administration.NewOrganization(
      slug: arguments.words[0], name: arguments["--name"] ?? arguments.words[0],
      timeZone: try arguments.required("--time-zone"),
      allowance: try arguments.integer("--allowance", in: 0...Limits.pointsMax, default: 100))
    try await arguments.administer(mayCreate: true) { administration in
      let key = try await administration.create(new)
      if arguments.has("--json") {
        printJSON { json in
          json.member("organization", new.slug)
          json.member("admin_key", key)
        }
      } else {
        print("\(new.name) is founded. The key of its administrator, shown this once:\n\(key)")
      }
    }
  }

  static let createKey = Command(
    "key create", summary: "makes an API key for somebody, or for everyone who has none",
    options: databaseOptions + [
      organization,
      .init(name: "--person", value: "HANDLE", help: "whose key"),
      .init(
        name: "--role", value: "ROLE", help: "a role to grant them: \(roleWords)", isRepeatable: true,
        choices: .words(Role.allCases.map(\.rawValue))),
      .init(
        name: "--scope", value: "SCOPE",
        help: "for an integration: what the key is for, instead of all that they may: read, recognitions, earnings",
        isRepeatable: true, choices: .words(Scope.allCases.map(\.rawValue))),
      .init(name: "--label", value: "WORDS", help: "what people call it"),
      .init(
        name: "--source", value: "NAME", help: "with --scope earnings: the system that it credits from, such as lms"),
      .init(
        name: "--points-max", value: "N",
        help: "what it credits at once, at most; \(EarningBounds.pointsMaxUnsaid) unless given"),
      .init(
        name: "--points-max-day", value: "N",
        help: "what it credits in a day, at most; \(EarningBounds.pointsMaxDayUnsaid) unless given"),
      .init(name: "--all", value: nil, help: "one for everyone who has none, into the file of -o"),
      .init(
        name: "-o", value: "FILE.csv",
        help: "where --all writes handle,key, after what is there; readable by its owner alone",
        choices: .files),
      json,
    ]
  ) { arguments in
    let slug = try arguments.required("--org")
    var roles: Set<Role> = []
    for word in arguments.all("--role") where word != "employee" {
      guard let role = Role(rawValue: word) else {
        throw Arguments.UsageError(description: "there is no role \"\(word)\": use \(roleWords)")
      }
      roles.insert(role)
    }
    let scopes = try arguments.all("--scope").map { word in
      guard let scope = Scope(rawValue: word) else {
        throw Arguments.UsageError(description: "there is no scope \"\(word)\": use read, recognitions, earnings")
      }
      return scope
    }
    if arguments.has("--all") { return try await createMissingKeys(slug, arguments) }
    let handle = try arguments.required("--person")
    let (label, bounds) = (arguments["--label"]?.normalized, try bounds(arguments))
    if let mistake = label.flatMap(DisplayName.mistake) {
      throw Arguments.UsageError(description: "--label \(mistake)")
    }
    try await arguments.administer { administration in
      let key = try await administration.createKey(
        organization: slug, handle: handle, roles: roles, scopes: Set(scopes), label: label, bounds: bounds)
      if arguments.has("--json") { printJSON { $0.member("key", key) } } else { print(key) }
    }
  }

  private static func bounds(_ arguments: Arguments) throws(Arguments.UsageError) -> EarningBounds? {
    func points(_ option: String) throws(Arguments.UsageError) -> Int64? {
      arguments.has(option) ? try arguments.integer(option, in: 1...Limits.pointsMax, default: 1) : nil
    }
    let (most, mostInDay) = (try points("--points-max"), try points("--points-max-day"))
    guard let source = arguments["--source"] else {
      if most != nil || mostInDay != nil {
        throw Arguments.UsageError(description: "--points-max and --points-max-day take --source")
      }
      return nil
    }
    if let mistake = SourceName.mistake(in: source) { throw Arguments.UsageError(description: "--source \(mistake)") }
    return EarningBounds(source: source, pointsMax: most, pointsMaxDay: mostInDay)
  }

  private static let roleWords = Role.allCases.map(\.rawValue).joined(separator: ", ")

  private static func createMissingKeys(_ slug: String, _ arguments: Arguments) async throws {
    let path = try arguments.required("-o")
    let header = Array("handle,key\n".utf8)
    // Keys that a file holds already may be nowhere else, so they stay in it.
    let earlier = OutputFile.isFile(path) ? try readFile(path) : []
    guard earlier.isEmpty || earlier.starts(with: header) else {
      throw CommandError("\(path) holds something else than keys; name another file")
    }
    // Before a key exists that could not be written down.
    let file = try OutputFile(path)
    try await arguments.administer { administration in
      let keys = try await administration.createMissingKeys(organization: slug)
      try file.write(earlier.isEmpty ? header : earlier)
      try file.write(Array(keys.map { "\($0.handle),\($0.key)\n" }.joined().utf8))
      try file.finish()
      if arguments.has("--json") {
        printJSON { $0.member("keys", keys.count) }
      } else if keys.isEmpty {
        print("Everyone has a key already.")
      } else {
        print("\(keys.count) keys are in \(path), and nowhere else.")
      }
    }
  }

  static let verify = Command(
    "verify", summary: "recomputes every hash and every balance from the rows",
    options: databaseOptions + [
      .init(name: "--org", value: "SLUG", help: "one organisation; all of them unless given"),
      .init(name: "--full", value: nil, help: "from the first entry on, as it is without --since"),
      .init(
        name: "--since", value: "POSITION:HASH",
        help: "only what follows a trusted position, such as an earlier verification's: quick for long logs"),
      .init(
        name: "--against", value: "POSITION:HASH", help: "a head hash kept elsewhere, which the log must still have"),
      json,
    ]
  ) { arguments in
    func witness(_ option: String) throws(Arguments.UsageError) -> Verifier.Witness? {
      guard let text = arguments[option] else { return nil }
      guard let witness = Verifier.Witness(text) else {
        throw Arguments.UsageError(description: "\(option) is POSITION:HASH, as `laurel verify` prints them")
      }
      return witness
    }
    let (since, against) = (try witness("--since"), try witness("--against"))
    if since != nil, arguments.has("--full") {
      throw Arguments.UsageError(description: "--full is from the first entry on, and --since is not")
    }
    try await arguments.administer { administration in
      let results = try await administration.verify(organization: arguments["--org"], since: since, against: against)
      // Nothing that was looked at is no proof of anything.
      if results.isEmpty { throw Arguments.UsageError(description: "there is no organisation in this database") }
      let isSound = results.allSatisfy(\.report.isSound)
      if arguments.has("--json") {
        printJSON { json in
          json.member("ok", isSound)
          json.member("organizations") { json in
            json.array { json in for result in results { json.report(result.report, organization: result.organization) }
            }
          }
        }
      } else {
        for result in results {
          let verdict = result.report.isSound ? "sound" : "NOT SOUND"
          print(
            "\(result.organization): \(verdict) at position \(result.report.position), head \(result.report.headHash)")
          for finding in result.report.findings {
            print("  \(finding.invariant)\(finding.position.map { " at \($0)" } ?? ""): \(finding.detail)")
          }
        }
      }
      if !isSound { throw Found() }
    }
  }
}
