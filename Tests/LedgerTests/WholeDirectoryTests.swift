import Testing

@testable import Ledger

@Suite("A directory as a whole")
struct WholeDirectoryTests {
  private static let program = Program(version: 1, allowancePoints: 100)

  private func book(_ people: [Person]) -> Book {
    var book = Book(
      organization: ID(rawValue: 1), head: Book.Head(position: 7, hash: .zero, recordedAt: Timestamp(microseconds: 0)),
      clock: Timestamp(microseconds: 1), program: Self.program,
      periodStarts: PeriodStarts(week: Day(number: 0), month: Day(number: 0), quarter: Day(number: 0)),
      today: Day(number: 40))
    for person in people { book.load(person) }
    return book
  }

  private func id(_ number: Int) -> ID { ID(rawValue: UInt128(number)) }

  private func person(_ number: Int, email: Int? = nil, manager: Int? = nil, roles: Set<Role> = []) -> Person {
    Person(
      id: id(number), handle: "p\(number)", name: "P \(number)", email: email.map { "e\($0)@acme.example" },
      manager: manager.map(id), roles: roles)
  }

  private func operation(_ number: Int, _ person: Person) -> Operation {
    Operation(id: id(1_000 + number), actor: nil, salt: .zero, action: .putPerson(person))
  }

  @Test("People take each other's emails, handles and places in one step, one entry each, managers first")
  func swaps() throws {
    var book = book([
      person(1, email: 1, roles: [.admin]), person(2, email: 2, manager: 1), person(3, email: 3, manager: 2),
    ])
    var (first, second) = (person(1, email: 2, manager: 3, roles: [.admin]), person(2, email: 1, manager: 1))
    (first.handle, second.handle) = (second.handle, first.handle)
    let update = try book.update([second, person(3, email: 3), first])
    #expect(update.people.map(\.id) == [id(3), id(1), id(2)])
    for index in update.people.indices {
      let acceptance = book.enter(update, at: index, operation(index, update.people[index]))
      #expect(acceptance.entry.kind == .personChanged)
      #expect(acceptance.entry.position == 8 + Int64(index))
    }
    #expect(book.person(named: "p2")?.id == id(1))
    #expect(book.person(named: "p1")?.id == id(2))
    #expect(book.person(named: "e1@acme.example")?.id == id(2))
    #expect(book.person(named: "e2@acme.example")?.id == id(1))
    #expect(book.head.position == 10)
  }

  @Test("What cannot be is a fault, by whom it concerns")
  func faults() {
    func faults(_ people: [Person], hadAdmin: Bool = false) -> [WholeDirectory.Fault] {
      WholeDirectory.faults(among: Dictionary(uniqueKeysWithValues: people.map { ($0.id, $0) }), hadAdmin: hadAdmin)
    }
    #expect(faults([]) == [])
    #expect(faults([person(1, manager: 2), person(2, manager: 3), person(3)]) == [])
    #expect(
      faults([person(1, manager: 2), person(2, manager: 3), person(3, manager: 1)]) == [.circle([id(1), id(2), id(3)])])
    #expect(faults([person(1, manager: 1), person(2, manager: 1)]) == [.circle([id(1)])])
    #expect(faults([person(1, manager: 9)]) == [.noManager(id(1))])
    #expect(faults([person(1)], hadAdmin: true) == [.noAdmin])
    #expect(faults([person(1, roles: [.admin])], hadAdmin: true) == [])
    var loud = person(2, email: 1)
    loud.email = "E1@ACME.example"
    let shared = faults([person(1, email: 1), loud])
    guard case .sharedEmail("e1@acme.example", let ids) = shared.first else { return #expect(Bool(false), "\(shared)") }
    #expect(shared.count == 1 && Set(ids) == [id(1), id(2)])
  }

  @Test("Whoever leaves has today as their last day, and who left keeps theirs")
  func leaving() throws {
    var gone = person(1)
    (gone.isActive, gone.leftOn) = (false, Day(number: 3))
    let book = book([gone, person(2)])
    var leaver = person(2)
    leaver.isActive = false
    let update = try book.update([gone, leaver])
    #expect(update.people.map(\.id) == [id(2)])
    #expect(update.people.first?.leftOn == Day(number: 40))
  }

  @Test("Any change of many people is taken just when what comes of it holds, and leaves exactly that")
  func property() throws {
    var random = SystemRandomNumberGenerator()
    var taken = 0
    for _ in 0..<3_000 {
      let count = Int.random(in: 2...7, using: &random)
      let before = (1...count).map {
        person($0, email: $0, manager: $0 > 1 ? Int.random(in: 1..<$0, using: &random) : nil)
      }
      var book = book(before)
      var emails = Array(1...count)
      if Bool.random(using: &random) {
        emails.shuffle(using: &random)
      } else {
        emails = emails.map { _ in Int.random(in: 1...count, using: &random) }
      }
      let after =
        before.enumerated().compactMap { index, person in
          if Int.random(in: 0..<5, using: &random) == 0 { return nil }
          var person = person
          person.email = "e\(emails[index])@acme.example"
          person.manager = Bool.random(using: &random) ? person.manager : id(Int.random(in: 1...count, using: &random))
          return person
        } as [Person]
      let whole = Dictionary(uniqueKeysWithValues: before.map { ($0.id, $0) }).merging(after.map { ($0.id, $0) }) { $1 }
      // From the words: no email twice, and whoever goes up from anybody comes to an end.
      let isLegal =
        Set(whole.values.map(\.email)).count == count
        && whole.values.allSatisfy { start in
          var (steps, next) = (0, start.manager)
          while let manager = next, steps <= count { (steps, next) = (steps + 1, whole[manager]?.manager) }
          return steps <= count
        }
      do throws(WholeDirectory.Fault) {
        let update = try book.update(after)
        #expect(isLegal)
        taken += 1
        for index in update.people.indices { _ = book.enter(update, at: index, operation(index, update.people[index])) }
        #expect(book.people == whole)
        for person in whole.values {
          #expect(book.person(named: person.email ?? "")?.id == person.id)
          #expect(book.person(named: person.handle)?.id == person.id)
        }
      } catch {
        #expect(!isLegal, "\(error)")
        #expect(book.people == Dictionary(uniqueKeysWithValues: before.map { ($0.id, $0) }))
      }
    }
    #expect(taken > 100)
  }
}
