import Testing

@testable import Service

@Suite("Whether PostgreSQL is there")
struct DatabasePresenceTests {
  /// What is said of looks a second apart, `+` where it answers: `.` is nothing.
  private func said(_ looks: String) -> String {
    var presence = DatabasePresence()
    var now = ContinuousClock.now
    return looks.map { look in
      now += .seconds(1)
      switch presence.note(isThere: look == "+", at: now) {
      case nil: return "."
      case .gone: return "gone "
      case .back(let away): return "back after \(Int(away / .seconds(1))) "
      }
    }.joined()
  }

  @Test(
    "Its going and its coming back are each said once, however long it stays away, and a single miss is not",
    arguments: [
      ("+++", "..."), ("+-+-+", "....."), ("+--+", "..gone back after 2 "),
      ("--------+++", ".gone ......back after 8 .."), ("--+--+", ".gone back after 2 .gone back after 2 "),
      ("--+-+--", ".gone back after 2 ...gone "),
    ])
  func transitions(_ looks: String, _ expected: String) {
    #expect(said(looks) == expected)
  }

  @Test("Why it cannot be brought back is said once for each reason in turn")
  func reasons() {
    var presence = DatabasePresence()
    #expect(["full", "full", "full", "gone", "full"].map { presence.isNews($0) } == [true, false, false, true, true])
  }
}
