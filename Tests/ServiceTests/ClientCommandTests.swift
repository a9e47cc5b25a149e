import Foundation
import HTTP
import Testing

extension OnLaurel {
  @Suite("The commands that call a server")
  struct ClientCommandTests {
    private func run(
      _ company: Company, _ handle: String, _ arguments: String..., via interposer: Interposer? = nil
    ) async throws -> Outcome {
      let url = interposer?.url ?? "http://127.0.0.1:\(company.laurel.port)"
      return try await Program.run(
        arguments + ["--url", url], environment: ["LAUREL_KEY": company.keys[handle] ?? "laurel_1_none", "TZ": "UTC"])
    }

    @Test("thank in words or in one line, and show it")
    func thanking() async throws {
      try await Company.with { company in
        let words = try await run(company, "ann", "thank", "@bo", "@cy@acme.example", "10", "Well done. #be-helpful")
        #expect(words.status == 0, "\(words.errors)")
        #expect(words.output == "Thanked Bo Björk (@bo), Cy Ünal (@cy), with 10 points each.\n")
        let line = try await run(company, "ann", "thank", "+1 @bo and again")
        #expect(line.output == "Thanked Bo Björk (@bo), with 1 point.\n")
        let plain = try await run(company, "ann", "thank", "@mo", "Just so", "--private", "--json")
        #expect(plain.json["message"]?.text == "Just so")
        #expect(plain.json["points"]?.number == 0)
        #expect(plain.json["visibility"]?.text == "private")
        #expect(try company.balances("ann") == "79/0")

        let dry = try await run(company, "ann", "thank", "@bo", "9", "So well", "--dry-run")
        #expect(
          dry.output
            == "This would thank Bo Björk (@bo), with 9 points; 70 would be left to give. Nothing is recorded.\n")
        #expect(try company.balances("ann") == "79/0")

        let me = try await run(company, "bo", "me")
        #expect(me.output.hasPrefix("Bo Björk (@bo), Sales\n"))
        #expect(me.output.contains("      11  to redeem\n"))
        let feed = try await run(company, "cy", "feed")
        #expect(feed.output.contains("Ann Ames → Bo Björk, Cy Ünal +10\n                  Well done. #be-helpful\n"))
        #expect(!feed.output.contains("Just so"))
        let board = try await run(company, "bo", "board")
        #expect(board.output.contains("   1     11  Bo Björk (@bo)  ← you\n   2     10  Cy Ünal (@cy)\n"))
        let around = try await run(company, "bo", "board", "--around-me", "--radius", "0", "--json")
        #expect(around.json["entries"]?.list.count == 1)
      }
    }

    @Test("show the catalogue, and redeem")
    func redeeming() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 100)
        try company.offer(
          #"{"sku": "MUG", "name": "山吹 Mug", "price_points": 30, "stock": 5, "cost": {"amount": "1", "currency": "EUR"}}"#
        )
        try company.offer(
          #"{"sku": "SEEDS", "name": "Seeds", "price_points": 3, "kind": "donation", "cost": {"amount": "1", "currency": "EUR"}}"#
        )
        let rewards = try await run(company, "ann", "rewards")
        #expect(
          rewards.output == "SKU    POINTS  LEFT  WHAT\nMUG        30     5  山吹 Mug\nSEEDS       3   any  Seeds\n")
        let cheap = try await run(
          company, "ann", "rewards", "--max-points", "10", "--kind", "donation", "--q", "seed", "--json")
        #expect(cheap.json["data"]?.list.map { $0["sku"]?.text } == ["SEEDS"])

        let redeemed = try await run(company, "ann", "redeem", "MUG", "--quantity", "2", "--note", "Blue, please")
        #expect(redeemed.output == "Redeemed 60 points for 2 × 山吹 Mug: approved.\n")
        #expect(try company.wallet("ann") == Wallet(points: 40, held: 60))
        let list = try await run(company, "ann", "redemptions", "--state", "approved")
        #expect(list.output.contains("approved      60  @ann  2 × 山吹 Mug\n"))
        let refused = try await run(company, "ann", "redeem", "MUG", "--quantity", "2")
        #expect(refused.status == 1)
        #expect(refused.output == "")
        #expect(refused.errors.contains("(409 insufficient_points)"))
      }
    }

    @Test("go through a list page by page")
    func pages() async throws {
      try await Company.with { company in
        for index in 1...5 {
          _ = try company["ann"].post(
            "/v1/recognitions", #"{"to": ["bo"], "message": "number \#(index)", "points": 1}"#)
        }
        let page = try await run(company, "bo", "feed", "--limit", "2")
        #expect(
          page.output.contains("number 5") && page.output.contains("number 4") && !page.output.contains("number 3"))
        let cursor = try #require(page.output.firstMatch(of: /--cursor (\S+)/)).1
        let next = try await run(company, "bo", "feed", "--limit", "2", "--cursor", String(cursor))
        #expect(next.output.contains("number 3") && next.output.contains("number 2"))
        let all = try await run(company, "bo", "feed", "--all", "--json")
        #expect(all.json["data"]?.list.count == 5)
        #expect(all.json["next_cursor"] == nil)
      }
    }

    @Test("print no byte that steers a terminal")
    func harmless() async throws {
      try await Company.with { company in
        _ = try company["ann"].post("/v1/recognitions", #"{"to": ["bo"], "message": "a\u001b[31mb\u009bc\u202Ed"}"#)
        let feed = try await run(company, "bo", "feed")
        #expect(feed.output.contains("a [31mb cd"))
        #expect(!feed.output.contains("\u{1B}"))
      }
    }

    // MARK: Trying again

    @Test("do once what was cut off between the request and its answer")
    func cutOff() async throws {
      try await Company.with { company in
        try await Interposer.with([.cut, .cutAfter(40)], to: company.laurel.port) { interposer in
          let outcome = try await run(company, "ann", "thank", "@bo", "10", "Once", via: interposer)
          #expect(outcome.status == 0, "\(outcome.errors)")
          #expect(outcome.output == "Thanked Bo Björk (@bo), with 10 points: that was done already, and not again.\n")
          #expect(outcome.errors.split(separator: "\n").count == 2)
          #expect(outcome.errors.contains("trying again in") && outcome.errors.contains("under the same key"))
        }
        #expect(try company.balances("ann") == "90/0")
        #expect(try company.balances("bo") == "100/10")
      }
    }

    @Test("wait as long as the server asks, and then do it")
    func retryAfter() async throws {
      try await Company.with { company in
        func answer(_ status: String) -> Interposer.Deed {
          .answer("HTTP/1.1 \(status)\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
        }
        try await Interposer.with([answer("503 X"), answer("429 X")], to: company.laurel.port) { interposer in
          let start = ContinuousClock.now
          let outcome = try await run(company, "ann", "thank", "@bo", "10", "Late", via: interposer)
          #expect(outcome.status == 0, "\(outcome.errors)")
          #expect(outcome.output == "Thanked Bo Björk (@bo), with 10 points.\n")
          #expect(ContinuousClock.now - start >= .seconds(2))
        }
        #expect(try company.balances("ann") == "90/0")
      }
    }

    @Test("give up in time, and say how to go on")
    func givingUp() async throws {
      try await Company.with { company in
        let busy = "HTTP/1.1 503 X\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"
        try await Interposer.with([.cut, .answer(busy)], to: company.laurel.port) { interposer in
          let outcome = try await run(company, "ann", "thank", "@bo", "10", "Once", via: interposer)
          #expect(outcome.status == 3)
          #expect(outcome.output == "")
          #expect(outcome.errors.contains("Whether it was done is not known."))
          let key = try #require(outcome.errors.firstMatch(of: /--idempotency-key ([0-9a-z]+)/)).1
          let again = try await run(
            company, "ann", "thank", "@bo", "10", "Once", "--idempotency-key", String(key), via: interposer)
          #expect(again.output.contains("done already"))
        }
        #expect(try company.balances("ann") == "90/0")
      }
    }

    /// What a Laurel answers that could not do it.
    private func unavailable(_ code: String, _ detail: String) -> Interposer.Deed {
      let body = #"{"type":"about:blank","title":"X","status":503,"detail":"\#(detail)","code":"\#(code)"}"#
      return .answer(
        "HTTP/1.1 503 X\r\nRetry-After: 3600\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    @Test("say one thing of what was done: that nothing was, or that it is not known")
    func oneTruth() async throws {
      try await Company.with { company in
        let away = unavailable("database_unavailable", "The database did not answer. Nothing was recorded.")
        try await Interposer.with([away], to: company.laurel.port) { interposer in
          let outcome = try await run(company, "ann", "thank", "@bo", "10", "Once", via: interposer)
          #expect(outcome.status == 3)
          #expect(outcome.errors.contains("Nothing was recorded. (503 database_unavailable)"))
          #expect(!outcome.errors.contains("not known"), "\(outcome.errors)")
          #expect(!outcome.errors.contains("--idempotency-key"))
        }
        try await Interposer.with([.cut, away], to: company.laurel.port) { interposer in
          let outcome = try await run(company, "ann", "thank", "@bo", "10", "Once", via: interposer)
          #expect(outcome.status == 3)
          #expect(outcome.errors.contains("Whether it was done is not known."), "\(outcome.errors)")
          #expect(!outcome.errors.contains("Nothing was recorded"), "\(outcome.errors)")
          #expect(outcome.errors.contains("503 database_unavailable"))
        }
        let unknown = unavailable("outcome_unknown", "Send it again.")
        try await Interposer.with([unknown], to: company.laurel.port) { interposer in
          let outcome = try await run(company, "ann", "thank", "@bo", "10", "Once", via: interposer)
          #expect(outcome.status == 3)
          #expect(outcome.errors.contains("--idempotency-key"))
        }
        try await Interposer.with([away], to: company.laurel.port) { interposer in
          let outcome = try await run(company, "ann", "me", "--retry-for", "0", via: interposer)
          #expect(outcome.status == 3)
        }
        #expect(try company.balances("ann") == "90/0", "the one that was cut off was done")
      }
    }

    @Test("say what to do when there is no server, no key, or the wrong one")
    func troubles() async throws {
      try await Company.with { company in
        let nobody = try await run(company, "nobody", "me")
        #expect(nobody.status == 1)
        #expect(nobody.output == "")
        #expect(nobody.errors.contains("(401 unauthorized)") && nobody.errors.contains("administrator"))
        let url = "http://127.0.0.1:\(company.laurel.port)"
        let keyless = try await Program.run("me", "--url", url)
        #expect(keyless.status == 1)
        #expect(keyless.errors.contains("LAUREL_KEY") && keyless.errors.contains("--key-file"))
        let file = try company.laurel.state.file("\(company.slug).key", "\(company.keys["ann"] ?? "")\n")
        #expect(try await Program.run("me", "--url", url, "--key-file", file).output.hasPrefix("Ann Ames"))
        // Nobody listens there: port 1 takes privileges and is none of ours.
        let away = try await Program.run(
          "me", "--url", "http://127.0.0.1:1", "--retry-for", "0", environment: ["LAUREL_KEY": "laurel_1_x"])
        #expect(away.status == 3)
        #expect(away.errors.contains("LAUREL_URL"))
        #expect(!away.errors.contains("known"), "nothing was sent")
        for (answer, words) in [
          ("HTTP/1.1 302 X\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n", "elsewhere"),
          ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>", "no Laurel"),
          ("220 smtp.example\r\n\r\n", "no HTTP/1.1"),
        ] {
          try await Interposer.with([.answer(answer)], to: company.laurel.port) { interposer in
            let outcome = try await run(company, "ann", "me", via: interposer)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
          }
        }
      }
    }

    @Test(
      "refuse wrong usage by 2",
      arguments: [
        ["thank", "ann", "10"], ["thank"], ["thank", "@bo", "10,000", "Well done"], ["thank", "@bo", "Well done", "5"],
        ["thank", "@bo", "5.5", "Well done"], ["thank", "@bo", "ten", "Well done"],
        ["thank", "@bo", "-10", "Well done"],
        ["thank", "@bo", "10"], ["board", "fame"], ["me", "extra"], ["redeem"],
        ["redeem", "X", "--quantity", "0"],
        ["feed", "--all", "--limit", "2"], ["feed", "--limit", "0"], ["me", "--retry-for", "x"],
        ["export", "redemptions", "--org", "a"], ["export", "redemptions", "--state", "x"], ["export", "everything"],
        ["export", "redemptions", "--for", "calc"], ["export", "redemptions", "--locale", "de"],
        ["export", "redemptions", "--for", "excel", "--locale", "xx"],
        ["export", "redemptions", "--for", "excel", "--format", "ndjson"],
        ["thank", "@ann", "hello", "--idempotency-key", ""], ["completion", "fish"], ["boost", "@bo"],
        ["boost", "@bo", "many"], ["boost", "@bo", "0"], ["award", "@bo", "50"], ["award", "@bo", "lots"],
        ["statement", "--account", "gold"], ["api", "GET"], ["api", "FETCH", "/v1/me"],
        ["api", "GET", "/v1/me", "-d", "{}"],
        ["api", "GET", "https://elsewhere.example/v1/me"], ["api", "GET", "/v1/me", "--header", "nothing"],
        ["approve", "a", "b", "--idempotency-key", "k"], ["keys", "revoke"],
      ])
    func usage(_ arguments: [String]) async throws {
      let more = arguments[0] == "completion" ? ["--url"] : ["--url", "http://127.0.0.1:1"]
      let outcome = try await Program.run(arguments + more, environment: ["LAUREL_KEY": "laurel_1_x"])
      #expect(outcome.status == 2, "\(outcome.errors)")
      #expect(outcome.output == "")
      #expect(outcome.errors.contains("--help"))
    }

    // MARK: Exports

    @Test("export what the server sends, once its digest agrees, into a file that appears whole")
    func export() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 100)
        try company.offer(
          #"{"sku": "MUG", "name": "Mug", "price_points": 1, "cost": {"amount": "1", "currency": "EUR"}}"#)
        for _ in 0..<3 { _ = try company.redeem("MUG", by: "ann") }
        let folder = "\(company.laurel.state.path)/\(company.slug)-export"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let path = "\(folder)/redemptions.csv"
        func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder) }

        try await Interposer.with([.cutAfter(900), .cut], to: company.laurel.port) { interposer in
          let outcome = try await run(company, "fay", "export", "redemptions", "-o", path, "--json", via: interposer)
          #expect(outcome.status == 0, "\(outcome.errors)")
          #expect(outcome.json["position"]?.number ?? 0 > 0)
        }
        let local = try await Program.run("export", "redemptions", "--org", company.slug)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == local.output)
        #expect(local.output.split(separator: "\r\n").count == 4 || local.output.split(separator: "\n").count == 4)
        #expect(try files() == ["redemptions.csv"])
        let out = try await run(company, "fay", "export", "redemptions", "--format", "csv")
        #expect(out.output == local.output)

        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
        let digest = "Repr-Digest: sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:\r\n"
        let other = "Repr-Digest: sha-256=:AAAAv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:\r\n"
        let cases: [(String, [String], Int32)] = [
          (digest, [], 0), (other, [], 1), (other, ["--unchecked"], 1), ("", [], 1), ("", ["--unchecked"], 0),
        ]
        for (trailer, options, status) in cases {
          try FileManager.default.removeItem(atPath: path)
          try Data("before".utf8).write(to: URL(filePath: path))
          try await Interposer.with([.answer(chunked + trailer + "\r\n")], to: company.laurel.port) { interposer in
            let outcome = try await Program.run(
              ["export", "redemptions", "--url", interposer.url, "-o", path] + options,
              environment: ["LAUREL_KEY": company.keys["fay"] ?? ""])
            #expect(outcome.status == status, "\(trailer) \(options): \(outcome.errors)")
          }
          #expect(try String(contentsOfFile: path, encoding: .utf8) == (status == 0 ? "abc" : "before"))
          #expect(try files() == ["redemptions.csv"])
        }
      }
    }

    @Test("on standard output an export that breaks off is said to be no whole one")
    func brokenExport() async throws {
      try await Company.with { company in
        try await company.give(["ann"], points: 100)
        try company.offer(
          #"{"sku": "MUG", "name": "Mug", "price_points": 1, "cost": {"amount": "1", "currency": "EUR"}}"#)
        for _ in 0..<20 { _ = try company.redeem("MUG", by: "ann") }
        // Behind the head of the answer, however much that says, and long before the end.
        try await Interposer.with([.cutAfter(2_000)], to: company.laurel.port) { interposer in
          let outcome = try await run(company, "fay", "export", "redemptions", via: interposer)
          #expect(outcome.status == 3)
          #expect(outcome.errors.contains("not whole"))
        }
      }
    }
  }
}
