import Ledger
import Testing

@testable import Postgres
@testable import Service

extension OnLaurel {
  /// Counts past what 16 bits hold, on their way through PostgreSQL and back.
  @Suite("Very many lots")
  struct ManyLotsTests {
    private static let count = 33_000

    @Test("Thirty-three thousand one-point thanks are redeemed at once, given back, and run out once their owner left")
    func lots() async throws {
      try await OwnDatabase.with { own in
        let (number, people, keys) = try await own.found(people: 2)
        let writer = LedgerWriter(own.database.runtime, on: [own.loops[0]], log: Laurel.log)
        let giver = people.first { $0.handle == "p0" }?.id
        let thanks = (0..<Self.count).map { _ in
          Self.operation(by: giver, .recognise(Recognise(to: ["p1"], message: "", points: 1, source: .history)))
        }
        for start in stride(from: 0, to: Self.count, by: 4_096) {
          let answers = await writer.submit(Array(thanks[start..<min(start + 4_096, Self.count)]), to: number)
          try #require(Self.accepted(answers).count == answers.count)
        }
        await writer.close()

        let admin = Client(own.port, key: keys["admin"])
        let p1 = Client(own.port, key: keys["p1"])
        for (sku, price) in [("CAR", 32_800), ("RADIO", 32_900)] {
          let offered = try admin.post(
            "/v1/rewards",
            #"{"sku": "\#(sku)", "name": "\#(sku)", "kind": "merchandise", "price_points": \#(price), "#
              + #""fulfilment": "manual", "needs_approval": true}"#)
          #expect(offered.status == 201, "\(offered.text)")
        }
        // The same again under one key, as somebody sends it who had no answer.
        for status in ["201", "201"] {
          let redeemed = try p1.post("/v1/redemptions", #"{"reward": "CAR"}"#, key: "once")
          #expect(redeemed.summary.hasPrefix(status), "\(redeemed.text)")
        }
        let redemption = try #require(try p1.get("/v1/redemptions").json["data"]?.list.first?["id"]?.text)
        #expect(try p1.get("/v1/me").json["balances"]?["points"]?.number == 200)
        #expect(try p1.post("/v1/redemptions/\(redemption)/cancel", "{}").status == 200)
        #expect(try p1.post("/v1/redemptions", #"{"reward": "RADIO"}"#).status == 201)
        let again = try #require(try p1.get("/v1/redemptions").json["data"]?.list.first?["id"]?.text)
        #expect(try admin.post("/v1/redemptions/\(again)/decline", "{}").status == 200)

        let session = try Session(own.superuserURL)
        try session.run("UPDATE people SET active = false, left_on = '2020-01-01' WHERE handle = 'p1'")
        #expect(try await Upkeep(own.server, log: Laurel.log).recordDue() == 1)
        let left = try session.run(
          "SELECT balance FROM accounts a JOIN people p ON p.person_id = a.owner WHERE account = 'points' AND handle = 'p1'"
        )
        #expect(left == ["0"])
        let uses = try session.run("SELECT position, count(*), max(line) FROM lot_uses GROUP BY 1 ORDER BY 1")
        #expect(uses.map { $0.split(separator: "|").last } == ["32799", "32799", "32899", "32899", "32999"])
        try session.run("UPDATE people SET active = true, left_on = NULL WHERE handle = 'p1'")
        #expect(try await own.isSound())
      }
    }

    @Test("A recognition of a hundred people that was boosted 327 times is taken back by one entry")
    func boosts() async throws {
      try await OwnDatabase.with { own in
        let (number, people, keys) = try await own.found(people: 105)
        let writer = LedgerWriter(own.database.runtime, on: [own.loops[0]], log: Laurel.log)
        let names = Dictionary(people.map { ($0.handle, $0.id) }) { $1 }
        let thanks = Self.operation(
          by: names["p0"], .recognise(Recognise(to: (5..<105).map { "p\($0)" }, message: "Thanks.", points: 1)))
        try #require(Self.accepted(await writer.submit([thanks], to: number)).count == 1)
        // One giver gives one recipient at most a hundred points by one recognition, so it takes several.
        let boosts = (0..<327).map {
          Self.operation(by: names["p\(1 + $0 % 4)"], .boost(Boost(recognition: thanks.id, points: 1)))
        }
        let answers = await writer.submit(boosts, to: number)
        await writer.close()
        #expect(Self.accepted(answers).count == 327)

        let admin = Client(own.port, key: keys["admin"])
        let p104 = Client(own.port, key: keys["p104"])
        #expect(try p104.get("/v1/me").json["balances"]?["points"]?.number == 328)
        let reversed = try admin.call("DELETE", "/v1/recognitions/\(thanks.id)")
        #expect(reversed.json["reversed"]?.flag == true, "\(reversed.text)")
        #expect(try p104.get("/v1/me").json["balances"]?["points"]?.number == 0)
        let uses = try Session(own.superuserURL).run("SELECT count(*), max(line) FROM lot_uses")
        #expect(uses == ["32800|32799"])
        #expect(try await own.isSound())
      }
    }

    private static func operation(by actor: ID?, _ action: Action) -> Operation {
      Operation(id: Secrets.id(), actor: actor, salt: Secrets.digest(), action: action)
    }

    private static func accepted(_ answers: [Result<Written, WriteFailure>]) -> [Entry] {
      answers.compactMap { answer in
        if case .success(let written) = answer, case .accepted(let acceptance) = written.decision {
          acceptance.entry
        } else {
          nil
        }
      }
    }
  }
}
