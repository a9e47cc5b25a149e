public import Glibc

/// A system call that failed: which one, and its `errno`.
public struct SystemError: Error, Equatable, CustomStringConvertible {
  public let call: String
  public let code: Int32

  public init(_ call: String, code: Int32 = errno) {
    self.call = call
    self.code = code
  }

  public var description: String { "\(call): \(String(cString: strerror(code)))" }
}

/// Calls `body` again while a signal interrupts it, and turns −1 into a ``SystemError``.
@inlinable
@discardableResult
public func retrying(_ call: String, _ body: () -> Int32) throws(SystemError) -> Int32 {
  while true {
    let result = body()
    if result >= 0 { return result }
    if errno != EINTR { throw SystemError(call) }
  }
}
