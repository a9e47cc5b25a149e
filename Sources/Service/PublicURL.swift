import HTTP

/// Where clients find the service, when that is behind a proxy: `https://laurel.acme.example`, with a path where the proxy
/// serves it below one. Without it, addresses in answers are relative to the request's.
public struct PublicURL: Sendable {
  /// Not the address of a service.
  public struct Mistake: Error, Sendable {
    public let text: String
  }

  /// Without a slash at its end.
  public let text: String

  /// - Throws: what is no http or https address of a host, or has a query, a fragment, a user or `..`.
  public init(_ text: String) throws(Mistake) {
    let form = /(?i:https?):\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?((?:\/[A-Za-z0-9._~-]+)*)\/?/
    guard text.utf8.count <= 1_000, let match = text.wholeMatch(of: form),
      match.1.map({ UInt16($0) ?? 0 > 0 }) ?? true,
      !match.2.split(separator: "/").contains(where: { $0.allSatisfy { $0 == "." } })
    else { throw Mistake(text: text) }
    self.text = text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// Makes the addresses in an answer's headers, which handlers write as paths, absolute.
  func complete(_ response: inout Response) {
    for index in response.headers.indices {
      let (name, value) = response.headers[index]
      if name == "Location", value.hasPrefix("/") { response.headers[index].1 = text + value }
      if name == "Link", value.hasPrefix("</") { response.headers[index].1 = "<\(text)\(value.dropFirst())" }
    }
  }
}
