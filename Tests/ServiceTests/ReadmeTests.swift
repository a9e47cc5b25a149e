import Foundation
import Testing

@testable import Service

extension OnLaurel {
  @Suite("README.md")
  struct ReadmeTests {
    /// What is not run, by the beginning of its command, and why.
    private static let notRun = [
      "psql -U postgres": "makes roles on a PostgreSQL of the operator's, as its superuser",
      "export LAUREL_OWNER_URL=": "names that PostgreSQL; the test names one of its own",
      "export DATABASE_URL=": "names that PostgreSQL; the test names one of its own",
      "pg_dump": "takes PostgreSQL's client programs and that PostgreSQL",
      "psql -q": "makes a database on that PostgreSQL, as its superuser",
      "pg_restore": "takes PostgreSQL's client programs and that PostgreSQL",
      "laurel verify --owner-database": "verifies what was restored into that PostgreSQL",
    ]

    /// What a command printed, beside what is shown of it.
    private struct Run {
      let documented: DocumentedCommand
      let printed: String
    }

    @Test(
      "Its commands print what it says, on the demo that `make run` serves; and whatever it said otherwise would show")
    func commands() async throws {
      let commands = try DocumentedCommand.all(of: "README.md")
      #expect(commands.count > 15)
      for beginning in Self.notRun.keys {
        #expect(commands.contains { $0.command.hasPrefix(beginning) }, "\(beginning) is in it no more")
      }
      try await Company.awaitMidnight()
      let database = try await emptyDatabase()
      try await ServingProgram.with(["--demo"]) { serving in
        let shell = try self.shell(serving, database)
        var output = PrintedOutput()
        var runs: [Run] = []
        for documented in commands where !Self.notRun.keys.contains(where: documented.command.hasPrefix) {
          let printed = try await run(output.translated(documented.command), shell, serving.port)
          runs.append(Run(documented: documented, printed: printed))
          do {
            try output.check(documented.output, printed)
          } catch {
            Issue.record("$ \(documented.command)\n\(error)")
          }
        }
        await shell.end()
        Self.expectEveryChangeToShow(runs, output)
      }
    }

    @Test("It tells the calls that a demo prints, word by word")
    func tour() async throws {
      let shown = try DocumentedCommand.all(of: "README.md").map { $0.command.replacing(/\\\n */, with: "") }
      try await ServingProgram.with(["--demo"]) { serving in
        let calls = serving.output.split(separator: "\n").filter { $0.hasPrefix("curl ") }
        #expect(calls.count == 5)
        for call in calls.map({ $0.replacing("127.0.0.1:\(serving.port)", with: "127.0.0.1:8080") }) {
          #expect(shown.contains(String(call)), "\(call)")
        }
      }
    }

    /// As an operator makes one, with both roles and nothing in it.
    private func emptyDatabase() async throws -> (runtime: String, owner: String) {
      let cluster = try #require(Laurel.current).cluster
      let name = "readme_\(UInt32.random(in: 0 ... .max))"
      try await onThread { _ = try Session(cluster.superuserURL).run("CREATE DATABASE \(name) OWNER laurel_owner") }
      return (
        cluster.runtimeURL.replacing("/laurel?", with: "/\(name)?"),
        cluster.ownerURL.replacing("/laurel?", with: "/\(name)?")
      )
    }

    /// As somebody sits before it who pasted the keys, with a folder of people and the demo's data.
    private func shell(_ serving: ServingProgram, _ database: (runtime: String, owner: String)) throws -> Shell {
      let folder = "\(serving.folder.path)/shell"
      let programs = "\(folder)/programs"
      try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: "\(programs)/laurel", withDestinationPath: Program.path)
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/.state", withDestinationPath: serving.folder.path)
      try Data("handle,name\nann,Ann\nbo,Bo\ncy,Cy\n".utf8).write(to: URL(filePath: "\(folder)/people.csv"))
      var environment = Program.environment.merging([
        "PATH": "\(programs):/usr/local/bin:/usr/bin:/bin", "HOME": folder, "TZ": "UTC",
        "DATABASE_URL": database.runtime, "LAUREL_OWNER_URL": database.owner,
      ]) { $1 }
      for line in serving.output.split(separator: "\n") where line.hasPrefix("export ") {
        let parts = line.dropFirst(7).split(separator: "=", maxSplits: 1)
        environment[String(parts[0])] = String(parts[1])
      }
      return try Shell(in: folder, environment: environment)
    }

    private func run(_ command: String, _ shell: Shell, _ port: Int) async throws -> String {
      guard !command.hasPrefix("laurel serve") else {
        // It serves until it is told to stop: what it says until it is ready.
        let serve = command.replacing("127.0.0.1:8080", with: "127.0.0.1:0")
        return try await shell.run(
          """
          \(serve) >served 2>&1 & server=$!
          for second in $(seq 300); do grep -q listening served && break; sleep 0.1; done
          grep listening served; kill $server; wait $server
          """
        ).output.replacing(/127\.0\.0\.1:\d+/, with: "127.0.0.1:8080")
      }
      return try await shell.run(command.replacing("127.0.0.1:8080", with: "127.0.0.1:\(port)")).output
    }

    /// Changes each word and each number that is shown, one at a time: none may pass for what was printed.
    private static func expectEveryChangeToShow(_ runs: [Run], _ output: PrintedOutput) {
      var count = 0
      for run in runs {
        let shown = run.documented.output
        for range in PrintedOutput.fixedWords(of: shown) {
          let word = shown[range]
          let changed = shown.replacingCharacters(
            in: range, with: Int64(word).map { "\($0 + 1)" } ?? String(word.reversed()) + "x")
          var copy = output
          #expect(throws: PrintedOutput.Mismatch.self, "\(word) could be anything in: \(shown)") {
            try copy.check(changed, run.printed)
          }
          count += 1
        }
      }
      #expect(count > 200)
    }
  }
}
