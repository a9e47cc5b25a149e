import Foundation

/// The files of this repository as they stand beside the test that reads them.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  struct File: Sendable, CustomStringConvertible {
    /// From the root, such as `Sources/Ledger/Book.swift`.
    let path: String
    let text: String

    /// Failures name a file by its path, not by its text.
    var description: String { path }

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// `path:line: text` of each line that holds one of `words`, in whichever case.
    func lines(with words: [String]) -> [String] {
      // Looking through the whole text first is what keeps these tests quick.
      guard words.contains(where: { text.range(of: $0, options: .caseInsensitive) != nil }) else { return [] }
      return lines.enumerated().compactMap { number, line in
        words.contains { line.range(of: $0, options: .caseInsensitive) != nil } ? "\(path):\(number + 1): \(line)" : nil
      }
    }
  }

  /// What people wrote: everything but what tools leave in folders of their own.
  static let files: [File] = {
    let skipped: Set = [".build", ".build-tsan", ".git", ".state", ".swiftpm"]
    let enumerator = FileManager.default.enumerator(
      at: root, includingPropertiesForKeys: [.isRegularFileKey],
      options: [])
    var files: [File] = []
    while let url = enumerator?.nextObject() as? URL {
      if skipped.contains(url.lastPathComponent) {
        enumerator?.skipDescendants()
        continue
      }
      // What is no UTF-8 text, such as a picture, has nothing that these tests look for.
      guard (try? url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true,
        let data = try? Data(contentsOf: url), let text = String(validating: data, as: UTF8.self)
      else { continue }
      files.append(File(path: String(url.path.dropFirst(root.path.count + 1)), text: text))
    }
    return files.sorted { $0.path < $1.path }
  }()

  static func files(under folder: String, ending suffix: String = "") -> [File] {
    files.filter { $0.path.hasPrefix(folder) && $0.path.hasSuffix(suffix) }
  }

  static func file(_ path: String) -> File? { files.first { $0.path == path } }
}
