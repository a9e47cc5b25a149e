import Ledger
import Testing

@Suite("Allowances start anew with each period")
struct AllowanceTests {
  @Test("The reset is recorded with the first debit of a period, and only then")
  func lazy() throws {
    let transcript = try Transcript(
      """
      program  allowance 10
      open     ann, bo
      close    ann allowance 10
      thank    ann → bo 0    accepted 1
      thank    ann → bo 4    accepted 3
      thank    ann → bo 4    accepted 4
      close    ann allowance 2, bo points 8
      """)
    #expect(transcript.entries.map(\.kind) == [.recognition, .allowanceReset, .recognition, .recognition])
    #expect(transcript.entries[1].subject == id(100))
  }

  @Test("What was not given does not add up")
  func unspent() throws {
    try Transcript(
      """
      program  allowance 10
      open     ann allowance 7, bo
      period   2
      close    ann allowance 10
      thank    ann → bo 11   insufficient_allowance
      thank    ann → bo 10   accepted 2
      close    ann allowance 0
      period   3
      thank    ann → bo 1    accepted 4
      close    ann allowance 9, bo points 11
      """)
  }

  @Test("What a top-up brought is spent last and stays over resets, also where it came back with a gift taken back")
  func topUps() throws {
    try Transcript(
      """
      program  allowance 10
      open     ann, bo
      topup    ann 5          accepted 2
      close    ann allowance 15
      thank    ann → bo 10    accepted 3
      thank    ann → bo 4     accepted 4
      undo     ann 4          accepted 5
      period   2
      close    ann allowance 15
      thank    ann → bo 12    accepted 7
      period   3
      close    ann allowance 13
      """)
    try Transcript(
      """
      program  allowance 10
      open     ann, bo
      topup    ann 5          accepted 2
      thank    ann → bo 12    accepted 3
      undo     ann 3          accepted 4
      close    ann allowance 15
      thank    ann → bo 15    accepted 5
      period   2
      close    ann allowance 10
      """)
  }

  @Test("A refusal in a new period records no reset")
  func refused() throws {
    let transcript = try Transcript(
      """
      program  allowance 10
      open     ann allowance 3, bo
      period   2
      thank    ann → bo 11   insufficient_allowance
      thank    ann → zoe 1   unknown_person
      close    ann allowance 10
      """)
    #expect(transcript.final.head.position == 0)
    #expect(transcript.final.balances[.allowance(id(100))] == 3)
  }

  @Test("A reset to less gives back what is too much; to the same amount it moves nothing and is recorded still")
  func smaller() throws {
    let less = try Transcript(
      """
      open     ann allowance 10, bo
      program  allowance 4
      period   2
      thank    ann → bo 4   accepted 2
      close    ann allowance 0, bo points 4, issued -4
      """)
    #expect(less.entries[0].postings.map(\.amount) == [6, -6])
    let same = try Transcript(
      """
      program  allowance 10
      open     ann allowance 10, bo
      period   2
      thank    ann → bo 4   accepted 2
      thank    ann → bo 4   accepted 3
      close    ann allowance 2
      """)
    #expect(same.entries.map(\.kind) == [.allowanceReset, .recognition, .recognition])
    #expect(same.entries[0].postings == [])
  }

  @Test("The largest allowance of one's roles counts")
  func roles() throws {
    try Transcript(
      """
      program  allowance 10, finance 50, admin 20
      open     ann, bo finance, cy finance admin, di admin
      close    ann allowance 10, bo allowance 50, cy allowance 50, di allowance 20
      thank    bo → ann 50   accepted 2
      thank    di → ann 21   insufficient_allowance
      """)
  }

  @Test("The entry of a reset has an id of its own, the same whenever the operation is decided again")
  func stableID() throws {
    let transcript = {
      try Transcript(
        """
        open   ann, bo
        thank  ann → bo 1   accepted 2
        """)
    }
    let (first, second) = (try transcript().entries, try transcript().entries)
    #expect(first == second)
    #expect(first[0].id != first[1].id)
    #expect(Array("\(first[0].id)")[14] == "8", "a version 8 UUID")
  }

  @Test("Where managers give, it counts who reports to whom at that moment, within one batch too")
  func managers() throws {
    try Transcript(
      """
      program  allowance 10, givers managers
      open     ann allowance 10, bo allowance 10, cy
      thank    ann → cy 1          giving_not_allowed
      thank    ann → cy 0          accepted 1
      person   cy   manager ann    accepted 2
      thank    ann → cy 1          accepted 3
      person   cy   manager bo     accepted 4
      thank    ann → cy 1          giving_not_allowed
      thank    bo → cy 1           accepted 5
      """)
  }

  @Test("Managers have an allowance of their own where the rules say so, from its next beginning on")
  func managersAllowance() throws {
    try Transcript(
      """
      program  allowance 10, manager 30, finance 20
      open     ann, bo, cy
      thank    ann → cy 11         insufficient_allowance
      person   cy   manager ann    accepted 1
      thank    ann → cy 30         accepted 3
      thank    bo → cy 11          insufficient_allowance
      person   cy   manager bo     accepted 4
      thank    bo → cy 30          accepted 6
      """)
  }

  @Test("Recorded time never goes back, even when the clock does")
  func clock() {
    let head = Book.Head(position: 3, hash: digest("3"), recordedAt: Timestamp(microseconds: 9_000))
    let book = Book(
      organization: id(0), head: head, clock: Timestamp(microseconds: 8_000),
      program: Program(version: 1, allowancePoints: 1), periodStarts: .all(Day(number: 1)), today: Day(number: 1))
    #expect(book.now == head.recordedAt)
  }
}
