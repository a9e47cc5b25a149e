import Ledger
import Testing

/// The fixed hashes below were computed apart from this program, by these lines of Python (3.11, `hashlib`):
///
///     import hashlib
///     from struct import pack
///     sha = lambda b: hashlib.sha256(b).digest()
///     uuid = lambda n: n.to_bytes(16, "big")
///     text = lambda s: pack(">I", len(s.encode())) + s.encode()
///     some = lambda b: b"\x01" + b
///     none = b"\x00"
///     def body(organization, position, id, kind, recorded, occurred, actor, subject, program, key, words, detail,
///              postings, uses=[]):
///         return (uuid(organization) + pack(">q", position) + uuid(id) + text(kind) + pack(">qq", recorded, occurred)
///             + actor + subject + pack(">i", program) + key + words + detail
///             + pack(">H", len(postings)) + b"".join(text(a) + uuid(o) + pack(">q", n) for a, o, n in postings)
///             + pack(">I", len(uses)) + b"".join(pack(">qhq", p, l, n) for p, l, n in uses))
///     full = body(1, 7, 2, "recognition", 1_800_000_000_000_000, -5, some(uuid(3)), some(uuid(4)), 9,
///         some(sha(b"key") + sha(b"request")), some(sha(sha(b"salt") + "Grüße 👋".encode())),
///         some(pack(">q", 10) + text("private") + pack(">H", 2) + text("be-helpful") + text("be-polite")
///              + pack(">H", 2) + uuid(5) + uuid(6)),
///         [("allowance", 3, -20), ("points", 5, 10), ("points", 6, 10)])
///     bare = body(1, 1, 2, "organization_created", 0, 0, none, none, 1, none, none, none, [])
///     print(sha(b"\x01" + sha(b"previous") + full).hex())
///     print(sha(b"\x01" + bytes(32) + bare).hex())
///     print(sha(b"\x01" + sha(b"\x01" + bytes(32) + bare) + full).hex())
///     boost = b"\x04" + pack(">qq", 6, 5) + pack(">H", 2) + uuid(5) + uuid(6)
///     earning = b"\x05" + text("lms")
///     reversal = b"\x06" + pack(">I", 2) + pack(">qq", 6, 7)
///     program = (b"\x07" + pack(">iq", 2, 100) + text("quarter") + pack(">H", 2) + text("admin") + pack(">q", 150)
///         + text("finance") + pack(">q", 120) + pack(">qii", 50, 20, 5000) + text("block") + some(pack(">i", 12))
///         + pack(">iq", 30, 1000) + text("EUR") + b"\x01" + text("managers")
///         + pack(">i", 3) + b"\x01" + b"\x00")
///     redemption = (b"\x02" + uuid(5) + uuid(9) + text("MUG") + text("Mug") + pack(">iqq", 2, 30, 125000) + text("EUR")
///         + b"\x01" + some(text("CC-1")) + text("allowance:20;budget:Spot:10") + b"\x01")
///     award = b"\x03" + uuid(7) + pack(">q", 40) + pack(">H", 1) + text("be-kind") + pack(">H", 2) + uuid(5) + uuid(6)
///     for kind, detail in (("boost", boost), ("earning", earning), ("reversal", reversal), ("program_changed", program),
///             ("redemption_requested", redemption), ("award_granted", award)):
///         print(sha(b"\x01" + bytes(32) + body(1, 8, 2, kind, 0, 0, none, none, 1, none, none, detail, [])).hex())
///     uses = [(6, 1, 5), (7, 0, -9)]
///     print(sha(b"\x01" + bytes(32) + body(1, 8, 2, "points_expired", 0, 0, none, none, 1, none, none, none, [], uses)).hex())
@Suite("The hash chain")
struct ChainTests {
  private static let organization = ID(rawValue: 1)

  @Test("A fixed entry has the hash that others compute for it")
  func golden() {
    let full = Chain.hash(entry(), of: Self.organization, after: digest("previous"))
    #expect("\(full)" == "ca6a072c1c4d29aa8893539519359630347a0d04981b2234cad838558321e026")
    let bare = Chain.hash(bareEntry, of: Self.organization, after: .zero)
    #expect("\(bare)" == "7e6c08964d38497659217330f98c28155f6183c2a06d63cd48d12cfa69b2c76f")
    let second = Chain.hash(entry(), of: Self.organization, after: bare)
    #expect("\(second)" == "d177118c63ccf06b8a89ad06a649603a5815abf122f194f691c844ac704e3944")
  }

  static let rules = Program(
    version: 2, allowancePoints: 100, allowancePeriod: .quarter, allowanceByRole: [.finance: 120, .admin: 150],
    pointsMax: 50, recipientsMax: 20, recipientCap: RecipientCap(share: 5_000, mode: .block), expiryMonths: 12,
    leaverGraceDays: 30, pointValue: Money(tenThousandths: 1_000, currency: "EUR"), isPrivateAllowed: true,
    givers: .managers)

  @Test(
    "So has an entry of each further detail",
    arguments: [
      (
        EntryKind.boost,
        .boost(BoostFacts(recognitionPosition: 6, points: 5, recipients: [ID(rawValue: 5), ID(rawValue: 6)])),
        "9cf48584d4a00e5c6b02abbdeb97e9eb7246c1b8da512d62e4766190b4f2dec1"
      ),
      (.earning, .earning(source: "lms"), "81a91a3dda9ff986f03418b004f2828926b616302e38202c6d8580286df3e96e"),
      (.reversal, .reversal([6, 7]), "a838b63d5fb658ce4a1ff505a62dc1b5afb5adcb08736cacc2056c0054658b13"),
      (.programChanged, .program(rules), "ff8bcdc69573edbf47830d24c4b069c29d380719a9e1d6d8fd6690a3b60916a3"),
      (
        .redemptionRequested, .redemption(facts), "ad58117fe9c261f6e475b15cfd802ba227b851039449b8d748fa5d59093a8f8e"
      ),
      (
        .awardGranted,
        .award(
          AwardFacts(
            budget: ID(rawValue: 7), points: 40, values: ["be-kind"], recipients: [ID(rawValue: 5), ID(rawValue: 6)])),
        "ff61c9b59b646d118571c55dbfecb0807bc35c3b68a42b00e4ece2094a42e9e9"
      ),
    ] as [(EntryKind, Detail, String)])
  func details(_ kind: EntryKind, _ detail: Detail, _ hash: String) {
    #expect("\(Chain.hash(bare(kind, detail), of: Self.organization, after: .zero))" == hash)
  }

  @Test("So has an entry that uses lots, and one that gives back to them")
  func lotUses() {
    let uses = [LotUse(lotPosition: 6, lotLine: 1, amount: 5), LotUse(lotPosition: 7, lotLine: 0, amount: -9)]
    let entry = bare(.pointsExpired, .none, uses)
    #expect(
      "\(Chain.hash(entry, of: Self.organization, after: .zero))"
        == "dcaabae77278df6493b0ef73ae1fbe12288fc82c9f07b325a3b72cbf4af2c5d6")
    for other in [
      LotUse(lotPosition: 5, lotLine: 1, amount: 5), LotUse(lotPosition: 6, lotLine: 0, amount: 5),
      LotUse(lotPosition: 6, lotLine: 1, amount: 6),
    ] {
      #expect(
        Chain.body(bare(.pointsExpired, .none, [other, uses[1]]), of: Self.organization)
          != Chain.body(entry, of: Self.organization))
    }
  }

  private static let facts = RedemptionFacts(
    person: ID(rawValue: 5), reward: ID(rawValue: 9), sku: "MUG", name: "Mug", quantity: 2, points: 30,
    unitCost: Money(tenThousandths: 125_000, currency: "EUR"), isTaxable: true, costCentre: "CC-1",
    budgetSources: "allowance:20;budget:Spot:10", takesStock: true)

  private func bare(_ kind: EntryKind, _ detail: Detail, _ uses: [LotUse] = []) -> Entry {
    Entry(
      position: 8, id: ID(rawValue: 2), kind: kind, recordedAt: Timestamp(microseconds: 0),
      occurredAt: Timestamp(microseconds: 0), actor: nil, subject: nil, programVersion: 1, idempotency: nil,
      textDigest: nil, detail: detail, postings: [], lotUses: uses)
  }

  @Test("The hash is of the version, the previous hash and the body, and of nothing else")
  func composition() {
    let previous = digest("previous")
    let body = Chain.body(entry(), of: Self.organization)
    #expect(Chain.hash(entry(), of: Self.organization, after: previous) == .sha256([1] + previous.bytes + body))
  }

  @Test("Changing any one thing changes the hash")
  func sensitivity() {
    let postings = postings()
    var swapped = postings
    swapped.swapAt(1, 2)
    var otherAmount = postings
    otherAmount[1] = Posting(account: .points(ID(rawValue: 5)), amount: 11, balanceAfter: 10)
    var otherOwner = postings
    otherOwner[1] = Posting(account: .points(ID(rawValue: 7)), amount: 10, balanceAfter: 10)
    var otherKind = postings
    otherKind[1] = Posting(account: .allowance(ID(rawValue: 5)), amount: 10, balanceAfter: 10)
    let entries: [(String, Entry)] = [
      ("nothing", entry()),
      ("position", entry(position: 8)),
      ("id", entry(id: 99)),
      ("kind", entry(kind: .allowanceReset)),
      ("recorded_at", entry(recordedAt: 1_800_000_000_000_001)),
      ("occurred_at", entry(occurredAt: -4)),
      ("actor", entry(actor: 99)), ("no actor", entry(actor: nil)),
      ("subject", entry(subject: 99)), ("no subject", entry(subject: nil)),
      ("program", entry(program: 10)),
      ("key", entry(key: ("other", "request"))), ("request", entry(key: ("key", "other"))), ("no key", entry(key: nil)),
      ("words", entry(words: "Gruesse")), ("no words", entry(words: nil)),
      ("no recognition", entry(recognition: nil)),
      ("points", entry(recognition: recognition(points: 11))),
      ("visibility", entry(recognition: recognition(visibility: .public))),
      ("values", entry(recognition: recognition(values: ["be-helpful"]))),
      ("order of values", entry(recognition: recognition(values: ["be-polite", "be-helpful"]))),
      ("one value of two words", entry(recognition: recognition(values: ["be-helpfulbe-polite"]))),
      ("recipients", entry(recognition: recognition(recipients: [5]))),
      ("order of recipients", entry(recognition: recognition(recipients: [6, 5]))),
      ("no postings", entry(postings: [])), ("fewer postings", entry(postings: postings.dropLast())),
      ("order of postings", entry(postings: swapped)), ("amount", entry(postings: otherAmount)),
      ("owner", entry(postings: otherOwner)), ("account", entry(postings: otherKind)),
    ]
    var seen: [Digest: String] = [:]
    for (name, entry) in entries {
      let hash = Chain.hash(entry, of: Self.organization, after: digest("previous"))
      #expect(seen.updateValue(name, forKey: hash) == nil, "\(name)")
    }
    #expect(seen[Chain.hash(entry(), of: ID(rawValue: 2), after: digest("previous"))] == nil, "organization")
    #expect(seen[Chain.hash(entry(), of: Self.organization, after: digest("other"))] == nil, "previous hash")
  }

  @Test("What an entry's own hash says, and the balances that follow from its postings, are not in it")
  func leftOut() {
    var other = entry(
      postings: postings().map { Posting(account: $0.account, amount: $0.amount, balanceAfter: $0.balanceAfter + 1) })
    other.hash = digest("anything")
    #expect(Chain.body(other, of: Self.organization) == Chain.body(entry(), of: Self.organization))
  }

  @Test("Words are bound by a salted digest: the same words twice look different, and other words do not fit")
  func words() {
    let words = SaltedText(salt: digest("salt"), text: "Thanks.")
    #expect(words.digest == .sha256(digest("salt").bytes + Array("Thanks.".utf8)))
    #expect(words.digest != SaltedText(salt: digest("other"), text: "Thanks.").digest)
    #expect(words.digest != SaltedText(salt: digest("salt"), text: "Thanks!").digest)
    // Equal to Swift's ==, yet other bytes.
    let (composed, decomposed) = ("\u{E9}", "e\u{301}")
    #expect(composed == decomposed)
    #expect(SaltedText(salt: .zero, text: composed).digest != SaltedText(salt: .zero, text: decomposed).digest)
  }

  // MARK: The entry of the recipe

  private func recognition(
    points: Int64 = 10, visibility: Recognition.Visibility = .private, values: [String] = ["be-helpful", "be-polite"],
    recipients: [UInt128] = [5, 6]
  ) -> Recognition {
    Recognition(
      recipients: recipients.map(ID.init(rawValue:)), points: points, values: values, visibility: visibility)
  }

  private func postings() -> [Posting] {
    [
      Posting(account: .allowance(ID(rawValue: 3)), amount: -20, balanceAfter: 0),
      Posting(account: .points(ID(rawValue: 5)), amount: 10, balanceAfter: 10),
      Posting(account: .points(ID(rawValue: 6)), amount: 10, balanceAfter: 10),
    ]
  }

  private func entry(
    position: Int64 = 7, id: UInt128 = 2, kind: EntryKind = .recognition, recordedAt: Int64 = 1_800_000_000_000_000,
    occurredAt: Int64 = -5, actor: UInt128? = 3, subject: UInt128? = 4, program: Int32 = 9,
    key: (String, String)? = ("key", "request"), words: String? = "Grüße 👋", recognition: Recognition?,
    postings: [Posting]
  ) -> Entry {
    Entry(
      position: position, id: ID(rawValue: id), kind: kind, recordedAt: Timestamp(microseconds: recordedAt),
      occurredAt: Timestamp(microseconds: occurredAt), actor: actor.map(ID.init(rawValue:)),
      subject: subject.map(ID.init(rawValue:)), programVersion: program,
      idempotency: key.map { Idempotency(key: digest($0.0), request: digest($0.1)) },
      textDigest: words.map { SaltedText(salt: digest("salt"), text: $0).digest },
      detail: recognition.map { .recognition($0) } ?? .none, postings: postings)
  }

  private func entry(
    position: Int64 = 7, id: UInt128 = 2, kind: EntryKind = .recognition, recordedAt: Int64 = 1_800_000_000_000_000,
    occurredAt: Int64 = -5, actor: UInt128? = 3, subject: UInt128? = 4, program: Int32 = 9,
    key: (String, String)? = ("key", "request"), words: String? = "Grüße 👋"
  ) -> Entry {
    entry(
      position: position, id: id, kind: kind, recordedAt: recordedAt, occurredAt: occurredAt, actor: actor,
      subject: subject, program: program, key: key, words: words, recognition: recognition(), postings: postings())
  }

  private func entry(recognition: Recognition?) -> Entry {
    entry(words: "Grüße 👋", recognition: recognition, postings: postings())
  }

  private func entry(postings: [Posting]) -> Entry {
    entry(words: "Grüße 👋", recognition: recognition(), postings: postings)
  }

  private var bareEntry: Entry {
    entry(
      position: 1, kind: .organizationCreated, recordedAt: 0, occurredAt: 0, actor: nil, subject: nil, program: 1,
      key: nil, words: nil, recognition: nil, postings: [])
  }
}
