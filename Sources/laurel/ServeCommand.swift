import EventLoop
import Glibc
import Service

extension Command {
  static let serve = Command(
    "serve", summary: "migrates, then serves until SIGTERM or SIGINT",
    options: databaseOptions + [
      .init(name: "--listen", value: "HOST:PORT", help: "127.0.0.1:8080 unless given; port 0 picks a free one"),
      .init(name: "--demo", value: nil, help: "with a demo company, keys for it, and calls to paste"),
    ]
  ) { arguments in
    let listen = try address(arguments["--listen"] ?? "127.0.0.1:8080")
    let signals = StopSignals()
    let log = Log()
    let database = try arguments.openDatabase(log)
    defer { database.close() }
    let loops = try (0..<max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))).map { try EventLoop(label: "laurel-\($0)") }
    let administration = try await Administration(database, on: loops[0], log: log)
    let demo = arguments.has("--demo") ? try await Demo.prepare(administration, progress: progress("demo")) : nil
    await administration.close()

    let server = try await Server(database, on: loops, listen: listen, log: log)
    let keeper = DatabaseKeeper(database, server, log: log)
    let upkeep = Upkeep(server, log: log)
    keeper.start()
    upkeep.start()
    server.announce()
    if let demo { print(demo.tour(address: server.address)) }
    // Standard output may be a pipe, which would keep it.
    fflush(nil)
    await signals.wait(on: loops[0])
    upkeep.stop()
    keeper.stop()
    await server.stop()
    for loop in loops { loop.stop() }
  }

  /// `host:port`, `[::1]:port`.
  private static func address(_ text: String) throws(Arguments.UsageError) -> (host: String, port: Int) {
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
      let port = UInt16(text[text.index(after: colon)...])
    else { throw Arguments.UsageError(description: "--listen is HOST:PORT, such as 127.0.0.1:8080") }
    return (String(text[..<colon]), Int(port))
  }
}
