import Ledger
import Testing

@Suite("Deciding thank-yous")
struct RecogniseTests {
  @Test("Points move from the giver's allowance to each recipient")
  func points() throws {
    try Transcript(
      """
      open   ann allowance 10, bo points 0, cy points 5
      thank  ann → bo 4                   accepted 1
      thank  ann → bo, cy 3               accepted 2
      close  ann allowance 0, bo points 7, cy points 8, issued -15
      """)
  }

  @Test("A thank-you without points moves nothing, and needs no allowance")
  func plain() throws {
    let transcript = try Transcript(
      """
      open   ann allowance 0, bo
      thank  ann → bo 0   accepted 1
      close  ann allowance 0, bo points 0
      """)
    #expect(transcript.entries.map(\.postings) == [[]])
  }

  @Test("People are named by id, handle in any case, or email in any case")
  func names() throws {
    try Transcript(
      """
      open   ann allowance 10, bo, cy, di
      thank  ann → BO, Cy@Acme.Example, \(id(103)) 1   accepted 1
      close  ann allowance 7, bo points 1, cy points 1, di points 1
      """)
  }

  @Test("The whole allowance may be given, and not a point more")
  func allowance() throws {
    try Transcript(
      """
      open   ann allowance 10, bo, cy
      thank  ann → bo, cy 6   insufficient_allowance at /points
      thank  ann → bo 11      insufficient_allowance at /points
      thank  ann → bo, cy 5   accepted 1
      thank  ann → bo 1       insufficient_allowance
      close  ann allowance 0, bo points 5, cy points 5
      """)
  }

  @Test("Who cannot be thanked is refused, at their place in the list")
  func recipients() throws {
    try Transcript(
      """
      program  recipients 3
      open     ann allowance 10, bo, cy gone, di
      thank    ann → ann 1                 self_recognition at /to/0
      thank    ann → bo, ANN@acme.example 1   self_recognition at /to/1
      thank    ann → bo, bo 1              duplicate_recipient at /to/1
      thank    ann → bo, bo@acme.example 1    duplicate_recipient at /to/1
      thank    ann → zoe 1                 unknown_person at /to/0
      thank    ann → bo, di, zoe 1         unknown_person at /to/2
      thank    ann → cy 1                  inactive_recipient at /to/0
      thank    ann → bo, di, cy, zoe 1     too_many_recipients at /to
      close    ann allowance 10, bo points 0
      """)
  }

  @Test("Whoever has left thanks nobody")
  func leavers() throws {
    try Transcript(
      """
      open   ann gone allowance 10, bo
      thank  ann → bo 1   inactive_caller
      """)
  }

  @Test("The programme's bounds hold: points for each, and privacy")
  func bounds() throws {
    try Transcript(
      """
      program  allowance 100, most 5, no private
      open     ann allowance 100, bo, cy
      thank    ann → bo 101     insufficient_allowance at /points
      thank    ann → bo, cy 5   accepted 1
      thank    ann → bo 6       too_many_points at /points
      thank    ann → bo 1   private   private_not_allowed at /visibility
      close    ann allowance 90
      """)
  }

  @Test("Named values must exist and be in use; hashtags count only where they are")
  func values() throws {
    let transcript = try Transcript(
      """
      values  be-helpful, be-polite, retired gone
      open    ann allowance 10, bo
      thank   ann → bo 1   values be-helpful nope   unknown_value at /values/1
      thank   ann → bo 1   values retired           unknown_value at /values/0
      thank   ann → bo 1   values be-polite be-polite   tags be-helpful nope retired be-polite   accepted 1
      """)
    #expect(transcript.entries.last?.recognition?.values == ["be-polite", "be-helpful"])
  }

  @Test("A message has at most 2,000 characters, however many bytes they take")
  func message() throws {
    try Transcript(
      """
      open   ann allowance 10, bo
      thank  ann → bo 1   says \(String(repeating: "𝔤", count: 2_001))   message_too_long at /message
      thank  ann → bo 1   says \(String(repeating: "𝔤", count: 2_000))   accepted 1
      """)
  }

  @Test("History is newly issued, keeps its own time, and stands outside allowances, limits and leaving")
  func history() throws {
    let transcript = try Transcript(
      """
      program  allowance 0, most 1, recipients 1
      values   retired gone
      open     ann gone, bo gone, cy points 1
      history  ann → bo, cy 50   values retired   accepted 1
      history  ann → ann 50      self_recognition
      history  ann → bo, bo 50   duplicate_recipient
      history  ann → zoe 50      unknown_person
      history  ann → bo 50   values nope   unknown_value
      close    ann allowance 0, bo points 50, cy points 51, issued -101
      """)
    let entry = try #require(transcript.entries.first)
    #expect(entry.occurredAt == Timestamp(microseconds: 500))
    #expect(entry.recordedAt == Timestamp(microseconds: 2_000))
  }

  @Test("The entry says what was decided: giver, recipients in order, points, values, privacy, words by digest")
  func entry() throws {
    let transcript = try Transcript(
      """
      values  be-helpful
      open    ann allowance 10, bo, cy
      thank   ann → cy, bo 2   values be-helpful   private   says You did it.   accepted 1
      """)
    let entry = try #require(transcript.entries.first)
    let recognition = Recognition(
      recipients: [id(102), id(101)], points: 2, values: ["be-helpful"], visibility: .private)
    #expect(entry.recognition == recognition)
    #expect(entry.kind == .recognition)
    #expect(entry.actor == id(100))
    #expect(entry.id == id(1_001))
    #expect(entry.textDigest == SaltedText(salt: digest("salt 1"), text: "You did it.").digest)
    #expect(entry.occurredAt == entry.recordedAt)
    #expect(entry.postings.map(\.amount) == [-4, 2, 2])
  }
}
