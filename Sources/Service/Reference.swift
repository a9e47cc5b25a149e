import HTTP
import Ledger
import Synchronization

/// `/openapi.json` for programs and `/docs` for people: what this service takes and answers, made of the route table once.
enum Reference {
  static let endpoints = [
    Endpoint(
      .get, "/openapi.json", .anyone, "getOpenAPI", "This reference as an OpenAPI 3.1 document.",
      answers: [
        Answer(
          status: 200, summary: "The document.", content: .json(JSONSchema(.map(of: JSONSchema(.any)))),
          headers: [.etag]), .notModified,
      ]
    ) { document($0.worker.gateway.publicURL).answer($0) },
    Endpoint(.get, "/docs", .anyone, "getDocs", "This reference as a page.", answers: Served.pageAnswers) {
      page($0.worker.gateway.publicURL).answer($0)
    },
    Endpoint(.get, "/docs/", .anyone, "getDocsFolder", "The same page.", answers: Served.pageAnswers) {
      folderPage($0.worker.gateway.publicURL).answer($0)
    },
  ]

  static let summary =
    "Peer recognition points: thanks, awards, rewards, leaderboards, and a ledger that can be proven."

  /// What holds for every call, a paragraph each.
  static let groundRules = [
    "JSON in and out, UTF-8. Unknown members and unknown query parameters are refused, so typos surface. A member that "
      + "may be absent may be `null`, which means the same.",
    "Ids are opaque. Times are RFC 3339 in UTC. Points are whole numbers. Money is a decimal text with its currency.",
    "The organisation comes from the key, never from the request; what belongs to another organisation is not there.",
    "`from`/`to` and `since`/`until` as plain dates are whole days in the organisation's time zone, both inclusive; as "
      + "`2026-10` the whole month; as instants, from inclusive and to exclusive. A day begins at the first instant whose "
      + "local date is that day. What ends before it begins is refused.",
    "Errors are problem documents (RFC 9457). `code` is one stable word; `errors` points at members; `type` is a path at the "
      + "service's own address, where a page explains the code.",
    "Every answer has a `Request-Id`, by which it is found in the log. A client may send one of its own: 1 to 64 letters, "
      + "digits and `. _ ~ + / = : -`; anything else is passed over. A `traceparent` (W3C Trace Context) is logged as well.",
    "`Link` and `Location` are addresses as clients see them, where the service was told its public one; else paths.",
    "What changes something takes an `Idempotency-Key`: the same request again is answered by the first answer, for "
      + "ever. It answers with its `Ledger-Position`; a read with `Min-Ledger-Position` then shows at least that much.",
    "Each key and each organisation has a rate limit: `RateLimit` says what is left, `RateLimit-Policy` how it is "
      + "refilled; beyond is 429 `rate_limited` with `Retry-After`. Repeats and dry runs count.",
    "Lists take `limit` and `cursor`, answer `next_cursor` and `Link` while there is more, and stay stable while rows "
      + "are being added.",
  ]

  /// Each is made when it is first asked for. A process has one public address, or none.
  private static let made = Mutex<[String: Served]>([:])

  private static func made(_ name: String, _ publicURL: PublicURL?, _ make: () -> Served) -> Served {
    made.withLock { made in
      let key = "\(name) \(publicURL?.text ?? "")"
      let served = made[key] ?? make()
      made[key] = served
      return served
    }
  }

  private static func document(_ publicURL: PublicURL?) -> Served {
    made("document", publicURL) {
      var json = JSONWriter()
      json.value(OpenAPI.document(of: Routes.groups, at: publicURL))
      return Served(json.bytes, "application/json")
    }
  }

  private static func page(_ publicURL: PublicURL?) -> Served {
    made("page", publicURL) { Served(ReferencePage.page(of: Routes.groups, at: publicURL, root: ""), Served.html) }
  }

  private static func folderPage(_ publicURL: PublicURL?) -> Served {
    made("folder", publicURL) { Served(ReferencePage.page(of: Routes.groups, at: publicURL, root: "../"), Served.html) }
  }
}

/// What is the same for everybody, until the next version.
struct Served: Sendable {
  static let html = "text/html; charset=utf-8"
  /// What an endpoint that serves a page answers.
  static let pageAnswers = [
    Answer(status: 200, summary: "The page.", content: .other([html]), headers: [.etag]), .notModified,
  ]

  private let bytes: [UInt8]
  private let mediaType: String
  private let tag: String

  init(_ bytes: [UInt8], _ mediaType: String) {
    self.bytes = bytes
    self.mediaType = mediaType
    tag = Digest.sha256(bytes).entityTag
  }

  func answer(_ exchange: Exchange) -> Response {
    let headers = [("ETag", tag), ("Cache-Control", "no-cache")]
    if exchange.isKnown(tag) { return Response(status: 304, headers: headers) }
    return Response(status: 200, headers: [("Content-Type", mediaType)] + headers, body: .bytes(bytes))
  }
}
