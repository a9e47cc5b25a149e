/// What the ledger's own rules exclude and was found nevertheless: an entry that does not sum to zero, an account where none may
/// be, a number beyond its width. It stops the one operation, never the process.
public struct Defect: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

extension Book {
  /// Remembers the first one. From then on the book is no longer good, and nothing that was decided with it may be recorded.
  mutating func note(_ defect: Defect) {
    if self.defect == nil { self.defect = defect }
  }
}
