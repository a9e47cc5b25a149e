import Ledger
import Testing

@Suite("One key, one effect; and the directory")
struct DirectoryTests {
  @Test("The same key and request again is what it did the first time")
  func replay() throws {
    try Transcript(
      """
      open   ann allowance 10, bo points 0
      thank  ann → bo 4   key k1   accepted 1
      thank  ann → bo 9   key k2   insufficient_allowance
      thank  ann → bo 4   key k1   replayed 1
      close  ann allowance 6, bo points 4
      """)
  }

  @Test("The same key for another request is refused, before any other reason")
  func reuse() throws {
    try Transcript(
      """
      open   ann allowance 10, bo
      thank  ann → bo 4    key k1   accepted 1
      thank  ann → bo 5    key k1   idempotency_key_reused
      thank  ann → zoe 99  key k1   idempotency_key_reused
      close  ann allowance 6
      """)
  }

  @Test("A refusal does not use its key up")
  func refusedKey() throws {
    try Transcript(
      """
      program  allowance 10
      open     ann allowance 1, bo
      thank    ann → bo 4   key k1   insufficient_allowance
      thank    ann → bo 1   key k1   accepted 1
      period   2
      thank    ann → bo 4   key k2   accepted 3
      thank    ann → bo 4   key k2   replayed 3
      """)
  }

  @Test("A key is its person's own")
  func scope() throws {
    try Transcript(
      """
      open   ann allowance 10, bo allowance 10, cy
      thank  ann → cy 1   key k   accepted 1
      thank  bo → cy 1    key k   accepted 2
      """)
  }

  @Test("Someone is created, changed, and left alone when nothing is new")
  func people() throws {
    let transcript = try Transcript(
      """
      open    ann, bo
      person  cy                 accepted 1
      person  cy                 unchanged
      person  cy   team Support  accepted 2
      person  cy   manager bo    accepted 3
      person  bo   gone          accepted 4
      thank   ann → bo 1         inactive_recipient
      """)
    #expect(transcript.entries.map(\.kind) == [.personCreated, .personChanged, .personChanged, .personChanged])
  }

  @Test("Handles and emails are unique, emails in any case; a manager is somebody else who is known")
  func uniqueness() throws {
    try Transcript(
      """
      open    ann, bo
      person  cy   handle bo                 duplicate_handle at /handle
      person  cy   email BO@acme.example     duplicate_email at /email
      person  cy   manager zoe               unknown_person at /manager
      person  ann   manager ann              manager_cycle at /manager
      person  ann   handle bo                duplicate_handle at /handle
      """)
  }

  @Test("A handle or email that was given up is free again")
  func rename() throws {
    try Transcript(
      """
      open    ann allowance 10, bo
      person  bo   handle bob   email bob@acme.example   accepted 1
      thank   ann → bo 1                  unknown_person
      thank   ann → bo@acme.example 1     unknown_person
      thank   ann → bob 1                 accepted 2
      person  cy   handle bo   email bo@acme.example     accepted 3
      """)
  }

  @Test("A value is made once")
  func values() throws {
    try Transcript(
      """
      open   ann allowance 10, bo
      value  be-brave   accepted 1
      value  be-brave   duplicate_value at /slug
      thank  ann → bo 1   values be-brave   accepted 2
      """)
  }

  @Test("A key's entry names its person")
  func keys() throws {
    let transcript = try Transcript(
      """
      open  ann
      key   ann   accepted 1
      """)
    #expect(transcript.entries.map(\.kind) == [.keyCreated])
    #expect(transcript.entries[0].subject == id(100))
  }

  @Test("An email's ASCII letters are the same in either case, as they are to the database; others are not")
  func emailCase() throws {
    try Transcript(
      """
      open    ann, bo
      person  cy   email ÉLAN@acme.example   accepted 1
      person  di   email Élan@Acme.example   duplicate_email
      person  ed   email élan@acme.example   accepted 2
      """)
  }
}
