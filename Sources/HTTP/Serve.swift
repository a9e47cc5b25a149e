import EventLoop

/// What happens on a connection: requests are parsed, answered and, in the end, closed.
extension Connection {
  /// How many bytes, and for how long, a client may go on sending after we have ended our side. Closing while unread
  /// bytes wait would reset the connection, and the client might never read why it was refused.
  private static let lingerBytesMax = 256 * 1024
  private static let lingerTimeout = Duration.seconds(1)

  /// Requests, or pieces of one, handled before the loop's other connections get their turn, however fast a client
  /// sends.
  private static let stepsInTurnMax = 32

  func serve() async {
    var parser = RequestParser(limits: roster.configuration.parserLimits)
    let request = Request()
    request.peer = peer
    var isAdmitted = false
    var steps = 0
    /// Until when the present head, or body, must have arrived.
    var deadline = UInt64.max
    var isInBody = false
    /// Bytes of the body that the roster counts.
    var bodyBytes = 0
    defer { roster.countBody(by: -bodyBytes) }
    while isOpen {
      steps += 1
      if steps % Self.stepsInTurnMax == 0 { await Task.yield() }
      do throws(Problem) {
        if try parser.next(into: request) {
          deadline = .max
          isAdmitted = false
          if request.id.isEmpty { request.id = roster.requestIDs.id(for: request.headers) }
          let response = await roster.respond(loop, request)
          guard await answer(request, response) else { return }
          // Also so that what cannot be parsed next is not taken for this one's.
          request.reset()
          await outputHasRoom()
          continue
        }
        if parser.isInBody, !isAdmitted {
          isAdmitted = true
          request.id = roster.requestIDs.id(for: request.headers)
          switch await roster.admit(loop, request) {
          case .body(let limit): try parser.limitBody(to: limit, request)
          case .refused(let response): return await refuse(response, request)
          }
        }
        let bytes = request.body.count > Request.keptBodyBytesMax ? request.body.count : 0
        if bytes != bodyBytes {
          let hasRoom = roster.countBody(by: bytes - bodyBytes)
          bodyBytes = bytes
          if !hasRoom { throw .tooManyBodies }
        }
      } catch {
        return await refuse(error, request)
      }

      if parser.takeContinue() { send { $0.append("HTTP/1.1 100 Continue\r\n\r\n") } }
      let isIdle = parser.isBetweenMessages
      if isIdle {
        deadline = roster.deadline(after: roster.configuration.idleTimeout)
      } else if parser.isInBody != isInBody || deadline == .max {
        let limit = parser.isInBody ? roster.configuration.bodyTimeout : roster.configuration.headerTimeout
        deadline = roster.deadline(after: limit)
      }
      isInBody = parser.isInBody
      switch await receive(until: deadline, isIdle: isIdle, { parser.feed($0) }) {
      case .bytes: if isIdle { deadline = .max }
      case .timedOut where !isIdle: return await refuse(.requestTimeout, request)
      case .timedOut, .ended: return await finish(lingers: false)
      }
    }
  }

  /// Answers a connection beyond the cap, without reading what it wants.
  func refuse() async { await refuse(.tooManyConnections, Request()) }

  /// - Parameter request: as far as it was understood.
  private func refuse(_ problem: Problem, _ request: Request) async { await refuse(problem.response(), request) }

  private func refuse(_ response: Response, _ request: Request) async {
    // What refuses has no stream.
    guard case .bytes(let body) = response.body else { return await refuse(.internalError, request) }
    let id = request.id.isEmpty ? roster.requestIDs.id(for: request.headers) : request.id
    send { output in
      ResponseHead.append(
        to: &output, status: response.status, headers: response.headers, framing: .length(body.count),
        date: roster.date.line(), requestID: id, connection: "close")
      output.append(contentsOf: body)
    }
    await finish(lingers: true)
  }

  /// - Returns: whether the connection goes on.
  private func answer(_ request: Request, _ response: Response) async -> Bool {
    precondition((200...599).contains(response.status), "not a final status: \(response.status)")
    var closes = !request.keepsAlive || roster.isDraining
    for (name, value) in response.headers {
      guard ResponseHead.isValid(name: name, value: value) else {
        await refuse(.internalError, request)
        return false
      }
      precondition(!ResponseHead.frames(name), "the server frames the body")
      if ResponseHead.isConnection(name), value.lowercased() == "close" { closes = true }
    }
    switch response.body {
    case .bytes(let body):
      precondition(body.isEmpty || !Status.forbidsBody(response.status), "\(response.status) has no body")
      let framing: ResponseHead.Framing = Status.forbidsBody(response.status) ? .none : .length(body.count)
      sendHead(request, response, framing, closes: closes)
      if request.method != .head, !body.isEmpty { send { $0.append(contentsOf: body) } }
      if closes { await finish(lingers: request.keepsAlive) }
      return !closes
    case .stream(let produce):
      precondition(!Status.forbidsBody(response.status), "\(response.status) has no body")
      if !request.isVersion11 { closes = true }
      sendHead(request, response, request.isVersion11 ? .chunked : .untilClose, closes: closes)
      if request.method != .head {
        let writer = BodyWriter(self, isChunked: request.isVersion11)
        do {
          try await produce(writer)
          writer.finish()
        } catch {
          abort()
          return false
        }
      }
      if closes { await finish(lingers: request.keepsAlive) }
      return !closes
    }
  }

  private func sendHead(_ request: Request, _ response: Response, _ framing: ResponseHead.Framing, closes: Bool) {
    // HTTP/1.1 stays open unless told otherwise, HTTP/1.0 closes unless told otherwise.
    let connection: StaticString? = closes ? "close" : request.isVersion11 ? nil : "keep-alive"
    send { output in
      ResponseHead.append(
        to: &output, status: response.status, headers: response.headers, framing: framing, date: roster.date.line(),
        requestID: request.id, connection: connection)
    }
  }

  /// Sends what is queued, then closes.
  /// - Parameter lingers: the client may still be sending.
  private func finish(lingers: Bool) async {
    await outputIsSent()
    if lingers {
      endOutput()
      let deadline = roster.deadline(after: Self.lingerTimeout)
      var rest = Self.lingerBytesMax
      while rest > 0, case .bytes(let count) = await receive(until: deadline, isIdle: false, { _ in }) { rest -= count }
    }
    close()
  }
}
