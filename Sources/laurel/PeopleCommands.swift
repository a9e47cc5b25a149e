import HTTP

/// Who is who, and what one has.
extension Command {
  static let people = Command(
    "people", words: "[WORDS]", wordCount: 0...Int.max, summary: "finds colleagues by a part of a name",
    notes: """
        laurel people muller
        laurel people --team Support

      Every word must be somewhere in the name, the handle or the e-mail; accents and capitals do not matter.
      """,
    options: [
      .init(name: "--team", value: "TEAM", help: "of this team"),
      .init(name: "--department", value: "NAME", help: "of this department"),
      .init(name: "--location", value: "NAME", help: "of this location"),
      .init(name: "--manager", value: "PERSON", help: "who report to this person; me is you"),
      .init(name: "--left", value: nil, help: "those who left, instead of those who are here"),
    ] + Listing.options
  ) { arguments in
    let words = arguments.words.joined(separator: " ")
    let query =
      arguments.query(["team", "department", "location", "manager"])
      + [("q", words.isEmpty ? nil : words), ("active", arguments.has("--left") ? "false" : "true")]
    try Listing(arguments).run("/v1/people", query, empty: "Nobody is called so.") { page in
      var table = Table(["HANDLE", "TEAM", "LOCATION", "NAME"], numbers: [])
      for person in page.json["data"]?.list ?? [] {
        table.add([
          "@\(person["handle"]?.text ?? "")", person["team"]?.text ?? "", person["location"]?.text ?? "",
          person["name"]?.text ?? "",
        ])
      }
      for line in table.lines(on: .current) { print(line) }
    }
  }

  static let statement = Command(
    "statement", words: "[PERSON]", wordCount: 0...1, summary: "shows every line of your accounts, the newest first",
    notes: "Of another person, for finance and admins.",
    options: [
      .init(
        name: "--account", value: "ACCOUNT", help: "\(accounts.joined(separator: ", ")); all of them unless given",
        choices: .words(accounts)),
      .init(name: "--from", value: "WHEN", help: "a date such as 2026-11-22, inclusive, or a time"),
      .init(name: "--to", value: "WHEN", help: "a date, inclusive, or a time, exclusive"),
    ] + Listing.options
  ) { arguments in
    let account = arguments["--account"]
    if let account, !accounts.contains(account) {
      throw Arguments.unknown("account", account, among: accounts)
    }
    let listing = try Listing(arguments)
    let word = arguments.words.first.map { $0.hasPrefix("@") ? String($0.dropFirst()) : $0 }
    let person = if let word, word != "me" { word } else { try listing.api.get("/v1/me").json["id"]?.text ?? "" }
    try listing.run("/v1/people/\(person.inPath)/statement", arguments.query(["from", "to"]), empty: "Nothing yet.") {
      page in
      var table = Table(["WHEN", "ACCOUNT", "AMOUNT", "AFTER", "WHAT"], numbers: [2, 3])
      for line in page.json["data"]?.list ?? [] where account == nil || line["account"]?.text == account {
        let amount = line["amount"]?.number ?? 0
        let kind = (line["kind"]?.text ?? "").replacing("_", with: " ")
        table.add([
          line["at"]?.localTime ?? "", line["account"]?.text ?? "", amount > 0 ? "+\(amount)" : "\(amount)",
          "\(line["balance_after"]?.number ?? 0)",
          [kind, line["memo"]?.text].compactMap { $0 }.joined(separator: ": "),
        ])
      }
      for line in table.lines(on: .current) { print(line) }
    }
  }

  private static let accounts = ["allowance", "points", "held"]

  // MARK: Keys

  static let keys = Command("keys", summary: "shows your API keys", options: Listing.options) { arguments in
    try Listing(arguments).run("/v1/me/keys", empty: "You have no key.") { page in
      var table = Table(["MADE", "ENDS", "FOR", "ID", "LABEL"], numbers: [])
      for key in page.json["data"]?.list ?? [] {
        let scopes = (key["scopes"]?.list ?? []).compactMap(\.text).joined(separator: ", ")
        func day(_ member: String, else word: String) -> String {
          key[member]?.text.map { String($0.prefix(10)) } ?? word
        }
        table.add([
          day("created_at", else: ""), day("expires_at", else: "never"), scopes.isEmpty ? "everything" : scopes,
          key["id"]?.text ?? "", key["label"]?.text ?? "",
        ])
      }
      for line in table.lines(on: .current) { print(line) }
    }
  }

  static let newKey = Command(
    "keys new", words: "[LABEL]", wordCount: 0...1, summary: "makes a further key for you, shown this once",
    options: [
      .init(
        name: "--scope", value: "SCOPE", help: "what it is for, instead of all that you may: read, recognitions",
        isRepeatable: true),
      .init(name: "--expires-at", value: "TIME", help: "such as 2027-01-31T00:00:00Z; never unless given"),
    ] + API.postOptions + [json]
  ) { arguments in
    let reply = try API(arguments).post("/v1/me/keys") { json in
      if let label = arguments.words.first { json.member("label", label) }
      if let end = arguments["--expires-at"] { json.member("expires_at", end) }
      let scopes = arguments.all("--scope")
      if !scopes.isEmpty {
        json.member("scopes") { json in json.array { json in for scope in scopes { json.string(scope) } } }
      }
    }
    if arguments.has("--json") { return reply.print() }
    print(reply.json["key"]?.text ?? "It was made before, and is shown only once: make another one.")
  }

  static let revokeKey = Command(
    "keys revoke", words: "ID", wordCount: 1...1, summary: "ends one of your keys (laurel keys shows their IDs)",
    options: API.postOptions + [json]
  ) { arguments in
    let reply = try API(arguments).delete("/v1/me/keys/\(arguments.words[0].inPath)")
    if arguments.has("--json") { return printJSON { $0.member("revoked", arguments.words[0]) } }
    print("Revoked\(reply.isReplayed ? ": that was done already, and not again" : "").")
  }
}
