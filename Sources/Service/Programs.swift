import HTTP
import Ledger
import Postgres

/// `/v1/program`: the rules, in versions; each entry of the ledger names the one that decided it.
enum Programs {
  static let endpoints = [
    Endpoint(
      .get, "/v1/program", .everyone, "getProgram", "The rules of the programme.",
      answers: Answer.tagged(schema), one),
    Endpoint(
      .patch, "/v1/program", .roles([.admin]), "changeProgram", "Change the rules.",
      "What is absent stays as it is. Rules are in force at once; allowances follow with their next reset, and points keep the "
        + "expiry under which they were earned.",
      body: .change(members, name: "ProgramChange"),
      answers: Answer.changed(schema, canStay: true, headers: [.etag]), change),
    Endpoint(
      .get, "/v1/program/warnings", .roles([.admin]), "listCapWarnings",
      "Who gave one recipient more than the cap's share of their allowance.",
      "In the allowance period of the day `at`, most points first; at most 1,000.", query: [at],
      answers: Answer.ok(warnings), warn),
  ]

  // MARK: Members

  private struct AllowanceChange: Sendable {
    var points: Int64?
    var period: AllowancePeriod?
    var byRole: [AllowanceGroup: Int64]?
  }

  private struct CapChange: Sendable {
    var share: Double?
    var mode: RecipientCap.Mode?
  }

  private static let byManager = Member("manager", optional: .points(), "For whom others report to.", example: 200)
  private static let byFinance = Member("finance", optional: .points(), "For whoever has that role.", example: 150)
  private static let byRewards = Member("rewards", optional: .points(), "For whoever has that role.", example: 150)
  private static let byAdmin = Member("admin", optional: .points(), "For whoever has that role.", example: 150)
  private static let allowancePoints = Member(
    "points", ifPresent: .points(), "What everybody may give in a period.", example: 100)
  private static let period = Member(
    "period", ifPresent: .choice(AllowancePeriod.self), "When allowances begin anew.", example: "month")
  private static let byRole = Member(
    "by_role",
    ifPresent: JSONType<[AllowanceGroup: Int64]>.object([byManager, byFinance, byRewards, byAdmin], harmless: [:]) {
      fields in
      var points: [AllowanceGroup: Int64] = [:]
      points[.manager] = fields[byManager]
      points[.finance] = fields[byFinance]
      points[.rewards] = fields[byRewards]
      points[.admin] = fields[byAdmin]
      return points
    }, "What some may give instead; the largest that applies counts.")
  private static let allowance = Member(
    "allowance",
    ifPresent: JSONType<AllowanceChange>.object([allowancePoints, period, byRole], harmless: AllowanceChange()) {
      AllowanceChange(points: $0[allowancePoints], period: $0[period], byRole: $0[byRole])
    }, "What people may give.")
  private static let share = Member(
    "share", ifPresent: .number(0...1), "Of the giver's allowance, in one allowance period.", example: 1)
  private static let mode = Member(
    "mode", ifPresent: .choice(RecipientCap.Mode.self), "`warn` tells admins, `block` refuses.", example: "warn")
  private static let recipientCap = Member(
    "recipient_cap",
    ifPresent: JSONType<CapChange>.object([share, mode], harmless: CapChange()) {
      CapChange(share: $0[share], mode: $0[mode])
    }, "How much may go to one and the same person.")
  private static let pointsMax = Member(
    "max_points", ifPresent: .points(), "What one recognition gives to one recipient, at most.", example: 100)
  private static let recipientsMax = Member(
    "max_recipients", ifPresent: .integer(1...Int64(Limits.recipientsMax)), "Recipients of one recognition, at most.",
    example: 100)
  private static let expiryMonths = Member(
    "expiry_months", optional: .integer(1...Int64(Limits.expiryMonthsMax)),
    "Points run out so many months after they were earned; `null` is never.", example: 12)
  private static let graceDays = Member(
    "leaver_grace_days", ifPresent: .integer(0...Int64(Limits.leaverGraceDaysMax)),
    "Days after their last one in which leavers may redeem.", example: 30)
  private static let pointValue = Member("point_value", ifPresent: Money.type, "What a point is worth to finance.")
  private static let isPrivateAllowed = Member(
    "private_allowed", ifPresent: .bool, "Whether recognitions may be private.", example: true)
  private static let givers = Member(
    "givers", ifPresent: .choice(Givers.self), "Who may give points; thanks without points are everybody's.",
    example: "everyone")
  private static let freeThanksADay = Member(
    "free_thanks_a_day", optional: .integer(0...Int64(Limits.freeThanksADayMax)),
    "Thanks without points that one giver may send one person in a day.", example: 3)
  private static let separatesDuties = Member(
    "separation_of_duties", optional: .bool,
    "Whether nobody decides on redemptions and awards of their own; nobody corrects themselves in any case.",
    example: true)
  private static let isPrivateOnBoards = Member(
    "private_on_boards", optional: .bool,
    "Whether private recognitions count on leaderboards, where places and scores tell of them.", example: false)
  private static let members: [any JSONMember] = [
    allowance, pointsMax, recipientsMax, recipientCap, expiryMonths, graceDays, pointValue, isPrivateAllowed, givers,
    freeThanksADay, separatesDuties, isPrivateOnBoards,
  ]

  static let schema = JSONSchema(
    .object([
      .init(
        "allowance",
        JSONSchema(
          .object([
            .init("points", .count(example: 100)), .init("period", .word(AllowancePeriod.self)),
            .init("by_role", JSONSchema(.map(of: .count()))),
          ]))), .init("max_points", .count(example: 100)), .init("max_recipients", .count(example: 100)),
      .init(
        "recipient_cap",
        JSONSchema(
          .object([
            .init("share", JSONSchema(.number(0...1), example: 1)), .init("mode", .word(RecipientCap.Mode.self)),
          ]))), .init("expiry_months", .count(example: 12).orNull), .init("leaver_grace_days", .count(example: 30)),
      .init("point_value", Money.schema), .init("private_allowed", .bool), .init("givers", .word(Givers.self)),
      .init("free_thanks_a_day", .count(example: 3)), .init("separation_of_duties", .bool),
      .init("private_on_boards", .bool),
      .init("version", .count("Counts the changes.", example: 1)),
    ]), name: "Program")

  // MARK: Handlers

  private static func one(_ exchange: Exchange) async throws -> Response {
    let program = try await current(exchange)
    return exchange.answer(tag: tag(of: program)) { $0.program(program) }
  }

  private static func change(_ exchange: Exchange) async throws -> Response {
    let present = try await current(exchange)
    try exchange.requireMatch(tag(of: present))
    let write = try WriteRequest(exchange)
    let action = try write.action { fields in
      .changeProgram(changed(present, by: &fields), expected: present.version)
    }
    let written = try await write.submit(exchange, action)
    let program = try await current(exchange)
    return .json(200, headers: written.headers + [("ETag", tag(of: program))]) { $0.program(program) }
  }

  private static func changed(_ present: Program, by fields: inout JSONFields) -> Program {
    var program = present
    if let change = fields[allowance] {
      program.allowancePoints = change.points ?? program.allowancePoints
      program.allowancePeriod = change.period ?? program.allowancePeriod
      program.allowanceByRole = change.byRole ?? program.allowanceByRole
    }
    program.pointsMax = fields[pointsMax] ?? program.pointsMax
    program.recipientsMax = fields[recipientsMax].map { Int($0) } ?? program.recipientsMax
    if let change = fields[recipientCap] {
      program.recipientCap.share = change.share.map { Int32(($0 * 10_000).rounded()) } ?? program.recipientCap.share
      program.recipientCap.mode = change.mode ?? program.recipientCap.mode
    }
    if fields.contains(expiryMonths) { program.expiryMonths = fields[expiryMonths].map { Int32($0) } }
    program.leaverGraceDays = fields[graceDays].map { Int32($0) } ?? program.leaverGraceDays
    program.pointValue = fields[pointValue] ?? program.pointValue
    if program.pointValue.tenThousandths > Limits.pointValueTenThousandthsMax {
      fields.refuse(pointValue, "is more than a point can be worth")
    }
    program.isPrivateAllowed = fields[isPrivateAllowed] ?? program.isPrivateAllowed
    program.givers = fields[givers] ?? program.givers
    program.freeThanksADay = fields[freeThanksADay].map { Int32(clamping: $0) } ?? program.freeThanksADay
    program.separatesDuties = fields[separatesDuties] ?? program.separatesDuties
    program.isPrivateOnBoards = fields[isPrivateOnBoards] ?? program.isPrivateOnBoards
    return program
  }

  private static func tag(of program: Program) -> String { versionTag(Int64(program.version)) }

  static func current(_ exchange: Exchange) async throws -> Program {
    let rows = try await exchange.worker.pool.query(
      program, Parameters { $0.int32(exchange.caller.organization) }, isIdempotent: true)
    guard let row = rows.first else { throw Problem.notFound }
    return try BookReading.program(row, from: 0)
  }

  private static let program = SQL.statement("program")

  // MARK: Warnings

  private static let at = QueryParameter("at", .day, "A day of the allowance period; today, if absent.")
  private static let warnings = JSONSchema(
    .object([
      .init(
        "data",
        .list(
          of: JSONSchema(
            .object([
              .init("giver", PersonReference.schema), .init("recipient", PersonReference.schema),
              .init("points", .count("What was given in the period.", example: 60)),
              .init("cap", .count("What the cap lets the giver give one recipient.", example: 50)),
              .init("period_starts_on", .day),
            ]), name: "CapWarning")))
    ]), name: "CapWarnings")

  private static func warn(_ exchange: Exchange) async throws -> Response {
    let day = try exchange[at]
    let rows = try await exchange.worker.pool.query(
      capWarnings,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.date(day?.number)
      }, isIdempotent: true)
    let lines = try rows.map { row throws(PostgresError) in
      (
        PersonReference(id: ID(rawValue: try row.uuid(0)), handle: try row.text(1), name: try row.text(2)),
        PersonReference(id: ID(rawValue: try row.uuid(3)), handle: try row.text(4), name: try row.text(5)),
        points: try row.int64(6), cap: try row.int64(7), start: Day(number: try row.date(8))
      )
    }
    return .json(200) { json in
      json.object { json in
        json.member("data") { json in
          json.array { json in
            for line in lines {
              json.object { json in
                json.member("giver", line.0)
                json.member("recipient", line.1)
                json.member("points", line.points)
                json.member("cap", line.cap)
                json.member("period_starts_on", RFC3339.text(line.start))
              }
            }
          }
        }
      }
    }
  }

  private static let capWarnings = SQL.statement("cap_warnings", .long)
}

extension JSONWriter {
  mutating func program(_ program: Program) {
    object { json in
      json.member("allowance") { json in
        json.object { json in
          json.member("points", program.allowancePoints)
          json.member("period", program.allowancePeriod.rawValue)
          json.member("by_role") { json in
            json.object { json in
              for (role, points) in program.allowanceByRole.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                json.member(named: role.rawValue) { $0.integer(points) }
              }
            }
          }
        }
      }
      json.member("max_points", program.pointsMax)
      json.member("max_recipients", program.recipientsMax)
      json.member("recipient_cap") { json in
        json.object { json in
          // In ten-thousandths, which the shortest text of a double gives back exactly.
          json.member("share") { $0.raw("\(Double(program.recipientCap.share) / 10_000)") }
          json.member("mode", program.recipientCap.mode.rawValue)
        }
      }
      json.member("expiry_months", program.expiryMonths.map(Int.init))
      json.member("leaver_grace_days", Int(program.leaverGraceDays))
      json.member("point_value", program.pointValue)
      json.member("private_allowed", program.isPrivateAllowed)
      json.member("givers", program.givers.rawValue)
      json.member("free_thanks_a_day", Int(program.freeThanksADay))
      json.member("separation_of_duties") { $0.bool(program.separatesDuties) }
      json.member("private_on_boards") { $0.bool(program.isPrivateOnBoards) }
      json.member("version", Int(program.version))
    }
  }
}
