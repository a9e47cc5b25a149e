import HTTP
import Testing

@Suite("A router")
struct RouterTests {
  private let router = Router<String>([
    (.get, pattern: "/", "root"),
    (.get, pattern: "/v1/people", "list"),
    (.post, pattern: "/v1/people", "create"),
    (.get, pattern: "/v1/people/{id}", "person"),
    (.get, pattern: "/v1/people/me", "me"),
    (.get, pattern: "/v1/people/{person}/keys/{key}", "key"),
    (.delete, pattern: "/v1/people/me/keys", "my keys"),
  ])

  private func found(_ method: Method, _ path: String) -> String {
    switch router.match(method, path) {
    case .found(let endpoint, _): endpoint
    case .methodNotAllowed(let allow): "allow " + allow.map(\.rawValue).joined(separator: " ")
    case .notFound: "not found"
    }
  }

  @Test(
    "finds the endpoint of a method and a path",
    arguments: [
      (Method.get, "/", "root"), (.get, "/v1/people", "list"), (.post, "/v1/people", "create"),
      (.head, "/v1/people", "list"), (.get, "/v1/people/ann", "person"), (.get, "/v1/people/me", "me"),
      (.get, "/v1/people/me/keys/k", "key"), (.delete, "/v1/people/me/keys", "my keys"),
      (.options, "/v1/people", "allow GET POST HEAD OPTIONS"),
      (.patch, "/v1/people", "allow GET POST HEAD OPTIONS"), (.get, "/v1/people/me/keys", "allow DELETE OPTIONS"),
      (.get, "/v1/people/", "not found"), (.get, "/v1", "not found"), (.get, "/v1/people/ann/keys", "not found"),
      (.get, "//v1/people", "not found"), (.get, "/v1/people//keys/k", "not found"), (.get, "", "not found"),
      (.options, "*", "allow GET HEAD POST DELETE OPTIONS"), (.get, "*", "not found"),
      (.get, "/V1/people", "not found"), (.get, "/v1/people/a%ZZ", "not found"),
      (.get, "/v1/people/%FF", "not found"),
    ])
  func matches(_ method: Method, _ path: String, _ expected: String) {
    #expect(found(method, path) == expected)
  }

  @Test("decodes parameters after it has split the path, so an encoded slash stays within its segment")
  func parameters() {
    guard case .found(_, let parameters) = router.match(.get, "/v1/people/a%2Fb+c/keys/%C3%A9") else {
      Issue.record("not found")
      return
    }
    #expect(parameters["person"] == "a/b+c")
    #expect(parameters["key"] == "é")
  }

  @Test(
    "says which path was probably meant by one that leads nowhere",
    arguments: [
      ("/v1/peolpe", "/v1/people"), ("/v1/people/", "/v1/people"), ("/people", "/v1/people"),
      ("/people/ann", "/v1/people/ann"), ("/v2/people", "/v1/people"), ("//v1//people", "/v1/people"),
      ("/v1/people/ann/key/k", "/v1/people/ann/keys/k"), ("/V1/People/ann", "/v1/people/ann"), ("/v1/nothing", nil),
      ("/nothing", nil), ("/v1", nil), ("", nil), ("/v1/people/a/b/c/d", nil),
      ("/v1/people" + String(repeating: "e", count: 300), nil),
    ] as [(String, String?)])
  func nearest(_ path: String, _ expected: String?) {
    #expect(router.nearest(to: path, version: "v1") == expected)
  }

  @Test("refuses two routes for one method and shape, whatever their parameters are called")
  func ambiguous() async {
    await #expect(processExitsWith: .failure) {
      _ = Router<Int>([(.get, pattern: "/a/{x}", 1), (.get, pattern: "/a/{y}", 2)])
    }
  }
}
