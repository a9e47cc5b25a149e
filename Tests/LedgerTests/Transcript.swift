import Ledger
import Testing

/// Plays a transcript: one line an operation, columns apart by two spaces or more, and what is expected in the last.
///
///     program  allowance 10, most 5, recipients 3, no private, finance 50
///     values   be-helpful, retired gone
///     open     ann allowance 10, bo points 0, cy gone, di finance
///     thank    ann → bo, cy@acme.example 4   key k1   values be-helpful   accepted 1
///     history  ann → bo 4   accepted 2
///     person   bo   team Support   accepted 3
///     value    be-brave   accepted 4
///     key      bo   accepted 5
///     topup    ann 3   accepted 6
///     undo     ann 1   accepted 7
///     boost    cy 2 3   accepted 8
///     period   2
///     close    ann allowance 6, bo points 4, issued -10
///
/// After every line it audits what was recorded, and that a refusal left no trace.
struct Transcript {
  private var book = Book(
    organization: id(0), head: Book.Head(position: 0, hash: .zero, recordedAt: Timestamp(microseconds: 1_000)),
    clock: Timestamp(microseconds: 2_000), program: Program(version: 1, allowancePoints: 10),
    periodStarts: .all(Day(number: 1)), today: Day(number: 1))
  private var audit: Audit
  private var operationCount = 0
  private let location: SourceLocation

  /// The entries that were accepted, in order, resets among them.
  private(set) var entries: [Entry] = []
  var final: Book { book }

  @discardableResult
  init(_ text: String, _ location: SourceLocation = #_sourceLocation) throws {
    audit = Audit(book)
    self.location = location
    for line in text.split(separator: "\n") {
      var columns = Columns(line)
      let before = Contents(book)
      switch columns.verb {
      case "program": try program(columns)
      case "values": values(columns)
      case "open": try open(columns)
      case "period": book = book.reopened(periodStart: Day(number: try #require(Int32(columns.rest[0]))))
      case "close": try close(columns)
      default: try play(&columns, before)
      }
      audit.agrees(with: book, location)
    }
  }

  // MARK: The setting

  private mutating func program(_ columns: Columns) throws {
    var program = book.program
    for item in columns.items {
      let number = Int64(item[1])
      switch item[0] {
      case "allowance": program.allowancePoints = number ?? 0
      case "most": program.pointsMax = number ?? 0
      case "recipients": program.recipientsMax = Int(number ?? 0)
      case "free": program.freeThanksADay = Int32(number ?? 0)
      case "no": program.isPrivateAllowed = false
      case "givers": program.givers = try #require(Givers(rawValue: item[1]))
      default: program.allowanceByRole[AllowanceGroup(rawValue: item[0])!] = number
      }
    }
    book = book.reopened(program: program, periodStart: book.periodStart)
  }

  private mutating func values(_ columns: Columns) {
    for item in columns.items {
      book.load(
        Value(slug: item[0], name: item[0], description: "", isActive: !item.contains("gone")), position: 1)
    }
  }

  private mutating func open(_ columns: Columns) throws {
    for item in columns.items {
      let person = Person(
        id: id(100 + book.people.count), handle: item[0], name: item[0].capitalized,
        email: "\(item[0])@acme.example", roles: Set(item.compactMap(Role.init(rawValue:))),
        isActive: !item.contains("gone"))
      book.load(person)
      if let amount = number(after: "allowance", item) {
        book.load(balance: amount, of: .allowance(person.id))
        book.load(allowancePeriod: book.periodStart, of: person.id)
      }
      if let amount = number(after: "points", item) {
        book.load(balance: amount, of: .points(person.id))
      } else {
        // What they are given here can be taken back here.
        book.loadSpender(person.id)
      }
    }
    let others = book.balances.filter { $0.key != .issued }.values.reduce(0, +)
    book.load(balance: -others, of: .issued)
    audit = Audit(book)
  }

  private func close(_ columns: Columns) throws {
    for item in columns.items {
      if item[0] == "issued" {
        #expect(book.balances[.issued] == Int64(item[1]), "issued", sourceLocation: location)
        continue
      }
      let person = try #require(book.person(named: item[0]))
      if let amount = number(after: "allowance", item) {
        #expect(book.effectiveAllowance(of: person) == amount, "allowance of \(item[0])", sourceLocation: location)
      }
      if let amount = number(after: "points", item) {
        let points = book.balances[.points(person.id), default: 0]
        #expect(points == amount, "points of \(item[0])", sourceLocation: location)
      }
    }
  }

  private func number(after word: String, _ item: [String]) -> Int64? {
    item.firstIndex(of: word).flatMap { $0 + 1 < item.count ? Int64(item[$0 + 1]) : nil }
  }

  // MARK: Operations

  private mutating func play(_ columns: inout Columns, _ before: Contents) throws {
    let expected = columns.takeLast()
    let line = columns.line
    operationCount += 1
    let decision = book.decide(try operation(columns))
    #expect(outcome(decision, expected) == expected, "\(line)", sourceLocation: location)
    if case .accepted(let acceptance) = decision {
      audit.follow(acceptance, location)
      entries += acceptance.entries
    } else {
      #expect(Contents(book) == before, "\(line): left a trace", sourceLocation: location)
    }
  }

  /// In the words of the transcript; a refusal's pointer only where the transcript names one.
  private func outcome(_ decision: Decision, _ expected: String) -> String {
    switch decision {
    case .accepted(let acceptance): "accepted \(acceptance.entry.position)"
    case .replayed(let earlier): "replayed \(earlier.position)"
    case .unchanged: "unchanged"
    case .refused(let refusal):
      expected.contains(" at ") ? "\(refusal.code.rawValue) at \(refusal.pointer ?? "")" : refusal.code.rawValue
    }
  }

  private func operation(_ columns: Columns) throws -> Operation {
    let subject = try #require(columns.rest.first)
    var actor: ID?
    let action: Action
    switch columns.verb {
    case "thank", "history":
      let sides = subject.components(separatedBy: " → ")
      actor = try #require(book.person(named: sides[0])).id
      action = .recognise(try recognise(sides[1], columns))
    case "person":
      action = .putPerson(try person(subject, columns))
    case "value":
      action = .putValue(
        Value(slug: subject, name: subject, description: "What it means."))
    case "topup":
      let (name, points) = try split(subject)
      action = .adjust(Adjust(.allowance, of: name, by: points, reason: "More to give."))
    case "undo":
      let (name, position) = try split(subject)
      actor = try #require(book.person(named: name)).id
      action = .reverse(.recognition, try #require(entries.first { $0.position == position }).id)
    case "boost":
      let words = subject.words
      actor = try #require(book.person(named: words[0])).id
      let recognition = try #require(entries.first { $0.position == Int64(words[1]) }).id
      action = .boost(Boost(recognition: recognition, points: try #require(Int64(words[2]))))
    case "key":
      let person = try #require(book.person(named: subject)).id
      action = .createKey(APIKey(id: id(900), person: person, digest: digest("secret"), expiresAt: nil))
    default:
      throw Unknown(line: columns.line)
    }
    let idempotency = columns.option("key").map {
      Idempotency(key: digest($0), request: digest(columns.lineWithoutOutcome))
    }
    return Operation(
      id: id(1_000 + operationCount), actor: actor, idempotency: idempotency,
      occurredAt: columns.verb == "history" ? Timestamp(microseconds: 500) : nil,
      salt: digest("salt \(operationCount)"), action: action)
  }

  /// `ann 5`
  private func split(_ text: String) throws -> (String, Int64) {
    let words = text.words
    return (words[0], try #require(Int64(words[1])))
  }

  private func recognise(_ text: String, _ columns: Columns) throws -> Recognise {
    let space = try #require(text.lastIndex(of: " "))
    return Recognise(
      to: text[..<space].components(separatedBy: ", "), message: columns.option("says") ?? "Thanks.",
      points: try #require(Int64(text[text.index(after: space)...])),
      values: columns.option("values")?.words ?? [], hashtags: columns.option("tags")?.words ?? [],
      visibility: columns.rest.contains("private") ? .private : .public,
      source: columns.verb == "history" ? .history : .allowance)
  }

  private func person(_ handle: String, _ columns: Columns) throws -> Person {
    var person =
      book.person(named: handle) ?? Person(id: id(500 + operationCount), handle: handle, name: handle.capitalized)
    if let handle = columns.option("handle") { person.handle = handle }
    if let email = columns.option("email") { person.email = email }
    if let team = columns.option("team") { person.team = team }
    if columns.rest.contains("gone") { person.isActive = false }
    if let manager = columns.option("manager") { person.manager = book.person(named: manager)?.id ?? id(999) }
    return person
  }

  private struct Unknown: Error { let line: String }
}

/// A line of a transcript, taken apart.
private struct Columns {
  let line: String
  let verb: String
  /// Behind the verb.
  private(set) var rest: [String]

  init(_ line: Substring) {
    self.line = String(line)
    let columns = line.components(separatedBy: "  ").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }
    verb = String(columns[0])
    rest = columns.dropFirst().map(String.init)
  }

  /// Of the first column behind the verb: items apart by commas, each in words.
  var items: [[String]] { rest[0].components(separatedBy: ", ").map(\.words) }
  var lineWithoutOutcome: String { rest.joined(separator: " ") }

  mutating func takeLast() -> String { rest.removeLast() }

  /// What follows `name` in a column that begins with it.
  func option(_ name: String) -> String? {
    rest.dropFirst().first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
  }
}

extension String {
  fileprivate var words: [String] { split(separator: " ").map(String.init) }
}

extension StringProtocol {
  fileprivate func components(separatedBy separator: String) -> [String] {
    var parts: [String] = []
    var rest = String(self)[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }

  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
