import Testing

@testable import Ledger

@Suite("Bounds of giving")
struct BoundsOfGivingTests {
  @Test("Thanks without points to one person are bounded for a day; history, others' and those with points go on")
  func freeThanks() throws {
    try Transcript(
      """
      program  allowance 10, free 2
      open     ann allowance 10, bo, cy
      thank    ann → bo 0       accepted 1
      thank    ann → bo, cy 0   accepted 2
      thank    ann → cy, bo 0   too_many_thanks at /to/1
      history  ann → bo 0       accepted 3
      thank    ann → bo 1       accepted 4
      thank    ann → cy 0       accepted 5
      thank    ann → cy 0       too_many_thanks at /to/0
      thank    cy → bo 0        accepted 6
      """)
    try Transcript(
      """
      program  allowance 10, free 0
      open     ann allowance 10, bo
      thank    ann → bo 0   too_many_thanks
      history  ann → bo 0   accepted 1
      thank    ann → bo 1   accepted 2
      """)
  }

  @Test("What was taken back was sent all the same")
  func takenBack() throws {
    try Transcript(
      """
      program  allowance 10, free 1
      open     ann allowance 10, bo
      thank    ann → bo 0   accepted 1
      undo     ann 1        accepted 2
      thank    ann → bo 0   too_many_thanks
      """)
  }

  @Test("One giver gives one person at most so many points by one recognition, boosts of their own included")
  func ownBoosts() throws {
    try Transcript(
      """
      program  allowance 100, most 5
      open     ann allowance 100, bo, cy allowance 100
      thank    ann → bo 3     accepted 1
      boost    ann 1 3        too_many_points at /points
      boost    ann 1 2        accepted 2
      boost    ann 1 1        too_many_points
      boost    cy 1 5         accepted 3
      boost    cy 1 1         too_many_points
      history  ann → bo 50    accepted 4
      boost    ann 4 5        accepted 5
      boost    ann 4 1        too_many_points
      close    ann allowance 90, bo points 65, cy allowance 95
      """)
  }
}
