import Testing

/// What a reader relies on, in every file.
@Suite("Tidy")
struct TidyTests {
  @Test("No Swift file is longer than 400 lines")
  func length() {
    for file in Repository.files where file.path.hasSuffix(".swift") {
      let count = file.lines.count - 1
      #expect(count <= 400, "\(file) has \(count) lines")
    }
  }

  @Test("No file names a folder of the machine that it was written on")
  func machinePaths() {
    // Written so that this file does not find itself.
    let folders = ["work", "root", "home"].map { "/\($0)/" }
    for file in Repository.files { #expect(file.lines(with: folders) == []) }
  }

  @Test("No file leaves work undone, or ends a line with a space")
  func loose() {
    let markers = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
    for file in Repository.files where file.path.contains(/\.(?:swift|c|h|sql|sh)$/) {
      #expect(file.lines(with: markers) == [])
      #expect(!file.text.contains(" \n"), "\(file): a line ends with white space")
      #expect(file.text.isEmpty || file.text.hasSuffix("\n"), "\(file): the last line has no end")
    }
  }

  @Test("The binary carries every SQL file, every file that the program names, and nothing that is not there")
  func embedded() throws {
    let list = try #require(Repository.file("Sources/CFiles/files.c"))
    let named = list.text.matches(of: /FILE_AT\("([^"]+)", (\w+)\)/).map { (path: String($0.1), array: String($0.2)) }
    let arrays = Dictionary(
      uniqueKeysWithValues: list.text.matches(of: /char (\w+)\[\] = \{\s*#embed "\.\.\/\.\.\/([^"]+)"/).map {
        (String($0.1), String($0.2))
      })
    let paths = named.map(\.path)
    #expect(paths == paths.sorted())
    #expect(Set(named.map(\.array)) == Set(arrays.keys))
    for (path, array) in named {
      #expect(arrays[array] == path, "\(path) is filled from \(arrays[array] ?? "nothing")")
      #expect(Repository.file(path) != nil, "\(path) is not there")
    }

    let sources = Repository.files(under: "Sources/", ending: ".swift")
    let used = sources.flatMap { $0.text.matches(of: /"((?:sql|demo|web)\/[^"\\]+\.\w+)"/).map { String($0.1) } }
    #expect(used.count > 3)
    let meant = Set(Repository.files(under: "sql/", ending: ".sql").map(\.path) + used)
    #expect(meant.subtracting(paths) == [])
  }

  @Test("Which day an instant falls on, and when a day begins, is said in one place")
  func days() {
    for file in Repository.files where file.path.hasSuffix(".sql") && file.path != "sql/views/calendar.sql" {
      #expect(file.lines(with: ["AT TIME ZONE", "timezone("]) == [], "call day_of and day_start")
    }
  }

  @Test("Migrations are numbered from 1 on, without a gap")
  func migrations() throws {
    let files = Repository.files(under: "sql/migrations/").map { $0.path.split(separator: "/").last ?? "" }
    let numbers = try files.map { name in
      let match = try #require(name.wholeMatch(of: /(\d{4})_[a-z0-9_]+\.sql/), "\(name)")
      return try #require(Int(match.1))
    }
    #expect(numbers == Array(1..<numbers.count + 1))
  }

  @Test("Every word for a refusal is written once in Swift")
  func refusals() throws {
    let source = try #require(Repository.file("Sources/Ledger/Refusal.swift"))
    let words = source.text.matches(of: /case \w+ = "([a-z_]+)"/).map { String($0.1) }
    #expect(words.count > 10)
    let sources = Repository.files(under: "Sources/", ending: ".swift")
    for word in words {
      let places = sources.flatMap { file in file.text.matches(of: try! Regex("\"\(word)\"")).map { _ in file.path } }
      #expect(places == [source.path], "\(word)")
    }
  }
}
