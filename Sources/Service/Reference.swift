import HTTP
import Ledger

/// `/openapi.json` for programs and `/docs` for people: what this service takes and answers, made of the route table once.
enum Reference {
  static let endpoints = [
    Endpoint(
      .get, "/openapi.json", .anyone, "getOpenAPI", "This reference as an OpenAPI 3.1 document.",
      answers: [
        Answer(
          status: 200, summary: "The document.", content: .json(JSONSchema(.map(of: JSONSchema(.any)))),
          headers: [.etag]),
        Answer(status: 304, summary: "It is as `If-None-Match` says.", content: nil, headers: [.etag]),
      ]
    ) { answer($0, document, "application/json") },
    Endpoint(
      .get, "/docs", .anyone, "getDocs", "This reference as a page.",
      answers: [
        Answer(status: 200, summary: "The page.", content: .other(["text/html; charset=utf-8"]), headers: [.etag]),
        Answer(status: 304, summary: "It is as `If-None-Match` says.", content: nil, headers: [.etag]),
      ]
    ) { answer($0, page, "text/html; charset=utf-8") },
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
      + "instants, from inclusive and to exclusive.",
    "Errors are problem documents (RFC 9457). `code` is one stable word; `errors` points at members.",
    "What changes something takes an `Idempotency-Key`: the same request again is answered by the first answer, for "
      + "ever. It answers with its `Ledger-Position`; a read with `Min-Ledger-Position` then shows at least that much.",
    "Each key and each organisation has a rate limit: `RateLimit` says what is left, `RateLimit-Policy` how it is "
      + "refilled; beyond is 429 `rate_limited` with `Retry-After`. Repeats and dry runs count.",
    "Lists take `limit` and `cursor`, answer `next_cursor` and `Link` while there is more, and stay stable while rows "
      + "are being added.",
  ]

  private static let document: Served = {
    var json = JSONWriter()
    json.value(OpenAPI.document(of: Routes.groups))
    return Served(json.bytes)
  }()
  private static let page = Served(ReferencePage.page(of: Routes.groups))

  /// What is the same for everybody, until the next version.
  private struct Served {
    let bytes: [UInt8]
    let tag: String

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
      tag = EntityTag.of(bytes)
    }
  }

  private static func answer(_ exchange: Exchange, _ served: Served, _ mediaType: String) -> Response {
    let headers = [("ETag", served.tag), ("Cache-Control", "no-cache")]
    if EntityTag.isAmong(exchange.request.headers.all("if-none-match"), served.tag, isWeakEnough: true) {
      return Response(status: 304, headers: headers)
    }
    return Response(status: 200, headers: [("Content-Type", mediaType)] + headers, body: .bytes(served.bytes))
  }
}
