import EventLoop
import Glibc

/// A process whose input this one holds: when this process ends, however it does, the child reads the end of its input.
///
/// Not Foundation's `Process`: that hands on the signals which its thread blocks, and a shell that cannot get SIGCHLD
/// waits for ever.
final class Child: @unchecked Sendable {
  private let processID: pid_t
  private let input: Int32
  private let output: Int32

  init(_ path: String, _ arguments: [String]) throws {
    // Socket pairs, since these can be made close-on-exec at once: no other child must inherit them.
    var inputs: [Int32] = [0, 0]
    var outputs: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    try retrying("socketpair") { socketpair(AF_UNIX, type, 0, &inputs) }
    try retrying("socketpair") { socketpair(AF_UNIX, type, 0, &outputs) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, inputs[0], 0)
    posix_spawn_file_actions_adddup2(&actions, outputs[0], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, path, &actions, &attributes, &words, environ)
    close(inputs[0])
    close(outputs[0])
    processID = child
    input = inputs[1]
    output = outputs[1]
    if code != 0 { throw SystemError("posix_spawn", code: code) }
  }

  /// Writes the last words, ends the child's input and waits until it has ended.
  /// - Returns: its output.
  @discardableResult
  func finish(saying words: String = "") -> String {
    if !words.isEmpty { _ = send(input, words, words.utf8.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL)) }
    close(input)
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while case let count = read(output, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
    close(output)
    var status: Int32 = 0
    while waitpid(processID, &status, 0) < 0, errno == EINTR {}
    return String(decoding: text, as: UTF8.self)
  }
}
