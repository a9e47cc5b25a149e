import HTTP

/// What the organisation stands for, and the rules it plays by.
extension Command {
  static let values = Command(
    "values", summary: "shows what thanks can stand for, as #SLUG in a message", options: Listing.options
  ) { arguments in
    try Listing(arguments).run("/v1/values", empty: "There are no values yet.") { page in
      let screen = Screen.current
      for value in page.json["data"]?.list ?? [] where value["active"]?.flag != false {
        print("\(screen.strong("#\(value["slug"]?.text ?? "")"))  \(value["name"]?.text ?? "")")
        for line in screen.paragraph(value["description"]?.text ?? "", indent: 4) { print(line) }
      }
    }
  }

  static let program = Command(
    "program", summary: "shows the rules: what may be given, and what becomes of points", options: API.options + [json]
  ) { arguments in
    let reply = try API(arguments).get("/v1/program")
    if arguments.has("--json") { return reply.print() }
    for rule in rules(reply.json) { print(rule) }
  }

  /// The rules in sentences. One that the server does not tell is not there.
  static func rules(_ program: JSONValue) -> [String] {
    var rules: [String] = []
    func days(_ count: Int64) -> String { count == 1 ? "a day" : "\(count) days" }
    if let allowance = program["allowance"], let points = allowance["points"]?.number {
      let others = (allowance["by_role"]?.members ?? []).compactMap { role, points in
        points.number.map { "\(role) \($0)" }
      }
      let more = others.isEmpty ? "" : " (\(others.joined(separator: ", ")))"
      rules.append("Everyone may give \(Screen.points(points)) a \(allowance["period"]?.text ?? "period")\(more).")
    }
    if program["givers"]?.text.map({ $0 != "everyone" }) == true {
      rules.append("Points are given by \(program["givers"]?.text ?? "") alone; thanks without points by everyone.")
    }
    if let most = program["max_points"]?.number, let people = program["max_recipients"]?.number {
      rules.append("One recognition gives at most \(most) to a person, and names at most \(people) people.")
    }
    if let most = program["free_thanks_a_day"]?.number {
      rules.append("Thanks without points: at most \(most) a day to one person.")
    }
    if let cap = program["recipient_cap"], let mode = cap["mode"]?.text, mode != "off",
      let share = cap["share"]?.percent
    {
      let end = mode == "block" ? "more is refused" : "more is shown to admins"
      rules.append("To one person goes at most \(share) of somebody's allowance: \(end).")
    }
    if let isAllowed = program["private_allowed"]?.flag {
      rules.append(isAllowed ? "Recognitions may be private." : "Recognitions are never private.")
    }
    if let months = program["expiry_months"]?.number {
      rules.append("Points run out \(months) months after they were earned.")
    } else if program["expiry_months"] == .null {
      rules.append("Points do not run out.")
    }
    if let grace = program["leaver_grace_days"]?.number {
      rules.append("Whoever leaves can redeem for \(days(grace)) more.")
    }
    if let value = program["point_value"], let amount = value["amount"]?.text {
      rules.append("A point is worth \(amount) \(value["currency"]?.text ?? "").")
    }
    return rules
  }
}
