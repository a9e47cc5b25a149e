import Ledger

/// What a world begins with, which follows from its seed: an organisation in its time zone, its rules, the first person.
struct Charter {
  let seed: UInt64
  let organization: ID
  let zone: String
  let program: Program
  let start: Timestamp
  let operationCount: Int

  init(seed: UInt64) {
    self.seed = seed
    var chance = Chance(seed: seed)
    zone = Zone.names[Int(seed % UInt64(Zone.names.count))]
    // 2008 to 2030: leap years, changed rules, and the day that Samoa left out.
    start = Timestamp(microseconds: Int64(chance.number(1_200_000_000...1_900_000_000)) * 1_000_000)
    organization = chance.id(at: start)
    operationCount = chance.magnitude(upTo: 16) * 1_000
    var program = Program(version: 1, allowancePoints: chance.points(0...300))
    for _ in 0..<4 { chance.vary(&program) }
    if chance.once(in: 2) { program.givers = .everyone }
    self.program = program
  }

  /// The founding of the organisation, with a first administrator and a value.
  func founding() -> (batch: Batch, founder: ID) {
    var chance = Chance(seed: ~seed)
    let founder = chance.id(at: start)
    let admin = Person(id: founder, handle: "admin", name: "Admin", roles: [.admin])
    let profile = Profile(slug: "world-\(seed)", name: "World \(seed)", calendar: zone)
    let value = Value(slug: "be-kind", name: "Be kind", description: "")
    let actions: [Action] = [.foundOrganization(profile), .putPerson(admin), .putValue(value)]
    let requests = actions.map { action in
      Request(operation: Operation(id: chance.id(at: start), actor: nil, salt: chance.digest(), action: action))
    }
    return (Batch(clock: start, requests: requests), founder)
  }
}

extension Chance {
  /// Changes one of the rules.
  mutating func vary(_ program: inout Program) {
    switch number(1...12) {
    case 1: program.allowancePoints = points(0...400)
    case 2: program.allowancePeriod = any(.week, .month, .quarter)
    case 3: program.allowanceByRole = [.finance: points(0...500)]
    case 4: program.allowanceByRole = [.finance: points(0...500), .manager: points(0...500)]
    case 5: program.pointsMax = points(1...100)
    case 6: program.recipientsMax = number(1...12)
    case 7:
      program.recipientCap = RecipientCap(share: Int32(number(0...10) * 1_000), mode: any(.off, .warn, .block, .block))
    case 8: program.expiryMonths = any(nil, 0, 1, 2, 3, 6, 12, 18)
    case 9: program.separatesDuties = !once(in: 3)
    case 10: program.leaverGraceDays = Int32(number(0...60))
    case 11: program.freeThanksADay = Int32(number(0...4))
    default:
      program.isPrivateAllowed = !once(in: 3)
      program.givers = any(.everyone, .everyone, .everyone, .managers, .nobody)
    }
  }
}
