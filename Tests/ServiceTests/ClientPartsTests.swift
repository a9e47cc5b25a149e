import Foundation
import Service
import Testing

@testable import laurel

@Suite("The parts of the client")
struct ClientPartsTests {
  @Test("Waits grow, vary by half, are never shorter than the server asks, and end in time")
  func patience() {
    let patience = Patience(limit: .seconds(30))
    func wait(_ failures: Int, _ chance: Double, _ elapsed: Double = 0, after: Duration? = nil) -> Duration? {
      patience.wait(failures: failures, elapsed: .seconds(elapsed), retryAfter: after, chance: chance)
    }
    #expect(wait(1, 0) == .milliseconds(100))
    #expect(wait(1, 1) == .milliseconds(200))
    #expect(wait(3, 1) == .milliseconds(800))
    #expect(wait(100, 1) == .seconds(5))
    #expect(wait(1, 0, after: .seconds(7)) == .seconds(7))
    #expect(wait(1, 1, after: .seconds(8)) == .seconds(10))
    #expect(wait(1, 0, after: .zero) == .milliseconds(200))
    #expect(wait(9, 1, 25) == .seconds(5))
    #expect(wait(9, 1, 25.1) == nil)
    #expect(wait(1, 0, after: .seconds(31)) == nil)
    #expect(Patience(limit: .zero).wait(failures: 1, elapsed: .zero, retryAfter: nil, chance: 0) == nil)
  }

  @Test("A thank-you is taken apart: whom, how much, and what was said")
  func thanks() throws {
    #expect(try Thanks(["+10 @ann hello"]) == .line("+10 @ann hello", Line("+10 @ann hello")))
    #expect(try Thanks(["@ann", "10", "Well done"]) == .parts(to: ["ann"], points: 10, message: "Well done"))
    #expect(
      try Thanks(["@ann,", "＋5", "@bo", "2 cakes"]) == .parts(to: ["ann", "bo"], points: 5, message: "2 cakes"))
    #expect(try Thanks(["@a@b.example", "hi"]) == .parts(to: ["a@b.example"], points: nil, message: "hi"))
    #expect(try Thanks(["@ann", "10 years, @bo!"]) == .parts(to: ["ann"], points: nil, message: "10 years, @bo!"))
    #expect(
      try Thanks(["10", "@ann,@bo", "+1 for that"]) == .parts(to: ["ann", "bo"], points: 10, message: "+1 for that"))
  }

  @Test(
    "What is no person, no amount and not the one message is wrong usage",
    arguments: [
      ["ann", "10"], ["10", "@ann"], ["@", "hello"], ["hello"], ["@ann"], ["+10 @ann"], ["@ann", "10"], ["@ann", " "],
      ["@ann", "\u{200B}"], ["@bo", "10,000", "Thank you"], ["@clara", "Thank you", "5"], ["@bo", "5.5", "Thank you"],
      ["@bo", "5.5"], ["@bo", "ten", "Thank you"], ["@bo", "-10", "Thank you"], ["@bo", "10", "5", "Thank you"],
      ["@bo", "10pts", "Thank you"], ["@bo", "007", "Thank you"], ["@bo", "+5 thank you"], ["@bo", "thank", "you"],
      ["@bo", "Thank you", "@ann"], ["@josé", "Thank you"], ["+10,000 @bo thanks"], ["10 points to @bo"],
      ["@bo+10", "Thank you"],
      ["@bo", "1000000001", "Thank you"],
    ])
  func wrong(_ words: [String]) {
    #expect(throws: Arguments.UsageError.self) { try Thanks(words) }
  }

  @Test("Columns are those of a terminal: two for wide characters, none for combining ones")
  func columns() {
    _ = Screen.current
    #expect(Screen.columns("Ann") == 3)
    #expect(Screen.columns("山吹ゆき") == 8)
    #expect(Screen.columns("e\u{301}") == 1)
    #expect(Screen.columns("Дарья") == 5)
    #expect(Screen.fit("山吹ゆき", 6) == "山吹… ")
    #expect(Screen.fit("7", 3, toTheRight: true) == "  7")
    let screen = Screen(width: 30, isStyled: false)
    #expect(
      screen.paragraph("one two three four five six", indent: 10) == [
        "          one two three four", "          five six",
      ])
    #expect(screen.paragraph(String(repeating: "山", count: 15), indent: 10).map(Screen.columns) == [30, 20])
    #expect(screen.strong("x") == "x")
    #expect(Screen(width: 80, isStyled: true).strong("x") == "\u{1B}[1mx\u{1B}[0m")
  }

  @Test("A table takes the width of a screen, and cuts its last column short")
  func table() {
    var table = Table(["N", "WHAT"], numbers: [0])
    table.add(["5", String(repeating: "x", count: 50)])
    let lines = table.lines(on: Screen(width: 20, isStyled: false))
    #expect(lines == ["N  WHAT", "5  xxxxxxxxxxxxxxxx…"])
  }
}

@Suite("Completion")
struct CompletionTests {
  private static let cases: [(words: [String], offered: [String], isWhole: Bool)] = [
    (["th"], ["thank"], true), (["org", ""], ["create"], true), (["import", "rec"], ["recognitions"], true),
    (["board", "points"], ["points_received", "points_given"], true),
    (["board", "--period", "q"], ["quarter"], true), (["board", "--at", ""], [], true),
    (["rewards", "--kind", "g"], ["gift_card"], true), (["export", ""], ["redemptions"], false),
    (["org", "create", "acme", "--ti"], ["--time-zone"], true), (["feed", "--a"], ["--all"], true),
    (["thank", "--idem"], ["--idempotency-key"], true), (["completion", ""], ["bash", "zsh"], true),
    (["import", "people", "/etc/hostn"], ["/etc/hostname"], true), (["serve", "--state", "/us"], ["/usr"], true),
    (["keys", ""], ["new", "revoke"], true), (["undo", "--d"], ["--dry-run"], true),
    (["api", "P"], ["POST", "PUT", "PATCH"], true), (["help", "bo"], ["boost", "board"], true),
    (["statement", "--account", "h"], ["held"], true), (["awards", "--state", "gr"], ["granted"], true),
    (["export", "redemptions", "--for", ""], ["excel"], true),
    ([""], ["thank", "serve", "board", "completion"], false),
  ]

  @Test("bash offers commands, options, and what is known of values")
  func bash() throws {
    for (words, offered, isWhole) in Self.cases {
      let quoted = words.map { "'\($0)'" }.joined(separator: " ")
      let script = """
        source <('\(try program())' completion bash)
        COMP_WORDS=(laurel \(quoted)) COMP_CWORD=\(words.count)
        _laurel && printf '%s\\n' "${COMPREPLY[@]}"
        """
      let lines = try output("/bin/bash", ["--norc", "-c", script])
      #expect(isWhole ? lines == offered : Set(lines).isSuperset(of: offered), "\(words): \(lines)")
    }
  }

  private static let zshPath = ["/bin/zsh", "/usr/bin/zsh"].first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test("zsh is offered the same", .enabled(if: zshPath != nil, "zsh is not installed"))
  func zsh() throws {
    for (words, offered, isWhole) in Self.cases where !(words.last ?? "").hasPrefix("/") {
      let quoted = words.map { "'\($0)'" }.joined(separator: " ")
      // Outside of an editor nothing is completed: what would be offered is printed, filtered as zsh would do.
      let script = """
        compdef() { :; }
        compadd() { shift; for word in "$@"; do [[ $word == "${words[CURRENT]}"* ]] && print -r -- "$word"; done; true }
        source <('\(try program())' completion zsh)
        words=(laurel \(quoted)) CURRENT=\(words.count + 1)
        _laurel
        """
      let lines = try output(try #require(Self.zshPath), ["-f", "-c", script])
      #expect(isWhole ? lines == offered : Set(lines).isSuperset(of: offered), "\(words): \(lines)")
    }
  }

  private func program() throws -> String {
    try #require(FileManager.default.isExecutableFile(atPath: Program.path))
    return Program.path
  }

  private func output(_ shell: String, _ arguments: [String]) throws -> [String] {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(filePath: shell)
    process.arguments = arguments
    (process.standardOutput, process.standardInput) = (pipe, FileHandle.nullDevice)
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
