/// The request methods that the server knows (RFC 9110 section 9; PATCH is RFC 5789). Any other token is answered 501.
public enum Method: String, Sendable, Hashable, CaseIterable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"
  case options = "OPTIONS"
  /// Known, and answered nowhere: it would say a request's headers to scripts.
  case trace = "TRACE"
}
