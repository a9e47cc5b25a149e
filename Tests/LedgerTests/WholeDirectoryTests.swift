import Testing

@testable import Ledger

@Suite("A directory as a whole")
struct WholeDirectoryTests {
  private static let program = Program(version: 1, allowancePoints: 100)

  private func book() -> Book {
    Book(
      organization: ID(rawValue: 1), head: Book.Head(position: 7, hash: .zero, recordedAt: Timestamp(microseconds: 0)),
      clock: Timestamp(microseconds: 1), program: Self.program,
      periodStarts: PeriodStarts(week: Day(number: 0), month: Day(number: 0), quarter: Day(number: 0)),
      today: Day(number: 40))
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

  /// The directory as it will be.
  private func draft(_ present: [Person], _ changes: [Person] = []) -> DirectoryDraft {
    var draft = DirectoryDraft(present, today: Day(number: 40))
    for person in changes {
      if let place = draft.place(of: person.id) { draft[place] = person } else { _ = draft.append(person) }
    }
    return draft
  }

  @Test("People take each other's emails, handles and places in one step, one entry each, managers first")
  func swaps() throws {
    let present = [
      person(1, email: 1, roles: [.admin]), person(2, email: 2, manager: 1), person(3, email: 3, manager: 2),
    ]
    var book = book()
    var (first, second) = (person(1, email: 2, manager: 3, roles: [.admin]), person(2, email: 1, manager: 1))
    (first.handle, second.handle) = (second.handle, first.handle)
    let update = try DirectoryUpdate(draft(present, [second, person(3, email: 3), first]))
    #expect((0..<update.count).map { update[$0].after } == [person(3, email: 3), first, second])
    #expect((0..<update.count).map { update[$0].before } == [present[2], present[0], present[1]])
    for index in 0..<update.count {
      let acceptance = book.enter(update, at: index, operation(index, update[index].after))
      #expect(acceptance.entry.kind == .personChanged)
      #expect(acceptance.entry.position == 8 + Int64(index))
    }
    #expect(book.head.position == 10)
    #expect(book.people.isEmpty, "what is written needs nobody any more")
  }

  @Test("What cannot be is a fault, by whom it concerns")
  func faults() {
    func faults(_ people: [Person], before: [Person] = []) -> [WholeDirectory.Fault] {
      do throws(WholeDirectory.Faults) {
        _ = try DirectoryUpdate(draft(before, people))
        return []
      } catch {
        return error.list
      }
    }
    #expect(faults([]) == [])
    #expect(faults([person(1, manager: 2), person(2, manager: 3), person(3)]) == [])
    #expect(faults([person(1, manager: 2), person(2, manager: 3), person(3, manager: 1)]) == [.circle([0, 1, 2])])
    #expect(
      faults([person(1, manager: 4), person(2, manager: 3), person(3, manager: 2), person(4, manager: 3)]) == [
        .circle([1, 2])
      ])
    #expect(faults([person(1, manager: 1), person(2, manager: 1)]) == [.circle([0])])
    #expect(faults([person(1, manager: 9)]) == [.noManager(0)])
    let admin = person(1, roles: [.admin])
    #expect(faults([person(1)], before: [admin]) == [.noAdmin])
    #expect(faults([person(2)], before: [admin]) == [])
    #expect(faults([person(1), person(2, roles: [.admin])], before: [admin]) == [])
    #expect(faults([person(1)]) == [], "there was no admin before either")
    var loud = person(2, email: 1)
    loud.email = "E1@ACME.example"
    #expect(faults([loud], before: [person(1, email: 1)]) == [.sharedEmail("e1@acme.example", [0, 1])])
    var double = person(3)
    double.handle = "p1"
    #expect(faults([double], before: [person(1), person(2)]) == [.sharedHandle("p1", [0, 2])])
  }

  @Test(
    "Whoever leaves has today as their last day and no role, who left keeps theirs, and who is as before does not change"
  )
  func leaving() throws {
    var gone = person(1)
    (gone.isActive, gone.leftOn) = (false, Day(number: 3))
    var leaver = person(2, roles: [.finance])
    leaver.isActive = false
    var again = gone
    (again.leftOn, again.roles) = (nil, [.finance])
    let update = try DirectoryUpdate(
      draft([gone, person(2, roles: [.finance]), person(3)], [again, leaver, person(3)]))
    #expect((0..<update.count).map { update[$0].after.id } == [id(2)])
    #expect(update[0].after.leftOn == Day(number: 40))
    #expect(update[0].after.roles.isEmpty)
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
      var book = book()
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
      do throws(WholeDirectory.Faults) {
        let update = try DirectoryUpdate(draft(before, after))
        #expect(isLegal)
        taken += 1
        var recorded = Dictionary(uniqueKeysWithValues: before.map { ($0.id, $0) })
        for index in 0..<update.count {
          let change = update[index]
          #expect(change.before == recorded[change.after.id])
          // A manager who is new or changes is recorded before.
          #expect(change.after.manager.map { recorded[$0] == whole[$0] } ?? true)
          let acceptance = book.enter(update, at: index, operation(index, change.after))
          #expect(acceptance.entry.subject == change.after.id)
          recorded[change.after.id] = change.after
        }
        #expect(recorded == whole)
        #expect(update.count == after.count { person in before.first { $0.id == person.id } != person })
      } catch {
        #expect(!isLegal, "\(error)")
      }
    }
    #expect(taken > 100)
  }
}
