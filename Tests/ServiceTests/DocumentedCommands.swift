import Foundation
import Testing

/// A command as a document shows it, and what it says that comes of it.
struct DocumentedCommand: Sendable, CustomTestStringConvertible {
  /// Whoever types it, in front of the `$`; empty in documents.
  let who: String
  let command: String
  let output: String

  var testDescription: String { command }

  /// The commands in a text: a line that begins with `$`, or somebody's name and `$`, with the lines that a backslash or a
  /// here-document adds; and the lines behind it.
  static func all(in text: some StringProtocol) -> [DocumentedCommand] {
    var commands: [DocumentedCommand] = []
    var lines = text.components(separatedBy: "\n")[...]
    func isPrompt(_ line: String) -> Bool { line.prefixMatch(of: /[a-z]*[$][ ]/) != nil }
    lines = lines.drop { !isPrompt($0) }
    while let first = lines.popFirst() {
      let parts = first.split(separator: "$ ", maxSplits: 1, omittingEmptySubsequences: false)
      var command = [String(parts[1])]
      while command.last?.hasSuffix("\\") == true, let line = lines.popFirst() { command.append(line) }
      if let end = command[0].firstMatch(of: /<<'(\w+)'/)?.1 {
        while command.last != String(end), let line = lines.popFirst() { command.append(line) }
      }
      let output = lines.prefix { !isPrompt($0) }
      lines = lines.dropFirst(output.count)
      commands.append(
        DocumentedCommand(
          who: String(parts[0]), command: command.joined(separator: "\n"), output: output.joined(separator: "\n")))
    }
    return commands
  }

  /// Those in the code blocks of a Markdown file at the root of this repository.
  static func all(of file: String) throws -> [DocumentedCommand] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
    let blocks = text.components(separatedBy: "\n```").enumerated()
    return blocks.filter { $0.offset % 2 == 1 }.flatMap { all(in: $0.element) }
  }
}

/// A shell that commands are given to one by one, as somebody types them: what one exports, the next one finds.
final class Shell: Sendable {
  private let folder: String
  private let process: Process
  private let input: FileHandle

  /// - Parameter folder: where it begins.
  init(in folder: String, environment: [String: String]) throws {
    self.folder = folder
    process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["--norc", "--noprofile"]
    process.currentDirectoryURL = URL(filePath: folder)
    process.environment = environment
    process.standardInput = pipe
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    input = pipe.fileHandleForWriting
  }

  /// - Returns: what it printed, errors among it, and its exit code.
  func run(_ command: String) async throws -> (output: String, status: Int32) {
    let name = "\(folder)/.typed-\(UInt32.random(in: 0 ... .max))"
    try Data((command + "\n").utf8).write(to: URL(filePath: name))
    let line =
      ". '\(name)' >'\(name).out' 2>&1 </dev/null; echo $? >'\(name).part'; mv '\(name).part' '\(name).status'\n"
    return try await onThread { [input] in
      input.write(Data(line.utf8))
      let deadline = ContinuousClock.now + .seconds(120)
      while !FileManager.default.fileExists(atPath: name + ".status"), ContinuousClock.now < deadline { usleep(5_000) }
      let status = try String(contentsOfFile: name + ".status", encoding: .utf8)
      return (
        try String(contentsOfFile: name + ".out", encoding: .utf8),
        Int32(status.trimmingCharacters(in: .newlines)) ?? -1
      )
    }
  }

  func end() async {
    try? input.close()
    let process = process
    await onThread { process.waitUntilExit() }
  }
}
