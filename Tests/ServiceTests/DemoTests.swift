import Foundation
import HTTP
import Ledger
import Testing

@testable import Service

@Suite("The demo's history")
struct DemoHistoryTests {
  /// The first day of each month of a leap year, its second, seventh, eighth and last, early and late.
  private static let moments: [(now: Timestamp, monthStart: Timestamp)] = (1...12).flatMap { month in
    ["01T00:00:10", "01T00:10:00", "01T09:00:00", "02T12:00:00", "07T23:59:59", "08T08:00:00", "28T18:00:00"].map {
      rest in
      let month = month < 10 ? "0\(month)" : "\(month)"
      return (RFC3339.timestamp("2028-\(month)-\(rest)Z")!, RFC3339.timestamp("2028-\(month)-01T00:00:00Z")!)
    }
  }

  @Test(
    "Whatever day it is, the present month holds a week of it, in the order of the story, and nothing is still to come")
  func anyDay() throws {
    for (now, monthStart) in Self.moments {
      let times = try Demo.history([], now: now, monthStart: monthStart).map { $0.occurredAt ?? now }
      #expect(times == times.sorted(), "\(RFC3339.text(now))")
      #expect(times.count { $0 >= monthStart } >= 25, "\(RFC3339.text(now))")
      #expect(times.allSatisfy { $0 <= now })
      let quarter = Timestamp(microseconds: now.microseconds - 80 * 86_400_000_000)
      #expect(times.first.map { $0 < quarter } == true, "three months of it")
    }
  }

  @Test("Its budgets are open, also where it is another year already, or still")
  func budgets() throws {
    for (now, today) in [
      ("2026-12-31T23:30:00Z", "2027-01-01"), ("2026-12-31T23:30:00Z", "2026-12-31"),
      ("2027-01-01T00:30:00Z", "2026-12-31"),
      ("2027-01-01T00:30:00Z", "2027-01-01"), ("2028-02-29T12:00:00Z", "2028-02-29"),
    ] {
      let operations = try DemoSpending.operations([], now: #require(RFC3339.timestamp(now)))
      let budgets = operations.compactMap { if case .createBudget(let budget, _) = $0.action { budget } else { nil } }
      #expect(budgets.count == 2)
      let day = try #require(RFC3339.day(today))
      #expect(budgets.allSatisfy { $0.startsOn <= day && day <= $0.endsOn }, "\(now)")
    }
  }

  @Test("Each thank-you has a key of its own, which does not depend on the day")
  func keys() throws {
    let all = try Self.moments.map { now, monthStart in
      try Demo.history([], now: now, monthStart: monthStart).map(\.idempotency?.key)
    }
    #expect(Set(all[0]).count == all[0].count)
    #expect(all.allSatisfy { $0 == all[0] })
  }
}

extension OnLaurel {
  @Suite("What history leaves behind")
  struct HistoryTests {
    @Test("Notices of it are dated when it happened")
    func notices() async throws {
      try await Company.with { company in
        try await company.give(["bo"], points: 3)
        let notice = try company["bo"].get("/v1/me/notifications").json["data"]?.list.first
        #expect(notice?["kind"]?.text == "thanked")
        #expect(notice?["at"]?.text == "2024-01-01T00:00:00Z")
      }
    }
  }
}
