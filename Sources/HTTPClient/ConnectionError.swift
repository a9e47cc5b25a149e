/// Why a call got no whole answer.
public struct ConnectionError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: Sendable {
    /// Nothing was sent: nobody listens there, or the network does not reach them.
    case unreachable
    /// There is no host of that name.
    case unknownHost
    /// The connection ended, or was silent for too long, before the whole answer was there. Whether the call had an effect
    /// is unknown.
    case lost
    /// The server could not prove that it is the one that was meant. Nothing was sent.
    case untrusted
    /// What came is no HTTP/1.1 that can be read in one way only.
    case malformed
  }

  public let kind: Kind
  public let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  static func malformed(_ description: String) -> ConnectionError { ConnectionError(.malformed, description) }
}
