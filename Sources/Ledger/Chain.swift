/// The hash chain: `hash = SHA-256(version ‖ previous hash ‖ canonical body)`.
///
/// The body is written here and nowhere else. Integers are big-endian; an optional is a byte 0 or 1 before its value;
/// a list is a count in four bytes before its elements, a text the count of its UTF-8 before its bytes. Any change of a row that an entry was written from changes
/// its hash, and with it every later one. Balances are left out: they follow from the postings.
public enum Chain {
  public static let version: UInt8 = 1

  /// The hash of `entry` when it follows an entry of hash `previous` in the log of `organization`.
  public static func hash(_ entry: Entry, of organization: ID, after previous: Digest) -> Digest {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512)
    bytes.append(version)
    bytes.append(previous)
    append(entry, of: organization, to: &bytes)
    return .sha256(bytes)
  }

  /// The canonical body of `entry`.
  public static func body(_ entry: Entry, of organization: ID) -> [UInt8] {
    var bytes: [UInt8] = []
    append(entry, of: organization, to: &bytes)
    return bytes
  }

  private static func append(_ entry: Entry, of organization: ID, to bytes: inout [UInt8]) {
    bytes.append(organization)
    bytes.append(bigEndian: entry.position)
    bytes.append(entry.id)
    bytes.append(text: entry.kind.rawValue)
    bytes.append(bigEndian: entry.recordedAt.microseconds)
    bytes.append(bigEndian: entry.occurredAt.microseconds)
    bytes.append(optional: entry.actor) { $0.append($1) }
    bytes.append(optional: entry.subject) { $0.append($1) }
    bytes.append(bigEndian: entry.programVersion)
    bytes.append(optional: entry.idempotency) {
      $0.append($1.key)
      $0.append($1.request)
    }
    bytes.append(optional: entry.textDigest) { $0.append($1) }
    append(entry.detail, to: &bytes)
    bytes.append(count: entry.postings.count)
    for posting in entry.postings {
      bytes.append(text: posting.account.kind.rawValue)
      bytes.append(posting.account.owner)
      bytes.append(bigEndian: posting.amount)
    }
    bytes.append(count: entry.lotUses.count)
    for use in entry.lotUses {
      bytes.append(bigEndian: use.lotPosition)
      bytes.append(bigEndian: use.lotLine)
      bytes.append(bigEndian: use.amount)
    }
  }

  /// A byte that says what follows, and what follows.
  private static func append(_ detail: Detail, to bytes: inout [UInt8]) {
    switch detail {
    case .none:
      bytes.append(0)
    case .recognition(let recognition):
      bytes.append(1)
      bytes.append(bigEndian: recognition.points)
      bytes.append(text: recognition.visibility.rawValue)
      bytes.append(texts: recognition.values)
      bytes.append(ids: recognition.recipients)
    case .redemption(let facts):
      bytes.append(2)
      bytes.append(facts.person)
      bytes.append(facts.reward)
      bytes.append(text: facts.sku)
      bytes.append(text: facts.name)
      bytes.append(bigEndian: facts.quantity)
      bytes.append(bigEndian: facts.points)
      bytes.append(bigEndian: facts.unitCost.tenThousandths)
      bytes.append(text: facts.unitCost.currency)
      bytes.append(facts.isTaxable ? 1 : 0)
      bytes.append(optional: facts.costCentre) { $0.append(text: $1) }
      bytes.append(facts.takesStock ? 1 : 0)
      bytes.append(text: facts.firstState.rawValue)
      bytes.append(count: facts.sources.count)
      for part in facts.sources { append(part, to: &bytes) }
    case .award(let facts):
      bytes.append(3)
      bytes.append(facts.budget)
      bytes.append(bigEndian: facts.points)
      bytes.append(texts: facts.values)
      bytes.append(ids: facts.recipients)
    case .boost(let facts):
      bytes.append(4)
      bytes.append(bigEndian: facts.recognitionPosition)
      bytes.append(bigEndian: facts.points)
      bytes.append(ids: facts.recipients)
    case .earning(let source, let key):
      bytes.append(5)
      bytes.append(text: source)
      bytes.append(optional: key) { $0.append($1) }
    case .reversal(let positions):
      bytes.append(6)
      bytes.append(count: positions.count)
      for position in positions { bytes.append(bigEndian: position) }
    case .program(let program):
      bytes.append(7)
      append(program, to: &bytes)
    }
  }

  private static func append(_ part: SourcePart, to bytes: inout [UInt8]) {
    bytes.append(text: part.source.kind.rawValue)
    bytes.append(optional: part.source.id) { $0.append($1) }
    bytes.append(optional: part.source.name) { $0.append(text: $1) }
    bytes.append(part.source.isTaxable ? 1 : 0)
    bytes.append(bigEndian: part.points)
  }

  private static func append(_ program: Program, to bytes: inout [UInt8]) {
    bytes.append(bigEndian: program.version)
    bytes.append(bigEndian: program.allowancePoints)
    bytes.append(text: program.allowancePeriod.rawValue)
    bytes.append(count: program.allowanceByRole.count)
    for (role, points) in program.allowanceByRole.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      bytes.append(text: role.rawValue)
      bytes.append(bigEndian: points)
    }
    bytes.append(bigEndian: program.pointsMax)
    bytes.append(count: program.recipientsMax)
    bytes.append(bigEndian: program.recipientCap.share)
    bytes.append(text: program.recipientCap.mode.rawValue)
    bytes.append(optional: program.expiryMonths) { $0.append(bigEndian: $1) }
    bytes.append(bigEndian: program.leaverGraceDays)
    bytes.append(bigEndian: program.pointValue.tenThousandths)
    bytes.append(text: program.pointValue.currency)
    bytes.append(program.isPrivateAllowed ? 1 : 0)
    bytes.append(text: program.givers.rawValue)
    bytes.append(bigEndian: program.freeThanksADay)
    bytes.append(program.separatesDuties ? 1 : 0)
    bytes.append(program.isPrivateOnBoards ? 1 : 0)
  }
}

extension [UInt8] {
  /// What is counted is in memory, or bounded by ``Limits``: four bytes hold its number.
  fileprivate mutating func append(count: Int) { append(bigEndian: UInt32(clamping: count)) }

  fileprivate mutating func append(_ id: ID) { append(bigEndian: id.rawValue) }

  fileprivate mutating func append(_ digest: Digest) {
    append(bigEndian: digest.words.0)
    append(bigEndian: digest.words.1)
    append(bigEndian: digest.words.2)
    append(bigEndian: digest.words.3)
  }

  fileprivate mutating func append(text: String) {
    append(count: text.utf8.count)
    append(contentsOf: text.utf8)
  }

  fileprivate mutating func append(texts: [String]) {
    append(count: texts.count)
    for text in texts { append(text: text) }
  }

  fileprivate mutating func append(ids: [ID]) {
    append(count: ids.count)
    for id in ids { append(id) }
  }

  fileprivate mutating func append<Value>(optional value: Value?, _ write: (inout [UInt8], Value) -> Void) {
    append(value == nil ? 0 : 1)
    if let value { write(&self, value) }
  }
}
