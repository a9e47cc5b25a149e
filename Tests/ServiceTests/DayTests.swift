import Testing

extension OnLaurel {
  /// Whole days at the command line, as they look on a screen: what is typed behind somebody's name, and what comes of it.
  @Suite("A day at the command line")
  struct DayTests {
    /// Types what a transcript says, as whoever it names, and compares what comes.
    private func play(_ transcript: String, in company: Company) async throws {
      try await Company.awaitMidnight()
      let folder = try GuardedFolder()
      defer { folder.remove() }
      let environment = Program.environment.merging([
        "PATH": "\(Program.folder):/usr/bin:/bin", "TZ": "UTC", "LAUREL_URL": "http://127.0.0.1:\(company.laurel.port)",
      ]) { $1 }
      let shell = try Shell(in: folder.path, environment: environment)
      var output = PrintedOutput()
      for documented in DocumentedCommand.all(in: transcript) {
        let key = try #require(company.keys[documented.who], "there is nobody called \(documented.who)")
        _ = try await shell.run("export LAUREL_KEY=\(key)")
        let printed = try await shell.run(output.translated(documented.command)).output
        do {
          try output.check(documented.output, printed)
        } catch {
          Issue.record("\(documented.who)$ \(documented.command)\n\(error)")
        }
      }
      await shell.end()
    }

    @Test("A manager thanks, looks at the team, awards, thinks better of it, and sees what became of it")
    func manager() async throws {
      try await Company.with { company in
        try await company.give(["mo", "ann"], points: 100)
        try await play(
          #"""
          admin$ laurel api POST /v1/budgets -d '{"name": "Spot", "owner": "mo", "points": 500, "approval_above": 100, "period": {"from": "2020-01-01", "to": "2099-12-31"}}' >budget
          admin$ laurel api POST /v1/rewards -d '{"sku": "MUG", "name": "Mug", "price_points": 60, "cost": {"amount": "6.00", "currency": "EUR"}}' >reward
          mo$ laurel me
          Mo Mansour (@mo), Sales
               100  to give, until 2026-12-31 23:00
               100  to redeem
                 0  held for what you redeemed
          mo$ laurel people björk
          HANDLE  TEAM   LOCATION  NAME
          @bo     Sales            Bo Björk
          mo$ laurel thank @bo 10 "You ran the map to the last van. #be-helpful"
          Thanked Bo Björk (@bo), with 10 points.
          mo$ laurel thank @ann 90 "For all of it"
          Thanked Ann Ames (@ann), with 90 points.
          mo$ laurel undo --dry-run
          This would take back your thanks to Ann Ames (@ann), with 90 points, of 2026-12-01 09:00. Nothing is recorded.
            For all of it
          mo$ laurel undo
          Took back your thanks to Ann Ames (@ann), with 90 points.
            For all of it
          mo$ laurel boost @bo 5
          Added 5 points to Bo Björk (@bo), whom Mo Mansour (@mo) had thanked.
            You ran the map to the last van. #be-helpful
          mo$ laurel board --scope team:Sales
          points_received, 2026-12, team:Sales  1 people
          RANK  SCORE  WHO
             1     15  Bo Björk (@bo)
          mo$ laurel budgets
          LEFT  WAITING  UNTIL       WHOSE  BUDGET
           500        0  2099-12-31  @mo    Spot
          mo$ laurel award @bo 50 "The storm night: every parcel left." --dry-run
          This would award Bo Björk (@bo) 50 points from Spot…. Nothing is recorded.
          mo$ laurel award @bo 50 "The storm night: every parcel left."
          Awarded Bo Björk (@bo) 50 points from Spot.
          mo$ laurel award @ann 120 "A year of Mondays" --budget Spot
          Awarded Ann Ames (@ann) 120 points from Spot: it waits for finance.
          mo$ laurel award @cy 50 "For the help"
          laurel: …(403 not_in_your_team)
          mo$ laurel awards
          2026-12-01 09:00  Mo Mansour → Ann Ames +120 from Spot, pending approval
                            A year of Mondays
                            01a230ef-0000-7000-8000-000000000001
          2026-12-01 09:00  Mo Mansour → Bo Björk +50 from Spot, granted
                            The storm night: every parcel left.
                            01a230ef-0000-7000-8000-000000000002
          mo$ laurel approve 01a230ef-0000-7000-8000-000000000001
          laurel: …(403 forbidden)
          fay$ laurel approve
          2026-12-01 09:00  Mo Mansour → Ann Ames +120 from Spot, pending approval
                            A year of Mondays
                            01a230ef-0000-7000-8000-000000000001
          To approve one: laurel approve ID
          fay$ laurel approve 01a230ef-0000-7000-8000-000000000001
          Approved: Ann Ames (@ann) +120 from Spot.
          fay$ laurel approve
          Nothing is there to approve.
          mo$ laurel redeem MUG --note "Blue, please"
          Redeemed 60 points for Mug: approved.
          mo$ laurel cancel
          2026-12-01 09:00  Mug for Mo Mansour (@mo), 60 points, approved
                            Blue, please
                            01a230ef-0000-7000-8000-000000000003
          To cancel one: laurel cancel ID
          fay$ laurel fulfil 01a230ef-0000-7000-8000-000000000003
          Handed out: Mug for Mo Mansour (@mo), 60 points.
          mo$ laurel cancel 01a230ef-0000-7000-8000-000000000003
          laurel: …(409 invalid_transition)
          mo$ laurel statement --account points
          WHEN              ACCOUNT  AMOUNT  AFTER  WHAT
          2026-12-01 09:00  points      -60     40  redemption requested…
          2026-12-01 09:00  points     +100    100  recognition: Welcome
          bo$ laurel notifications
          2026-12-01 09:00  Mo Mansour awarded you points: +50
                            The storm night: every parcel left.
          2026-12-01 09:00  Mo Mansour added to what you were thanked for: +5
          …
          2026-12-01 09:00  Mo Mansour thanked you: +10
                            You ran the map to the last van. #be-helpful
          """#, in: company)
      }
    }

    @Test("Whatever has no command is called by its path")
    func calls() async throws {
      try await Company.with { company in
        try await play(
          #"""
          ann$ laurel api GET '/v1/people?q=björk'
          {"data":[{…,"handle":"bo","name":"Bo Björk",…}]}
          ann$ laurel api get v1/values/be-helpful
          {"slug":"be-helpful","name":"Be helpful",…,"active":true}
          ann$ laurel api PATCH /v1/values/be-helpful -d '{"name": "Help"}'
          laurel: This takes the role admin. (403 forbidden)
          admin$ laurel api PATCH /v1/values/be-helpful -d '{"name": "Help"}'
          {"slug":"be-helpful","name":"Help",…}
          admin$ echo '{"slug": "stay-curious", "name": "Stay curious"}' >value.json; laurel api POST /v1/values -d @value.json
          {"slug":"stay-curious","name":"Stay curious",…}
          admin$ laurel api PATCH /v1/values/be-helpful -d '{"name": "X"}' --header 'If-Match: "1"'
          laurel: …(412 precondition_failed)
          admin$ laurel api POST /v1/values -d '{"slug": "again", "name": "Again"}' --idempotency-key k | cut -c1-15
          {"slug":"again"
          admin$ laurel api POST /v1/values -d '{"slug": "again", "name": "Again"}' --idempotency-key k | cut -c1-15
          {"slug":"again"
          admin$ laurel api POST /v1/values -d '{"slug": "other", "name": "Again"}' --idempotency-key k
          laurel: …(422 idempotency_key_reused)
          admin$ laurel api GET /v1/nothing
          laurel: …(404 not_found)
          """#, in: company)
      }
    }

    @Test("Undo takes the newest thanks back, once each, asks on a terminal, and never takes anybody else's")
    func undo() async throws {
      try await Company.with { company in
        try await play(
          #"""
          ann$ laurel undo
          laurel: you have given no thanks in the last 24 hours; an admin can take back older ones by their IDs (laurel feed --from me --ids)
          ann$ laurel thank @bo 1 "one"
          Thanked Bo Björk (@bo), with 1 point.
          ann$ laurel thank @bo @cy 2 "two" --private
          Thanked Bo Björk (@bo), Cy Ünal (@cy), with 2 points each.
          mo$ laurel thank @bo "three"
          Thanked Bo Björk (@bo).
          ann$ laurel feed --from me --ids
          2026-12-01 09:00  Ann Ames → Bo Björk, Cy Ünal +2 (private)
                            two
                            01a230ef-0000-7000-8000-000000000002
          2026-12-01 09:00  Ann Ames → Bo Björk +1
                            one
                            01a230ef-0000-7000-8000-000000000001
          ann$ (sleep 1; echo n; sleep 1) | script -qec 'laurel undo' /dev/null | tr -d '\r'; echo ${PIPESTATUS[1]}
          …Take back your thanks to Bo Björk (@bo), Cy Ünal (@cy), with 2 points each, of 2026-12-01 09:00?
            two
          …
          1
          mo$ laurel undo 01a230ef-0000-7000-8000-000000000001
          laurel: Only its giver and admins can reverse it. (403 forbidden)
          ann$ laurel undo --json
          {"id":"01a230ef-0000-7000-8000-000000000002",…,"reversed":true…}
          ann$ laurel undo
          Took back your thanks to Bo Björk (@bo), with 1 point.
            one
          ann$ laurel undo
          laurel: you have given no thanks in the last 24 hours; an admin can take back older ones by their IDs (laurel feed --from me --ids)
          ann$ laurel undo 01a230ef-0000-7000-8000-000000000001
          laurel: …(409 already_reversed)
          admin$ laurel feed
          2026-12-01 09:00  Mo Mansour → Bo Björk
                            three
          …
          """#, in: company)
      }
    }
  }
}
