import Testing

/// The rooms, and which others each may enter. DESIGN and ARCHITECTURE.md draw the same picture.
private let arrows: [String: Set<String>] = [
  "Text": [],
  "EventLoop": ["CLinux"],
  "HTTP": ["EventLoop", "CLinux", "Text"],
  "HTTPClient": ["CTLS"],
  "Postgres": ["EventLoop", "CLibPQ", "CCrypto", "CLinux"],
  "Ledger": ["CCrypto", "Text"],
  "Rankings": [],
  "Service": ["HTTP", "Postgres", "Ledger", "Rankings", "EventLoop", "CCrypto", "CFiles", "CLibPQ", "CLinux", "Text"],
  "simulate": ["Ledger"],
  "laurel": [
    "Service", "HTTP", "HTTPClient", "Postgres", "Ledger", "Rankings", "EventLoop", "CCrypto", "CFiles", "CLibPQ",
    "CLinux", "CTLS", "Text",
  ],
]

/// Modules that come with the toolchain. The pure rooms take none of them: no I/O, no clock, no randomness.
private let toolchain: Set = ["Foundation", "Glibc", "Swift", "Synchronization"]
private let pureRooms: Set = ["Ledger", "Rankings", "Text"]

@Suite("Rooms and arrows")
struct ArrowTests {
  @Test("Every import in Sources follows an arrow that the design allows")
  func imports() throws {
    for file in Repository.files(under: "Sources/", ending: ".swift") {
      let room = String(file.path.split(separator: "/")[1])
      let allowed = try #require(arrows[room], "\(file): the room \(room) is not in the design")
      for (number, line) in file.lines.enumerated() {
        // The standard library is everywhere, and named for what it does not show of itself.
        guard let module = importedModule(line), module != "Swift" else { continue }
        let isAllowed = allowed.contains(module) || !pureRooms.contains(room) && toolchain.contains(module)
        #expect(isAllowed, "\(file):\(number + 1): \(room) → \(module)")
      }
    }
  }

  @Test("Package.swift declares no arrow that the design does not allow, and every module that is imported")
  func declarations() throws {
    let package = try #require(Repository.file("Package.swift"))
    for (room, declared) in declaredDependencies(package.text) {
      let allowed = try #require(arrows[room], "Package.swift: the room \(room) is not in the design")
      #expect(declared.isSubset(of: allowed), "\(room) → \(declared.subtracting(allowed))")
      let imported = Set(
        Repository.files(under: "Sources/\(room)/", ending: ".swift").flatMap { $0.lines.compactMap(importedModule) })
      #expect(imported.subtracting(toolchain).isSubset(of: declared), "\(room) imports what it does not declare")
    }
  }

  @Test("There are no Swift packages")
  func noPackages() throws {
    let package = try #require(Repository.file("Package.swift"))
    #expect(package.text.contains("\n  dependencies: [],\n"))
    #expect(!package.text.contains(".package("))
    #expect(!package.text.contains(".product("))
    #expect(Repository.file("Package.resolved") == nil)
  }

  @Test("HTTP, HTTPClient and Postgres know no word of the domain")
  func domain() {
    let stems = [
      "recogni", "ledger", "reward", "redempt", "redeem", "award", "allowance", "leaderboard", "badge", "employee",
      "organization", "organisation",
    ]
    for file in ["HTTP", "HTTPClient", "Postgres"].flatMap({ Repository.files(under: "Sources/\($0)/") }) {
      // "forward" is no award.
      #expect(file.lines(with: stems).filter { !$0.contains("orward") } == [])
      // A code point is Unicode's, and a path may point somewhere; a number of points would be ours.
      #expect(file.lines(with: [" points = ", "points:", "\"points\""]) == [])
    }
  }
}

/// `public import struct Foo.Bar` → `Foo`
private func importedModule(_ line: Substring) -> String? {
  // Most lines have no such word; asking first is what keeps this quick.
  guard line.contains("import ") else { return nil }
  let kind = "struct|class|enum|protocol|typealias|func|let|var"
  let access = "public|package|internal|fileprivate|private"
  let pattern = "\\s*(?:@\\w+\\s+)*(?:(?:\(access))\\s+)?import\\s+(?:(?:\(kind))\\s+)?(\\w+)"
  // The pattern is a constant in all but form.
  let match = try! Regex(pattern, as: (Substring, Substring).self).prefixMatch(in: line)
  return match.map { String($0.output.1) }
}

/// The rooms of a manifest, and what each says that it depends on; not its tests and C shims.
private func declaredDependencies(_ manifest: String) -> [String: Set<String>] {
  var rooms: [String: Set<String>] = [:]
  let target = /\.(?:target|executableTarget)\(\s*name: "(\w+)"(?:,\s*dependencies: \[([^\]]*)\])?/
  for match in manifest.matches(of: target) {
    let name = String(match.1)
    if name.hasPrefix("C"), match.2 == nil { continue }
    rooms[name] = Set((match.2 ?? "").matches(of: /"(\w+)"/).map { String($0.1) })
  }
  return rooms
}
