import EventLoop
import Glibc
import HTTP
import Testing

@Suite("A server")
struct LifetimeTests {
  private func configuration(_ change: (inout HTTPServer.Configuration) -> Void) -> HTTPServer.Configuration {
    var configuration = HTTPServer.Configuration()
    change(&configuration)
    return configuration
  }

  @Test("closes an idle connection without a word")
  func idle() async throws {
    try await withServer(configuration { $0.idleTimeout = .milliseconds(50) }) { _, port in
      let fresh = try RawClient(port)
      #expect(try fresh.receiveAll() == "")
      let used = try RawClient(port)
      used.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try used.receiveAnswer().status == 200)
      #expect(try used.receiveAll() == "")
    }
  }

  @Test("answers 408 when a head does not come to its end in time, however it trickles")
  func headerTimeout() async throws {
    try await withServer(configuration { $0.headerTimeout = .milliseconds(100) }) { _, port in
      let silent = try RawClient(port)
      silent.send("GET / HT")
      #expect(Answer(try silent.receiveAll()).code == "request_timeout")

      let trickling = try RawClient(port)
      trickling.send("GET / HTTP/1.1\r\nX: ")
      for _ in 0..<30 {
        trickling.send("a")
        try await Task.sleep(for: .milliseconds(10))
      }
      // What trickled in after the end may have reset the connection; either way there is no 200.
      #expect((try? trickling.receiveAll())?.contains(" 200 ") != true)
    }
  }

  @Test("answers 408 when a body does not come to its end in time")
  func bodyTimeout() async throws {
    try await withServer(configuration { $0.bodyTimeout = .milliseconds(50) }) { _, port in
      let client = try RawClient(port)
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
      let answer = Answer(try client.receiveAll())
      #expect(answer.status == 408)
      #expect(answer.headers["connection"] == "close")
    }
  }

  @Test("answers 503 beyond its connections while all are at work, and serves again once one is done")
  func connectionCap() async throws {
    let gate = Gate()
    let counts = Counts()
    @Sendable func gated(_ loop: EventLoop, _ request: Request) async -> Response {
      counts.add("running")
      await gate.pass()
      return await echo(loop, request)
    }
    try await withServer(configuration { $0.connectionsMax = 2 }, respond: gated) { _, port in
      let busy = [ClientBox(try RawClient(port)), ClientBox(try RawClient(port))]
      for busy in busy { busy.client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n") }
      #expect(await eventually { counts["running"] == 2 })
      let refused = try RawClient(port)
      refused.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      let answer = Answer(try refused.receiveAll())
      #expect(answer.code == "too_many_connections")
      #expect(answer.headers["retry-after"] == "1")
      #expect(answer.headers["connection"] == "close")
      gate.open()
      for busy in busy { #expect(try busy.client.receiveAnswer().body == "GET /x") }
      let next = try RawClient(port)
      next.send("GET /y HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try next.receiveAnswer().body == "GET /y")
    }
  }

  @Test("makes room for a newcomer: the slowest head goes first, then the longest idle, and never one at work")
  func shedding() async throws {
    let gate = Gate()
    let counts = Counts()
    @Sendable func gated(_ loop: EventLoop, _ request: Request) async -> Response {
      counts.add(request.path)
      if request.path == "/busy" { await gate.pass() }
      return await echo(loop, request)
    }
    let one = [try EventLoop(label: "test")]
    defer { one[0].stop() }
    // Long times: what is closed here is closed for another's sake, however busy the machine is.
    let limits = configuration {
      $0.connectionsMax = 4
      $0.headerTimeout = .seconds(600)
      $0.idleTimeout = .seconds(900)
    }
    let server = HTTPServer(loops: one, configuration: limits, respond: gated)
    let address = try await server.listen(host: "127.0.0.1", port: 0)
    let port = Int(address.split(separator: ":").last!)!
    let busy = try RawClient(port)
    busy.send("GET /busy HTTP/1.1\r\nHost: a\r\n\r\n")
    let idle = [ClientBox(try RawClient(port)), ClientBox(try RawClient(port))]
    for (number, idle) in idle.enumerated() {
      idle.client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try idle.client.receiveAnswer().body == "GET /\(number)")
    }
    let slow = try RawClient(port)
    slow.send("GET / HTTP/1.1\r\nX: ")
    #expect(await eventually { counts["/busy"] == 1 && server.connectionCount == 4 })
    // What was sent is read before the newcomer comes, for it is on the same loop.
    let newcomers = [ClientBox(try RawClient(port)), ClientBox(try RawClient(port))]
    #expect(try slow.receiveAll() == "")
    newcomers[0].client.send("GET /n HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try newcomers[0].client.receiveAnswer().body == "GET /n")
    #expect(try idle[0].client.receiveAll() == "")
    idle[1].client.send("GET /still HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try idle[1].client.receiveAnswer().body == "GET /still")
    gate.open()
    #expect(try busy.receiveAnswer().body == "GET /busy")
    await server.drain(within: .seconds(2))
  }

  @Test("cuts off those that have read nothing for longest when too much waits for slow readers together")
  func slowReaders() async throws {
    let counts = Counts()
    @Sendable func large(_ loop: EventLoop, _ request: Request) async -> Response {
      counts.add("asked")
      if request.path == "/small" { return await echo(loop, request) }
      return Response(status: 200, body: .bytes([UInt8](repeating: 0x61, count: 2 << 20)))
    }
    // Each reader holds up some two megabytes, less what the kernel takes; each of two loops may hold five.
    let limits = configuration {
      $0.unsentBytesTotalMax = 10 << 20
      $0.writeTimeout = .seconds(600)
    }
    try await withServer(limits, respond: large) { server, port in
      let readers = try (0..<20).map { number in
        let reader = ClientBox(try RawClient(port, receiveBuffer: 4096))
        reader.client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
        return reader
      }
      #expect(await eventually { counts["asked"] == 20 && server.connectionCount <= 6 })
      #expect(server.connectionCount >= 2)
      #expect(throws: RawClient.Failed.self) { try readers[0].client.receiveAll() }
      let other = try RawClient(port)
      other.send("GET /small HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try other.receiveAnswer().body == "GET /small")
      // Whoever was not cut gets all of it.
      readers[19].client.send("GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(try readers[19].client.receiveAll().utf8.count > 2 << 20)
    }
  }

  @Test("drains: idle connections close, running requests are answered, new ones find nobody")
  func drain() async throws {
    let gate = Gate()
    let counts = Counts()
    @Sendable func gated(_ loop: EventLoop, _ request: Request) async -> Response {
      counts.add("running")
      await gate.pass()
      return await echo(loop, request)
    }
    try await withServer(respond: gated) { server, port in
      // One for each loop, so that their ends tell that both loops know.
      let idle = [ClientBox(try RawClient(port)), ClientBox(try RawClient(port))]
      let running = try RawClient(port)
      running.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await eventually { counts["running"] == 1 && server.connectionCount == 3 })
      let drained = Task {
        await server.drain(within: .seconds(10))
        counts.add("drained")
      }
      for idle in idle { #expect(try idle.client.receiveAll() == "") }
      #expect(throws: RawClient.Failed.self) { _ = ClientBox(try RawClient(port)) }
      #expect(counts["drained"] == 0)
      gate.open()
      let answer = Answer(try running.receiveAll())
      #expect(answer.body == "GET /x")
      #expect(answer.headers["connection"] == "close")
      await drained.value
      #expect(server.connectionCount == 0)
    }
  }

  @Test("cuts what is left when the time to drain is over")
  func drainTimeout() async throws {
    let gate = Gate()
    let counts = Counts()
    @Sendable func gated(_ loop: EventLoop, _ request: Request) async -> Response {
      counts.add("running")
      await gate.pass()
      return await echo(loop, request)
    }
    try await withServer(respond: gated) { server, port in
      let client = try RawClient(port)
      client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await eventually { counts["running"] == 1 })
      await server.drain(within: .milliseconds(20))
      #expect(server.connectionCount == 0)
      #expect(throws: RawClient.Failed.self) { try client.receiveAll() }
      gate.open()
    }
  }

  @Test("rests while the process has no descriptor left, and accepts again once it has one")
  func descriptors() async {
    await #expect(processExitsWith: .success) {
      try await withServer { _, port in
        var limit = rlimit(rlim_cur: 128, rlim_max: 128)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var taken: [Int32] = []
        while case let descriptor = open("/dev/null", O_RDONLY), descriptor >= 0 { taken.append(descriptor) }
        close(taken.removeLast())
        let client = try RawClient(port)
        client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        // Processor time, not the clock's: whoever spins uses as much as passes. And no task's sleep, for which
        // libdispatch would need a descriptor.
        let before = clock()
        usleep(400_000)
        #expect(clock() - before < 200 * CLOCKS_PER_SEC / 1_000)
        close(taken.removeLast())
        #expect(try client.receiveAnswer().body == "GET /x")
        for descriptor in taken { close(descriptor) }
      }
    }
  }
}
