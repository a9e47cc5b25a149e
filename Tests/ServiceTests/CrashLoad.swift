import Foundation
import Glibc
import HTTP
import Synchronization
import Testing

/// Many clients that thank and redeem under keys of their own while the service comes and goes, and remember what it
/// acknowledged.
final class CrashLoad: Sendable {
  /// What one person asked for, and what was answered.
  private struct Call {
    let path: String
    let body: String
    let key: String
    var answered: Acknowledged?
  }

  private struct Acknowledged: Hashable {
    let id: String
    let position: Int64
  }

  /// One person's calls; touched by the thread of that person, and after it has ended.
  private final class Person: @unchecked Sendable {
    let handle: String
    let key: String
    var calls: [Call] = []

    init(_ handle: String, _ key: String) {
      self.handle = handle
      self.key = key
    }
  }

  static func handles(_ count: Int) -> [String] { (0..<count).map { "p\($0)" } }
  static let allowance: Int64 = 1_000_000
  /// What everyone has at the beginning.
  static let points: Int64 = 100_000
  static let stock: Int64 = 1_000_000
  static let price: Int64 = 3
  /// Bounds the test where the machine is fast.
  private static let callsMax = 1_500

  private let people: [Person]
  private let port: @Sendable () -> Int
  private let isStopped = Atomic<Bool>(false)
  private let acknowledgedCount = Atomic<Int>(0)
  private let figures = Mutex(Figures())
  /// What an answer said that no fault explains.
  private let problems = Mutex<[String]>([])
  private let running = DispatchGroup()

  /// - Parameter keys: of `p0`, `p1`, …
  /// - Parameter port: of a server; asked anew for each that a call goes through.
  init(keys: [String: String], port: @escaping @Sendable () -> Int) throws {
    people = try Self.handles(keys.count { $0.key.hasPrefix("p") }).map { Person($0, try #require(keys[$0])) }
    self.port = port
  }

  /// What was sent, and what came of it.
  struct Figures: Sendable, CustomStringConvertible {
    var sent = 0
    var acknowledged = 0
    /// Answered 503.
    var refused = 0
    /// Answered 503 `outcome_unknown`, or not at all.
    var unknown = 0
    /// With a key that had been sent before.
    var resent = 0

    var description: String {
      "\(sent) sent, \(acknowledged) acknowledged, \(refused) refused, \(unknown) unknown, \(resent) resent"
    }

    static func + (a: Figures, b: Figures) -> Figures {
      Figures(
        sent: a.sent + b.sent, acknowledged: a.acknowledged + b.acknowledged, refused: a.refused + b.refused,
        unknown: a.unknown + b.unknown, resent: a.resent + b.resent)
    }
  }

  /// So far.
  var counted: Figures { figures.withLock { $0 } }

  // MARK: Under load

  func start() {
    for (index, person) in people.enumerated() {
      running.enter()
      Thread.detachNewThread { [self] in
        play(person, index)
        running.leave()
      }
    }
  }

  func stop() {
    isStopped.store(true, ordering: .relaxed)
    running.wait()
  }

  /// Waits until the service is under load again, and then a little, never the same.
  func awaitLoad() throws {
    let start = acknowledgedCount.load(ordering: .relaxed)
    let deadline = ContinuousClock.now + .seconds(60)
    while acknowledgedCount.load(ordering: .relaxed) < start + 2 * people.count {
      guard ContinuousClock.now < deadline else {
        throw CrashProgram.Failed(description: "nothing is acknowledged any more")
      }
      usleep(1_000)
    }
    usleep(.random(in: 0..<150_000))
  }

  /// A connection for the first of them.
  func client(on port: Int) -> Client { Client(port, key: people[0].key) }

  /// One more thank-you, of no points and outside of the count; a few go to the same person in a day, so they take turns.
  /// - Returns: its position.
  func thank(on port: Int, turn: Int) throws -> Int64 {
    let to = people[1 + turn % (people.count - 1)].handle
    let answer = try client(on: port).post("/v1/recognitions", #"{"to": ["\#(to)"], "message": "By the way."}"#)
    return try #require(answer.json["position"]?.number)
  }

  private func play(_ person: Person, _ index: Int) {
    var client = Client(port(), key: person.key)
    while !isStopped.load(ordering: .relaxed) {
      var call = call(person.calls.count, of: index)
      // Half of the calls that fail are tried again at once, as clients do; the others are left open.
      let triesMax = person.calls.count % 2 == 0 ? Int.max : 1
      var tries = 0
      while call.answered == nil, tries < triesMax, !isStopped.load(ordering: .relaxed) {
        tries += 1
        call.answered = send(call, by: client, isResent: tries > 1)
        if call.answered == nil {
          client = Client(port(), key: person.key)
          usleep(50_000)
        }
      }
      if let answered = call.answered {
        acknowledgedCount.add(1, ordering: .relaxed)
        // Whichever server it goes through, the same key has the same answer.
        if person.calls.count % 8 == 0, let again = send(call, by: Client(port(), key: person.key), isResent: true),
          again != answered
        {
          note("\(call.key) was \(answered), and is \(again)")
        }
      }
      person.calls.append(call)
      // The others keep up the load.
      if person.calls.count >= Self.callsMax { usleep(20_000) }
    }
  }

  private func send(_ call: Call, by client: Client, isResent: Bool) -> Acknowledged? {
    let answer = try? client.post(call.path, call.body, key: call.key)
    let acknowledged = answer.flatMap(Self.acknowledged)
    // While the database is away; nothing else may happen to these calls.
    if let answer, acknowledged == nil, answer.status != 503 { note("\(call.path): \(answer.text)") }
    figures.withLock { figures in
      figures.sent += 1
      if isResent { figures.resent += 1 }
      if acknowledged != nil {
        figures.acknowledged += 1
      } else if let answer, answer.code != "outcome_unknown" {
        figures.refused += 1
      } else {
        figures.unknown += 1
      }
    }
    return acknowledged
  }

  private func note(_ problem: String) { problems.withLock { $0.append(problem) } }

  private func call(_ number: Int, of index: Int) -> Call {
    if number % 3 == 2 {
      return Call(path: "/v1/redemptions", body: #"{"reward": "MUG"}"#, key: "call-\(number)")
    }
    let other = (index + 1 + number % (people.count - 1)) % people.count
    let body = #"{"to": ["p\#(other)"], "points": \#(1 + number % 5), "message": "Number \#(number)."}"#
    return Call(path: "/v1/recognitions", body: body, key: "call-\(number)")
  }

  private static func acknowledged(_ answer: Answer) -> Acknowledged? {
    guard answer.status == 201, let id = answer.json["id"]?.text, let position = answer.json["position"]?.number else {
      return nil
    }
    return Acknowledged(id: id, position: position)
  }

  // MARK: Afterwards

  /// Resends every call twice, and compares the balances with what the calls come to.
  func settle() throws {
    let all = Mutex<[Acknowledged]>([])
    for person in people {
      running.enter()
      Thread.detachNewThread { [self] in
        do {
          let settled = try resend(person)
          all.withLock { $0 += settled }
        } catch {
          note("\(person.handle): \(error)")
        }
        running.leave()
      }
    }
    running.wait()
    #expect(problems.withLock { $0 } == [])
    let settled = all.withLock { $0 }
    #expect(settled.count == people.reduce(0) { $0 + $1.calls.count })
    #expect(Set(settled.map(\.id)).count == settled.count, "each call has an effect of its own")
    #expect(Set(settled.map(\.position)).count == settled.count)
    try compareBalances()
  }

  private struct Lost: Error, CustomStringConvertible {
    let description: String
  }

  private func resend(_ person: Person) throws -> [Acknowledged] {
    return try person.calls.map { call in
      let client = Client(port(), key: person.key)
      defer { count(acknowledged: call.answered == nil ? 2 : 1) }
      let first = try client.post(call.path, call.body, key: call.key)
      guard let now = Self.acknowledged(first) else { throw Lost(description: "\(call.key): \(first.text)") }
      if let before = call.answered {
        guard now == before, first["Idempotent-Replayed"] == "true" else {
          throw Lost(description: "\(call.key) was \(before), and is \(now)")
        }
      } else {
        let second = try client.post(call.path, call.body, key: call.key)
        guard Self.acknowledged(second) == now, second["Idempotent-Replayed"] == "true" else {
          throw Lost(description: "\(call.key) was \(now), and is \(second.text)")
        }
      }
      return now
    }
  }

  private func count(acknowledged count: Int) {
    figures.withLock { figures in
      figures.sent += count
      figures.acknowledged += count
      figures.resent += count
    }
  }

  private func compareBalances() throws {
    var allowance = [Int64](repeating: Self.allowance, count: people.count)
    var points = [Int64](repeating: Self.points, count: people.count)
    var held = [Int64](repeating: 0, count: people.count)
    for (index, person) in people.enumerated() {
      for call in person.calls {
        let body = try json(call.body)
        guard let to = body["to"]?.list.first?.text, let amount = body["points"]?.number else {
          points[index] -= Self.price
          held[index] += Self.price
          continue
        }
        allowance[index] -= amount
        points[try #require(people.firstIndex { $0.handle == to })] += amount
      }
    }
    for (index, person) in people.enumerated() {
      let balances = try #require(try Client(port(), key: person.key).get("/v1/me").json["balances"])
      #expect(balances["allowance"]?.number == allowance[index], "\(person.handle)")
      #expect(balances["points"]?.number == points[index], "\(person.handle)")
      #expect(balances["held"]?.number == held[index], "\(person.handle)")
    }
    let reward = try Client(port(), key: people[0].key).get("/v1/rewards/MUG")
    #expect(reward.json["stock"]?.number == Self.stock - held.reduce(0, +) / Self.price)
  }
}
