import EventLoop
import Glibc
import HTTP
import Service

extension Command {
  static let serve = Command(
    "serve", summary: "migrates, then serves until SIGTERM or SIGINT",
    options: databaseOptions + [
      .init(name: "--listen", value: "HOST:PORT", help: "127.0.0.1:8080 unless given; port 0 picks a free one"),
      .init(name: "--demo", value: nil, help: "with a demo company, keys for it, and calls to paste"),
      .init(
        name: "--rate-limit", value: "LIMIT",
        help: "[key=]\(text(Gateway.keyLimit)): requests a second and at once of each API key; "
          + "org=\(text(Gateway.organizationLimit)): of each organisation; key=off, org=off, or off for both",
        isRepeatable: true),
      .init(
        name: "--cors-origin", value: "ORIGIN",
        help: "web pages of https://app.example may call; * for all; may be repeated", isRepeatable: true),
      .init(
        name: "--public-url", value: "URL",
        help:
          "where clients find it behind a proxy, such as https://laurel.acme.example: addresses in answers begin with it"
      ),
      .init(
        name: "--trusted-proxy", value: "ADDRESS",
        help: "a proxy elsewhere whose X-Forwarded-For says where requests come from; may be repeated",
        isRepeatable: true),
      .init(name: "--log-requests", value: nil, help: "a line in the log for each request, without paths and keys"),
    ]
  ) { arguments in
    let listen = try address(arguments["--listen"] ?? "127.0.0.1:8080")
    let gateway = try gateway(arguments)
    let signals = StopSignals()
    // Whoever reads the log or the tour may go; the server stays.
    signal(SIGPIPE, SIG_IGN)
    let log = Log()
    let database = try arguments.openDatabase(mayCreate: true, log)
    defer { database.close() }
    let loops = try (0..<max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))).map { try EventLoop(label: "laurel-\($0)") }
    let administration = try await Administration(database, on: loops[0], log: log)
    let demo = arguments.has("--demo") ? try await Demo.prepare(administration, progress: progress("demo")) : nil
    await administration.close()

    let server = try await Server(database, on: loops, listen: listen, gateway: gateway, log: log)
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

  private static func gateway(_ arguments: Arguments) throws(Arguments.UsageError) -> Gateway {
    var limits: (key: RateLimit?, organization: RateLimit?) = (Gateway.keyLimit, Gateway.organizationLimit)
    for text in arguments.all("--rate-limit") {
      if text == "off" {
        limits = (nil, nil)
      } else if text.hasPrefix("org=") {
        limits.organization = try rateLimit(text.dropFirst(4))
      } else {
        limits.key = try rateLimit(text.dropFirst(text.hasPrefix("key=") ? 4 : 0))
      }
    }
    let proxies = try arguments.all("--trusted-proxy").map { (text) throws(Arguments.UsageError) in
      guard let proxy = PeerAddress(text) else {
        throw Arguments.UsageError(description: "--trusted-proxy is an address such as 10.0.0.7, not \(text)")
      }
      return proxy
    }
    let origins = arguments.all("--cors-origin")
    let publicURL = try publicURL(arguments["--public-url"])
    do {
      return Gateway(
        keyLimit: limits.key, organizationLimit: limits.organization,
        cors: origins.isEmpty ? nil : try CORS(origins: origins), proxies: Set(proxies), publicURL: publicURL,
        logsRequests: arguments.has("--log-requests"))
    } catch {
      throw Arguments.UsageError(
        description: "--cors-origin is * or an origin such as https://app.example, not \(error.text)")
    }
  }

  private static func publicURL(_ text: String?) throws(Arguments.UsageError) -> PublicURL? {
    do throws(PublicURL.Mistake) {
      return try text.map(PublicURL.init)
    } catch {
      throw Arguments.UsageError(
        description: "--public-url is an http or https address such as https://laurel.acme.example, not \(error.text)")
    }
  }

  /// `50:1000`; nil for `off`.
  private static func rateLimit(_ text: Substring) throws(Arguments.UsageError) -> RateLimit? {
    if text == "off" { return nil }
    guard let limit = RateLimit(text) else {
      throw Arguments.UsageError(
        description: "--rate-limit is off or REQUESTS_A_SECOND:AT_ONCE, such as 50:1000 or org=10000:1000000")
    }
    return limit
  }

  private static func text(_ limit: RateLimit) -> String { "\(limit.rate):\(limit.burst)" }

  /// `host:port`, `[::1]:port`.
  private static func address(_ text: String) throws(Arguments.UsageError) -> (host: String, port: Int) {
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
      let port = UInt16(text[text.index(after: colon)...])
    else { throw Arguments.UsageError(description: "--listen is HOST:PORT, such as 127.0.0.1:8080") }
    return (String(text[..<colon]), Int(port))
  }
}
