import EventLoop
import Glibc
import HTTP

/// One JSON object a line on standard error: `event`, `level`, `at`, and what else is known. Never a key, a message or
/// a parameter.
public struct Log: Sendable {
  public enum Level: Int, Sendable, Comparable {
    case debug, info, warning, error

    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  private let least: Level

  public init(atLeast least: Level = .info) { self.least = least }

  func debug(_ event: String, _ members: KeyValuePairs<String, String> = [:]) { write(.debug, event, members) }
  func info(_ event: String, _ members: KeyValuePairs<String, String> = [:]) { write(.info, event, members) }
  func warning(_ event: String, _ members: KeyValuePairs<String, String> = [:]) { write(.warning, event, members) }
  func error(_ event: String, _ members: KeyValuePairs<String, String> = [:]) { write(.error, event, members) }

  private func write(_ level: Level, _ event: String, _ members: KeyValuePairs<String, String>) {
    write(level, event) { json in for (name, value) in members { json.member(named: name) { $0.string(value) } } }
  }

  func write(_ level: Level, _ event: String, _ members: (inout JSONWriter) -> Void) {
    guard level >= least else { return }
    var json = JSONWriter()
    json.object { json in
      json.member("event", event)
      json.member("level", "\(level)")
      json.member("at", RFC3339.text(.now))
      members(&json)
    }
    // One write a line, so that lines of several threads do not mix. Nobody can be told when standard error is gone.
    let line = json.bytes + [UInt8(ascii: "\n")]
    _ = Glibc.write(STDERR_FILENO, line, line.count)
  }
}
