import Foundation
import HTTP
import Testing

/// What somebody has to spend.
struct Wallet: Equatable {
  let points: Int64
  let held: Int64
}

/// What the tests of redemptions and awards do with a company.
extension Company {
  /// Points for each, as history brings them: outside of allowances.
  func give(_ handles: [String], points: Int64, ref: String = "gift") async throws {
    let to = handles.joined(separator: ";")
    let csv = "occurred_at,from,to,value,message,ref\n2024-01-01T00:00:00Z,admin,\(to),,Welcome,\(ref)\n"
    #expect(try await importRecognitions(csv, points: points) == 1)
  }

  /// Puts a reward into the catalogue.
  /// - Returns: its id.
  @discardableResult
  func offer(_ reward: String) throws -> String {
    let answer = try self["admin"].post("/v1/rewards", reward)
    #expect(answer.status == 201, "\(answer.text)")
    return try #require(answer.json["id"]?.text)
  }

  /// Makes a budget of somebody's, open this year and the next.
  /// - Parameter more: further members, each followed by a comma.
  /// - Returns: its id.
  @discardableResult
  func fund(_ owner: String, points: Int64, name: String = "Spot", _ more: String = "") throws -> String {
    let body = """
      {\(more) "name": "\(name)", "owner": "\(owner)", "points": \(points),
       "period": {"from": "\(Self.today(plus: -30))", "to": "\(Self.today(plus: 30))"}}
      """
    let answer = try self["admin"].post("/v1/budgets", body)
    #expect(answer.status == 201, "\(answer.text)")
    return try #require(answer.json["id"]?.text)
  }

  /// - Returns: the redemption's id.
  func redeem(_ reward: String, by handle: String, quantity: Int = 1) throws -> String {
    let answer = try self[handle].post("/v1/redemptions", #"{"reward": "\#(reward)", "quantity": \#(quantity)}"#)
    #expect(answer.status == 201, "\(answer.text)")
    return try #require(answer.json["id"]?.text)
  }

  func wallet(_ handle: String) throws -> Wallet {
    let balances = try #require(try self[handle].get("/v1/me").json["balances"])
    return Wallet(points: balances["points"]?.number ?? -1, held: balances["held"]?.number ?? -1)
  }

  func stock(_ sku: String) throws -> Int64? { try self["ann"].get("/v1/rewards/\(sku)").json["stock"]?.number }

  /// What an account of the organisation holds, straight from the database.
  func balance(_ account: String) throws -> Int64 {
    let session = try Session(laurel.cluster.superuserURL)
    let sum = try session.run(
      "SELECT COALESCE(sum(balance), 0) FROM accounts WHERE org_id = \(number) AND account = '\(account)'")
    return try #require(sum.first.flatMap { Int64($0) })
  }

  /// A date near today: a day off by the time zone does not matter to who uses it.
  static func today(plus days: Int) -> String {
    let date = Date(timeIntervalSinceNow: Double(days) * 86_400)
    return date.formatted(.iso8601.year().month().day())
  }

  /// Waits until midnight in Berlin is past, where it is near: for what must not begin on one day and end on the next.
  static func awaitMidnight() async throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "Europe/Berlin"))
    let left = try #require(calendar.dateInterval(of: .day, for: Date())?.end).timeIntervalSinceNow
    if left < 60 { try await Task.sleep(for: .seconds(left + 1)) }
  }
}
