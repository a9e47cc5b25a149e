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
///             + pack(">I", len(postings)) + b"".join(text(a) + uuid(o) + pack(">q", n) for a, o, n in postings)
///             + pack(">I", len(uses)) + b"".join(pack(">qiq", p, l, n) for p, l, n in uses))
///     full = body(1, 7, 2, "recognition", 1_800_000_000_000_000, -5, some(uuid(3)), some(uuid(4)), 9,
///         some(sha(b"key") + sha(b"request")), some(sha(sha(b"salt") + "Grüße 👋".encode())),
///         some(pack(">q", 10) + text("private") + pack(">I", 2) + text("be-helpful") + text("be-polite")
///              + pack(">I", 2) + uuid(5) + uuid(6)),
///         [("allowance", 3, -20), ("points", 5, 10), ("points", 6, 10)])
///     bare = body(1, 1, 2, "organization_created", 0, 0, none, none, 1, none, none, none, [])
///     print(sha(b"\x01" + sha(b"previous") + full).hex())
///     print(sha(b"\x01" + bytes(32) + bare).hex())
///     print(sha(b"\x01" + sha(b"\x01" + bytes(32) + bare) + full).hex())
///     boost = b"\x04" + pack(">qq", 6, 5) + pack(">I", 2) + uuid(5) + uuid(6)
///     earning = b"\x05" + text("lms") + none
///     credited = b"\x05" + text("lms") + some(uuid(4))
///     reversal = b"\x06" + pack(">I", 2) + pack(">qq", 6, 7)
///     program = (b"\x07" + pack(">iq", 2, 100) + text("quarter") + pack(">I", 2) + text("admin") + pack(">q", 150)
///         + text("finance") + pack(">q", 120) + pack(">qii", 50, 20, 5000) + text("block") + some(pack(">i", 12))
///         + pack(">iq", 30, 1000) + text("EUR") + b"\x01" + text("managers")
///         + pack(">i", 3) + b"\x01" + b"\x00")
///     redemption = (b"\x02" + uuid(5) + uuid(9) + text("MUG") + text("Mug") + pack(">iqq", 2, 30, 125000) + text("EUR")
///         + b"\x01" + some(text("CC-1")) + b"\x01" + text("pending_approval") + pack(">I", 2)
///         + text("allowance") + none + none + b"\x00" + pack(">q", 20)
///         + text("budget") + some(uuid(7)) + some(text("Spot")) + b"\x01" + pack(">q", 10))
///     award = b"\x03" + uuid(7) + pack(">q", 40) + pack(">I", 1) + text("be-kind") + pack(">I", 2) + uuid(5) + uuid(6)
///     for kind, detail in (("boost", boost), ("earning", earning), ("earning", credited), ("reversal", reversal),
///             ("program_changed", program), ("redemption_requested", redemption), ("award_granted", award)):
///         print(sha(b"\x01" + bytes(32) + body(1, 8, 2, kind, 0, 0, none, none, 1, none, none, detail, [])).hex())
///     uses = [(6, 1, 5), (7, 0, -9)]
///     print(sha(b"\x01" + bytes(32) + body(1, 8, 2, "points_expired", 0, 0, none, none, 1, none, none, none, [], uses)).hex())
@Suite("The hash chain")
struct ChainTests {
  private static let organization = ID(rawValue: 1)

  @Test("A fixed entry has the hash that others compute for it")
  func golden() {
    let full = Chain.hash(entry(), of: Self.organization, after: digest("previous"))
    #expect("\(full)" == "d8dddf55949858cc29364facc03d8d109be5ea707993b397482eb6bde88a61c8")
    let bare = Chain.hash(bareEntry, of: Self.organization, after: .zero)
    #expect("\(bare)" == "7e7f520f25e2295c047b90c614bf3f564887d27f7582a331dea1fdbc8ed74721")
    let second = Chain.hash(entry(), of: Self.organization, after: bare)
    #expect("\(second)" == "aa5e81d63e8bb0374f8cf57195daecb0798a5277c9917ef7d05dfd31bcb322ba")
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
        "5a754a63bc417539b78f50cb35359e6ade0dbe5c3e2c7c10fa4f021058db1f5f"
      ),
      (.earning, .earning(source: "lms"), "8dc12288f79ec9dbf0e9785939a7ad2ca16bf40bf8484b02672314dfa7133b15"),
      (
        .earning, .earning(source: "lms", key: ID(rawValue: 4)),
        "1621d15e9660fc29b136a5d9645e6f667fa61cc75f7661c7f57ef891cd2d273f"
      ),
      (.reversal, .reversal([6, 7]), "0f70ea53c097c8dd59dcc4f5d0c58cde5c16314c6f97653a05dc2a92ebd1911e"),
      (.programChanged, .program(rules), "d5529439f378fe426c0947304a26759ef3b29a3159020c3c934f5946d49d3ed7"),
      (
        .redemptionRequested, .redemption(facts), "1edccfac57035a4aafc3c75b129ab69213fd11669324dfe760c31208e9a1a9f4"
      ),
      (
        .awardGranted,
        .award(
          AwardFacts(
            budget: ID(rawValue: 7), points: 40, values: ["be-kind"], recipients: [ID(rawValue: 5), ID(rawValue: 6)])),
        "ea1f9393b82bc72a070ceb4c2dce931d450d0c1e5dae513c055ec27b27e820e6"
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
        == "613e4776154b5e90fae9c88fcfa5f992c623c2bb39a2f1556bca8573a4366c3f")
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
    takesStock: true, firstState: .pendingApproval,
    sources: [
      SourcePart(.allowance, 20),
      SourcePart(PointsSource(.budget, id: ID(rawValue: 7), name: "Spot", isTaxable: true), 10),
    ])

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
