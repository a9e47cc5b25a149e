import Ledger

/// What a lane takes at once. A world's history is a list of these, so that it can be run again, in whole or in part.
struct Batch {
  /// PostgreSQL's clock when the head is locked.
  let clock: Timestamp
  var requests: [Request]
  /// Instead of requests: many people's changes, which are taken as a whole or not at all.
  var directory: DirectoryRequest?
  var fault: Fault?
}

/// A file of people: as they are to be. Whoever it does not name stays.
struct DirectoryRequest {
  var people: [Person]
  /// What the ids of its entries follow from.
  let seed: Digest

  func operation(_ index: Int, _ person: Person) -> Operation {
    let bytes = seed.bytes + withUnsafeBytes(of: Int64(index).bigEndian, Array.init)
    return Operation(
      id: .derived(from: .sha256(bytes)), actor: nil, salt: .sha256(bytes + [0]), action: .putPerson(person))
  }
}

struct Request {
  let operation: Operation
  /// Breaks a rule of the store that the ledger does not know.
  var isPoison = false
}

/// Where a batch is struck.
struct Fault {
  enum Point: String, CaseIterable {
    case beforeLoading = "before loading"
    case afterLoading = "after loading"
    case afterDeciding = "after deciding"
    case amidWrites = "amid the writes"
    case duringCommit = "during a commit that came to nothing"
    case afterCommit = "after the commit, before the answers"
  }

  /// What is lost: the lane's connection, or the server with everybody who waits for an answer.
  enum Victim: String, CaseIterable {
    case connection, server
  }

  let point: Point
  let victim: Victim
  /// How often: the second time hits the second try.
  var count: Int
}

/// What somebody who asked is told.
enum Answer {
  case decided(Decision)
  /// The operation breaks the store's rules.
  case defective
  case unavailable
  case outcomeUnknown
  /// The server died.
  case nothing

  /// Whether whoever sent a key has to send it again to know.
  var leavesOpen: Bool {
    switch self {
    case .decided, .defective: false
    case .unavailable, .outcomeUnknown, .nothing: true
    }
  }
}

/// Something is not as it must be.
struct Discrepancy: Error {
  let what: String

  init(_ what: String) { self.what = what }
}

func require(_ holds: Bool, _ what: @autoclosure () -> String) throws(Discrepancy) {
  if !holds { throw Discrepancy(what()) }
}
