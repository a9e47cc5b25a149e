import EventLoop
public import HTTP

/// What every request passes on its way to a handler and back: rate limits, turns, tracing, CORS and the log. The operator's
/// choices; all loops share one.
public final class Gateway: Sendable {
  /// Each key may send 50 requests a second, and 1,000 at once.
  public static let keyLimit = RateLimit(rate: 50, burst: 1_000)!
  /// Far beyond what people do; only so that one organisation's programs cannot keep a machine to themselves for long.
  public static let organizationLimit = RateLimit(rate: 10_000, burst: 1_000_000)!
  /// Requests that take longer are logged.
  private static let slow = Duration.seconds(5)

  let limiter: RateLimiter
  let turns = Turns()
  private let cors: CORS?
  /// Nil where clients call the address that the server listens on.
  let publicURL: PublicURL?
  private let proxies: Set<PeerAddress>
  private let logsRequests: Bool

  /// - Parameters:
  ///   - keyLimit: of each API key; nil for none.
  ///   - organizationLimit: of all keys of an organisation together; nil for none.
  ///   - cors: nil where no page of another origin may call.
  ///   - proxies: whose `X-Forwarded-For` says where a request comes from, besides those on this machine.
  ///   - publicURL: where clients find the service, if that is elsewhere than it listens.
  ///   - logsRequests: whether each request gets a line in the log.
  public init(
    keyLimit: RateLimit? = Gateway.keyLimit, organizationLimit: RateLimit? = Gateway.organizationLimit,
    cors: CORS? = nil, proxies: Set<PeerAddress> = [], publicURL: PublicURL? = nil, logsRequests: Bool = false
  ) {
    limiter = RateLimiter(key: keyLimit, organization: organizationLimit)
    self.cors = cors
    self.proxies = proxies
    self.publicURL = publicURL
    self.logsRequests = logsRequests
  }

  /// Has `worker` answer, and adds what every answer gets.
  func respond(to request: Request, _ worker: Worker) async -> Response {
    let start = monotonicNanoseconds()
    let route = Routes.router.match(request.method, request.path)
    var response = await worker.answer(request, route)
    publicURL?.complete(&response)
    tell(of: &response, when: request.id, worker.log)
    cors?.mark(&response, for: request)
    let duration = Duration.nanoseconds(Int64(monotonicNanoseconds() - start))
    if logsRequests || duration >= Self.slow { log(request, route, response, duration, worker.log) }
    return response
  }

  /// What a request's head decides about its body: whoever waits to be asked for it is asked once their key is known to be good.
  func admit(_ request: Request, _ worker: Worker) async -> Admission {
    guard case .found(let endpoint, _) = Routes.router.match(request.method, request.path) else {
      return .body(atMost: Endpoint.bodyBytesMax)
    }
    if request.expectsContinue, var response = await worker.refusal(of: request, at: endpoint) {
      cors?.mark(&response, for: request)
      return .refused(response)
    }
    return .body(atMost: endpoint.bodyBytesMax)
  }

  /// Where a request comes from: what a proxy that may be believed says last, else the other side of the connection.
  func source(of request: Request) -> PeerAddress {
    guard request.peer.isLoopback || proxies.contains(request.peer),
      let last = request.headers.all("x-forwarded-for").last?.split(separator: ",").last
    else { return request.peer }
    return PeerAddress(last.drop { $0 == " " }.prefix { $0 != " " }) ?? request.peer
  }

  /// Has it told when a stream breaks off for another reason than its reader's: its head was sent, so nobody can be answered.
  private func tell(of response: inout Response, when id: String, _ log: Log) {
    guard case .stream(let produce) = response.body else { return }
    response.body = .stream { writer in
      do {
        try await produce(writer)
      } catch  where !(error is BodyWriter.PeerGone) {
        log.warning("answer_cut", ["request_id": id, "error": "\(error)"])
        throw error
      }
    }
  }

  /// One line, without what a path or a query may tell of people. The time of a stream is that to its beginning.
  private func log(
    _ request: Request, _ route: Router<Endpoint>.Match, _ response: Response, _ duration: Duration, _ log: Log
  ) {
    let isSlow = duration >= Self.slow
    log.write(isSlow ? .warning : .info, isSlow ? "slow_request" : "request") { json in
      json.member("request_id", request.id)
      json.member("method", request.method.rawValue)
      if case .found(let endpoint, _) = route { json.member("route", endpoint.pattern) }
      json.member("status", response.status)
      json.member("duration_us", Int(duration / .microseconds(1)))
      if let trace = TraceID(of: request) { json.member("trace_id", trace.description) }
    }
  }
}
