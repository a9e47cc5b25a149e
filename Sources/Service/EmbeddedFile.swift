import CFiles

/// A file of the repository that was compiled in.
struct EmbeddedFile {
  /// Its path in the repository.
  let path: String
  let bytes: [UInt8]

  var text: String { String(decoding: bytes, as: UTF8.self) }
  var name: Substring { path.split(separator: "/").last ?? "" }

  static let all: [EmbeddedFile] = {
    var files: [EmbeddedFile] = []
    guard var file = laurel_files() else { return [] }
    while let path = file.pointee.path {
      let bytes = UnsafeBufferPointer(start: file.pointee.bytes, count: file.pointee.count)
      files.append(EmbeddedFile(path: String(cString: path), bytes: Array(bytes)))
      file += 1
    }
    return files
  }()

  static func all(under folder: String) -> [EmbeddedFile] { all.filter { $0.path.hasPrefix(folder) } }

  static func at(_ path: String) -> EmbeddedFile {
    // The paths that the program names are in the list, which the tests compare with the folders.
    all.first { $0.path == path }!
  }
}
