import Testing

@testable import laurel

extension OnLaurel {
  @Suite("Help")
  struct HelpTests {
    @Test("Every command explains itself, by --help and by help", arguments: Command.all.map(\.name))
    func pages(_ command: [String]) async throws {
      let page = try await Program.run(command + ["--help"])
      #expect(page.status == 0)
      #expect(page.output.hasPrefix("laurel \(command.joined(separator: " "))"))
      #expect(page.errors == "")
      let same = try await Program.run(["help"] + command)
      #expect(same.status == 0)
      #expect(same.output == page.output)
    }

    @Test("The overview has a line for every command, and every exit code")
    func overview() async throws {
      let page = try await Program.run(["help"])
      let lines = page.output.split(separator: "\n")
      for command in Command.all {
        #expect(lines.count { $0.hasPrefix("  laurel \(command.phrase)  ") } == 1, "\(command.phrase)")
      }
      #expect(page.output.contains("3 could not be done just now"))
      #expect(lines.allSatisfy { $0.count <= 120 })
      #expect(try await Program.run(["import", "--help"]).output.contains("laurel import people"))
      #expect(try await Program.run(["help", "import"]).output.contains("laurel import recognitions"))
    }

    @Test(
      "Who mistypes is told what was probably meant",
      arguments: [
        (["thnak", "@ann"], "did you mean `laurel thank`?"),
        (["import", "poeple"], "did you mean `laurel import people`?"),
        (["import"], "`laurel import recognitions`"), (["thank", "--pirvate"], "did you mean --private?"),
        (["board", "points_recieved"], "did you mean points_received?"),
        (["help", "bord"], "did you mean `laurel board`?"),
        (["verify", "--orgs"], "did you mean --org?"),
      ])
    func meant(_ arguments: [String], _ words: String) async throws {
      let outcome = try await Program.run(arguments + ["--url", "http://127.0.0.1:1"])
      #expect(outcome.status == 2)
      #expect(outcome.output == "")
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
  }
}
