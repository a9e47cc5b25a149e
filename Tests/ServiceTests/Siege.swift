import EventLoop
import Glibc
import HTTP
import Testing

@testable import Service

/// Programs that serve one database, under load by organisations full of people, while a test does its worst; and what must
/// be left then: everything acknowledged, each key with one effect, a ledger that verifies.
struct Siege: Sendable {
  let folder: GuardedFolder
  let programs: [CrashProgram]
  /// One for each organisation.
  let loads: [CrashLoad]

  /// - Parameters:
  ///   - name: for the line of figures that it prints.
  ///   - programs: how many serve at once.
  ///   - people: in each organisation.
  ///   - url: of a PostgreSQL; nil for a private one.
  ///   - environment: of the programs.
  ///   - options: of `laurel serve`.
  ///   - prepare: called when the organisations are founded and PostgreSQL, if it is a private one, is stopped.
  ///   - attack: while they are under load. It blocks.
  ///   - inspect: when all is settled.
  static func run(
    _ name: String, programs programCount: Int = 1, people: [Int] = [32], url: String? = nil,
    environment: [String: String] = [:], options: [String] = [], prepare: (GuardedFolder) throws -> Void = { _ in },
    _ attack: @escaping @Sendable (Siege) throws -> Void,
    inspect: @escaping @Sendable (Siege) throws -> Void = { _ in }
  ) async throws {
    let folder = try GuardedFolder()
    let result = await Result(asyncCatching: {
      let keys = try await found(people, url: url, state: folder.path)
      try prepare(folder)
      let programs = (0..<programCount).map { _ in
        CrashProgram(folder, url: url, environment: environment, options: options)
      }
      // It blocks, so it has a thread of its own.
      let thread = try EventLoop(label: "siege")
      defer { thread.stop() }
      try await thread.run {
        defer { for program in programs { program.stop(by: SIGTERM) } }
        for program in programs { try program.serve() }
        for keys in keys { try stockUp(Client(programs[0].port, key: keys["admin"])) }
        // There is one at least.
        let loads = try keys.map { try CrashLoad(keys: $0) { programs.randomElement()!.port } }
        try Siege(folder: folder, programs: programs, loads: loads).play(name, attack, inspect)
      }
    })
    await onThread { folder.remove() }
    try result.get()
  }

  /// Waits until every organisation is under load again, and then a little, never the same.
  func awaitLoad() throws {
    for load in loads { try load.awaitLoad() }
  }

  private func play(
    _ name: String, _ attack: (Siege) throws -> Void, _ inspect: (Siege) throws -> Void
  ) throws {
    for load in loads { load.start() }
    let attacked = Result(catching: { try attack(self) })
    for load in loads { load.stop() }
    try attacked.get()
    for load in loads { try load.settle() }
    try inspect(self)
    let verified = try programs[0].command(["verify", "--json"])
    #expect(verified.status == 0, "\(verified.text)")
    let report = try json(verified.text)
    #expect(report["ok"]?.flag == true)
    let positions = report["organizations"]?.list.compactMap { $0["position"]?.number } ?? []
    #expect(positions.count == loads.count)
    let figures = loads.map(\.counted).reduce(CrashLoad.Figures(), +)
    print("faults: \(name): \(figures); journals end at \(positions); verify \(verified.status == 0 ? "ok" : "FAILED")")
    // Also when it is a pipe, and what comes later never ends.
    fflush(nil)
  }

  private static func stockUp(_ admin: Client) throws {
    let reward = #"{"sku": "MUG", "name": "Mug", "price_points": \#(CrashLoad.price), "stock": \#(CrashLoad.stock)}"#
    let made = try admin.post("/v1/rewards", reward)
    #expect(made.status == 201, "\(made.text)")
  }

  // MARK: Founding

  /// Organisations whose people can thank and redeem for long.
  /// - Returns: the keys of each, by handle.
  private static func found(_ people: [Int], url: String?, state: String) async throws -> [[String: String]] {
    let database = try await onThread {
      try Database.open(url: url, ownerURL: nil, state: state, acceptsClock: url != nil, log: Laurel.log)
    }
    let loop = try EventLoop(label: "founding")
    let result = await Result(asyncCatching: {
      let administration = try await Administration(database, on: loop, log: Laurel.log)
      let result = await Result(asyncCatching: { try await found(people, administration) })
      await administration.close()
      return try result.get()
    })
    loop.stop()
    await onThread { database.close() }
    return try result.get()
  }

  private static func found(_ people: [Int], _ administration: Administration) async throws -> [[String: String]] {
    var keys: [[String: String]] = []
    for (index, count) in people.enumerated() {
      let slug = "acme-\(index)"
      let adminKey = try await administration.create(
        .init(slug: slug, name: "Acme", timeZone: "UTC", allowance: CrashLoad.allowance))
      let handles = CrashLoad.handles(count)
      let people = "handle,name\n" + handles.map { "\($0),\($0)\n" }.joined()
      _ = try await administration.importPeople(Array(people.utf8), organization: slug) { _, _ in }
      let history = """
        occurred_at,from,to,value,message,ref
        2024-01-01T00:00:00Z,admin,\(handles.joined(separator: ";")),,To begin with,r1

        """
      _ = try await administration.importRecognitions(
        Array(history.utf8), organization: slug, points: CrashLoad.points, addsValues: false
      ) { _, _ in }
      let made = try await administration.createMissingKeys(organization: slug)
      keys.append(
        Dictionary(uniqueKeysWithValues: made.map { ($0.handle, $0.key) }).merging(["admin": adminKey]) { $1 })
    }
    return keys
  }
}
